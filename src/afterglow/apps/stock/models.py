"""Vials and the ledger of every milligram: it only grows, and each line holds the one before."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.medicines.models import Product
from afterglow.apps.places.models import Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.stock import LedgerKind
from afterglow.db.fields import CodeField, ConcentrationField, DoseField, VolumeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


@pghistory.track()
class Vial(PublicModel, VersionedModel):
    """One container of a controlled product at one site."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="vials")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="vials")
    number = models.CharField(max_length=40, help_text="Written on the vial by the custodian.")
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()
    strength_mg_per_ml = ConcentrationField(max_digits=8, decimal_places=3)
    contents_ml = VolumeField(max_digits=8, decimal_places=3)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="Empty, expired or destroyed.")

    class Meta:
        verbose_name = "vial"
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="one_vial_of_a_number_per_site")
        ]

    def __str__(self) -> str:
        return f"vial {self.number}"


class LedgerEntry(AppendOnly, PublicModel):
    """One line of a site's ledger. ``sha256`` covers the line and the hash of the line before."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="ledger")
    sequence = models.PositiveBigIntegerField()
    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="ledger")
    kind = CodeField(LedgerKind)
    amount_mg = DoseField(max_digits=12, decimal_places=4)
    volume_ml = VolumeField(max_digits=10, decimal_places=4, null=True)
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, null=True, related_name="ledger"
    )
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(
        Countersignature, on_delete=models.PROTECT, null=True, related_name="+"
    )
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    key = models.UUIDField(unique=True)
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        verbose_name = "ledger entry"
        constraints = [
            one_of("kind", LedgerKind, name="ledger_kind_is_known"),
            models.UniqueConstraint(fields=["site", "sequence"], name="one_ledger_line_per_number"),
            models.CheckConstraint(
                condition=models.Q(amount_mg__gt=0), name="a_ledger_line_moves_something"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=LedgerKind.WASTED) | models.Q(witness__isnull=False),
                name="waste_has_a_witness",
            ),
        ]
        indexes = [models.Index(fields=["vial", "sequence"], name="ledger_by_vial")]

    def __str__(self) -> str:
        return f"ledger {self.site_id}/{self.sequence}"
