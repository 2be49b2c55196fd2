"""Named rounding policies. The name says which way a tie goes and how fine the step is.

A policy never carries a value past a limit that it is told: it steps back inside.

>>> from afterglow.core.quantities import Dose
>>> str(HALF_DOWN_TO_0_5_MG(Dose.mg("41.25"))), str(HALF_DOWN_TO_0_5_MG(Dose.mg("41.26")))
('41 mg', '41.5 mg')
>>> str(HALF_DOWN_TO_0_5_MG(Dose.mg("149.9"), at_most=Dose.mg("149.9")))
'149.5 mg'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_UP
from types import MappingProxyType
from typing import Generic, TypeVar

from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import numbers
from afterglow.core.quantities.base import Quantity
from afterglow.core.quantities.kinds import Dose, DosePerMass, Rate, Volume

Q = TypeVar("Q", bound=Quantity)


@dataclass(frozen=True)  # no slots: a generic cannot set __orig_class__ on Python 3.11
class RoundingPolicy(Generic[Q]):
    """Round a quantity to the nearest multiple of a step, ties as the name says."""

    name: str
    step: Q
    mode: str

    def __call__(self, raw: Q, *, at_least: Q | None = None, at_most: Q | None = None) -> Q:
        """Return ``raw`` rounded, never above ``at_most`` nor below ``at_least``.

        Raises InvalidValue when no multiple of the step lies between the two limits.
        """
        value = self._to_step(raw, self.mode)
        if at_most is not None and value > at_most:
            value = self._to_step(at_most, ROUND_FLOOR)
        if at_least is not None and value < at_least:
            value = self._to_step(at_least, ROUND_CEILING)
            if at_most is not None and value > at_most:
                raise InvalidValue(
                    f"{raw} has no multiple of {self.step} between {at_least} and {at_most}."
                )
        return value

    def _to_step(self, quantity: Q, mode: str) -> Q:
        return quantity.with_value(numbers.round_to_step(quantity.value, self.step.value, mode))


HALF_DOWN_TO_0_5_MG = RoundingPolicy("HALF_DOWN_TO_0_5_MG", Dose.mg("0.5"), ROUND_HALF_DOWN)
HALF_DOWN_TO_1_MG = RoundingPolicy("HALF_DOWN_TO_1_MG", Dose.mg("1"), ROUND_HALF_DOWN)
HALF_UP_TO_0_1_MG = RoundingPolicy("HALF_UP_TO_0_1_MG", Dose.mg("0.1"), ROUND_HALF_UP)
HALF_UP_TO_0_01_MG_PER_KG = RoundingPolicy(
    "HALF_UP_TO_0_01_MG_PER_KG", DosePerMass.mg_per_kg("0.01"), ROUND_HALF_UP
)
HALF_UP_TO_0_01_ML = RoundingPolicy("HALF_UP_TO_0_01_ML", Volume.ml("0.01"), ROUND_HALF_UP)
HALF_UP_TO_0_05_ML = RoundingPolicy("HALF_UP_TO_0_05_ML", Volume.ml("0.05"), ROUND_HALF_UP)
HALF_UP_TO_0_1_ML = RoundingPolicy("HALF_UP_TO_0_1_ML", Volume.ml("0.1"), ROUND_HALF_UP)
HALF_UP_TO_0_1_ML_PER_H = RoundingPolicy(
    "HALF_UP_TO_0_1_ML_PER_H", Rate.ml_per_h("0.1"), ROUND_HALF_UP
)
HALF_UP_TO_1_ML_PER_H = RoundingPolicy("HALF_UP_TO_1_ML_PER_H", Rate.ml_per_h("1"), ROUND_HALF_UP)


def _by_name(*policies: RoundingPolicy[Q]) -> Mapping[str, RoundingPolicy[Q]]:
    return MappingProxyType({policy.name: policy for policy in policies})


DOSE_POLICIES = _by_name(HALF_DOWN_TO_0_5_MG, HALF_DOWN_TO_1_MG, HALF_UP_TO_0_1_MG)
VOLUME_POLICIES = _by_name(HALF_UP_TO_0_01_ML, HALF_UP_TO_0_05_ML, HALF_UP_TO_0_1_ML)
RATE_POLICIES = _by_name(HALF_UP_TO_0_1_ML_PER_H, HALF_UP_TO_1_ML_PER_H)


def named(policies: Mapping[str, RoundingPolicy[Q]], name: str) -> RoundingPolicy[Q]:
    """Return the policy of that name. Raises InvalidValue listing the names there are."""
    try:
        return policies[name]
    except KeyError:
        raise InvalidValue(
            f"No rounding policy is called {name!r}; there are {', '.join(policies)}."
        ) from None
