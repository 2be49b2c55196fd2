"""Medicines: the products a site may hold, and the PRN medicines a protocol may name."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.db.fields import CodeField, ConcentrationField, VolumeField, one_of
from afterglow.db.models import PublicModel, VersionedModel


class LabelClass(StrEnum):
    """Drug classes of ISO 26825 user-applied labels."""

    INDUCTION = "induction"
    BENZODIAZEPINE = "benzodiazepine"
    OPIOID = "opioid"
    VASOPRESSOR = "vasopressor"
    ANTIHYPERTENSIVE = "antihypertensive"
    ANTIEMETIC = "antiemetic"
    ANTICHOLINERGIC = "anticholinergic"
    OTHER = "other"


@pghistory.track()
class Product(PublicModel, VersionedModel):
    """One product as it is bought: medicine, strength and pack. Seeded from the medicine list."""

    key = models.SlugField(max_length=60, unique=True)
    medicine = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    strength_mg_per_ml = ConcentrationField(null=True, blank=True)
    pack_ml = VolumeField(null=True, blank=True)
    label_class = CodeField(LabelClass, default=LabelClass.OTHER)
    schedule = models.CharField(max_length=8, blank=True, help_text="DEA schedule.")
    ndc = models.CharField(max_length=20, blank=True, verbose_name="NDC")
    is_fda_approved = models.BooleanField(default=True)
    is_sedative = models.BooleanField(default=False)
    excipients = models.JSONField(default=list, blank=True)
    prn_doses = models.JSONField(
        default=list, blank=True, help_text="Usual PRN doses as data with source and status."
    )
    source = models.TextField(blank=True)
    status = models.CharField(max_length=12, default="DP")
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "product"
        ordering = ["medicine", "strength_mg_per_ml", "name"]
        constraints = [one_of("label_class", LabelClass, name="label_class_is_known")]

    def __str__(self) -> str:
        return self.name
