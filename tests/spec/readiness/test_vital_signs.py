"""The vital signs before the start (clinical reference 3.1 and 3.3), as tables."""

from dataclasses import replace
from typing import Any

import pytest

from afterglow.core.decisions import Decision, Overrider, Severity
from afterglow.core.treatment.facts import BaselineReading
from afterglow.core.treatment.readiness import assess
from support.treatment import READING, READY, RULES, ago

PRESCRIBER = Overrider.PRESCRIBER


def judged(*readings: BaselineReading) -> Decision:
    """Decide with these baseline readings."""
    return assess(replace(READY, baseline=readings), RULES)


def taken(minutes: float, **changes: Any) -> BaselineReading:
    """Return a reading so many minutes ago."""
    return replace(READING, at=ago(minutes=minutes), **changes)


@pytest.mark.parametrize(
    ("systolic", "diastolic", "codes"),
    [
        (140, 90, ()),
        (141, 90, ("BP_ABOVE_REVIEW_LIMIT",)),
        (140, 91, ("BP_ABOVE_REVIEW_LIMIT",)),
        (159, 99, ("BP_ABOVE_REVIEW_LIMIT",)),
        (160, 99, ("BP_ABOVE_START_LIMIT",)),
        (159, 100, ("BP_ABOVE_START_LIMIT",)),
        (186, 114, ("BP_ABOVE_START_LIMIT",)),
        (90, 50, ()),
        (89, 50, ("BP_BELOW_START_LIMIT",)),
        (90, 49, ("BP_BELOW_START_LIMIT",)),
    ],
)
def test_the_blood_pressure_gate(systolic: int, diastolic: int, codes: tuple[str, ...]) -> None:
    second = taken(5, systolic_mmhg=systolic, diastolic_mmhg=diastolic)

    assert judged(taken(12), second).codes == codes


@pytest.mark.parametrize(
    ("sign", "value", "code"),
    [
        ("heart_rate_per_min", 110, None),
        ("heart_rate_per_min", 111, "HEART_RATE_ABOVE_START_LIMIT"),
        ("heart_rate_per_min", 50, None),
        ("heart_rate_per_min", 49, "HEART_RATE_BELOW_START_LIMIT"),
        ("spo2_percent", 94, None),
        ("spo2_percent", 93, "SPO2_BELOW_START_LIMIT"),
        ("respiratory_rate_per_min", 24, None),
        ("respiratory_rate_per_min", 25, "RESPIRATORY_RATE_ABOVE_START_LIMIT"),
        ("respiratory_rate_per_min", 10, None),
        ("respiratory_rate_per_min", 9, "RESPIRATORY_RATE_BELOW_START_LIMIT"),
        ("moaas", 5, None),
        ("moaas", 4, "MOAAS_BELOW_START_LIMIT"),
    ],
)
def test_the_other_signs_hold_the_start(sign: str, value: int, code: str | None) -> None:
    decision = judged(taken(12), taken(5, **{sign: value}))

    assert decision.codes == (() if code is None else (code,))
    assert {r.overridable_by for r in decision} <= {PRESCRIBER}


@pytest.mark.parametrize(
    ("minutes_ago", "codes"),
    [
        ((12, 5), ()),
        ((10, 5), ()),
        ((30, 0), ()),
        ((), ("BASELINE_MISSING",)),
        ((5,), ("BASELINE_MISSING",)),
        ((31, 5), ("BASELINE_MISSING",)),
        ((9, 5), ("BASELINE_TOO_CLOSE",)),
        ((7, 6, 5), ("BASELINE_TOO_CLOSE",)),
        ((45, 31), ("BASELINE_STALE",)),
        ((12, 5, -1), ()),
    ],
)
def test_two_pressures_apart_and_recent(
    minutes_ago: tuple[int, ...], codes: tuple[str, ...]
) -> None:
    decision = judged(*(taken(each) for each in minutes_ago))

    about_time = tuple(code for code in decision.codes if code != "BASELINE_VALUE_MISSING")
    assert about_time == codes
    assert {r.overridable_by for r in decision} <= {PRESCRIBER}


@pytest.mark.parametrize(
    "sign", ["heart_rate_per_min", "spo2_percent", "respiratory_rate_per_min", "moaas"]
)
def test_a_sign_that_was_never_taken_holds_the_start(sign: str) -> None:
    (reason,) = judged(taken(12, **{sign: None}), taken(5, **{sign: None}))

    assert (reason.code, reason.severity) == ("BASELINE_VALUE_MISSING", Severity.BLOCKER)


def test_a_reading_without_a_pressure_does_not_count_as_one() -> None:
    decision = judged(taken(12), taken(5, systolic_mmhg=None))

    assert decision.codes == ("BASELINE_MISSING",)


def test_a_better_second_pressure_does_not_hide_the_first() -> None:
    (reason,) = judged(taken(12, systolic_mmhg=168), taken(5))

    assert (reason.seen, reason.limit) == ("168/76 mmHg", "160/100 mmHg")


def test_a_high_pressure_between_the_two_is_not_skipped() -> None:
    decision = judged(taken(12), taken(6, systolic_mmhg=168), taken(5))

    assert decision.codes == ("BP_ABOVE_START_LIMIT",)


def test_a_high_pressure_before_two_good_ones_is_left_behind() -> None:
    assert judged(taken(20, systolic_mmhg=168), taken(12), taken(5)).reasons == ()


def test_the_order_in_which_readings_arrive_does_not_matter() -> None:
    readings = (taken(20, systolic_mmhg=168), taken(12), taken(5))

    assert judged(*readings) == judged(*reversed(readings))
