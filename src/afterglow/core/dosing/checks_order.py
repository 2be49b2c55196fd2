"""Is this order within its protocol? Soft limits need a reason; nobody passes a hard limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from afterglow.core.decisions import Decision, Overrider, Reason, blocker, caution
from afterglow.core.dosing.plan import Prescription, shown
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import BodyMass, Dose, DosePerMass, Duration


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the limits are judged on.

    ``drawn`` is the milligrams in the bag once it is planned or prepared, so that no rounding
    hides behind the order. ``last_dose`` is the last infusion's dose per kilogram of today's
    ``dosing_mass``, carried over where the basis has changed; None before the first.
    ``earlier_starts`` are the starts of earlier infusions.
    """

    prescription: Prescription
    dosing_mass: BodyMass
    at: datetime
    drawn: Dose | None = None
    last_dose: DosePerMass | None = None
    earlier_starts: tuple[datetime, ...] = ()

    def __post_init__(self) -> None:
        if any(moment.tzinfo is None for moment in (self.at, *self.earlier_starts)):
            raise InvalidValue("An infusion's start needs a time with its zone; one has none.")


def check_order(facts: OrderFacts, rules: DosingRules) -> Decision:
    """Decide whether an order lies within its protocol, with every reason.

    Hard, nobody overrides: DOSE_PER_KG_ABOVE_HARD_LIMIT, DOSE_ABOVE_HARD_LIMIT,
    INFUSION_TOO_SHORT, TOO_MANY_INFUSIONS. Soft, the prescriber with a reason:
    DOSE_PER_KG_ABOVE_SOFT_LIMIT, DOSE_ABOVE_SOFT_LIMIT, DOSE_STEP_ABOVE_SOFT_LIMIT. Cautions:
    DOSE_BELOW_USUAL, FIRST_DOSE_ABOVE_START, INFUSION_SHORTER_THAN_USUAL,
    INFUSION_LONGER_THAN_USUAL.
    """
    return Decision.from_reasons(
        _amount(facts, rules), _step(facts, rules), _time(facts, rules), _count(facts, rules)
    )


def _amount(facts: OrderFacts, rules: DosingRules) -> Iterator[Reason | None]:
    limits, order, mass = rules.limits, facts.prescription, facts.dosing_mass
    ordered = order.dose_per_mass * mass
    per_mass = order.dose_per_mass
    # Rounding to a whole step may take a drawn dose a little past a soft limit per kilogram, so
    # that limit is judged on the order. A hard limit is judged on what is in the syringe too.
    hard = limits.per_mass.absolute
    if facts.drawn is not None and hard.high is not None and facts.drawn > hard.high * mass:
        per_mass = max(per_mass, facts.drawn / mass)
    yield limits.per_mass.check(
        per_mass, code="DOSE_PER_KG", what="The dose per kilogram", judged=shown(per_mass)
    )
    most = ordered if facts.drawn is None else max(ordered, facts.drawn)
    yield limits.dose.check(most, code="DOSE", what="The dose", judged=shown(most))
    lowest = rules.usual.reduced_start.low
    if lowest is not None and order.dose_per_mass < lowest:
        yield caution(
            "DOSE_BELOW_USUAL",
            f"The dose per kilogram, {order.dose_per_mass}, is below the lowest usual {lowest}.",
            seen=order.dose_per_mass,
            limit=lowest,
        )


def _step(facts: OrderFacts, rules: DosingRules) -> Iterator[Reason]:
    dose, last = facts.prescription.dose_per_mass, facts.last_dose
    if last is None:
        if dose > rules.usual.start_dose:
            yield caution(
                "FIRST_DOSE_ABOVE_START",
                f"The first dose, {dose}, is above the usual start of {rules.usual.start_dose}.",
                seen=dose,
                limit=rules.usual.start_dose,
            )
        return
    if dose > last and dose - last > rules.limits.soft_step_up:
        step = dose - last
        yield blocker(
            "DOSE_STEP_ABOVE_SOFT_LIMIT",
            f"The dose rises by {step} from {last}, above the soft limit of "
            f"{rules.limits.soft_step_up}.",
            seen=step,
            limit=rules.limits.soft_step_up,
            overridable_by=Overrider.PRESCRIBER,
            last=last,
        )


def _time(facts: OrderFacts, rules: DosingRules) -> Iterator[Reason]:
    over, usual = facts.prescription.over, rules.usual.over
    if over < rules.limits.shortest:
        yield blocker(
            "INFUSION_TOO_SHORT",
            f"The infusion, {over}, is shorter than the hard limit of {rules.limits.shortest}.",
            seen=over,
            limit=rules.limits.shortest,
        )
    elif usual.is_below(over):
        yield caution(
            "INFUSION_SHORTER_THAN_USUAL",
            f"The infusion, {over}, is shorter than the usual {usual.low}.",
            seen=over,
            limit=usual.low,
        )
    elif usual.is_above(over):
        yield caution(
            "INFUSION_LONGER_THAN_USUAL",
            f"The infusion, {over}, is longer than the usual {usual.high}.",
            seen=over,
            limit=usual.high,
        )


def _count(facts: OrderFacts, rules: DosingRules) -> Iterator[Reason]:
    limit, within = rules.limits.infusions, rules.limits.infusions_within
    recent = sum(
        1
        for start in facts.earlier_starts
        if start <= facts.at and Duration.between(start, facts.at) < within
    )
    if recent + 1 > limit:
        hours = f"{within.in_hours.normalize():f} h"
        yield blocker(
            "TOO_MANY_INFUSIONS",
            f"This would be infusion number {recent + 1} within {hours}; "
            f"the hard limit is {limit}.",
            seen=recent + 1,
            limit=f"{limit} in {hours}",
            hours=hours,
        )
