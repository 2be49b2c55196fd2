"""The vital signs before the start: two readings, apart, recent, and within the start limits.

The two readings are the last one and the latest that is far enough before it. Every reading from
the first of the two on is judged, each sign by its worst value: a second, better pressure does
not hide the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from afterglow.core.decisions import Reason
from afterglow.core.reason_codes import ReasonCode
from afterglow.core.treatment.codes import vitals as codes
from afterglow.core.treatment.facts import BaselineReading, ReadinessFacts
from afterglow.core.treatment.rules import SessionRules
from afterglow.core.treatment.saying import number, span

Sign = Callable[[BaselineReading], int | None]


def baseline_readings(facts: ReadinessFacts, rules: SessionRules) -> tuple[BaselineReading, ...]:
    """Return the readings that the baseline is judged by, oldest first.

    They lie within the window. Where too few are far enough apart, all in the window count.
    """
    recent = sorted(
        (r for r in facts.baseline if facts.at - rules.baseline_window <= r.at <= facts.at),
        key=lambda r: r.at,
    )
    chain = _apart(recent, rules)
    if len(chain) < rules.baseline_readings:
        return tuple(recent)
    return tuple(r for r in recent if r.at >= chain[int(rules.baseline_readings) - 1].at)


def _apart(readings: list[BaselineReading], rules: SessionRules) -> list[BaselineReading]:
    """Return the last blood pressure and those before it, each far enough from the next."""
    chain: list[BaselineReading] = []
    for reading in reversed([r for r in readings if _has_pressure(r)]):
        if not chain or chain[-1].at - reading.at >= rules.baseline_apart:
            chain.append(reading)
    return chain


def _has_pressure(reading: BaselineReading) -> bool:
    return reading.systolic_mmhg is not None and reading.diastolic_mmhg is not None


def baseline_recent(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Refuse without enough blood pressures, far enough apart, within the window."""
    pressures = sorted(r.at for r in facts.baseline if _has_pressure(r) and r.at <= facts.at)
    recent = [at for at in pressures if facts.at - at <= rules.baseline_window]
    if pressures and not recent:
        yield codes.BASELINE_STALE.reason(
            seen=span(facts.at - pressures[-1]), limit=span(rules.baseline_window)
        )
    elif len(recent) < rules.baseline_readings:
        yield codes.BASELINE_MISSING.reason(seen=len(recent), limit=number(rules.baseline_readings))
    elif len(_apart(list(baseline_readings(facts, rules)), rules)) < rules.baseline_readings:
        yield codes.BASELINE_TOO_CLOSE.reason(
            seen=span(recent[-1] - recent[0]), limit=span(rules.baseline_apart)
        )


def blood_pressure_within(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Hold a pressure at or above the start limit or below the lowest; remark one to review."""
    limits = rules.start
    readings = [r for r in baseline_readings(facts, rules) if _has_pressure(r)]
    systolic = _values(readings, lambda r: r.systolic_mmhg)
    diastolic = _values(readings, lambda r: r.diastolic_mmhg)
    if not systolic:
        return
    highest = f"{max(systolic)}/{max(diastolic)} mmHg"
    if (
        max(systolic) >= limits.systolic_hold_from_mmhg
        or max(diastolic) >= limits.diastolic_hold_from_mmhg
    ):
        yield codes.BP_ABOVE_START_LIMIT.reason(
            seen=highest,
            limit=_pressure(limits.systolic_hold_from_mmhg, limits.diastolic_hold_from_mmhg),
        )
    elif (
        max(systolic) > limits.systolic_review_above_mmhg
        or max(diastolic) > limits.diastolic_review_above_mmhg
    ):
        yield codes.BP_ABOVE_REVIEW_LIMIT.reason(
            seen=highest,
            limit=_pressure(limits.systolic_review_above_mmhg, limits.diastolic_review_above_mmhg),
        )
    if (
        min(systolic) < limits.systolic_hold_below_mmhg
        or min(diastolic) < limits.diastolic_hold_below_mmhg
    ):
        yield codes.BP_BELOW_START_LIMIT.reason(
            seen=f"{min(systolic)}/{min(diastolic)} mmHg",
            limit=_pressure(limits.systolic_hold_below_mmhg, limits.diastolic_hold_below_mmhg),
        )


def heart_rate_within(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Hold a heart rate above or below the start limits."""
    yield from _within(
        _seen(facts, rules, lambda r: r.heart_rate_per_min),
        "heart rate",
        "/min",
        (codes.HEART_RATE_ABOVE_START_LIMIT, rules.start.heart_rate_hold_above_per_min),
        (codes.HEART_RATE_BELOW_START_LIMIT, rules.start.heart_rate_hold_below_per_min),
    )


def spo2_within(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Hold an oxygen saturation below the start limit."""
    yield from _within(
        _seen(facts, rules, lambda r: r.spo2_percent),
        "oxygen saturation",
        " %",
        None,
        (codes.SPO2_BELOW_START_LIMIT, rules.start.spo2_hold_below_percent),
    )


def respiratory_rate_within(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Hold a respiratory rate above or below the start limits."""
    yield from _within(
        _seen(facts, rules, lambda r: r.respiratory_rate_per_min),
        "respiratory rate",
        "/min",
        (
            codes.RESPIRATORY_RATE_ABOVE_START_LIMIT,
            rules.start.respiratory_rate_hold_above_per_min,
        ),
        (
            codes.RESPIRATORY_RATE_BELOW_START_LIMIT,
            rules.start.respiratory_rate_hold_below_per_min,
        ),
    )


def awake(facts: ReadinessFacts, rules: SessionRules) -> Iterator[Reason]:
    """Hold a patient who is not fully awake (MOAA/S)."""
    yield from _within(
        _seen(facts, rules, lambda r: r.moaas),
        "MOAA/S",
        "",
        None,
        (codes.MOAAS_BELOW_START_LIMIT, rules.start.moaas_hold_below),
    )


def _seen(facts: ReadinessFacts, rules: SessionRules, sign: Sign) -> list[int]:
    return _values(baseline_readings(facts, rules), sign)


def _values(readings: list[BaselineReading] | tuple[BaselineReading, ...], sign: Sign) -> list[int]:
    return [value for r in readings if (value := sign(r)) is not None]


def _within(
    values: list[int],
    name: str,
    unit: str,
    above: tuple[ReasonCode, Decimal] | None,
    below: tuple[ReasonCode, Decimal],
) -> Iterator[Reason]:
    if not values:
        yield codes.BASELINE_VALUE_MISSING.reason(seen=name)
        return
    if above is not None and max(values) > above[1]:
        yield above[0].reason(seen=f"{max(values)}{unit}", limit=f"{number(above[1])}{unit}")
    if min(values) < below[1]:
        yield below[0].reason(seen=f"{min(values)}{unit}", limit=f"{number(below[1])}{unit}")


def _pressure(systolic: Decimal, diastolic: Decimal) -> str:
    return f"{number(systolic)}/{number(diastolic)} mmHg"


VITAL_RULES: Final = (
    baseline_recent,
    blood_pressure_within,
    heart_rate_within,
    spo2_within,
    respiratory_rate_within,
    awake,
)
"""The rules about vital signs before the start."""
