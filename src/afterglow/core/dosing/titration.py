"""Suggested dose steps after an infusion, as data. A suggestion, never an order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from afterglow.core.dosing.rules import DosingRules
from afterglow.core.guardrails import Range
from afterglow.core.quantities import DosePerMass, plain


class Direction(StrEnum):
    """Which way the next dose might go."""

    ESCALATE = "escalate"
    CONSIDER_ESCALATING = "consider_escalating"
    STAY = "stay"
    DE_ESCALATE = "de_escalate"


@dataclass(frozen=True, slots=True)
class Titration:
    """A suggested range for the next dose, with the rule that suggests it."""

    direction: Direction
    last: DosePerMass
    next_dose: Range[DosePerMass]
    because: str


def suggest_titration(
    last: DosePerMass,
    *,
    improvement_percent: Decimal | None,
    well_tolerated: bool,
    red_event: bool,
    rules: DosingRules,
) -> Titration:
    """Suggest the range of the next dose from the last one's effect and tolerance.

    ``improvement_percent`` is the fall of the chosen scale since baseline, None when not measured.
    ``red_event`` is a red-level pressure, distress or deep sedation in the last infusion; it wins.
    An escalation is never suggested past the soft limit, nor a de-escalation below the reduced
    start, unless the last dose was already past it.
    """
    t, limits = rules.titration, rules.limits
    low, high = t.improvement_low_percent, t.improvement_high_percent
    stay = Range(last, last)
    if red_event:
        floor = rules.usual.reduced_start.low
        down = _lowered(last, t.step_down, floor)
        because = "The last infusion had a red-level event."
        if down == stay:
            because = f"{because[:-1]}, and {last} is already the lowest reduced dose or less."
            return Titration(Direction.STAY, last, stay, because)
        return Titration(Direction.DE_ESCALATE, last, down, because)
    if improvement_percent is None:
        return Titration(Direction.STAY, last, stay, "No improvement has been measured.")
    seen = f"Improvement is {plain(improvement_percent)} %"
    if improvement_percent >= high:
        because = f"{seen}, at or above {plain(high)} %."
        return Titration(Direction.STAY, last, stay, because)
    if not well_tolerated:
        because = f"{seen}, below {plain(high)} %, but the last infusion was not well tolerated."
        return Titration(Direction.STAY, last, stay, because)
    up = _raised(last, t.step_up, limits.per_mass.recommended.high)
    if up == stay:
        because = f"{seen}, but {last} is already at or above the soft limit."
        return Titration(Direction.STAY, last, stay, because)
    if improvement_percent < low:
        because = f"{seen}, below {plain(low)} %, and the last infusion was well tolerated."
        return Titration(Direction.ESCALATE, last, up, because)
    because = f"{seen}, between {plain(low)} % and {plain(high)} %, and well tolerated."
    return Titration(Direction.CONSIDER_ESCALATING, last, up, because)


def _raised(
    last: DosePerMass, step: Range[DosePerMass], ceiling: DosePerMass | None
) -> Range[DosePerMass]:
    def to(by: DosePerMass | None) -> DosePerMass:
        target = last if by is None else last + by
        return target if ceiling is None else max(last, min(target, ceiling))

    return Range(to(step.low), to(step.high))


def _lowered(
    last: DosePerMass, step: Range[DosePerMass], floor: DosePerMass | None
) -> Range[DosePerMass]:
    nothing = DosePerMass.mg_per_kg(0)
    lowest = nothing if floor is None else min(floor, last)

    def to(by: DosePerMass | None) -> DosePerMass:
        less = nothing if by is None else by
        return lowest if last < lowest + less else last - less

    return Range(to(step.high), to(step.low))
