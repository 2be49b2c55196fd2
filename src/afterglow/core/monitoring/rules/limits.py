"""Limits of signs, and what a symptom means beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from afterglow.core.cited import Section, Status
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import CATALOGUE, VitalSignCode
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.rules.amounts import SCORED_SIGNS, priority_at, seconds_at


class Bound(StrEnum):
    """On which side of its number a limit lies, and whether the number itself is beyond."""

    AT_OR_ABOVE = "at_or_above"
    ABOVE = "above"
    AT_OR_BELOW = "at_or_below"
    BELOW = "below"

    def is_crossed(self, value: Decimal, limit: Decimal) -> bool:
        """Whether ``value`` is beyond ``limit``."""
        return _CROSSED[self](value, limit)


_CROSSED: Mapping[Bound, Callable[[Decimal, Decimal], bool]] = {
    Bound.AT_OR_ABOVE: lambda value, limit: value >= limit,
    Bound.ABOVE: lambda value, limit: value > limit,
    Bound.AT_OR_BELOW: lambda value, limit: value <= limit,
    Bound.BELOW: lambda value, limit: value < limit,
}


@dataclass(frozen=True, slots=True)
class AlarmLimit:
    """One limit of one sign: absolute (``bound`` and ``number``) or a rise over the baseline.

    A relative limit is crossed when every part it has is reached: the percentage and the amount.
    ``confirm_within`` asks for a repeat before the priority counts; ``sustained_for`` for time.
    """

    code: str
    sign: str
    unit: str
    priority: AlarmPriority
    status: Status
    bound: Bound | None = None
    number: Decimal | None = None
    rise_percent: Decimal | None = None
    rise_at_least: Decimal | None = None
    confirm_within: timedelta | None = None
    sustained_for: timedelta = timedelta()

    def __post_init__(self) -> None:
        relative = self.rise_percent is not None or self.rise_at_least is not None
        if relative is (self.bound is not None):
            raise InvalidValue(f"{self.code} needs either one bound or a rise over the baseline.")

    @property
    def is_relative(self) -> bool:
        """Whether it is measured from the patient's own baseline."""
        return self.bound is None


@dataclass(frozen=True, slots=True)
class SymptomRule:
    """A symptom or request, how urgent it is and what is to be done.

    Only a symptom makes a pressure "symptomatic"; a request does not.
    """

    code: str
    name: str
    is_symptom: bool
    priority: AlarmPriority
    action: str


def alarm_limit(section: Section) -> AlarmLimit:
    """Read one of "limits". Raises InvalidValue naming the leaf that is wrong."""
    sign = section.word("sign")
    if sign in SCORED_SIGNS:
        unit = "score"
    elif sign in tuple(VitalSignCode):
        unit = CATALOGUE[VitalSignCode(sign)].shown_unit
    else:
        raise InvalidValue(f"{section.path}.sign is {sign!r}, which is not in the catalogue.")
    bounds = [b for b in Bound if section.has(b)]
    if len(bounds) > 1:
        raise InvalidValue(f"{section.path} has {len(bounds)} bounds; a limit has one.")
    bound = bounds[0] if bounds else None
    stated = [k for k in (*Bound, "rise_percent", "rise_at_least") if section.has(k)]
    return AlarmLimit(
        code=section.word("code"),
        sign=sign,
        unit=unit,
        priority=priority_at(section, "priority"),
        status=_least_founded([section.cited(key).status for key in stated]),
        bound=bound,
        number=section.number(bound, unit=unit) if bound else None,
        rise_percent=_optional(section, "rise_percent", unit="%"),
        rise_at_least=_optional(section, "rise_at_least", unit=unit),
        confirm_within=seconds_at(section, "confirm_within")
        if section.has("confirm_within")
        else None,
        sustained_for=seconds_at(section, "sustained_for")
        if section.has("sustained_for")
        else timedelta(),
    )


def symptom_rule(section: Section) -> SymptomRule:
    """Read one of "symptoms"."""
    return SymptomRule(
        code=section.word("code"),
        name=section.word("name"),
        is_symptom=section.word("kind") == "symptom",
        priority=priority_at(section, "priority"),
        action=section.text("action"),
    )


def _optional(section: Section, key: str, *, unit: str) -> Decimal | None:
    return section.number(key, unit=unit) if section.has(key) else None


def _least_founded(statuses: list[Status]) -> Status:
    order = (Status.DEFAULT_PROPOSED, Status.GENERAL_KNOWLEDGE, Status.CONFIRMED)
    return next((s for s in order if s in statuses), Status.DEFAULT_PROPOSED)
