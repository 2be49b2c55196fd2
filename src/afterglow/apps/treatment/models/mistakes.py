"""What was charted in error: the entry stays for ever, and counts for nothing."""

from __future__ import annotations

from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.treatment.models.infusion import MedicineGiven, PumpAction
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.models import AppendOnly, PublicModel
from afterglow.db.triggers import refuse_once_signed


class ChartMistake(AppendOnly, PublicModel):
    """One medicine or one pump entry that was entered in error, who says so and why.

    Stock is not moved by it: what left the cabinet is given back or wasted there.
    """

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="chart_mistakes"
    )
    medicine = models.OneToOneField(
        MedicineGiven, on_delete=models.PROTECT, null=True, related_name="mistake"
    )
    action = models.OneToOneField(
        PumpAction, on_delete=models.PROTECT, null=True, related_name="mistake"
    )
    reason = models.CharField(max_length=200)
    seconded = models.ForeignKey(
        Countersignature,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The second person, where the medicine is a controlled one.",
    )
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    key = models.UUIDField(unique=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "entry charted in error"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(medicine__isnull=False, action__isnull=True)
                | models.Q(medicine__isnull=True, action__isnull=False),
                name="a_mistake_is_about_one_entry",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="an_entry_is_taken_back_with_a_reason"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mistake {self.public_id}"
