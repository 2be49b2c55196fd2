"""Consent: who agreed to which version of which text, until when, and whether they took it back."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import Definition
from afterglow.apps.people.models import Patient
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel


class SignatureMethod(StrEnum):
    """How the patient signed."""

    ON_SCREEN = "on_screen"
    PAPER = "paper"


class Consent(AppendOnly, PublicModel):
    """A patient signed one version of a consent text."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=160)
    method = CodeField(SignatureMethod)
    signed_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    explained_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    document = models.UUIDField(null=True, help_text="The signed PDF.")

    class Meta(AppendOnly.Meta):
        verbose_name = "consent"
        constraints = [
            one_of("method", SignatureMethod, name="signature_method_is_known"),
            models.CheckConstraint(
                condition=~models.Q(signed_name=""), name="a_consent_carries_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"consent {self.public_id}"


class ConsentWithdrawal(AppendOnly, PublicModel):
    """The patient took a consent back. It counts from that moment."""

    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "consent withdrawal"

    def __str__(self) -> str:
        return f"withdrawal {self.public_id}"
