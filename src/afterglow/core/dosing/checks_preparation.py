"""Is what was drawn what was planned, and may it go into a vein?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from afterglow.core.decisions import Decision, Overrider, Reason, blocker, caution
from afterglow.core.dosing.bag import Bag
from afterglow.core.dosing.plan import PlannedInfusion, shown
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.quantities import Concentration, plain
from afterglow.core.quantities.numbers import round_to_step


@dataclass(frozen=True, slots=True)
class PreparationFacts:
    """What was planned and what was prepared.

    ``prepared`` carries the strength read from the vial's label, the volume drawn and the diluent.
    ``diluent_name`` is the fluid's name in the protocol.
    """

    plan: PlannedInfusion
    prepared: Bag
    diluent_name: str


def check_preparation(facts: PreparationFacts, rules: DosingRules) -> Decision:
    """Decide whether a prepared bag may be given, with every reason.

    Nobody overrides: STRENGTH_MISMATCH, STRENGTH_UNKNOWN, DILUENT_UNKNOWN,
    DILUENT_NOT_FOR_INFUSION, UNDILUTED, CONCENTRATION_ABOVE_HARD_LIMIT, DRAWN_ABOVE_HARD_LIMIT.
    Prescriber:
    CONCENTRATION_ABOVE_SOFT_LIMIT, DRAWN_DIFFERS_FROM_ORDER. Cautions: BAG_VOLUME_UNUSUAL,
    DILUTION_DISPUTED.
    """
    return Decision.from_reasons(
        _strength(facts, rules),
        _dilution(facts.prepared, facts.diluent_name, rules),
        _drawn(facts, rules),
    )


def _strength(facts: PreparationFacts, rules: DosingRules) -> Iterator[Reason]:
    label, planned = facts.prepared.draw.strength, facts.plan.bag.draw.strength
    known = {product.strength: product for product in rules.preparation.products}
    if label != planned:
        times = label / planned if label > planned else planned / label
        direction = "stronger" if label > planned else "weaker"
        factor = "tenfold" if times == 10 else f"{_rounded(times)} times"
        yield blocker(
            "STRENGTH_MISMATCH",
            f"The vial says {label} and the plan {planned}: {factor} {direction}.",
            seen=label,
            limit=planned,
            factor=f"{factor} {direction}",
        )
    if label not in known:
        names = ", ".join(str(strength) for strength in known)
        yield blocker(
            "STRENGTH_UNKNOWN",
            f"No product of the protocol has {label}; it knows {names}.",
            seen=label,
            limit=names,
        )
    elif known[label].dilution_disputed and not facts.prepared.undiluted:
        yield caution(
            "DILUTION_DISPUTED",
            f"Sources disagree whether {label} may be diluted further: ask the pharmacy.",
            seen=label,
        )


def _dilution(bag: Bag, diluent_name: str, rules: DosingRules) -> Iterator[Reason | None]:
    preparation = rules.preparation
    never: Concentration = preparation.never_undiluted_from
    if bag.undiluted and bag.draw.strength >= never:
        yield blocker(
            "UNDILUTED",
            f"{bag.draw.strength} is not diluted; from {never} it must never be given undiluted.",
            seen=bag.draw.strength,
            limit=never,
        )
    yield preparation.concentration.check(
        bag.concentration,
        code="CONCENTRATION",
        what="The concentration in the bag",
        judged=shown(bag.concentration),
    )
    if diluent_name in preparation.only_equal_parts:
        strength = preparation.only_equal_parts[diluent_name]
        if bag.draw.strength != strength or bag.diluent_kept != bag.draw.volume:
            yield blocker(
                "DILUENT_NOT_FOR_INFUSION",
                f"{diluent_name.replace('_', ' ').capitalize()} is no fluid for an infusion: it "
                f"only dilutes a vial of {strength}, one to one.",
                seen=diluent_name,
                limit=strength,
            )
    elif diluent_name not in preparation.diluents:
        names = ", ".join(preparation.diluents)
        yield blocker(
            "DILUENT_UNKNOWN",
            f"The diluent {diluent_name!r} is not one of the protocol's: {names}.",
            seen=diluent_name,
            limit=names,
        )
    if bag.total not in preparation.bag:
        yield caution(
            "BAG_VOLUME_UNUSUAL",
            f"The bag holds {shown(bag.total)}; {preparation.bag} is usual.",
            seen=shown(bag.total),
            limit=preparation.bag,
        )


def _drawn(facts: PreparationFacts, rules: DosingRules) -> Iterator[Reason]:
    drawn, raw = facts.prepared.drawn, facts.plan.raw
    limits, mass = rules.limits, facts.plan.dosing_mass
    lowest = min(limits.hard_doses(mass), default=None)
    if lowest is not None and drawn > lowest:
        yield blocker(
            "DRAWN_ABOVE_HARD_LIMIT",
            f"{shown(drawn)} was drawn, above the hard limit of {shown(lowest)}.",
            seen=shown(drawn),
            limit=shown(lowest),
        )
    percent = abs(drawn / raw - 1) * 100
    tolerance = rules.preparation.drawn_tolerance_percent
    if percent > tolerance:
        yield blocker(
            "DRAWN_DIFFERS_FROM_ORDER",
            f"{shown(drawn)} was drawn for {shown(raw)} ordered: {_rounded(percent)} % apart, "
            f"above the limit of {plain(tolerance)} %.",
            # Both amounts: who accepted 38 mg for 36 has not accepted them for 35.
            seen=f"{shown(drawn)} for {shown(raw)}",
            limit=f"{plain(tolerance)} %",
            overridable_by=Overrider.PRESCRIBER,
            percent=f"{_rounded(percent)} %",
        )


def _rounded(value: Decimal) -> str:
    return plain(round_to_step(value, Decimal("0.1"), ROUND_HALF_UP))
