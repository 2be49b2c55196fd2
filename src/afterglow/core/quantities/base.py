"""What every quantity shares: one exact decimal in one unit, frozen, ordered within its kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Self

from afterglow.core.errors import InvalidValue, UnitMismatch
from afterglow.core.quantities import numbers
from afterglow.core.quantities.numbers import Scalar


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of one kind, held as an exact Decimal in that kind's unit.

    Each kind writes its own ``*`` and ``/`` (see ``kinds``). Adding, subtracting and comparing
    work within a kind; anything else is a type error for mypy and UnitMismatch when it runs.
    A result that the kind cannot hold raises InvalidValue.
    """

    value: Decimal

    UNIT: ClassVar[str] = ""
    NAME: ClassVar[str] = "A quantity"
    ZERO_ALLOWED: ClassVar[bool] = True

    def __post_init__(self) -> None:
        number = numbers.exact(self.value, self.NAME)
        if number < 0 or (number == 0 and not self.ZERO_ALLOWED):
            limit = "0 or more" if self.ZERO_ALLOWED else "more than 0"
            raise InvalidValue(
                f"{self.NAME} was given as {numbers.plain(number)} {self.UNIT}; it must be {limit}."
            )
        object.__setattr__(self, "value", number)

    @classmethod
    def from_decimal(cls, value: Decimal) -> Self:
        """Build from a number in this kind's unit, as a database column holds it."""
        return cls(value)

    def with_value(self, value: Decimal) -> Self:
        """Return the same kind, on the same basis, with another number in the same unit."""
        return replace(self, value=value)

    def change_from(self, other: Self) -> Decimal:
        """Return how far this is above (+) or below (−) ``other``, in this kind's unit."""
        self._same_kind(other, "compared with")
        return numbers.subtract(self.value, other.value)

    def __str__(self) -> str:
        return f"{numbers.plain(self.value)} {self.UNIT}"

    def __lt__(self, other: Self) -> bool:
        self._same_kind(other, "compared with")
        return self.value < other.value

    def __le__(self, other: Self) -> bool:
        self._same_kind(other, "compared with")
        return self.value <= other.value

    def __gt__(self, other: Self) -> bool:
        self._same_kind(other, "compared with")
        return self.value > other.value

    def __ge__(self, other: Self) -> bool:
        self._same_kind(other, "compared with")
        return self.value >= other.value

    def __add__(self, other: Self) -> Self:
        self._same_kind(other, "added to")
        return self.with_value(numbers.add(self.value, other.value))

    def __sub__(self, other: Self) -> Self:
        self._same_kind(other, "subtracted from")
        return self.with_value(numbers.subtract(self.value, other.value))

    def __rmul__(self, other: Scalar) -> Self:
        self._scalar(other, "multiplied by")
        return self.with_value(numbers.multiply(self.value, Decimal(other)))

    def _same_kind(self, other: object, verb: str) -> None:
        if type(other) is not type(self):
            raise UnitMismatch(f"{_said(self)} cannot be {verb} {_said(other)}.")

    def _scalar(self, other: object, verb: str) -> None:
        if isinstance(other, bool) or not isinstance(other, int | Decimal):
            raise UnitMismatch(f"{_said(self)} cannot be {verb} {_said(other)}.")

    def _times(self, other: Any) -> Any:
        """Multiply by a number (same kind)."""
        self._scalar(other, "multiplied by")
        return self.with_value(numbers.multiply(self.value, Decimal(other)))

    def _divided_by(self, other: Any) -> Any:
        """Divide by a number (same kind) or by the same kind (a plain number)."""
        if type(other) is type(self):
            self._same_kind(other, "divided by")
            return numbers.divide(self.value, other.value)
        self._scalar(other, "divided by")
        return self.with_value(numbers.divide(self.value, Decimal(other)))


def _said(value: object) -> str:
    return str(value) if isinstance(value, Quantity) else f"{value!r} ({type(value).__name__})"
