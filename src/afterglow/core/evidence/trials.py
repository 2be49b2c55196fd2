"""Trials and their arms, and the rates that can be read off them with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from typing import Any, Self

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.figures import UNDATED, Figure, TimePoint
from afterglow.core.evidence.vocabulary import (
    Anchor,
    Design,
    Endpoint,
    FactStatus,
    FigureMeasure,
    NumberKind,
)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: people, how many responded or remitted, the mean change and its SD.

    ``n`` were assigned, ``n_analysed`` are the denominator. ``mean_change`` and ``sd`` are in
    points of the trial's scale; a negative change is an improvement.
    """

    name: str
    n: int | None
    n_analysed: int | None
    responders: int | None
    response_pct: Decimal | None
    remitters: int | None
    remission_pct: Decimal | None
    mean_change: Decimal | None
    sd: Decimal | None
    note: str = ""
    intervention: str = ""

    @classmethod
    def read(cls, where: str, body: Mapping[str, Any], intervention: str = "") -> Self:
        """Return the arm of a record. Raises InvalidValue for more events than people."""
        arm = cls(
            name=str(body["arm"]),
            n=body["n"],
            n_analysed=body["n_analysed"],
            responders=body["responders"],
            response_pct=_decimal(body["response_pct"]),
            remitters=body["remitters"],
            remission_pct=_decimal(body["remission_pct"]),
            mean_change=_decimal(body["mean_change"]),
            sd=_decimal(body["sd"]),
            note=body.get("note") or "",
            intervention=intervention,
        )
        people = arm.n_analysed
        for word, events in (("responders", arm.responders), ("remitters", arm.remitters)):
            if events is not None and (people is None or not 0 <= events <= people):
                raise InvalidValue(f"{where}, {arm.name}: {events} {word} of {people} people.")
        return arm

    def events(self, endpoint: Endpoint) -> int | None:
        """Return how many reached an endpoint; None when the record does not say."""
        return self.remitters if endpoint is Endpoint.REMISSION else self.responders

    def percent(self, endpoint: Endpoint) -> Decimal | None:
        """Return the percentage as the record gives it."""
        return self.remission_pct if endpoint is Endpoint.REMISSION else self.response_pct


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial with its arms, and what the curation adds to compare and pool it.

    ``crossover`` and ``cluster`` decide whether its counts may be pooled as they stand;
    ``control`` (placebo, active, none) and ``dosing`` (single, repeated) are the subgroups.
    ``counts`` says whether the arm counts were read or are from memory; ``endpoint`` is what
    the column of responders counts.
    """

    key: str
    study: str
    group: str
    doi: str
    design_words: str
    population_words: str
    dose: str
    comparator_words: str
    time_words: str
    scale: str
    arms: tuple[Arm, ...]
    status: FactStatus
    caution: str = ""
    between_group: str = ""
    design: Design = Design.RANDOMISED_BLIND
    crossover: bool = False
    cluster: bool = False
    control: str = ""
    dosing: str = ""
    population: str = ""
    time: TimePoint = UNDATED
    endpoint: Endpoint = Endpoint.RESPONSE
    response_definition: str = ""
    remission_definition: str = ""
    counts: FactStatus = FactStatus.FROM_MEMORY
    excluded: str = ""

    @classmethod
    def read(cls, body: Mapping[str, Any], curation: Mapping[str, Any]) -> Self:
        """Return the trial of a record body and its curation. Raises InvalidValue with the key."""
        key = str(body["id"])
        codes = curation.get("arms") or [""] * len(body["arms"])
        if len(codes) != len(body["arms"]):
            raise InvalidValue(f"{key} has {len(body['arms'])} arms; the curation names {codes}.")
        time = curation.get("time") or {}
        hours = time.get("hours")
        return cls(
            key=key,
            study=body["study"],
            group=body["group"],
            doi=body["doi"],
            design_words=body["design"],
            population_words=body["population"],
            dose=body["dose"],
            comparator_words=body["comparator"],
            time_words=body["timepoint"],
            scale=body["scale"],
            arms=tuple(
                Arm.read(key, arm, code) for arm, code in zip(body["arms"], codes, strict=True)
            ),
            status=FactStatus.read(body["status"]),
            caution=body["caution"] or "",
            between_group=body["between_group"] or "",
            design=Design(curation.get("design", "randomised_blind")),
            crossover=bool(curation.get("crossover", False)),
            cluster=bool(curation.get("cluster", False)),
            control=str(curation.get("control", "")),
            dosing=str(curation.get("dosing", "")),
            population=str(curation.get("population", "")),
            time=TimePoint(
                None if hours is None else Decimal(str(hours)),
                Anchor(time.get("anchor", "")),
                body["timepoint"],
            ),
            endpoint=Endpoint(curation.get("endpoint", "response")),
            response_definition=str(curation.get("response_definition", "")),
            remission_definition=str(curation.get("remission_definition", "")),
            counts=FactStatus(curation.get("counts", "from_memory")),
            excluded=str(curation.get("excluded", "")),
        )

    def arm(self, name: str) -> Arm:
        """Return an arm by its name. Raises InvalidValue that names the known ones."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        known = ", ".join(arm.name for arm in self.arms) or "none"
        raise InvalidValue(f"{self.key} has no arm {name!r}; it has: {known}.")

    def figures(self) -> tuple[Figure, ...]:
        """Return the rate of every arm that the record counts, with a 95 % Wilson interval.

        Where the record gives only a percentage, that percentage without an interval.
        """
        made = []
        for number, arm in enumerate(self.arms, 1):
            for endpoint, word in ((self.endpoint, "response"), (Endpoint.REMISSION, "remission")):
                figure = self._figure(number, arm, endpoint, word)
                if figure is not None:
                    made.append(figure)
        return tuple(made)

    def _figure(self, number: int, arm: Arm, endpoint: Endpoint, word: str) -> Figure | None:
        column = Endpoint.REMISSION if word == "remission" else Endpoint.RESPONSE
        events, percent = arm.events(column), arm.percent(column)
        low = high = None
        if events is not None and arm.n_analysed:
            percent, low, high = wilson(events, arm.n_analysed)
        if percent is None:
            return None
        remission = word == "remission"
        definition = self.remission_definition if remission else self.response_definition
        return Figure(
            record=self.key,
            key=f"arm{number}-{word}",
            words=f"{endpoint.replace('_', ' ')}, {arm.name}",
            kind=NumberKind.EFFICACY,
            measure=FigureMeasure.PERCENT,
            value=percent,
            low=low,
            high=high,
            unit="%",
            endpoint=endpoint,
            definition=definition,
            time=self.time,
            population=self.population,
            population_words=self.population_words,
            intervention=arm.intervention,
            comparator=self.comparator_words,
            events=events,
            n=arm.n_analysed,
            design=self.design,
            study=self.key,
            no_interval="" if low is not None else "the record gives a percentage and no count",
            status=self.counts,
        )


def wilson(events: int, people: int) -> tuple[Decimal, Decimal, Decimal]:
    """Return a percentage and its 95 % Wilson interval, to one decimal (half up).

    Raises InvalidValue for counts that cannot be.
    """
    if people <= 0 or not 0 <= events <= people:
        raise InvalidValue(f"{events} of {people} is no proportion.")
    z = 1.959963984540054
    rate = events / people
    middle = (rate + z * z / (2 * people)) / (1 + z * z / people)
    half = (z * sqrt(rate * (1 - rate) / people + z * z / (4 * people * people))) / (
        1 + z * z / people
    )
    exact = Decimal(100 * events) / Decimal(people)
    # At 0 and at everybody the bound is the rate itself; floats may miss it by a hair.
    low = min(exact, Decimal(repr(100 * max(0.0, middle - half))))
    high = max(exact, Decimal(repr(100 * min(1.0, middle + half))))
    return _tenth(exact), _tenth(low), _tenth(high)


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
