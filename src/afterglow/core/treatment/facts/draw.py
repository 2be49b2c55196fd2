"""Facts that decide whether a drug may be drawn from a vial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from afterglow.core.treatment.facts.common import Extensible, ProductFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class VialFacts:
    """The vial in the hand, as its scanned label and the ledger say."""

    product: ProductFacts
    strength_mg_per_ml: Decimal
    lot: str
    expires_on: date | None
    on_hand_ml: Decimal
    opened_at: datetime | None = None
    opened_on: date | None = None
    """The site's date of ``opened_at``."""
    quarantined: bool = False
    same_site: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawFacts(Extensible):
    """Everything that decides whether ``volume_ml`` may be drawn for the order.

    ``final_volume_ml`` is the volume in the bag or syringe after dilution; equal to ``volume_ml``
    it means undiluted. ``witness`` is the second person's id, where one has signed in.
    """

    at: datetime
    today: date
    order_signed: bool
    ordered_product_code: str
    plan_strength_mg_per_ml: Decimal
    volume_ml: Decimal
    final_volume_ml: Decimal
    vial: VialFacts | None
    allergies: frozenset[str]
    drawn_by: str
    witness: str | None
