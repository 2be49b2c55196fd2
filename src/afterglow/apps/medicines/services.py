"""Bring the product list of the repository into the rows that sites hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.medicines.models import Product
from afterglow.core.cited import Section
from afterglow.core.medicines import library
from afterglow.core.quantities import Concentration, Volume
from afterglow.db.changes import apply_changes


@dataclass(frozen=True, slots=True)
class SyncedProducts:
    """What a sync did, by product key."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


@transaction.atomic
def sync_medicines(*, at: dt.datetime) -> SyncedProducts:
    """Add or update every shipped product. Safe to repeat; a site's own products stay.

    Raises InvalidValue for a strength or pack without source or in another unit.
    """
    added, changed, unchanged = [], [], 0
    for item in library.body("products")["products"]:
        values = _values(item)
        row = Product.objects.select_for_update().filter(key=item["key"]).first()
        if row is None:
            row = Product.objects.create(key=item["key"], **values)
            added.append(row.key)
            audit.record("product-added", subject=row, by=None, at=at, detail={"key": row.key})
        elif differs := apply_changes(row, values):
            row.save_version()
            changed.append(row.key)
            detail = {"key": row.key, "changed": differs}
            audit.record("product-changed", subject=row, by=None, at=at, detail=detail)
        else:
            unchanged += 1
    return SyncedProducts(tuple(added), tuple(changed), unchanged)


def _values(item: dict[str, Any]) -> dict[str, Any]:
    section = Section(f"products.{item['key']}", item)
    strength = _number(section, "strength", "mg/mL")
    pack = _number(section, "pack", "mL")
    return {
        "medicine": item["medicine"],
        "name": item["name"],
        "strength_mg_per_ml": None if strength is None else Concentration.mg_per_ml(strength),
        "pack_ml": None if pack is None else Volume.ml(pack),
        "label_class": item["label_class"],
        "schedule": item["schedule"],
        "ndc": item["ndc"],
        "is_fda_approved": item["is_fda_approved"],
        "is_sedative": item["is_sedative"],
        "excipients": item["excipients"],
        "prn_doses": item["prn_doses"],
        "source": item["source"],
        "status": item["status"],
    }


def _number(section: Section, key: str, unit: str) -> Decimal | None:
    return section.number(key, unit=unit) if section.has(key) else None
