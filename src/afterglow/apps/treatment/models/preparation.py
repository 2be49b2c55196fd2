"""The preparation: what was drawn into which bag, by whom, and who read it back."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment.models.order import InfusionOrder
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.fields import BodyMassField, ConcentrationField, DoseField, RateField, VolumeField
from afterglow.db.models import PublicModel, VersionedModel
from afterglow.db.triggers import refuse_once_signed


@pghistory.track()
class Preparation(PublicModel, VersionedModel):
    """One bag for one session. Given milligrams derive from ``drawn_mg``, never from the order."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="preparations"
    )
    order = models.ForeignKey(InfusionOrder, on_delete=models.PROTECT, related_name="+")
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="preparations")
    strength_mg_per_ml = ConcentrationField(max_digits=8, decimal_places=3)
    dosing_mass_kg = BodyMassField(max_digits=6, decimal_places=2)
    ordered_mg = DoseField(max_digits=10, decimal_places=4, help_text="Before rounding.")
    rounded_mg = DoseField(max_digits=8, decimal_places=2)
    drawn_ml = VolumeField(max_digits=8, decimal_places=3)
    drawn_mg = DoseField(max_digits=10, decimal_places=4, help_text="Volume times strength.")
    diluent = models.CharField(max_length=80)
    bag_ml = VolumeField(max_digits=8, decimal_places=3, help_text="All the fluid in the bag.")
    line_ml = VolumeField(max_digits=8, decimal_places=3)
    residual_ml = VolumeField(max_digits=8, decimal_places=3)
    concentration_mg_per_ml = ConcentrationField(max_digits=14, decimal_places=8)
    rate_ml_per_h = RateField(max_digits=8, decimal_places=2)
    to_be_infused_ml = VolumeField(max_digits=8, decimal_places=3)
    minutes = models.DecimalField(max_digits=5, decimal_places=1)
    arithmetic = models.JSONField(help_text="The steps as they were shown and read back.")
    prepared_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    beyond_use_at = models.DateTimeField()
    checked_by = models.OneToOneField(
        Countersignature, on_delete=models.PROTECT, null=True, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)
    read_back = models.JSONField(
        default=dict, help_text="What the second person read off bag, vial and pump."
    )
    discarded_at = models.DateTimeField(null=True)
    discard_reason = models.CharField(max_length=200, blank=True)
    key = models.UUIDField(unique=True)

    class Meta:
        verbose_name = "preparation"
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(discarded_at__isnull=True),
                name="one_preparation_in_use_per_session",
            ),
            models.CheckConstraint(
                condition=models.Q(checked_by__isnull=True, checked_at__isnull=True)
                | models.Q(checked_by__isnull=False, checked_at__isnull=False),
                name="a_checked_preparation_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(beyond_use_at__gt=models.F("prepared_at")),
                name="beyond_use_is_after_preparation",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"preparation {self.public_id}"
