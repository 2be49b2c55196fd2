"""Where the line of a signal must break: a missing stretch is drawn as one, never bridged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.readings import Reading
from afterglow.core.monitoring.rules import GapRules


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without a usable value. Its ends are the values, or the bounds, around it."""

    sign: str
    start: datetime
    end: datetime


def gaps(
    readings: Iterable[Reading], sign: str, rules: GapRules, *, start: datetime, end: datetime
) -> tuple[Gap, ...]:
    """Return the stretches between ``start`` and ``end`` that are longer than expected.

    A stretch is a gap when it is longer than the protocol's factor times the expected interval
    of the sign. An artefact is no value.
    """
    longest = _longest(sign, rules)
    times = sorted(
        {r.at for r in readings if r.sign == sign and not r.artefact and start < r.at < end}
    )
    return tuple(
        Gap(sign, before, after)
        for before, after in pairwise([start, *times, end])
        if after - before > longest
    )


def _longest(sign: str, rules: GapRules) -> timedelta:
    expected = rules.expected_every.get(sign)
    if expected is None:
        raise InvalidValue(f"The protocol says no expected interval for {sign!r}.")
    return timedelta(seconds=float(rules.factor) * expected.total_seconds())
