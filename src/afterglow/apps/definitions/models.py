"""Versioned clinical data: the row is the truth, the repository's files are the seed."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel


class DefinitionKind(StrEnum):
    """What sort of clinical data a definition holds."""

    DOSING_PROTOCOL = "dosing_protocol"
    CONSENT_TEXT = "consent_text"
    INSTRUMENT = "instrument"
    MEDICINE_LIST = "medicine_list"
    CHECKLIST = "checklist"
    PATIENT_INSTRUCTIONS = "patient_instructions"
    DEVICE_PROFILE = "device_profile"
    PK_MODEL = "pk_model"
    PK_EFFECT = "pk_effect"
    PK_CONSTANTS = "pk_constants"
    READINGS_RETENTION = "readings_retention"


class ApprovalAct(StrEnum):
    """What a medical director did with a version."""

    APPROVED = "approved"
    RETIRED = "retired"


class Definition(AppendOnly, PublicModel):
    """One version of one definition. It never changes; a new version is a new row."""

    kind = CodeField(DefinitionKind)
    key = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    source = models.TextField(help_text="Where the content comes from.")
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True, help_text="Account; null when seeded from the files.")

    class Meta(AppendOnly.Meta):
        verbose_name = "definition"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key", "version"], name="one_definition_per_version"
            ),
            one_of("kind", DefinitionKind, name="definition_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="definition_version_starts_at_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class DefinitionApproval(AppendOnly, PublicModel):
    """A medical director approved or retired a version, from a moment on."""

    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="approvals")
    act = CodeField(ApprovalAct)
    by = models.UUIDField()
    at = models.DateTimeField()
    effective_from = models.DateTimeField()
    effective_to = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "definition approval"
        constraints = [
            one_of("act", ApprovalAct, name="approval_act_is_known"),
            models.CheckConstraint(
                condition=models.Q(effective_to__isnull=True)
                | models.Q(effective_to__gt=models.F("effective_from")),
                name="approval_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.definition}"
