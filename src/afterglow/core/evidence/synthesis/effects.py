"""The effect of one trial with its variance: odds ratio, risk ratio, differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, lgamma, log, sqrt

from afterglow.core.errors import InvalidValue


class Measure(StrEnum):
    """What is pooled."""

    OR = "OR"
    RR = "RR"
    RD = "RD"
    SMD = "SMD"
    MD = "MD"

    @property
    def is_ratio(self) -> bool:
        """Whether it is pooled on the log scale and shown as a ratio."""
        return self in (Measure.OR, Measure.RR)

    @property
    def of_counts(self) -> bool:
        """Whether it needs events and people; else means, deviations and people."""
        return self in (Measure.OR, Measure.RR, Measure.RD)

    @property
    def no_effect(self) -> float:
        """The value, as shown, that means no difference."""
        return 1.0 if self.is_ratio else 0.0

    def shown(self, value: float) -> float:
        """Return a pooled-scale value as people read it."""
        return exp(value) if self.is_ratio else value


class ZeroCells(StrEnum):
    """What to do with an arm in which nobody, or everybody, had the event."""

    ADD_HALF_TO_ALL = "all"
    ADD_HALF_TO_ZERO = "only-zero"
    ADD_HALF_IF_ANY = "if-any"
    DROP_DOUBLE_ZERO = "drop-double-zero"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Counts:
    """Two arms with events: how many of how many. Halves are allowed after a cluster correction."""

    study: str
    events: float
    people: float
    control_events: float
    control_people: float
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for events, people in (
            (self.events, self.people),
            (self.control_events, self.control_people),
        ):
            if people <= 0 or not 0 <= events <= people:
                raise InvalidValue(f"{self.study}: {events:g} of {people:g} people is no arm.")

    @property
    def cells(self) -> tuple[float, float, float, float]:
        """Events and non-events, treated then control."""
        return (
            self.events,
            self.people - self.events,
            self.control_events,
            self.control_people - self.control_events,
        )

    @property
    def has_zero(self) -> bool:
        """Whether an arm has nobody with, or nobody without, the event."""
        return 0 in self.cells

    @property
    def says_nothing(self) -> bool:
        """Whether nobody, or everybody, in both arms had the event."""
        a, b, c, d = self.cells
        return (a == 0 and c == 0) or (b == 0 and d == 0)


@dataclass(frozen=True, slots=True)
class Means:
    """Two arms with a mean, a standard deviation and a number of people, on one scale."""

    study: str
    mean: float
    sd: float
    people: float
    control_mean: float
    control_sd: float
    control_people: float
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sd, people in ((self.sd, self.people), (self.control_sd, self.control_people)):
            if sd <= 0 or people < 2:
                raise InvalidValue(
                    f"{self.study}: a deviation of {sd:g} over {people:g} people is no arm; "
                    "the deviation is above 0 and there are at least 2 people."
                )


@dataclass(frozen=True, slots=True)
class Effect:
    """One trial's effect on the pooling scale, its variance, and the groups it belongs to."""

    study: str
    estimate: float
    variance: float
    groups: Mapping[str, str] = field(default_factory=dict)
    words: str = ""

    def __post_init__(self) -> None:
        if not self.variance > 0 or self.variance == float("inf"):
            raise InvalidValue(
                f"{self.study}: a variance of {self.variance:g} cannot be weighed; "
                "it is a finite number above 0."
            )

    @property
    def se(self) -> float:
        """The standard error."""
        return sqrt(self.variance)


def effects_of_counts(
    rows: list[Counts], measure: Measure, zero_cells: ZeroCells = ZeroCells.ADD_HALF_TO_ZERO
) -> list[Effect]:
    """Return the effect of every row on the log scale (OR, RR) or as a difference (RD).

    Raises InvalidValue for a measure of means, and under ``REFUSE`` for a row with an empty cell.
    Rows that say nothing are left out under ``DROP_DOUBLE_ZERO``.
    """
    if not measure.of_counts:
        raise InvalidValue(f"{measure} is computed from means, not from counts of events.")
    if zero_cells is ZeroCells.DROP_DOUBLE_ZERO:
        rows = [row for row in rows if not row.says_nothing]
    some = any(row.has_zero for row in rows)
    if some and zero_cells is ZeroCells.REFUSE:
        empty = ", ".join(row.study for row in rows if row.has_zero)
        raise InvalidValue(
            f"An arm of {empty} has nobody with, or nobody without, the event; "
            "choose how empty cells are treated."
        )
    made = []
    for row in rows:
        match zero_cells:
            case ZeroCells.ADD_HALF_TO_ALL:
                half = 0.5
            case ZeroCells.ADD_HALF_IF_ANY:
                half = 0.5 if some else 0.0
            case _:
                half = 0.5 if row.has_zero else 0.0
        estimate, variance = _two_by_two(row, measure, half)
        words = (
            f"{row.events:g}/{row.people:g} against {row.control_events:g}/{row.control_people:g}"
        )
        made.append(Effect(row.study, estimate, variance, row.groups, words))
    return made


def _two_by_two(row: Counts, measure: Measure, half: float) -> tuple[float, float]:
    a, b, c, d = (cell + half for cell in row.cells)
    n, m = a + b, c + d
    match measure:
        case Measure.OR:
            return log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
        case Measure.RR:
            return log(a / n) - log(c / m), 1 / a - 1 / n + 1 / c - 1 / m
        case _:
            p, q = a / n, c / m
            return p - q, p * (1 - p) / n + q * (1 - q) / m


def effects_of_means(rows: list[Means], measure: Measure) -> list[Effect]:
    """Return mean differences, or standardised ones with Hedges' exact correction.

    The variance of a standardised difference is the large-sample one, 1/n + 1/m + g²/2(n+m).
    Raises InvalidValue for a measure of counts.
    """
    if measure.of_counts:
        raise InvalidValue(f"{measure} is computed from counts of events, not from means.")
    made = []
    for row in rows:
        n, m = row.people, row.control_people
        difference = row.mean - row.control_mean
        if measure is Measure.MD:
            estimate, variance = difference, row.sd**2 / n + row.control_sd**2 / m
        else:
            df = n + m - 2
            pooled = sqrt(((n - 1) * row.sd**2 + (m - 1) * row.control_sd**2) / df)
            exact = exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
            estimate = exact * difference / pooled
            variance = 1 / n + 1 / m + estimate**2 / (2 * (n + m))
        words = f"{row.mean:g} ({row.sd:g}) against {row.control_mean:g} ({row.control_sd:g})"
        made.append(Effect(row.study, estimate, variance, row.groups, words))
    return made
