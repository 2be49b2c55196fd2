"""What a tablet kept while it was offline: an inbox that forgets nothing, beside the record."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel


class OfflineOutcome(StrEnum):
    """What became of an entry when it arrived."""

    CHARTED = "charted"
    REFUSED = "refused"
    CONFLICT = "conflict"
    """Another screen charted the pump meanwhile; a person says what holds."""


class OfflineChoice(StrEnum):
    """What a person made of an entry that could not be charted by itself."""

    CHARTED = "charted"
    """Charted after all, at its own time."""
    NOTED = "noted"
    """Kept in the record as a note, in words."""
    DROPPED = "dropped"
    """Not part of the record, with the reason."""


class OfflineEntry(AppendOnly, PublicModel):
    """One thing typed offline, as it arrived. It is kept whatever became of it."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(unique=True, help_text="Made on the tablet when it was typed.")
    tablet = models.UUIDField(help_text="Which browser kept it.")
    kind = models.CharField(max_length=20)
    body = models.JSONField(help_text="As it was typed.")
    happened_at = models.DateTimeField(help_text="By the tablet, its clock put right.")
    arrived_at = models.DateTimeField()
    typed_by = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who was signed in on the tablet.",
    )
    claimed = models.CharField(
        max_length=80,
        blank=True,
        help_text="The name given on a page that was opened without a connection; else empty.",
    )
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    outcome = CodeField(OfflineOutcome)
    reasons = models.JSONField(default=list)

    class Meta(AppendOnly.Meta):
        verbose_name = "offline entry"
        constraints = [one_of("outcome", OfflineOutcome, name="offline_outcome_is_known")]
        indexes = [models.Index(fields=["session", "happened_at"], name="offline_by_session")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class OfflineResolution(AppendOnly, PublicModel):
    """What a person decided about an entry that waited for them. It is decided once."""

    entry = models.OneToOneField(OfflineEntry, on_delete=models.PROTECT, related_name="resolution")
    choice = CodeField(OfflineChoice)
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "offline resolution"
        constraints = [
            one_of("choice", OfflineChoice, name="offline_choice_is_known"),
            models.CheckConstraint(
                condition=~models.Q(choice=OfflineChoice.DROPPED) | ~models.Q(reason=""),
                name="an_offline_entry_is_dropped_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.choice} {self.public_id}"
