"""Measures that meet no other kind: a pressure, a height."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self, overload

from afterglow.core.quantities import numbers
from afterglow.core.quantities.base import Quantity
from afterglow.core.quantities.numbers import Number, Scalar


@dataclass(frozen=True, slots=True)
class Pressure(Quantity):
    """A pressure in mmHg. A fall is ``change_from``, a signed number, never a negative pressure."""

    UNIT: ClassVar[str] = "mmHg"
    NAME: ClassVar[str] = "A pressure"

    @classmethod
    def mmhg(cls, value: Number) -> Self:
        """Build from millimetres of mercury."""
        return cls(numbers.exact(value, cls.NAME))

    def __mul__(self, other: Scalar) -> Pressure:
        scaled: Pressure = self._times(other)
        return scaled

    @overload
    def __truediv__(self, other: Scalar) -> Pressure: ...
    @overload
    def __truediv__(self, other: Pressure) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class Height(Quantity):
    """A body height in cm."""

    UNIT: ClassVar[str] = "cm"
    NAME: ClassVar[str] = "A height"
    ZERO_ALLOWED: ClassVar[bool] = False

    @classmethod
    def cm(cls, value: Number) -> Self:
        """Build from centimetres."""
        return cls(numbers.exact(value, cls.NAME))

    def __mul__(self, other: Scalar) -> Height:
        scaled: Height = self._times(other)
        return scaled

    @overload
    def __truediv__(self, other: Scalar) -> Height: ...
    @overload
    def __truediv__(self, other: Height) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)
