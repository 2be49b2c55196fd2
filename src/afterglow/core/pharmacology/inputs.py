"""What is given and when: boluses, constant infusions, sprays; all of them are a Regimen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from afterglow.core.pharmacology.errors import BadDose, BadTimes, OverlappingInfusions
from afterglow.core.pharmacology.mass import BaseMass, DrugMass

LONGEST_MIN = 366.0 * 24 * 60


class Route(StrEnum):
    """Where the drug is put."""

    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    INTRANASAL = "intranasal"
    SUBLINGUAL = "sublingual"
    ORAL = "oral"


@dataclass(frozen=True, slots=True)
class Bolus:
    """``mass`` at once at ``at_min``, by any route: absorption is the model's business."""

    mass: DrugMass
    at_min: float = 0.0
    route: Route = Route.INTRAVENOUS

    def __post_init__(self) -> None:
        _check_moment(self.at_min, "A bolus")


@dataclass(frozen=True, slots=True)
class Infusion:
    """``mass`` intravenously at a constant rate, from ``start_min`` for ``duration_min``."""

    mass: DrugMass
    start_min: float
    duration_min: float

    def __post_init__(self) -> None:
        _check_moment(self.start_min, "An infusion")
        if not (math.isfinite(self.duration_min) and 0 < self.duration_min <= LONGEST_MIN):
            raise BadDose(
                f"An infusion was given over {self.duration_min:g} min; "
                f"it must be more than 0 and at most {LONGEST_MIN:g} min."
            )

    @property
    def end_min(self) -> float:
        """When it ends."""
        return self.start_min + self.duration_min

    @property
    def mg_per_min(self) -> float:
        """Base per minute."""
        return self.mass.as_base.mg / self.duration_min


@dataclass(frozen=True, slots=True)
class Spray:
    """One nasal device emptied at ``at_min``; a second one of the same day is absorbed less."""

    mass: DrugMass
    at_min: float = 0.0

    def __post_init__(self) -> None:
        _check_moment(self.at_min, "A spray")


Event = Bolus | Infusion | Spray


def starts(event: Event) -> float:
    """When an event begins, in minutes."""
    return event.start_min if isinstance(event, Infusion) else event.at_min


@dataclass(frozen=True, slots=True)
class RateStep:
    """From ``at_min`` on the pump gives ``mg_per_min`` of base; 0 is a pause or the stop."""

    at_min: float
    mg_per_min: float

    def __post_init__(self) -> None:
        _check_moment(self.at_min, "A rate change")
        if not math.isfinite(self.mg_per_min) or self.mg_per_min < 0:
            raise BadDose(
                f"A rate was given as {self.mg_per_min:g} mg/min; it must be finite and 0 or more."
            )


@dataclass(frozen=True, slots=True)
class Regimen:
    """A sequence of events, sorted by time. Infusions may touch, never overlap.

    Raises BadTimes when the events are not in time order, OverlappingInfusions when two
    intravenous infusions would run at once.
    """

    events: tuple[Event, ...]

    def __post_init__(self) -> None:
        moments = [starts(event) for event in self.events]
        for before, after in itertools.pairwise(moments):
            if after < before:
                raise BadTimes(
                    f"An event at {after:g} min follows one at {before:g} min; "
                    "events must be sorted by time."
                )
        running: Infusion | None = None
        for event in self.events:
            if not isinstance(event, Infusion):
                continue
            if running is not None and event.start_min < running.end_min - 1e-9:
                raise OverlappingInfusions(
                    f"An infusion starts at {event.start_min:g} min while another "
                    f"runs until {running.end_min:g} min."
                )
            running = event

    @classmethod
    def of(cls, *events: Event) -> Self:
        """Build from events in any order."""
        return cls(tuple(sorted(events, key=starts)))

    @classmethod
    def constant(cls, mass: DrugMass, *, over_min: float, at_min: float = 0.0) -> Self:
        """One infusion at a constant rate."""
        return cls((Infusion(mass, at_min, over_min),))

    @classmethod
    def from_rates(
        cls, steps: Sequence[RateStep], *, until_min: float, boluses: Iterable[Bolus] = ()
    ) -> Self:
        """Build from a pump's rate changes; the last rate runs until ``until_min``.

        Two steps at one moment: the later one counts. Raises BadTimes when steps are not sorted or
        ``until_min`` lies before the last of them.
        """
        _check_moment(until_min, "The end")
        infusions: list[Event] = []
        ends = [step.at_min for step in steps[1:]] + [until_min]
        for step, end in zip(steps, ends, strict=True):
            if end < step.at_min:
                raise BadTimes(
                    f"A rate change at {end:g} min follows one at {step.at_min:g} min; "
                    "rate changes must be sorted by time."
                )
            if step.mg_per_min > 0 and end > step.at_min:
                length = end - step.at_min
                mass = BaseMass(step.mg_per_min * length)
                infusions.append(Infusion(mass, step.at_min, length))
        return cls.of(*infusions, *boluses)

    @property
    def end_min(self) -> float:
        """When the last input ends (absorption from a depot may go on)."""
        return (
            max(
                (event.end_min if isinstance(event, Infusion) else event.at_min)
                for event in self.events
            )
            if self.events
            else 0.0
        )

    @property
    def base_mg(self) -> float:
        """All base that is given."""
        return sum(event.mass.as_base.mg for event in self.events)

    def until(self, at_min: float) -> Regimen:
        """What would have been given if everything stopped at ``at_min``."""
        kept: list[Event] = []
        for event in self.events:
            if starts(event) >= at_min:
                continue
            if isinstance(event, Infusion) and event.end_min > at_min:
                length = at_min - event.start_min
                kept.append(
                    Infusion(event.mass * (length / event.duration_min), event.start_min, length)
                )
            else:
                kept.append(event)
        return Regimen(tuple(kept))


def _check_moment(minutes: float, what: str) -> None:
    if not math.isfinite(minutes) or not 0 <= minutes <= LONGEST_MIN:
        raise BadTimes(
            f"{what} was set at {minutes:g} min; "
            f"it must be 0 to {LONGEST_MIN:g} min after the start."
        )
