"""Readings, where they come from, and the baseline they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority


class Source(StrEnum):
    """Who measured. The two are kept apart: a hand never corrects a device, nor the reverse."""

    DEVICE = "device"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one sign. ``sign`` is a VitalSignCode or an instrument's key, such as moaas.

    ``value`` is in the sign's own unit; ``at`` is the time of measuring. An artefact stays in
    the record and raises no alarm. ``entered_at``: when a person's reading came into the record;
    None for a device's, and where it was entered as it was measured.
    """

    sign: str
    value: Decimal
    at: datetime
    source: Source
    artefact: bool = False
    entered_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidValue(f"A reading's time needs a zone; {self.at.isoformat()} has none.")


LOOKED_BACK = timedelta(minutes=5)
"""How far back continuous readings are looked at, by their own times. They come every second, and
no limit on them is sustained for longer."""

Lines = Mapping[tuple[str, Source], Sequence[Reading]]
"""Believed readings by sign and source, each line in order of time."""


@dataclass(frozen=True, slots=True)
class LateRules:
    """When what a person typed is too old to be a reading of now, and how that is said.

    ``after``: how long after its measuring a reading by hand is still one of now, by sign; one of a
    sign that is not named always is.
    """

    after: Mapping[str, timedelta]
    priority: AlarmPriority

    def is_late(self, reading: Reading) -> bool:
        """Whether a reading was entered so long after it was measured that it is one of then."""
        if reading.entered_at is None or reading.source is not Source.HAND:
            return False
        after = self.after.get(reading.sign)
        return after is not None and reading.entered_at - reading.at > after

    def apart(self, lines: Lines) -> tuple[Lines, dict[str, Reading]]:
        """Return the lines without what is late, and the last late reading of each sign."""
        present: dict[tuple[str, Source], Sequence[Reading]] = {}
        late: dict[str, Reading] = {}
        for key, line in lines.items():
            sign, source = key
            if source is Source.HAND and sign in self.after:
                known = list(line)
                old = [reading for reading in known if self.is_late(reading)]
                if old:
                    late[sign] = old[-1]
                    line = [reading for reading in known if not self.is_late(reading)]
            if line:
                present[key] = line
        return present, late


def lines_of(
    readings: Iterable[Reading], *, at: datetime
) -> dict[tuple[str, Source], list[Reading]]:
    """Return readings up to ``at`` as lines; an artefact is in none."""
    lines: dict[tuple[str, Source], list[Reading]] = {}
    for reading in sorted(readings, key=lambda r: r.at):
        if reading.at <= at and not reading.artefact:
            lines.setdefault((reading.sign, reading.source), []).append(reading)
    return lines


@dataclass(frozen=True, slots=True)
class Baseline:
    """The pre-infusion value of one sign: the mean of ``taken_at``'s readings, not rounded."""

    sign: str
    value: Decimal
    source: Source
    taken_at: tuple[datetime, ...]

    @property
    def is_provisional(self) -> bool:
        """Whether it rests on one reading, where two are asked for."""
        return len(self.taken_at) < 2


def baselines(
    readings: Iterable[Reading], *, before: datetime, apart: timedelta, tolerance: timedelta
) -> Mapping[str, Baseline]:
    """Return the baseline of every sign: the mean of its last two readings before ``before``.

    The two come from one source and lie at least ``apart`` less ``tolerance`` from each other.
    With only one usable reading the baseline is that reading and says that it is provisional.
    A source with two readings is preferred; then the source that measured last; then the device.
    """
    usable = sorted(
        (r for r in readings if r.at <= before and not r.artefact),
        key=lambda r: (r.sign, r.source, r.at),
    )
    found: dict[str, Baseline] = {}
    for (sign, _), group in groupby(usable, key=lambda r: (r.sign, r.source)):
        candidate = _from_one_source(list(group), at_least=apart - tolerance)
        if sign not in found or _rank(candidate) > _rank(found[sign]):
            found[sign] = candidate
    return found


def _from_one_source(readings: list[Reading], *, at_least: timedelta) -> Baseline:
    last = readings[-1]
    earlier = [r for r in readings[:-1] if last.at - r.at >= at_least]
    if not earlier:
        return Baseline(last.sign, last.value, last.source, (last.at,))
    first = earlier[-1]
    mean = (first.value + last.value) / 2
    return Baseline(last.sign, mean, last.source, (first.at, last.at))


def _rank(baseline: Baseline) -> tuple[int, datetime, bool]:
    return (len(baseline.taken_at), baseline.taken_at[-1], baseline.source is Source.DEVICE)
