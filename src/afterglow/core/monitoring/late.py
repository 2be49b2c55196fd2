"""What was typed long after it was measured: a number of then, which asks for one of now.

A line copied from paper, or kept by a tablet without a connection, says how the patient was, not
how they are. It never sounds as if it were so now, and never speaks against what is so now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from afterglow.core.monitoring.conditions import LATE_READING, AlarmCondition, AlarmKind
from afterglow.core.monitoring.limits import SAME_RATE, limit_conditions, sign_name
from afterglow.core.monitoring.readings import Baseline, LateRules, Lines, Reading, Source
from afterglow.core.monitoring.rules import AlarmLimit, AlarmRules


def late_conditions(
    late: Mapping[str, Reading],
    present: Lines,
    baseline: Mapping[str, Baseline],
    limits: Iterable[AlarmLimit],
    rules: AlarmRules,
    how: LateRules,
    *,
    at: datetime,
) -> Iterator[AlarmCondition]:
    """Yield a notice for each sign whose newest number is late and was beyond a limit.

    ``late`` and ``present`` are those of ``LateRules.apart``. Any newer reading of the sign ends
    it, of whatever source: then it is known how the patient is.
    """
    known = tuple(limits)
    for sign, reading in late.items():
        if not _measured_since(reading, present):
            of_sign = [limit for limit in known if limit.sign == sign]
            was = _what_it_was(reading, of_sign, baseline, rules, at)
            if was is not None:
                yield _notice(reading, was, how)


def _measured_since(reading: Reading, present: Lines) -> bool:
    lines: Iterable[Sequence[Reading]] = (
        present.get((same, source), ())
        for same in SAME_RATE.get(reading.sign, (reading.sign,))
        for source in Source
    )
    return any(line[-1].at > reading.at for line in lines if line)


def _what_it_was(
    reading: Reading,
    limits: Sequence[AlarmLimit],
    baseline: Mapping[str, Baseline],
    rules: AlarmRules,
    at: datetime,
) -> AlarmCondition | None:
    """Return the worst condition that the reading alone would have been, or None."""
    alone = {(reading.sign, reading.source): [reading]}
    found = limit_conditions(alone, baseline, limits, rules, symptomatic=True, at=at)
    return max(found, key=lambda condition: condition.priority.weight, default=None)


def _notice(reading: Reading, was: AlarmCondition, how: LateRules) -> AlarmCondition:
    behind = (reading.entered_at or reading.at) - reading.at
    return AlarmCondition(
        LATE_READING,
        reading.sign,
        AlarmKind.TECHNICAL,
        how.priority,
        f"{sign_name(reading.sign)} {was.seen} was beyond the limit of {was.limit} and was entered "
        f"{_minutes(behind)} after it was measured: measure again.",
        reading.at,
        was.seen,
        was.limit,
    )


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() // 60:g} min"
