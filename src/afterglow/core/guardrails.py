"""Guardrails: a recommended range inside an absolute one, over any kind of quantity.

Inside the recommended range there is nothing to say. Between the two, a prescriber needs a reason.
Beyond the absolute range nobody may go.

>>> from afterglow.core.quantities import Dose
>>> rail = Guardrail(absolute=Range(high=Dose.mg(150)), recommended=Range(high=Dose.mg(100)))
>>> rail.check(Dose.mg(120), code="DOSE", what="The dose").code
'DOSE_ABOVE_SOFT_LIMIT'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from afterglow.core.decisions import Overrider, Reason, blocker
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import Quantity

Q = TypeVar("Q", bound=Quantity)


@dataclass(frozen=True)  # no slots: Range[Dose]() cannot set __orig_class__ on Python 3.11
class Range(Generic[Q]):
    """From ``low`` to ``high``, both included; None is no limit. Refuses low above high."""

    low: Q | None = None
    high: Q | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InvalidValue(f"A range cannot run from {self.low} down to {self.high}.")

    def __contains__(self, value: Q) -> bool:
        return not self.is_above(value) and not self.is_below(value)

    def is_above(self, value: Q) -> bool:
        """Whether ``value`` is above the range."""
        return self.high is not None and value > self.high

    def is_below(self, value: Q) -> bool:
        """Whether ``value`` is below the range."""
        return self.low is not None and value < self.low

    def encloses(self, other: Range[Q]) -> bool:
        """Whether every value in ``other`` is also in this range."""
        low_ok = self.low is None or (other.low is not None and other.low >= self.low)
        high_ok = self.high is None or (other.high is not None and other.high <= self.high)
        return low_ok and high_ok

    def __str__(self) -> str:
        match (self.low, self.high):
            case (None, None):
                return "any"
            case (None, high):
                return f"at most {high}"
            case (low, None):
                return f"at least {low}"
            case (low, high):
                return f"{low} to {high}"
        raise AssertionError("A range has two ends.")  # pragma: no cover - the cases are complete


@dataclass(frozen=True)
class Guardrail(Generic[Q]):
    """An absolute range and the recommended range inside it. Refuses one that sticks out."""

    absolute: Range[Q]
    recommended: Range[Q]

    def __post_init__(self) -> None:
        if not self.absolute.encloses(self.recommended):
            raise InvalidValue(
                f"The recommended range ({self.recommended}) must lie inside "
                f"the absolute range ({self.absolute})."
            )

    def check(self, value: Q, *, code: str, what: str, judged: str = "") -> Reason | None:
        """Return the reason against ``value``, or None when it lies in the recommended range.

        ``code`` gets ``_ABOVE_HARD_LIMIT`` (nobody overrides) or ``_ABOVE_SOFT_LIMIT`` (the
        prescriber, with a reason), or the same with BELOW. ``judged`` is what the sentence calls
        the value, when that is not how the value prints.
        """
        seen = judged or str(value)
        for rail, kind, who in (
            (self.absolute, "HARD", Overrider.NOBODY),
            (self.recommended, "SOFT", Overrider.PRESCRIBER),
        ):
            word = "hard" if kind == "HARD" else "soft"
            if rail.is_above(value):
                side, limit = "above", rail.high
            elif rail.is_below(value):
                side, limit = "below", rail.low
            else:
                continue
            return blocker(
                f"{code}_{side.upper()}_{kind}_LIMIT",
                f"{what}, {seen}, is {side} the {word} limit of {limit}.",
                seen=seen,
                limit=limit,
                overridable_by=who,
            )
        return None
