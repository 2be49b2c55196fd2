"""The audit: one row per service call and per chart opened. It only grows."""

from __future__ import annotations

from django.db import models

from afterglow.db.models import AppendOnly, PublicModel


class AuditEntry(AppendOnly):
    """One thing one person (or the system) did, or tried and was refused."""

    at = models.DateTimeField(help_text="When it happened, by the one clock.")
    action = models.CharField(max_length=80)
    by = models.UUIDField(null=True, help_text="Account; null when the system acted by itself.")
    site = models.UUIDField(null=True)
    patient = models.UUIDField(null=True)
    subject_type = models.CharField(max_length=80)
    subject = models.UUIDField()
    detail = models.JSONField(default=dict)

    class Meta(AppendOnly.Meta):
        verbose_name = "audit entry"
        indexes = [
            models.Index(fields=["patient", "-at"], name="audit_by_patient"),
            models.Index(fields=["subject", "-at"], name="audit_by_subject"),
            models.Index(fields=["by", "-at"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject}"


class BreakGlass(AppendOnly, PublicModel):
    """A person opened a chart outside their sites, said why, and may read it for a while."""

    by = models.UUIDField()
    patient = models.UUIDField()
    reason = models.TextField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "break-glass access"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("at")),
                name="break_glass_ends_later",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="break_glass_carries_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"break glass {self.public_id}"
