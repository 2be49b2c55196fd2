"""The covariates a model may ask for. No name, no id: a body, not a person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from afterglow.core.pharmacology.errors import OutsideRange
from afterglow.core.quantities import BodyMass

POSSIBLE_WEIGHT_KG = (1.0, 400.0)
POSSIBLE_AGE_YEARS = (0.0, 120.0)
"""Guards against a slipped decimal point; a model's own validity range is in its definition."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One adult of 70 kg and 40 years unless told otherwise.

    ``asian`` and ``japanese`` are covariates of Perez-Ruixo 2021 only, as that paper defines them.
    Raises OutsideRange for a weight or age that no person has.
    """

    weight_kg: float = 70.0
    age_years: float = 40.0
    asian: bool = False
    japanese: bool = False

    def __post_init__(self) -> None:
        for what, value, unit, (low, high) in (
            ("weight", self.weight_kg, "kg", POSSIBLE_WEIGHT_KG),
            ("age", self.age_years, "years", POSSIBLE_AGE_YEARS),
        ):
            if not math.isfinite(value) or not low <= value <= high:
                raise OutsideRange(
                    f"The patient's {what} was given as {value:g} {unit}; "
                    f"it must be {low:g} to {high:g} {unit}."
                )

    @classmethod
    def of(cls, mass: BodyMass, *, age_years: float = 40.0) -> Self:
        """Cross from a body mass (exact decimal) to float64 kilograms."""
        return cls(weight_kg=float(mass.value), age_years=age_years)

    def covariate(self, name: str) -> float:
        """Return one covariate by the name that definitions use; a yes counts 1."""
        return float(getattr(self, name))
