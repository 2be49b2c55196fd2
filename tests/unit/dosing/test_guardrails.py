"""Guardrails: a recommended range inside an absolute one."""

import pytest

from afterglow.core.decisions import Overrider
from afterglow.core.errors import InvalidValue
from afterglow.core.guardrails import Guardrail, Range
from afterglow.core.quantities import Dose

RAIL = Guardrail(
    absolute=Range(Dose.mg(10), Dose.mg(150)), recommended=Range(Dose.mg(20), Dose.mg(100))
)


@pytest.mark.parametrize(
    ("mg", "code", "who"),
    [
        ("9.99", "DOSE_BELOW_HARD_LIMIT", Overrider.NOBODY),
        ("10", "DOSE_BELOW_SOFT_LIMIT", Overrider.PRESCRIBER),
        ("19.99", "DOSE_BELOW_SOFT_LIMIT", Overrider.PRESCRIBER),
        ("100.01", "DOSE_ABOVE_SOFT_LIMIT", Overrider.PRESCRIBER),
        ("150", "DOSE_ABOVE_SOFT_LIMIT", Overrider.PRESCRIBER),
        ("150.01", "DOSE_ABOVE_HARD_LIMIT", Overrider.NOBODY),
    ],
)
def test_beyond_a_limit_the_reason_names_it_and_who_may_override(
    mg: str, code: str, who: Overrider
) -> None:
    reason = RAIL.check(Dose.mg(mg), code="DOSE", what="The dose")

    assert reason is not None
    assert reason.code == code
    assert reason.overridable_by is who
    assert reason.blocks
    assert f"{mg} mg" in reason.sentence
    assert reason.limit in reason.sentence


@pytest.mark.parametrize("mg", ["20", "60", "100"])
def test_inside_the_recommended_range_there_is_nothing_to_say(mg: str) -> None:
    assert RAIL.check(Dose.mg(mg), code="DOSE", what="The dose") is None
    assert Dose.mg(mg) in RAIL.recommended


@pytest.mark.parametrize(
    "recommended",
    [
        Range(Dose.mg(9), Dose.mg(100)),
        Range(Dose.mg(20), Dose.mg(151)),
        Range(Dose.mg(20)),
        Range(high=Dose.mg(100)),
    ],
    ids=str,
)
def test_a_recommended_range_cannot_stick_out_of_the_absolute_one(
    recommended: Range[Dose],
) -> None:
    with pytest.raises(InvalidValue, match="must lie inside"):
        Guardrail(absolute=RAIL.absolute, recommended=recommended)


def test_a_range_cannot_run_backwards() -> None:
    with pytest.raises(InvalidValue, match="from 2 mg down to 1 mg"):
        Range(Dose.mg(2), Dose.mg(1))


def test_a_range_prints_what_it_allows() -> None:
    assert str(Range[Dose]()) == "any"
    assert str(Range(Dose.mg(1))) == "at least 1 mg"
    assert str(Range(high=Dose.mg(2))) == "at most 2 mg"
    assert str(Range(Dose.mg(1), Dose.mg(2))) == "1 mg to 2 mg"
