"""The dosing section of a dosing protocol, read once into quantities.

Every number comes from the definition's body, with its status and source beside it; nothing
clinical is written in code. The database row is the truth; the file in ``data`` is its seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.guardrails import Guardrail, Range
from afterglow.core.quantities import (
    DOSE_POLICIES,
    RATE_POLICIES,
    VOLUME_POLICIES,
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    Height,
    MassBasis,
    Rate,
    RoundingPolicy,
    Volume,
    named,
)


@dataclass(frozen=True, slots=True)
class UsualDose:
    """What is usual; outside it there is a caution, not a block."""

    start_dose: DosePerMass
    start_over: Duration
    dose: Range[DosePerMass]
    over: Range[Duration]
    reduced_start: Range[DosePerMass]

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read ``usual``."""
        return cls(
            _mg_per_kg(s, "start_dose"),
            _minutes(s, "start_over"),
            Range(_mg_per_kg(s, "dose_low"), _mg_per_kg(s, "dose_high")),
            Range(_minutes(s, "over_low"), _minutes(s, "over_high")),
            Range(_mg_per_kg(s, "reduced_start_low"), _mg_per_kg(s, "reduced_start_high")),
        )


@dataclass(frozen=True, slots=True)
class DoseLimits:
    """Soft limits need a reason from the prescriber; nobody passes a hard limit."""

    per_mass: Guardrail[DosePerMass]
    dose: Guardrail[Dose]
    soft_step_up: DosePerMass
    shortest: Duration
    infusions: int
    infusions_within: Duration

    def hard_doses(self, mass: BodyMass) -> tuple[Dose, ...]:
        """The hard limits in mg for a dosing mass: the fixed one, and the one per kilogram."""
        per_mass, fixed = self.per_mass.absolute.high, self.dose.absolute.high
        reckoned = None if per_mass is None else per_mass * mass
        return tuple(limit for limit in (fixed, reckoned) if limit is not None)

    @classmethod
    def parse(cls, soft: Section, hard: Section) -> Self:
        """Read ``soft_limits`` and ``hard_limits``."""
        return cls(
            Guardrail(
                absolute=Range(high=_mg_per_kg(hard, "dose_per_mass")),
                recommended=Range(high=_mg_per_kg(soft, "dose_per_mass")),
            ),
            Guardrail(
                absolute=Range(high=Dose(hard.number("dose", unit="mg"))),
                recommended=Range(high=Dose(soft.number("dose", unit="mg"))),
            ),
            _mg_per_kg(soft, "step_up"),
            _minutes(hard, "shortest"),
            _count(hard, "infusions"),
            Duration.hours(hard.number("infusions_within", unit="h")),
        )


@dataclass(frozen=True, slots=True)
class TitrationRules:
    """How far a dose is usually moved after an infusion, and on what improvement."""

    step_up: Range[DosePerMass]
    step_down: Range[DosePerMass]
    improvement_low_percent: Decimal
    improvement_high_percent: Decimal

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read ``titration``."""
        return cls(
            Range(_mg_per_kg(s, "step_up_low"), _mg_per_kg(s, "step_up_high")),
            Range(_mg_per_kg(s, "step_down_low"), _mg_per_kg(s, "step_down_high")),
            s.number("improvement_low", unit="%"),
            s.number("improvement_high", unit="%"),
        )


@dataclass(frozen=True, slots=True)
class DosingMassRules:
    """Which body mass a dose stands on, and the coefficients of Devine's formula."""

    default_basis: MassBasis
    choose_basis_from_bmi: Decimal
    devine_male_base: BodyMass
    devine_female_base: BodyMass
    devine_kg_per_cm: Decimal
    devine_height_base: Height
    adjusted_share: Decimal

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read ``dosing_mass``."""
        basis = s.text("default_basis")
        if basis not in list(MassBasis):
            raise InvalidValue(
                f"{s.path}.default_basis is {basis!r}; it must be one of {', '.join(MassBasis)}."
            )
        return cls(
            MassBasis(basis),
            s.number("choose_basis_from_bmi", unit="kg/m2"),
            BodyMass.kg(s.number("devine_male_base", unit="kg"), MassBasis.IDEAL),
            BodyMass.kg(s.number("devine_female_base", unit="kg"), MassBasis.IDEAL),
            s.number("devine_per_cm", unit="kg/cm"),
            Height.cm(s.number("devine_height_base", unit="cm")),
            s.number("adjusted_share", unit="fraction"),
        )


@dataclass(frozen=True, slots=True)
class MassChange:
    """How far a body mass may move within a time before somebody must look again."""

    within: Duration
    review_percent: Decimal
    block_percent: Decimal

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read one row of ``mass_changes``."""
        review, block = s.number("review", unit="%"), s.number("block", unit="%")
        if review > block:
            raise InvalidValue(f"{s.path} reviews at {review} % but blocks already at {block} %.")
        return cls(Duration.hours(s.number("within", unit="d") * 24), review, block)


@dataclass(frozen=True, slots=True)
class MeasurementLimits:
    """What a weight or a height can be, and how it may differ from the last one."""

    mass: Range[BodyMass]
    height: Range[Height]
    bmi_lowest: Decimal
    bmi_highest: Decimal
    pounds_tolerance_percent: Decimal
    pounds_suspected_from_bmi: Decimal
    mass_changes: tuple[MassChange, ...]

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read ``measurements``; the rows of change are kept shortest time first."""
        changes = sorted(map(MassChange.parse, s.sections("mass_changes")), key=lambda c: c.within)
        return cls(
            Range(
                BodyMass.kg(s.number("mass_lowest", unit="kg")),
                BodyMass.kg(s.number("mass_highest", unit="kg")),
            ),
            Range(
                Height.cm(s.number("height_lowest", unit="cm")),
                Height.cm(s.number("height_highest", unit="cm")),
            ),
            s.number("bmi_lowest", unit="kg/m2"),
            s.number("bmi_highest", unit="kg/m2"),
            s.number("pounds_tolerance", unit="%"),
            s.number("pounds_suspected_from_bmi", unit="kg/m2"),
            tuple(changes),
        )


@dataclass(frozen=True, slots=True)
class Product:
    """One strength as supplied, and whether sources disagree about diluting it."""

    strength: Concentration
    dilution_disputed: bool

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read one row of ``products``."""
        return cls(_mg_per_ml(s, "strength"), s.flag("dilution_disputed"))


@dataclass(frozen=True, slots=True)
class PreparationRules:
    """What may go into the bag, and how strong the bag may be."""

    products: tuple[Product, ...]
    diluents: tuple[str, ...]
    """The fluids that an infusion is made in."""
    only_equal_parts: Mapping[str, Concentration]
    """Fluids that may only meet a vial of this strength, one to one: they are no bag's fluid."""
    never_undiluted_from: Concentration
    bag_usual: Volume
    bag: Range[Volume]
    concentration: Guardrail[Concentration]
    drawn_tolerance_percent: Decimal

    @classmethod
    def parse(cls, dosing: Section) -> Self:
        """Read ``products``, ``diluents`` and ``preparation``."""
        s, fluids = dosing.section("preparation"), dosing.sections("diluents")
        return cls(
            tuple(map(Product.parse, dosing.sections("products"))),
            tuple(row.text("name") for row in fluids if not row.has("only_equal_parts_of")),
            {
                row.text("name"): _mg_per_ml(row, "only_equal_parts_of")
                for row in fluids
                if row.has("only_equal_parts_of")
            },
            _mg_per_ml(s, "never_undiluted_from"),
            Volume.ml(s.number("bag_usual", unit="mL")),
            Range(
                Volume.ml(s.number("bag_low", unit="mL")),
                Volume.ml(s.number("bag_high", unit="mL")),
            ),
            Guardrail(
                absolute=Range(high=_mg_per_ml(s, "concentration_hard")),
                recommended=Range(high=_mg_per_ml(s, "concentration_soft")),
            ),
            s.number("drawn_tolerance", unit="%"),
        )


@dataclass(frozen=True, slots=True)
class RoundingRules:
    """The named rounding policy of each number that a human reads or sets."""

    dose: RoundingPolicy[Dose]
    drawn_volume: RoundingPolicy[Volume]
    rate: RoundingPolicy[Rate]

    @classmethod
    def parse(cls, s: Section) -> Self:
        """Read ``rounding``. Raises InvalidValue for a policy that does not exist."""
        return cls(
            named(DOSE_POLICIES, s.text("dose")),
            named(VOLUME_POLICIES, s.text("drawn_volume")),
            named(RATE_POLICIES, s.text("rate")),
        )


@dataclass(frozen=True, slots=True)
class DosingRules:
    """Everything the dosing core needs of one version of a dosing protocol."""

    usual: UsualDose
    limits: DoseLimits
    titration: TitrationRules
    dosing_mass: DosingMassRules
    measurements: MeasurementLimits
    preparation: PreparationRules
    rounding: RoundingRules
    pump_difference: Volume

    @classmethod
    def parse(cls, section: Section) -> Self:
        """Read ``body["dosing"]``: ``DosingRules.parse(Section("dosing", body["dosing"]))``.

        Raises InvalidValue naming the path that is missing, bare, in another unit or at odds.
        """
        return cls(
            UsualDose.parse(section.section("usual")),
            DoseLimits.parse(section.section("soft_limits"), section.section("hard_limits")),
            TitrationRules.parse(section.section("titration")),
            DosingMassRules.parse(section.section("dosing_mass")),
            MeasurementLimits.parse(section.section("measurements")),
            PreparationRules.parse(section),
            RoundingRules.parse(section.section("rounding")),
            Volume.ml(section.section("totals").number("pump_difference", unit="mL")),
        )


def _mg_per_kg(s: Section, key: str) -> DosePerMass:
    return DosePerMass.mg_per_kg(s.number(key, unit="mg/kg"))


def _mg_per_ml(s: Section, key: str) -> Concentration:
    return Concentration.mg_per_ml(s.number(key, unit="mg/mL"))


def _minutes(s: Section, key: str) -> Duration:
    return Duration.minutes(s.number(key, unit="min"))


def _count(s: Section, key: str) -> int:
    number = s.number(key, unit="count")
    if number != int(number):
        raise InvalidValue(f"{s.path}.{key} is {number}; it must be a whole number.")
    return int(number)
