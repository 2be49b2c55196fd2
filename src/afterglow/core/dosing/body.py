"""Body mass as a dose stands on it: actual, ideal (Devine) or adjusted, and body mass index."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from afterglow.core.dosing.rules import DosingMassRules
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import BodyMass, Height, MassBasis
from afterglow.core.quantities.numbers import add, divide, multiply, subtract


class FormulaSex(StrEnum):
    """Which of Devine's two formulas applies; there are only two."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Body:
    """What was measured of a patient. ``mass`` is the actual mass, today, in kilograms."""

    mass: BodyMass
    height: Height | None = None
    sex: FormulaSex | None = None

    def __post_init__(self) -> None:
        if self.mass.basis is not MassBasis.ACTUAL:
            raise InvalidValue(
                f"A measured body mass is actual; {self.mass} was given as {self.mass.basis}."
            )

    @property
    def bmi(self) -> Decimal | None:
        """Body mass index in kg/m² (34 digits); None without a height."""
        return None if self.height is None else body_mass_index(self.mass, self.height)


def body_mass_index(mass: BodyMass, height: Height) -> Decimal:
    """Return body mass index in kg/m² (34 digits)."""
    return divide(mass.value, multiply(height.value, height.value), by=10_000)


def ideal_mass(height: Height, sex: FormulaSex, rules: DosingMassRules) -> BodyMass:
    """Return Devine's ideal body mass: base + kg per cm × (height − height base).

    Raises InvalidValue for a height at which the formula gives nothing or less.
    """
    base = rules.devine_male_base if sex is FormulaSex.MALE else rules.devine_female_base
    above = subtract(height.value, rules.devine_height_base.value)
    return BodyMass.kg(add(base.value, multiply(rules.devine_kg_per_cm, above)), MassBasis.IDEAL)


def adjusted_mass(actual: BodyMass, ideal: BodyMass, rules: DosingMassRules) -> BodyMass:
    """Return ideal mass + share × (actual − ideal)."""
    excess = multiply(rules.adjusted_share, subtract(actual.value, ideal.value))
    return BodyMass.kg(add(ideal.value, excess), MassBasis.ADJUSTED)


def dosing_mass(body: Body, basis: MassBasis, rules: DosingMassRules) -> BodyMass:
    """Return the body mass a dose stands on.

    Raises InvalidValue when the basis needs a height or a sex that is not known; ``check_basis``
    says so beforehand, as a decision.
    """
    if basis is MassBasis.ACTUAL:
        return body.mass
    if body.height is None or body.sex is None:
        missing = "height" if body.height is None else "sex for Devine's formula"
        raise InvalidValue(f"The {basis} body mass needs a {missing}, and none is known.")
    ideal = ideal_mass(body.height, body.sex, rules)
    return ideal if basis is MassBasis.IDEAL else adjusted_mass(body.mass, ideal, rules)
