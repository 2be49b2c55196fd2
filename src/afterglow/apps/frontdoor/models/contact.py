"""Somebody asked to be called back."""

from __future__ import annotations

from django.db import models

from afterglow.apps.places.models import Site
from afterglow.core.frontdoor import ContactReason, ContactTime, ReferrerKind
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel


class ContactRequest(AppendOnly, PublicModel):
    """A visitor's request, as it was sent. What became of it is its task's outcome.

    It is no chart and belongs to no patient; nobody is asked for a diagnosis here.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    reach_at = models.CharField(max_length=120, help_text="A telephone number or an address.")
    times = models.JSONField(default=list, help_text="Codes of the times that suit.")
    reason = CodeField(ContactReason)
    language = models.CharField(max_length=5)
    may_contact = models.BooleanField()
    in_crisis = models.BooleanField()
    sent_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "contact request"
        ordering = ["-sent_at"]
        constraints = [
            one_of("reason", ContactReason, name="contact_reason_is_known"),
            models.CheckConstraint(
                condition=models.Q(may_contact=True), name="nobody_is_called_without_consent"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def time_codes(self) -> list[ContactTime]:
        """The times that suit."""
        return [ContactTime(code) for code in self.times]


class Referral(AppendOnly, PublicModel):
    """A provider asks to be called about somebody they treat. It names no patient, ever.

    Who is meant is told on the telephone, where the caller can be known; the row only says that the
    person knows of it and agreed.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    practice = models.CharField(max_length=120)
    name = models.CharField(max_length=120, help_text="The provider's, never a patient's.")
    kind = CodeField(ReferrerKind)
    callback = models.CharField(max_length=120, help_text="A telephone number or an address.")
    treats = models.JSONField(default=list, help_text="Codes of what the provider treats.")
    times = models.JSONField(default=list, help_text="Codes of the times that suit.")
    language = models.CharField(max_length=5)
    person_agreed = models.BooleanField()
    sent_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "referral"
        ordering = ["-sent_at"]
        constraints = [
            one_of("kind", ReferrerKind, name="referrer_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(person_agreed=True), name="nobody_is_referred_unasked"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
