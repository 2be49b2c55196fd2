"""How much was given: exact totals over rate changes, pauses and a stop.

The pump's course is a list of moments from which it ran at a rate; 0 mL/h is a pause or the end.
All sums are fractions and are rounded once, so cutting a segment in two changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from afterglow.core.decisions import Decision, Overrider, blocker
from afterglow.core.dosing.bag import Bag
from afterglow.core.dosing.plan import shown
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import BodyMass, Dose, DosePerMass, Duration, Rate, Volume
from afterglow.core.quantities.numbers import from_fraction

_STOPPED = Rate.ml_per_h(0)


@dataclass(frozen=True, slots=True)
class RateFrom:
    """From this moment the pump runs at this rate. A pause or the stop is 0 mL/h."""

    at: datetime
    rate: Rate

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidValue(f"A rate change at {self.at.isoformat()} has no time zone.")


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch at one rate."""

    rate: Rate
    lasting: Duration

    @property
    def millilitres(self) -> Fraction:
        """The exact volume of the stretch."""
        return Fraction(self.rate.value) * Fraction(self.lasting.in_seconds) / 3600


class Source(StrEnum):
    """Where a delivered volume comes from."""

    CHARTED = "charted"
    PUMP = "pump"


@dataclass(frozen=True, slots=True)
class Given:
    """What reached the patient so far. Drawn = given + remaining + left behind, exactly.

    ``beyond_bag`` is the volume claimed past what the bag could deliver; it is not counted.
    """

    source: Source
    volume: Volume
    dose: Dose
    remaining: Dose
    left_behind: Dose
    beyond_bag: Volume

    def per(self, mass: BodyMass) -> DosePerMass:
        """The dose given per kilogram of a body mass (34 digits)."""
        return self.dose / mass


def segments(course: Sequence[RateFrom], *, until: datetime) -> tuple[Segment, ...]:
    """Return the stretches of a course up to ``until``, in order.

    Raises InvalidValue when two changes are out of order or at one moment.
    """
    for earlier, later in pairwise(course):
        if later.at <= earlier.at:
            raise InvalidValue(
                f"A rate change at {later.at.isoformat()} follows one at "
                f"{earlier.at.isoformat()}; each must be later than the one before."
            )
    if not course:
        return ()
    ends = [*(change.at for change in course[1:]), until]
    return tuple(
        Segment(change.rate, Duration.between(change.at, min(end, until)))
        for change, end in zip(course, ends, strict=True)
        if change.at < until
    )


def delivered(parts: Sequence[Segment]) -> Volume:
    """Return the volume of some stretches: summed exactly, rounded once at 34 digits."""
    return Volume(from_fraction(_millilitres(parts)))


def given_so_far(bag: Bag, course: Sequence[RateFrom], *, at: datetime) -> Given:
    """Return what was given by ``at`` as charted, never more than the bag could deliver."""
    return _given(bag, _millilitres(segments(course, until=at)), Source.CHARTED)


def given_by_pump(bag: Bag, volume: Volume) -> Given:
    """Return what was given when the pump reports a delivered volume, capped in the same way."""
    return _given(bag, Fraction(volume.value), Source.PUMP)


def completes_at(bag: Bag, course: Sequence[RateFrom], *, at: datetime) -> datetime | None:
    """Return when the volume to be infused runs out if nothing changes after ``at``.

    None when the pump is not running then. To the microsecond, not before it is empty.
    """
    running = [change for change in course if change.at <= at]
    if not running or running[-1].rate == _STOPPED:
        return None
    last = running[-1]
    before = _millilitres(segments(running, until=last.at))
    left = max(Fraction(bag.volume_to_be_infused.value) - before, Fraction(0))
    micros = left * 3600 * 1_000_000 / Fraction(last.rate.value)
    return last.at + timedelta(microseconds=-(-micros.numerator // micros.denominator))


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The charted and the pump's account side by side, and whether they agree well enough.

    ``settled`` is the account that counts: the pump outranks the chart when it speaks.
    """

    charted: Given
    pump: Given | None
    difference: Volume
    decision: Decision

    @property
    def settled(self) -> Given:
        """The account that counts."""
        return self.charted if self.pump is None else self.pump


def reconcile(
    bag: Bag,
    course: Sequence[RateFrom],
    pump: Volume | None,
    *,
    at: datetime,
    rules: DosingRules,
) -> Reconciliation:
    """Compare what was charted with what the pump reports, by the protocol's tolerance.

    ``pump`` is the delivered volume that the pump reports, None when there is no report. The
    comparison is of the volumes as stated, before either is capped at the bag. Codes:
    PUMP_DIFFERS_FROM_CHART, and PUMP_BEYOND_BAG or CHART_BEYOND_BAG when an account claims more
    than the bag could deliver by more than the tolerance. The prescriber may accept, with a reason.
    """
    charted = given_so_far(bag, course, at=at)
    reported = None if pump is None else given_by_pump(bag, pump)
    tolerance = rules.pump_difference
    stated = charted.volume + charted.beyond_bag
    told = stated if pump is None else pump
    apart = max(told, stated) - min(told, stated)
    reasons = []
    if pump is not None and apart > tolerance:
        reasons.append(
            blocker(
                "PUMP_DIFFERS_FROM_CHART",
                f"The pump reports {shown(pump)} given and the chart {shown(stated)}: "
                f"{shown(apart)} apart, above the limit of {tolerance}.",
                seen=shown(apart),
                limit=tolerance,
                overridable_by=Overrider.PRESCRIBER,
                pump=shown(pump),
                chart=shown(stated),
            )
        )
    for account in (charted, reported):
        if account is not None and account.beyond_bag > tolerance:
            who = "pump" if account.source is Source.PUMP else "chart"
            claimed = account.volume + account.beyond_bag
            reasons.append(
                blocker(
                    f"{who.upper()}_BEYOND_BAG",
                    f"The {who} says {shown(claimed)} was given, but the bag could deliver only "
                    f"{shown(bag.volume_to_be_infused)}.",
                    seen=shown(claimed),
                    limit=shown(bag.volume_to_be_infused),
                    overridable_by=Overrider.PRESCRIBER,
                )
            )
    return Reconciliation(charted, reported, apart, Decision.from_reasons(reasons))


def _millilitres(parts: Sequence[Segment]) -> Fraction:
    return sum((part.millilitres for part in parts), Fraction(0))


def _given(bag: Bag, millilitres: Fraction, source: Source) -> Given:
    most = Fraction(bag.volume_to_be_infused.value)
    if millilitres >= most:
        volume, dose = bag.volume_to_be_infused, bag.deliverable
        beyond = Volume(from_fraction(millilitres - most))
    else:
        volume, beyond = Volume(from_fraction(millilitres)), Volume.ml(0)
        dose = min(bag.dose_in(millilitres), bag.deliverable)
    return Given(source, volume, dose, bag.deliverable - dose, bag.left_behind, beyond)
