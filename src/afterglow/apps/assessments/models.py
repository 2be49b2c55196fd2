"""Answered instruments and their scores."""

from __future__ import annotations

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.definitions.models import Definition
from afterglow.apps.people.models import Patient
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.models import AppendOnly, PublicModel
from afterglow.db.triggers import refuse_once_signed


class Assessment(AppendOnly, PublicModel):
    """One instrument answered once, in one version. A correction is a new row that replaces it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="assessments")
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, null=True, related_name="assessments"
    )
    instrument = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    instrument_key = models.CharField(max_length=60)
    answers = models.JSONField()
    at = models.DateTimeField(help_text="Clinical time.")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )
    key = models.UUIDField(unique=True, help_text="Saving twice with one key saves once.")

    class Meta(AppendOnly.Meta):
        verbose_name = "assessment"
        indexes = [
            models.Index(fields=["session", "instrument_key", "at"], name="assessments_by_session")
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.instrument_key} {self.public_id}"


class Score(AppendOnly):
    """One number that an instrument's rule made of the answers."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="scores")
    name = models.CharField(max_length=60, default="total")
    value = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    band = models.CharField(max_length=60, blank=True)
    flags = models.JSONField(default=list)

    class Meta(AppendOnly.Meta):
        verbose_name = "score"
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "name"], name="one_score_of_a_name_per_assessment"
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            refuse_once_signed(
                path="(SELECT session_id FROM assessments_assessment WHERE id = ROW.assessment_id)"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.assessment}"
