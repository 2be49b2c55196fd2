"""A mass of drug: as the base that every model is written in, or as its hydrochloride salt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from afterglow.core.pharmacology.errors import BadDose
from afterglow.core.pharmacology.library import constant
from afterglow.core.quantities import Dose

LARGEST_MG = 100_000.0
"""No container holds as much. A guard against a slipped decimal point, not a clinical limit."""


@dataclass(frozen=True, slots=True)
class BaseMass:
    """Ketamine or esketamine base in mg: what vials and sprays are labelled in."""

    mg: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mg", _checked(self.mg))

    @classmethod
    def of(cls, dose: Dose) -> Self:
        """Cross from a Dose (exact decimal, labelled as base) to float64 milligrams."""
        return cls(float(dose.value))

    @property
    def as_base(self) -> BaseMass:
        """This mass."""
        return self

    def __mul__(self, factor: float) -> BaseMass:
        return BaseMass(self.mg * factor)


@dataclass(frozen=True, slots=True)
class HydrochlorideMass:
    """Ketamine or esketamine hydrochloride in mg, as some papers dose it."""

    mg: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mg", _checked(self.mg))

    @property
    def as_base(self) -> BaseMass:
        """The base that it holds: times the ratio of the molar masses, 237.73 / 274.19."""
        ratio = constant("molar_mass", "ketamine") / constant(
            "molar_mass", "ketamine_hydrochloride"
        )
        return BaseMass(self.mg * ratio)

    def __mul__(self, factor: float) -> HydrochlorideMass:
        return HydrochlorideMass(self.mg * factor)


DrugMass = BaseMass | HydrochlorideMass


def _checked(mg: float) -> float:
    if isinstance(mg, bool) or not isinstance(mg, int | float):
        raise BadDose(f"A dose was given as {mg!r}; a number of milligrams is needed.")
    if not math.isfinite(mg) or not 0 <= mg <= LARGEST_MG:
        raise BadDose(f"A dose was given as {mg:g} mg; it must be 0 to {LARGEST_MG:g} mg.")
    return float(mg)
