"""May this drug be drawn from this vial for this order?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.treatment.codes import draw as codes
from afterglow.core.treatment.codes.readiness import ALLERGY_TO_PRODUCT, PRODUCT_NOT_FDA_APPROVED
from afterglow.core.treatment.facts import DrawFacts
from afterglow.core.treatment.readiness import allergens
from afterglow.core.treatment.rulebook import RuleList
from afterglow.core.treatment.rules import SessionRules
from afterglow.core.treatment.saying import day as said_day
from afterglow.core.treatment.saying import number, span

Reasons = Iterator[Reason]
_TEN: Final = Decimal(10)


def order_is_signed(facts: DrawFacts, rules: SessionRules) -> Reason | None:
    """Refuse to draw a controlled drug that no signed order asks for."""
    return None if facts.order_signed else codes.DRAW_WITHOUT_SIGNED_ORDER.reason()


def vial_identified(facts: DrawFacts, rules: SessionRules) -> Reasons:
    """Refuse an unknown vial, another product, another site's vial, and a quarantined lot."""
    vial = facts.vial
    if vial is None:
        yield codes.VIAL_NOT_IDENTIFIED.reason()
        return
    if vial.product.code != facts.ordered_product_code:
        yield codes.VIAL_OF_OTHER_PRODUCT.reason(
            seen=vial.product.code, limit=facts.ordered_product_code
        )
    if not vial.product.fda_approved:
        yield PRODUCT_NOT_FDA_APPROVED.reason(seen=vial.product.code)
    if not vial.same_site:
        yield codes.VIAL_AT_OTHER_SITE.reason()
    if vial.quarantined:
        yield codes.VIAL_QUARANTINED.reason(seen=vial.lot)


def no_allergy_to_vial(facts: DrawFacts, rules: SessionRules) -> Reasons:
    """Refuse a vial that holds something the patient is allergic to."""
    held = facts.vial.product.substances if facts.vial else frozenset[str]()
    for substance in allergens(facts.allergies, held, rules):
        yield ALLERGY_TO_PRODUCT.reason(seen=substance)


def lot_in_date(facts: DrawFacts, rules: SessionRules) -> Reasons:
    """Refuse a lot that expired or has no date, and a vial open too long; remark one of earlier."""
    vial = facts.vial
    if vial is None:
        return
    if vial.expires_on is None:
        yield codes.LOT_EXPIRY_UNKNOWN.reason(seen=vial.lot)
    elif vial.expires_on < facts.today:
        yield codes.LOT_EXPIRED.reason(seen=said_day(vial.expires_on), limit=said_day(facts.today))
    if vial.opened_at is None:
        return
    age = facts.at - vial.opened_at
    if age > rules.draw.vial_open:
        yield codes.VIAL_OPEN_TOO_LONG.reason(seen=span(age), limit=span(rules.draw.vial_open))
    elif vial.opened_on != facts.today:
        yield codes.VIAL_OPENED_EARLIER.reason(seen=span(age), limit=span(rules.draw.vial_open))


def enough_on_hand(facts: DrawFacts, rules: SessionRules) -> Reasons:
    """Refuse to draw nothing, or more than the vial holds."""
    if facts.volume_ml <= 0:
        yield codes.VOLUME_NOT_POSITIVE.reason(seen=f"{number(facts.volume_ml)} mL")
    if facts.vial is not None and facts.volume_ml > facts.vial.on_hand_ml:
        yield codes.VIAL_NOT_ENOUGH.reason(
            seen=f"{number(facts.volume_ml)} mL", limit=f"{number(facts.vial.on_hand_ml)} mL"
        )


def strength_as_planned(facts: DrawFacts, rules: SessionRules) -> Reason | None:
    """Refuse a strength other than the plan's; a tenfold one is named as such."""
    if facts.vial is None or facts.vial.strength_mg_per_ml == facts.plan_strength_mg_per_ml:
        return None
    seen, planned = facts.vial.strength_mg_per_ml, facts.plan_strength_mg_per_ml
    tenfold = seen == planned * _TEN or planned == seen * _TEN
    code = codes.STRENGTH_TENFOLD if tenfold else codes.STRENGTH_DIFFERS
    return code.reason(seen=f"{number(seen)} mg/mL", limit=f"{number(planned)} mg/mL")


def diluted(facts: DrawFacts, rules: SessionRules) -> Reason | None:
    """Refuse the concentrate undiluted: what is in the bag must be below the label's strength."""
    if facts.vial is None or facts.final_volume_ml <= 0:
        return None
    limit = rules.draw.dilute_from_mg_per_ml
    drawn_mg = facts.volume_ml * facts.vial.strength_mg_per_ml
    if drawn_mg < limit * facts.final_volume_ml:
        return None
    return codes.UNDILUTED_CONCENTRATE.reason(
        seen=f"{number(facts.vial.strength_mg_per_ml)} mg/mL", limit=f"{number(limit)} mg/mL"
    )


def volumes_agree(facts: DrawFacts, rules: SessionRules) -> Reason | None:
    """Refuse a final volume that is smaller than what was drawn into it."""
    if facts.final_volume_ml >= facts.volume_ml:
        return None
    return codes.FINAL_VOLUME_TOO_SMALL.reason(
        seen=f"{number(facts.final_volume_ml)} mL", limit=f"{number(facts.volume_ml)} mL"
    )


def witnessed(facts: DrawFacts, rules: SessionRules) -> Reason | None:
    """Refuse without a second person who watches."""
    if facts.witness is None:
        return codes.WITNESS_MISSING.reason()
    return codes.WITNESS_IS_DRAWER.reason() if facts.witness == facts.drawn_by else None


DRAW: Final[RuleList[DrawFacts]] = RuleList(
    "draw",
    (
        order_is_signed,
        vial_identified,
        no_allergy_to_vial,
        lot_in_date,
        enough_on_hand,
        strength_as_planned,
        diluted,
        volumes_agree,
        witnessed,
    ),
)
"""Every rule that decides whether a drug may be drawn. A later subject adds its own."""


def assess(facts: DrawFacts, rules: SessionRules) -> Decision:
    """Decide whether the drug may be drawn at ``facts.at``, with every reason if not."""
    return DRAW.assess(facts, rules)
