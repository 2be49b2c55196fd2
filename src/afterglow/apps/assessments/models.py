"""Answered instruments and their scores."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.definitions.models import Definition
from afterglow.apps.people.models import Patient
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.models import AppendOnly, PublicModel
from afterglow.db.triggers import refuse_once_signed

STANDS: Mapping[str, bool] = {"replaced_by__isnull": True, "mistake__isnull": True}
"""What a filter on assessments asks for those that count: neither corrected nor in error."""


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


class AssessmentMistake(AppendOnly, PublicModel):
    """An assessment that was entered in error: it stays on record and counts for nothing."""

    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="mistake")
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="assessment_mistakes"
    )
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "assessment entered in error"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="an_assessment_is_taken_back_with_a_reason"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mistake {self.public_id}"


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
