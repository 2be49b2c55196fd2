"""The infusion order: what a prescriber signed, and never changed."""

from __future__ import annotations

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import Definition
from afterglow.core.quantities import MassBasis
from afterglow.db.fields import CodeField, DoseField
from afterglow.db.models import AppendOnly, PublicModel


class InfusionOrder(AppendOnly, PublicModel):
    """A signed order for one day of a course. A change is a new order that replaces this one."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="orders")
    protocol = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    for_date = models.DateField()
    dose_mg_per_kg = models.DecimalField(max_digits=6, decimal_places=3)
    mass_basis = CodeField(MassBasis, blank=True, help_text="Empty: not chosen; BMI 30+ needs it.")
    minutes = models.DecimalField(max_digits=5, decimal_places=1)
    maximum_mg = DoseField(max_digits=8, decimal_places=2, null=True)
    prn = models.JSONField(default=list, help_text="Product keys the clinician may give by need.")
    soft_limit_reason = models.TextField(blank=True)
    instructions = models.TextField(blank=True)
    signed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "infusion order"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mass_basis__in=["", *MassBasis]), name="mass_basis_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(dose_mg_per_kg__gt=0, minutes__gt=0),
                name="an_order_has_a_dose_and_a_time",
            ),
        ]
        indexes = [models.Index(fields=["course", "for_date"], name="orders_by_day")]

    def __str__(self) -> str:
        return f"order {self.public_id}"


class OrderCancellation(AppendOnly, PublicModel):
    """A prescriber took an order back."""

    order = models.OneToOneField(
        InfusionOrder, on_delete=models.PROTECT, related_name="cancellation"
    )
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "order cancellation"

    def __str__(self) -> str:
        return f"cancellation of {self.order}"
