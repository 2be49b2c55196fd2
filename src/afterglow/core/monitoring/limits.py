"""Alarm limits on readings: absolute, relative to the baseline, confirmed, sustained.

Readings of one sign and one source form a line; the last reading of the line speaks. Two
sources of one sign are two lines: a normal value by hand does not end what a device reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from afterglow.core.monitoring.catalogue import BLOOD_PRESSURE, CATALOGUE, VitalSignCode
from afterglow.core.monitoring.conditions import AlarmCondition, AlarmKind, AlarmPriority
from afterglow.core.monitoring.readings import Baseline, Lines, Reading, Source
from afterglow.core.monitoring.rules import AlarmLimit, Bound, SymptomRule

SCORE_NAMES = {"moaas": "MOAA/S", "rass": "RASS"}

_BOUND_WORDS = {
    Bound.AT_OR_ABOVE: "at or above the limit of",
    Bound.ABOVE: "above the limit of",
    Bound.AT_OR_BELOW: "at or below the limit of",
    Bound.BELOW: "below the limit of",
}


@dataclass(frozen=True, slots=True)
class Symptom:
    """A symptom or a request that is present since ``at``. ``code`` is one of the protocol's."""

    code: str
    at: datetime


def sign_name(sign: str) -> str:
    """Return what a sign is called in a sentence."""
    if sign in SCORE_NAMES:
        return SCORE_NAMES[sign]
    return CATALOGUE[VitalSignCode(sign)].name


def limit_conditions(
    lines: Lines,
    baseline: Mapping[str, Baseline],
    limits: Iterable[AlarmLimit],
    *,
    symptomatic: bool,
    at: datetime,
    said_symptomatic: bool = False,
) -> Iterator[AlarmCondition]:
    """Yield a condition for every limit that the last reading of a line is beyond.

    A limit that asks for a repeat counts at once when the patient has symptoms, when the repeat
    is beyond it too, or when the repeat is late; until then it is a medium condition that asks
    for the repeat. ``said_symptomatic``: somebody answered that this pressure gives symptoms, so
    any pressure that is beyond a limit is a high one (clinical reference 0.1 and 3.3).
    """
    for limit in limits:
        for source in Source:
            line = lines.get((limit.sign, source))
            if not line:
                continue
            run = _run_beyond(line, limit, baseline.get(limit.sign))
            if run:
                condition = _condition(run, limit, baseline.get(limit.sign))
                weighed = _weigh(condition, run, limit, symptomatic=symptomatic, at=at)
                if weighed is not None and said_symptomatic and limit.sign in BLOOD_PRESSURE:
                    weighed = replace(weighed, priority=AlarmPriority.HIGH)
                if weighed is not None:
                    yield weighed


def symptom_conditions(
    symptoms: Iterable[Symptom], rules: Mapping[str, SymptomRule], *, at: datetime
) -> Iterator[AlarmCondition]:
    """Yield a condition for every symptom that is present. Raises KeyError for an unknown one."""
    for symptom in symptoms:
        if symptom.at <= at:
            rule = rules[symptom.code]
            yield AlarmCondition(
                code=f"SYMPTOM_{rule.code}",
                about="",
                kind=AlarmKind.PHYSIOLOGICAL,
                priority=rule.priority,
                sentence=f"{rule.name}. {rule.action}",
                since=symptom.at,
                seen=rule.name,
            )


def _run_beyond(
    line: Sequence[Reading], limit: AlarmLimit, baseline: Baseline | None
) -> list[Reading]:
    """Return the unbroken run of readings beyond the limit that ends with the last one."""
    run: list[Reading] = []
    for reading in reversed(line):
        if not _is_beyond(reading, limit, baseline):
            break
        run.append(reading)
    return run[::-1]


def _is_beyond(reading: Reading, limit: AlarmLimit, baseline: Baseline | None) -> bool:
    if limit.bound is not None and limit.number is not None:
        return limit.bound.is_crossed(reading.value, limit.number)
    if baseline is None or baseline.value <= 0:
        return False
    rise = reading.value - baseline.value
    enough_percent = rise * 100 >= (limit.rise_percent or 0) * baseline.value
    return rise > 0 and enough_percent and rise >= (limit.rise_at_least or 0)


def _condition(run: list[Reading], limit: AlarmLimit, baseline: Baseline | None) -> AlarmCondition:
    last = run[-1]
    seen = _amount(last.value, limit.unit)
    by_hand = ", entered by hand," if last.source is Source.HAND else ""
    if limit.bound is not None and limit.number is not None:
        beyond = f"{_BOUND_WORDS[limit.bound]} {_amount(limit.number, limit.unit)}"
        shown_limit = _amount(limit.number, limit.unit)
    else:
        start = baseline.value if baseline is not None else Decimal(0)
        shown_limit = _rise_limit(limit)
        beyond = (
            f"{_amount(last.value - start, limit.unit)} above the baseline of "
            f"{_amount(start, limit.unit)}; the limit is {shown_limit}"
        )
    return AlarmCondition(
        code=limit.code,
        about=last.source.value,
        kind=AlarmKind.PHYSIOLOGICAL,
        priority=limit.priority,
        sentence=f"{sign_name(limit.sign)} {seen}{by_hand} is {beyond}.",
        since=run[0].at,
        seen=seen,
        limit=shown_limit,
    )


def _weigh(
    condition: AlarmCondition,
    run: list[Reading],
    limit: AlarmLimit,
    *,
    symptomatic: bool,
    at: datetime,
) -> AlarmCondition | None:
    held_for = at - run[0].at
    if held_for < limit.sustained_for:
        return None
    if limit.confirm_within is None or symptomatic or run[-1].at > run[0].at:
        return condition
    if held_for > limit.confirm_within:
        return replace(condition, sentence=f"{condition.sentence[:-1]}, and the repeat is late.")
    return replace(
        condition,
        priority=AlarmPriority.MEDIUM,
        repeat_by=run[0].at + limit.confirm_within,
        sentence=(f"{condition.sentence[:-1]}: repeat within {_minutes(limit.confirm_within)}."),
    )


def _rise_limit(limit: AlarmLimit) -> str:
    parts = []
    if limit.rise_percent is not None:
        parts.append(f"+{plain(limit.rise_percent)} %")
    if limit.rise_at_least is not None:
        parts.append(f"+{_amount(limit.rise_at_least, limit.unit)}")
    return " and at least ".join(parts)


def _amount(value: Decimal, unit: str) -> str:
    """Write a value exactly, with its unit; a score has none."""
    return f"{plain(value)}" if unit == "score" else f"{plain(value)} {unit}"


def plain(value: Decimal) -> str:
    """Write a decimal without an exponent and without idle zeros."""
    return f"{value.normalize():f}"


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
