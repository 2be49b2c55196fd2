"""What must be so before drug is drawn from a vial: a table a clinician can sign."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.decisions import Overrider, Severity
from afterglow.core.treatment.draw import assess
from support.treatment import DRAWING, KETAMINE, RULES, TODAY, VIAL, ago


def vial(**changes: Any) -> dict[str, Any]:
    """Return the change of the vial in the hand."""
    return {"vial": replace(VIAL, **changes)}


BLOCKERS: list[tuple[dict[str, Any], str]] = [
    ({"order_signed": False}, "DRAW_WITHOUT_SIGNED_ORDER"),
    ({"vial": None}, "VIAL_NOT_IDENTIFIED"),
    (vial(product=replace(KETAMINE, code="saline")), "VIAL_OF_OTHER_PRODUCT"),
    (vial(product=replace(KETAMINE, fda_approved=False)), "PRODUCT_NOT_FDA_APPROVED"),
    (vial(same_site=False), "VIAL_AT_OTHER_SITE"),
    (vial(quarantined=True), "VIAL_QUARANTINED"),
    ({"allergies": frozenset({"ketamine"})}, "ALLERGY_TO_PRODUCT"),
    (vial(expires_on=None), "LOT_EXPIRY_UNKNOWN"),
    (vial(expires_on=date(2026, 11, 22)), "LOT_EXPIRED"),
    (vial(opened_at=ago(days=29)), "VIAL_OPEN_TOO_LONG"),
    ({"volume_ml": Decimal(0)}, "VOLUME_NOT_POSITIVE"),
    (vial(on_hand_ml=Decimal("0.81")), "VIAL_NOT_ENOUGH"),
    (vial(strength_mg_per_ml=Decimal(100)), "STRENGTH_DIFFERS"),
    (vial(strength_mg_per_ml=Decimal(5)), "STRENGTH_TENFOLD"),
    ({"plan_strength_mg_per_ml": Decimal(5)}, "STRENGTH_TENFOLD"),
    ({"final_volume_ml": Decimal("0.81")}, "FINAL_VOLUME_TOO_SMALL"),
    ({"final_volume_ml": Decimal(0)}, "FINAL_VOLUME_TOO_SMALL"),
    ({"witness": None}, "WITNESS_MISSING"),
    ({"witness": "clinician"}, "WITNESS_IS_DRAWER"),
]
FINE: list[dict[str, Any]] = [
    vial(expires_on=TODAY),
    vial(opened_at=ago(hours=2), opened_on=TODAY),
    vial(on_hand_ml=Decimal("0.820")),
    vial(strength_mg_per_ml=Decimal("50.0")),
    {"final_volume_ml": Decimal("0.82")},
]


def test_a_vial_as_ordered_is_drawn_without_a_word() -> None:
    assert assess(DRAWING, RULES).reasons == ()


@pytest.mark.parametrize(("changes", "code"), BLOCKERS)
def test_a_draw_is_refused_and_nobody_overrides(changes: dict[str, Any], code: str) -> None:
    (reason,) = assess(replace(DRAWING, **changes), RULES)

    assert (reason.code, reason.severity) == (code, Severity.BLOCKER)
    assert reason.overridable_by is Overrider.NOBODY


@pytest.mark.parametrize("changes", FINE)
def test_a_draw_that_is_just_right_says_nothing(changes: dict[str, Any]) -> None:
    assert assess(replace(DRAWING, **changes), RULES).reasons == ()


def test_a_vial_of_an_earlier_day_is_drawn_with_a_caution() -> None:
    (reason,) = assess(
        replace(DRAWING, **vial(opened_at=ago(days=18), opened_on=date(2026, 11, 5))), RULES
    )

    assert (reason.code, reason.severity) == ("VIAL_OPENED_EARLIER", Severity.CAUTION)
    assert "opened 18 d ago" in reason.sentence


@pytest.mark.parametrize(
    ("final_ml", "refused"),
    [("0.41", True), ("0.42", False), ("100", False)],
)
def test_the_100_mg_per_ml_concentrate_is_never_left_undiluted(
    final_ml: str, refused: bool
) -> None:
    concentrate = replace(
        DRAWING,
        vial=replace(VIAL, strength_mg_per_ml=Decimal(100)),
        plan_strength_mg_per_ml=Decimal(100),
        volume_ml=Decimal("0.41"),
        final_volume_ml=Decimal(final_ml),
    )

    assert (assess(concentrate, RULES).codes == ("UNDILUTED_CONCENTRATE",)) is refused
