"""Suggested dose steps: clinical reference 2.1 as a table."""

from decimal import Decimal

import pytest

from afterglow.core.dosing import Direction, suggest_titration
from afterglow.core.guardrails import Range
from afterglow.core.quantities import DosePerMass
from support.dosing import RULES

UP, MAYBE, STAY, DOWN = (
    Direction.ESCALATE,
    Direction.CONSIDER_ESCALATING,
    Direction.STAY,
    Direction.DE_ESCALATE,
)


@pytest.mark.parametrize(
    ("last", "improvement", "tolerated", "red", "direction", "low", "high"),
    [
        ("0.5", "10", True, False, UP, "0.6", "0.75"),
        ("0.5", "19.9", True, False, UP, "0.6", "0.75"),
        ("0.5", "-5", True, False, UP, "0.6", "0.75"),
        ("0.5", "20", True, False, MAYBE, "0.6", "0.75"),
        ("0.5", "24.9", True, False, MAYBE, "0.6", "0.75"),
        ("0.5", "25", True, False, STAY, "0.5", "0.5"),
        ("0.5", None, True, False, STAY, "0.5", "0.5"),
        ("0.5", "10", False, False, STAY, "0.5", "0.5"),
        ("0.85", "10", True, False, UP, "0.95", "1"),
        ("0.95", "10", True, False, UP, "1", "1"),
        ("1.0", "10", True, False, STAY, "1", "1"),
        ("1.2", "10", True, False, STAY, "1.2", "1.2"),
        ("0.75", "10", True, True, DOWN, "0.5", "0.65"),
        ("0.75", "60", True, True, DOWN, "0.5", "0.65"),
        ("0.4", None, False, True, DOWN, "0.25", "0.3"),
        ("0.25", None, False, True, STAY, "0.25", "0.25"),
        ("0.2", None, False, True, STAY, "0.2", "0.2"),
    ],
)
def test_the_next_dose_is_suggested_from_effect_and_tolerance(
    last: str,
    improvement: str | None,
    tolerated: bool,
    red: bool,
    direction: Direction,
    low: str,
    high: str,
) -> None:
    suggestion = suggest_titration(
        DosePerMass.mg_per_kg(last),
        improvement_percent=None if improvement is None else Decimal(improvement),
        well_tolerated=tolerated,
        red_event=red,
        rules=RULES,
    )

    assert suggestion.direction is direction
    assert suggestion.next_dose == Range(DosePerMass.mg_per_kg(low), DosePerMass.mg_per_kg(high))
    assert suggestion.because.endswith(".")
