"""Virtual patients: covariates and between-subject variability, drawn reproducibly in parts.

Part k of a population is drawn from the seed and k alone, so a population is the same patients
however many threads or machines share the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterglow.core.pharmacology import library
from afterglow.core.pharmacology.building import Value, typical_parameters
from afterglow.core.pharmacology.definition import Model, VariabilityBlock
from afterglow.core.pharmacology.errors import OutsideRange
from afterglow.core.pharmacology.patient import POSSIBLE_AGE_YEARS, POSSIBLE_WEIGHT_KG
from afterglow.core.pharmacology.standing import numbers

Floats = npt.NDArray[np.float64]

PART = 65_016
"""Patients in one part of a population: a whole number of the kernel's blocks."""
LARGEST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """A normal distribution cut off below ``low`` and above ``high``; ``sd`` 0 is one value."""

    mean: float
    sd: float
    low: float
    high: float

    def __post_init__(self) -> None:
        ends = (self.mean, self.sd, self.low, self.high)
        if not np.isfinite(ends).all() or self.sd < 0 or not self.low <= self.mean <= self.high:
            raise OutsideRange(
                f"A spread has mean {self.mean:g}, SD {self.sd:g}, {self.low:g} to {self.high:g}; "
                "the SD must be 0 or more and the mean inside the limits."
            )
        if self.sd and min(self.high - self.mean, self.mean - self.low) < self.sd / 4:
            raise OutsideRange(
                f"A spread from {self.low:g} to {self.high:g} cuts off nearly all of "
                f"mean {self.mean:g}, SD {self.sd:g}; leave a quarter of the SD on each side."
            )

    @classmethod
    def fixed(cls, value: float) -> Spread:
        """Everybody has ``value``."""
        return cls(value, 0.0, value, value)

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """Return ``n`` values, shape (n,): what falls outside is drawn again."""
        if self.sd == 0:
            return np.full(n, self.mean)
        values = rng.normal(self.mean, self.sd, n)
        while (outside := (values < self.low) | (values > self.high)).any():
            values[outside] = rng.normal(self.mean, self.sd, int(outside.sum()))
        return values


@dataclass(frozen=True, slots=True)
class Population:
    """``size`` virtual patients from ``seed``. Raises OutsideRange for what cannot be.

    ``asian_share`` is the part with that covariate of Perez-Ruixo 2021 (0 to 1).
    """

    size: int
    seed: int
    weight_kg: Spread
    age_years: Spread
    asian_share: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST:
            raise OutsideRange(f"A population of {self.size}; it must be 1 to {LARGEST}.")
        if self.seed < 0:
            raise OutsideRange(f"The seed is {self.seed}; it must be 0 or more.")
        if not 0 <= self.asian_share <= 1:
            raise OutsideRange(f"asian_share is {self.asian_share:g}; it must be 0 to 1.")
        for what, spread, (low, high) in (
            ("weights", self.weight_kg, POSSIBLE_WEIGHT_KG),
            ("ages", self.age_years, POSSIBLE_AGE_YEARS),
        ):
            if spread.low < low or spread.high > high:
                raise OutsideRange(
                    f"The population's {what} run from {spread.low:g} to {spread.high:g}; "
                    f"they must be {low:g} to {high:g}."
                )

    @property
    def parts(self) -> int:
        """How many parts it is drawn in."""
        return -(-self.size // PART)

    def part_size(self, part: int) -> int:
        """How many patients a part has."""
        return min(PART, self.size - part * PART)


def shipped_population(size: int, seed: int, key: str = "adults") -> Population:
    """Return ``size`` patients of a shipped distribution (proposed numbers)."""
    body = library.body("populations", key)

    def spread(name: str) -> Spread:
        one = {k: n.value for k, n in numbers(f"{key}.{name}", body[name]).items()}
        return Spread(one["mean"], one["sd"], one["low"], one["high"])

    return Population(size, seed, spread("weight_kg"), spread("age_years"))


@dataclass(frozen=True)
class Sample:
    """The parameters of ``size`` patients in L, min and mg: scalars or arrays of shape (size,)."""

    size: int
    weight_kg: Floats
    values: Mapping[str, Value]

    def only(self, patients: slice) -> dict[str, Value]:
        """Return the parameters of some of the patients."""
        return {
            name: value[patients] if isinstance(value, np.ndarray) else value
            for name, value in self.values.items()
        }


def sample(model: Model, population: Population, part: int) -> Sample:
    """Draw one part of a population under a model: the same for the same seed and part."""
    seeds = np.random.SeedSequence(population.seed, spawn_key=(part,))
    rng = np.random.Generator(np.random.SFC64(seeds))
    n = population.part_size(part)
    weight = population.weight_kg.draw(rng, n)
    covariates: dict[str, Value] = {
        "weight_kg": weight,
        "age_years": population.age_years.draw(rng, n),
        "asian": 0.0,
        "japanese": 0.0,
    }
    if population.asian_share:
        covariates["asian"] = (rng.random(n) < population.asian_share).astype(np.float64)
    values = typical_parameters(model, covariates)
    for block in model.variability:
        vary(values, block, rng, n)
    return Sample(n, weight, values)


def vary(
    values: dict[str, Value], block: VariabilityBlock, rng: np.random.Generator, n: int
) -> None:
    """Multiply the block's parameters by correlated random effects, in place."""
    root = np.linalg.cholesky(np.array(block.omega2))
    normal = rng.standard_normal((len(block.parameters), n))
    for row, name in enumerate(block.parameters):
        eta: Any = sum(root[row, column] * normal[column] for column in range(row + 1))
        if block.logit:
            typical = values[name]
            odds = typical / (1.0 - typical) * np.exp(eta)
            values[name] = odds / (1.0 + odds)
        else:
            values[name] = values[name] * np.exp(eta)
