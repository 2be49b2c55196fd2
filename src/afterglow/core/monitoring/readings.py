"""Readings, where they come from, and the baseline they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from afterglow.core.errors import InvalidValue


class Source(StrEnum):
    """Who measured. The two are kept apart: a hand never corrects a device, nor the reverse."""

    DEVICE = "device"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one sign. ``sign`` is a VitalSignCode or an instrument's key, such as moaas.

    ``value`` is in the sign's own unit; ``at`` is the time of measuring. An artefact stays in
    the record and raises no alarm.
    """

    sign: str
    value: Decimal
    at: datetime
    source: Source
    artefact: bool = False

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidValue(f"A reading's time needs a zone; {self.at.isoformat()} has none.")


LOOKED_BACK = timedelta(minutes=5)
"""How far back continuous readings are looked at, by their own times. They come every second, and
no limit on them is sustained for longer."""

Lines = Mapping[tuple[str, Source], Sequence[Reading]]
"""Believed readings by sign and source, each line in order of time."""


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
