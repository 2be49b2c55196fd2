"""Spells beyond a limit: a value that moves around its limit is one spell, not many.

A line is the readings of one sign from one source, in order of time. A spell ends when the line has
been within the limit for the protocol's time (the return-to-normal dwell): by its readings, not by
the clock, so that a device that falls silent ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from afterglow.core.monitoring.readings import Reading

IsBeyond = Callable[[Decimal], bool]


@dataclass(frozen=True, slots=True)
class Spell:
    """Readings beyond a limit, with short returns within it between them.

    ``longest``: the longest unbroken stretch beyond. ``back_since``: when the line came back
    within, if it did, and has not been there for long enough. ``began_before``: the line does not
    reach back to its beginning, so a longer stretch may lie before it.
    """

    beyond: tuple[Reading, ...]
    longest: timedelta
    back_since: datetime | None
    began_before: bool

    @property
    def first(self) -> Reading:
        """The reading with which it began."""
        return self.beyond[0]

    @property
    def last(self) -> Reading:
        """The last reading that was beyond."""
        return self.beyond[-1]


def recent(line: Sequence[Reading], back_for: timedelta) -> list[Reading]:
    """Return the last readings of a line, enough to say whether it is within for ``back_for``."""
    found: list[Reading] = []
    for reading in reversed(line):
        found.append(reading)
        if found[0].at - reading.at >= back_for:
            break
    return found


def spell(
    line: Sequence[Reading], is_beyond: IsBeyond, *, back_for: timedelta, at: datetime
) -> Spell | None:
    """Return the spell that the line is in at ``at``, or None when it is within the limit."""
    beyond: list[Reading] = []
    longest, until = timedelta(), at
    came_back: datetime | None = None  # the first reading within, after what is looked at
    left_at: datetime | None = None  # the last one of the same stretch within
    back_since: datetime | None = None
    began_before = True
    for reading in reversed(line):
        if not is_beyond(reading.value):
            came_back = reading.at
            left_at = left_at or reading.at
            if left_at - came_back >= back_for:
                began_before = False
                break
            continue
        if came_back is not None:
            until = came_back
            if not beyond:
                back_since = came_back
            came_back = left_at = None
        beyond.append(reading)
        longest = max(longest, until - reading.at)
    if not beyond:
        return None
    return Spell(tuple(reversed(beyond)), longest, back_since, began_before)


def was_within(
    line: Sequence[Reading],
    is_beyond: IsBeyond,
    *,
    after: datetime,
    times: int,
    lasting: timedelta,
) -> bool:
    """Whether a line was once within the limit after a time: unbroken, so often and for so long."""
    since: datetime | None = None
    count = 0
    for reading in line:
        if reading.at <= after:
            continue
        if is_beyond(reading.value):
            since, count = None, 0
            continue
        since = since or reading.at
        count += 1
        if count >= times and reading.at - since >= lasting:
            return True
    return False
