"""A figure: one number that may be shown, with everything a reader needs to judge it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.vocabulary import (
    Anchor,
    Design,
    Endpoint,
    FactStatus,
    FigureMeasure,
    NumberKind,
)

OUTCOMES: Final = frozenset({NumberKind.EFFICACY, NumberKind.SAFETY})
_OUTCOME_WORDS: Final = re.compile(
    r"\b(?:respon[ds]\w*|remi(?:ssion|t)\w*|improv\w*|better|relie[fv]\w*|recover\w*|relaps\w*|"
    r"effective\w*|efficacy|success\w*|worse\w*|cured?|helped)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimePoint:
    """When it was measured: hours from an anchor, and the words the source uses."""

    hours: Decimal | None = None
    anchor: Anchor = Anchor.UNDEFINED
    words: str = ""

    @property
    def defined(self) -> bool:
        """Whether two such time points can be told to be the same."""
        return self.hours is not None and self.anchor is not Anchor.UNDEFINED


UNDATED: Final = TimePoint()
"""The source does not say when."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One quotable number of one record.

    ``definition``, ``population`` and ``intervention`` are codes (what two figures are compared
    by); ``population_words`` and ``words`` are for readers. An empty code means that the source
    does not define it, which never equals anything, itself included. ``study`` names the trial or
    pooled estimate the number was observed in. ``low`` and ``high`` bound the ``level`` percent
    interval; ``no_interval`` says to readers why there is none.
    """

    record: str
    key: str
    words: str
    kind: NumberKind
    measure: FigureMeasure
    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    level: int = 95
    unit: str = ""
    endpoint: Endpoint = Endpoint.OTHER
    definition: str = ""
    time: TimePoint = UNDATED
    population: str = ""
    population_words: str = ""
    intervention: str = ""
    comparator: str = ""
    events: int | None = None
    n: int | None = None
    design: Design = Design.DOCUMENT
    study: str = ""
    certainty: str = ""
    no_interval: str = ""
    status: FactStatus = FactStatus.FROM_MEMORY

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None:
            if not self.low <= self.value <= self.high:
                raise InvalidValue(
                    f"{self.ref}: {self.value} is outside its interval {self.low} to {self.high}."
                )
        elif self.low is not None or self.high is not None:
            raise InvalidValue(f"{self.ref}: an interval has both bounds or none.")
        if self.measure is FigureMeasure.PERCENT and not 0 <= self.value <= 100:
            raise InvalidValue(f"{self.ref}: {self.value} percent is not between 0 and 100.")
        if self.events is not None and self.n is not None and self.events > self.n:
            raise InvalidValue(f"{self.ref}: {self.events} of {self.n} is more than everybody.")

    @property
    def ref(self) -> str:
        """How a text cites it: ``P01#response-or``."""
        return f"{self.record}#{self.key}"

    @property
    def lacks_interval(self) -> bool:
        """Whether a pooled or uncontrolled outcome has neither interval nor a reason for none."""
        return (
            self.kind in OUTCOMES
            and self.design in (Design.UNCONTROLLED, Design.POOLED_RANDOMISED)
            and self.low is None
            and not self.no_interval
        )

    @property
    def misfiled(self) -> str:
        """Why it cannot be the kind of number it says it is; empty when it can.

        An outcome is a percentage, a ratio or a difference; what is none has neither an endpoint
        that patients reach nor words that speak of one.
        """
        if self.kind in OUTCOMES:
            if self.measure in (FigureMeasure.COUNT, FigureMeasure.YEAR, FigureMeasure.MILLIGRAM):
                return f"{self.kind} and measured as {self.measure}"
            return ""
        if self.endpoint not in (Endpoint.OTHER, Endpoint.ANALYSABLE):
            return f"{self.kind} with the endpoint {self.endpoint}"
        spoken = _OUTCOME_WORDS.search(f"{self.words} {self.unit}")
        return f"{self.kind} and called “{spoken.group()}”" if spoken else ""

    @property
    def needs_record(self) -> bool:
        """Whether it may be published only on an approved record."""
        return self.kind is not NumberKind.CONTEXT

    @classmethod
    def read(cls, record: str, body: Mapping[str, Any]) -> Self:
        """Return the figure that a curation entry describes.

        Raises InvalidValue that names the figure, the field and what was seen.
        """
        key = str(body.get("key", ""))
        where = f"{record}#{key}"
        if not key:
            raise InvalidValue(f"A figure of {record} has no key.")
        time = body.get("time") or {}
        try:
            return cls(
                record=record,
                key=key,
                words=str(body["words"]),
                kind=NumberKind(body["kind"]),
                measure=FigureMeasure(body["measure"]),
                value=_number(where, "value", body["value"]),
                low=_maybe(where, "low", body.get("low")),
                high=_maybe(where, "high", body.get("high")),
                level=int(body.get("level", 95)),
                unit=str(body.get("unit", "")),
                endpoint=Endpoint(body.get("endpoint", "other")),
                definition=str(body.get("definition", "")),
                time=TimePoint(
                    _maybe(where, "hours", time.get("hours")),
                    Anchor(time.get("anchor", "")),
                    str(time.get("words", "")),
                ),
                population=str(body.get("population", "")),
                population_words=str(body.get("population_words", "")),
                intervention=str(body.get("intervention", "")),
                comparator=str(body.get("comparator", "")),
                events=body.get("events"),
                n=body.get("n"),
                design=Design(body.get("design", "document")),
                study=str(body.get("study", record)),
                certainty=str(body.get("certainty", "")),
                no_interval=str(body.get("no_interval", "")),
                status=FactStatus(body["status"]),
            )
        except KeyError as missing:
            raise InvalidValue(f"{where} has no {missing.args[0]}.") from None
        except ValueError as wrong:
            raise InvalidValue(f"{where}: {wrong}") from None


def _number(where: str, field: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise InvalidValue(f"{where}: {field} is {value!r}, which is not a number.") from None
    if not number.is_finite():
        raise InvalidValue(f"{where}: {field} is {value!r}, which is not a finite number.")
    return number


def _maybe(where: str, field: str, value: Any) -> Decimal | None:
    return None if value is None else _number(where, field, value)
