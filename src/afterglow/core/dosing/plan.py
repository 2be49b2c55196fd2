"""The plan of one infusion, with its arithmetic written out line by line.

ordered mg/kg × dosing mass → raw mg → rounded mg → drawable volume → drawn mg → bag → pump.
Nothing here judges: ``checks`` says whether the plan may be used.
"""

from __future__ import annotations

from dataclasses import dataclass

from afterglow.core.dosing.bag import Bag, Diluent, Draw, Mixing
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import (
    HALF_UP_TO_0_1_ML_PER_H,
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    MassBasis,
    Rate,
    RoundingPolicy,
    Volume,
    plain,
)
from afterglow.core.quantities.numbers import round_to_step

SHOWN_DIGITS = 4  # decimal places of a number printed in a step that is not itself rounded


@dataclass(frozen=True, slots=True)
class Prescription:
    """What the prescriber ordered: a dose per kilogram over a time."""

    dose_per_mass: DosePerMass
    over: Duration

    def __post_init__(self) -> None:
        if not self.dose_per_mass > DosePerMass.mg_per_kg(0):
            raise InvalidValue("A prescription was given as 0 mg/kg; it must be more than 0.")
        if not self.over > Duration.seconds(0):
            raise InvalidValue("A prescription runs over 0 min; it must be longer.")


@dataclass(frozen=True, slots=True)
class Step:
    """One printed line of arithmetic. ``code`` is stable and names the line for translation."""

    code: str
    label: str
    formula: str
    result: str


@dataclass(frozen=True, slots=True)
class PlannedInfusion:
    """Everything that follows from an order, a body mass, a product and a bag."""

    prescription: Prescription
    dosing_mass: BodyMass
    raw: Dose
    rounded: Dose
    bag: Bag
    rate: Rate
    steps: tuple[Step, ...]

    @property
    def drawn(self) -> Dose:
        """The milligrams drawn: volume × strength. What is given derives from this."""
        return self.bag.drawn

    @property
    def drawn_volume(self) -> Volume:
        """The volume to draw from the vial."""
        return self.bag.draw.volume

    @property
    def drawn_per_mass(self) -> DosePerMass:
        """The drawn milligrams per kilogram of dosing mass."""
        return self.drawn / self.dosing_mass

    @property
    def concentration(self) -> Concentration:
        """Milligrams in each millilitre of the bag."""
        return self.bag.concentration

    @property
    def volume_to_be_infused(self) -> Volume:
        """What the pump is set to deliver."""
        return self.bag.volume_to_be_infused

    @property
    def runs_for(self) -> Duration:
        """How long the pump takes at the rate as rounded."""
        return self.volume_to_be_infused / self.rate


def pump_rate(
    dose: Dose,
    *,
    over: Duration,
    concentration: Concentration,
    policy: RoundingPolicy[Rate] = HALF_UP_TO_0_1_ML_PER_H,
) -> Rate:
    """Return the pump rate that gives ``dose`` over a time at a concentration, in mL/h, rounded.

    >>> str(pump_rate(Dose.mg("35"), over=Duration.minutes(40),
    ...               concentration=Concentration.mg_per_ml("2")))
    '26.3 mL/h'
    """
    return policy(dose / concentration / over)


def diluent_for(dose: Dose, concentration: Concentration) -> Diluent:
    """Return the diluent that brings ``dose`` to a concentration, the drug replacing its volume."""
    return Diluent(dose / concentration, Mixing.REPLACE)


def plan_infusion(
    prescription: Prescription,
    dosing_mass: BodyMass,
    *,
    strength: Concentration,
    diluent: Diluent,
    rules: DosingRules,
) -> PlannedInfusion:
    """Plan one infusion, each number rounded by the protocol's named policy.

    No rounding carries an order that is within a limit past it: the dose and the drawn volume
    stay at or under the hard limits and the soft limit in mg, the rate at or under what the
    shortest time allows. An order already past a limit is planned as ordered, for ``check_order``
    to refuse; it is never quietly lowered.

    Raises InvalidValue when the drawn volume rounds to nothing, or cannot go in the bag.
    """
    raw = prescription.dose_per_mass * dosing_mass
    caps = _caps(raw, dosing_mass, rules)
    rounded = rules.rounding.dose(raw, at_most=caps)
    volume = rules.rounding.drawn_volume(
        rounded / strength, at_most=None if caps is None else caps / strength
    )
    bag = Bag(Draw(volume, strength), diluent)
    exact_rate = bag.volume_to_be_infused / prescription.over
    shortest = rules.limits.shortest
    fastest = bag.volume_to_be_infused / shortest if prescription.over >= shortest else None
    rate = rules.rounding.rate(exact_rate, at_most=fastest)
    if not rate > Rate.ml_per_h(0):
        raise InvalidValue(
            f"{bag.volume_to_be_infused} over {prescription.over} is {shown(exact_rate)}, "
            f"which no pump can be set to: its step is {rules.rounding.rate.step}."
        )
    plan = PlannedInfusion(prescription, dosing_mass, raw, rounded, bag, rate, ())
    return PlannedInfusion(
        prescription, dosing_mass, raw, rounded, bag, rate, _steps(plan, exact_rate, rules)
    )


def _caps(raw: Dose, mass: BodyMass, rules: DosingRules) -> Dose | None:
    """The lowest limit that the raw dose respects: no rounding may pass it."""
    limits = rules.limits
    candidates = [*limits.hard_doses(mass), limits.dose.recommended.high]
    respected = [limit for limit in candidates if limit is not None and raw <= limit]
    return min(respected) if respected else None


def shown(quantity: Dose | DosePerMass | BodyMass | Concentration | Rate | Volume) -> str:
    """Return a quantity as print shows it: at most four decimals, half up, and ≈ when shortened."""
    value = round_to_step(quantity.value, _SHOWN_STEP, "ROUND_HALF_UP")
    sign = "" if value == quantity.value else "≈ "
    return f"{sign}{plain(value)} {quantity.UNIT}"


_SHOWN_STEP = HALF_UP_TO_0_1_ML_PER_H.step.value.scaleb(1 - SHOWN_DIGITS)

_BASIS = {
    MassBasis.ACTUAL: "actual body mass",
    MassBasis.IDEAL: "ideal body mass (Devine)",
    MassBasis.ADJUSTED: "adjusted body mass",
}


def _steps(p: PlannedInfusion, exact_rate: Rate, rules: DosingRules) -> tuple[Step, ...]:
    bag, order, mass = p.bag, p.prescription, shown(p.dosing_mass)
    policies = rules.rounding
    if bag.diluent.mixing is Mixing.REPLACE:
        mixed = f"{bag.diluent.volume} − {bag.taken_out} taken out + {bag.draw.volume} drug"
    else:
        mixed = f"{shown(bag.diluent.volume)} + {bag.draw.volume} drug"
    behind = f"{bag.total} − {bag.diluent.residual} residual"
    if not bag.diluent.flushed:
        behind += f" − {bag.diluent.line} line"
    return (
        Step(
            "RAW_DOSE",
            f"Ordered dose on {_BASIS[p.dosing_mass.basis]}",
            f"{order.dose_per_mass} × {mass}",
            shown(p.raw),
        ),
        Step(
            "ROUNDED_DOSE", "Rounded dose", f"{shown(p.raw)}, {policies.dose.name}", str(p.rounded)
        ),
        Step(
            "DRAWN_VOLUME",
            "Volume to draw",
            f"{p.rounded} ÷ {bag.draw.strength}, {policies.drawn_volume.name}",
            str(p.drawn_volume),
        ),
        Step("DRAWN_DOSE", "Drawn dose", f"{p.drawn_volume} × {bag.draw.strength}", str(p.drawn)),
        Step(
            "DRAWN_PER_MASS",
            "Drawn dose per kilogram",
            f"{p.drawn} ÷ {mass}",
            shown(p.drawn_per_mass),
        ),
        Step("BAG_VOLUME", "Volume in the bag", mixed, shown(bag.total)),
        Step(
            "BAG_CONCENTRATION",
            "Concentration in the bag",
            f"{p.drawn} ÷ {shown(bag.total)}",
            shown(p.concentration),
        ),
        Step("VOLUME_TO_BE_INFUSED", "Volume to be infused", behind, shown(p.volume_to_be_infused)),
        Step(
            "PUMP_RATE",
            "Pump rate",
            f"{shown(p.volume_to_be_infused)} ÷ {order.over} = {shown(exact_rate)}, "
            f"{policies.rate.name}",
            str(p.rate),
        ),
        Step(
            "DELIVERABLE",
            "Most that reaches the patient",
            f"{shown(p.volume_to_be_infused)} × {shown(p.concentration)}",
            shown(bag.deliverable),
        ),
    )
