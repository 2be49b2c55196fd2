"""The kinds of quantity an infusion is made of, and which of them may meet.

Each operator is written once per pair that has a meaning, with the kind it makes, so that mypy
refuses every other pair and the running program raises UnitMismatch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Self, overload

from afterglow.core.errors import InvalidValue, UnitMismatch
from afterglow.core.quantities import numbers
from afterglow.core.quantities.base import Quantity
from afterglow.core.quantities.numbers import Number, Scalar

_KG_PER_POUND = Decimal("0.45359237")  # exact, by definition of the international pound (1959)


class MassBasis(StrEnum):
    """Which body mass a weight-based dose is reckoned on."""

    ACTUAL = "actual"
    IDEAL = "ideal"  # Devine
    ADJUSTED = "adjusted"


@dataclass(frozen=True, slots=True)
class Dose(Quantity):
    """A mass of drug in mg."""

    UNIT: ClassVar[str] = "mg"
    NAME: ClassVar[str] = "A dose"

    @classmethod
    def mg(cls, value: Number) -> Self:
        """Build from milligrams."""
        return cls(numbers.exact(value, cls.NAME))

    def __mul__(self, other: Scalar) -> Dose:
        scaled: Dose = self._times(other)
        return scaled

    @overload
    def __truediv__(self, other: Scalar) -> Dose: ...
    @overload
    def __truediv__(self, other: Dose) -> Decimal: ...
    @overload
    def __truediv__(self, other: BodyMass) -> DosePerMass: ...
    @overload
    def __truediv__(self, other: Concentration) -> Volume: ...
    @overload
    def __truediv__(self, other: Volume) -> Concentration: ...
    @overload
    def __truediv__(self, other: Duration) -> DrugRate: ...
    @overload
    def __truediv__(self, other: DrugRate) -> Duration: ...
    def __truediv__(self, other: Any) -> Any:
        match other:
            case BodyMass():
                return DosePerMass(numbers.divide(self.value, other.value))
            case Concentration():
                return Volume(numbers.divide(self.value, other.value))
            case Volume():
                return Concentration(numbers.divide(self.value, other.value))
            case Duration():
                return DrugRate(numbers.divide(self.value, other.value, by=3600))
            case DrugRate():
                return Duration(numbers.divide(self.value, other.value, by=3600))
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class DosePerMass(Quantity):
    """A dose for each kilogram of dosing mass, in mg/kg."""

    UNIT: ClassVar[str] = "mg/kg"
    NAME: ClassVar[str] = "A dose per kilogram"

    @classmethod
    def mg_per_kg(cls, value: Number) -> Self:
        """Build from milligrams per kilogram."""
        return cls(numbers.exact(value, cls.NAME))

    @overload
    def __mul__(self, other: Scalar) -> DosePerMass: ...
    @overload
    def __mul__(self, other: BodyMass) -> Dose: ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, BodyMass):
            return Dose(numbers.multiply(self.value, other.value))
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> DosePerMass: ...
    @overload
    def __truediv__(self, other: DosePerMass) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class BodyMass(Quantity):
    """A body mass in kg, with the basis it stands on. Masses on different bases never mix."""

    basis: MassBasis = MassBasis.ACTUAL

    UNIT: ClassVar[str] = "kg"
    NAME: ClassVar[str] = "A body mass"
    ZERO_ALLOWED: ClassVar[bool] = False

    @classmethod
    def kg(cls, value: Number, basis: MassBasis = MassBasis.ACTUAL) -> Self:
        """Build from kilograms, on the actual basis unless another is named."""
        return cls(numbers.exact(value, cls.NAME), basis)

    @classmethod
    def pounds(cls, value: Number, basis: MassBasis = MassBasis.ACTUAL) -> Self:
        """Build from international avoirdupois pounds, converted exactly."""
        return cls(numbers.multiply(numbers.exact(value, cls.NAME), _KG_PER_POUND), basis)

    def _same_kind(self, other: object, verb: str) -> None:
        Quantity._same_kind(self, other, verb)
        if isinstance(other, BodyMass) and other.basis is not self.basis:
            raise UnitMismatch(
                f"{self} ({self.basis}) cannot be {verb} {other} ({other.basis}): "
                "the body masses stand on different bases."
            )

    @overload
    def __mul__(self, other: Scalar) -> BodyMass: ...
    @overload
    def __mul__(self, other: DosePerMass) -> Dose: ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, DosePerMass):
            return other * self
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> BodyMass: ...
    @overload
    def __truediv__(self, other: BodyMass) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class Concentration(Quantity):
    """Drug in each millilitre, in mg/mL: a vial's strength or what is in the bag."""

    UNIT: ClassVar[str] = "mg/mL"
    NAME: ClassVar[str] = "A concentration"
    ZERO_ALLOWED: ClassVar[bool] = False

    @classmethod
    def mg_per_ml(cls, value: Number) -> Self:
        """Build from milligrams per millilitre."""
        return cls(numbers.exact(value, cls.NAME))

    @overload
    def __mul__(self, other: Scalar) -> Concentration: ...
    @overload
    def __mul__(self, other: Volume) -> Dose: ...
    @overload
    def __mul__(self, other: Rate) -> DrugRate: ...
    def __mul__(self, other: Any) -> Any:
        match other:
            case Volume():
                return Dose(numbers.multiply(self.value, other.value))
            case Rate():
                return DrugRate(numbers.multiply(self.value, other.value))
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> Concentration: ...
    @overload
    def __truediv__(self, other: Concentration) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class Volume(Quantity):
    """A volume of fluid in mL."""

    UNIT: ClassVar[str] = "mL"
    NAME: ClassVar[str] = "A volume"

    @classmethod
    def ml(cls, value: Number) -> Self:
        """Build from millilitres."""
        return cls(numbers.exact(value, cls.NAME))

    @overload
    def __mul__(self, other: Scalar) -> Volume: ...
    @overload
    def __mul__(self, other: Concentration) -> Dose: ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Concentration):
            return other * self
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> Volume: ...
    @overload
    def __truediv__(self, other: Volume) -> Decimal: ...
    @overload
    def __truediv__(self, other: Duration) -> Rate: ...
    @overload
    def __truediv__(self, other: Rate) -> Duration: ...
    def __truediv__(self, other: Any) -> Any:
        match other:
            case Duration():
                return Rate(numbers.divide(self.value, other.value, by=3600))
            case Rate():
                return Duration(numbers.divide(self.value, other.value, by=3600))
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class Rate(Quantity):
    """A pump rate in mL/h. 0 mL/h is a pump standing still."""

    UNIT: ClassVar[str] = "mL/h"
    NAME: ClassVar[str] = "A pump rate"

    @classmethod
    def ml_per_h(cls, value: Number) -> Self:
        """Build from millilitres per hour."""
        return cls(numbers.exact(value, cls.NAME))

    @overload
    def __mul__(self, other: Scalar) -> Rate: ...
    @overload
    def __mul__(self, other: Duration) -> Volume: ...
    @overload
    def __mul__(self, other: Concentration) -> DrugRate: ...
    def __mul__(self, other: Any) -> Any:
        match other:
            case Duration():
                return Volume(numbers.multiply(self.value, other.value, per=3600))
            case Concentration():
                return other * self
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> Rate: ...
    @overload
    def __truediv__(self, other: Rate) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class DrugRate(Quantity):
    """Drug over time, held in mg/h because both mL/h × mg/mL and mg/min × 60 are exact there."""

    UNIT: ClassVar[str] = "mg/h"
    NAME: ClassVar[str] = "A drug rate"

    @classmethod
    def mg_per_h(cls, value: Number) -> Self:
        """Build from milligrams per hour."""
        return cls(numbers.exact(value, cls.NAME))

    @classmethod
    def mg_per_min(cls, value: Number) -> Self:
        """Build from milligrams per minute, converted exactly."""
        return cls(numbers.multiply(numbers.exact(value, cls.NAME), by=60))

    @property
    def in_mg_per_min(self) -> Decimal:
        """The same rate as a number of mg/min (34 digits)."""
        return numbers.multiply(self.value, per=60)

    @overload
    def __mul__(self, other: Scalar) -> DrugRate: ...
    @overload
    def __mul__(self, other: Duration) -> Dose: ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Duration):
            return Dose(numbers.multiply(self.value, other.value, per=3600))
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> DrugRate: ...
    @overload
    def __truediv__(self, other: DrugRate) -> Decimal: ...
    @overload
    def __truediv__(self, other: Concentration) -> Rate: ...
    @overload
    def __truediv__(self, other: Rate) -> Concentration: ...
    def __truediv__(self, other: Any) -> Any:
        match other:
            case Concentration():
                return Rate(numbers.divide(self.value, other.value))
            case Rate():
                return Concentration(numbers.divide(self.value, other.value))
        return self._divided_by(other)


@dataclass(frozen=True, slots=True)
class Duration(Quantity):
    """A length of time, held in seconds; printed in minutes when they are whole."""

    UNIT: ClassVar[str] = "s"
    NAME: ClassVar[str] = "A duration"

    @classmethod
    def seconds(cls, value: Number) -> Self:
        """Build from seconds."""
        return cls(numbers.exact(value, cls.NAME))

    @classmethod
    def minutes(cls, value: Number) -> Self:
        """Build from minutes, converted exactly."""
        return cls(numbers.multiply(numbers.exact(value, cls.NAME), by=60))

    @classmethod
    def hours(cls, value: Number) -> Self:
        """Build from hours, converted exactly."""
        return cls(numbers.multiply(numbers.exact(value, cls.NAME), by=3600))

    @classmethod
    def from_timedelta(cls, value: timedelta) -> Self:
        """Build from a timedelta, to the microsecond. Raises InvalidValue when negative."""
        micros = value // timedelta(microseconds=1)
        return cls(numbers.multiply(Decimal(micros), per=1_000_000))

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Self:
        """Return the time from ``start`` to ``end``; both aware. Raises InvalidValue otherwise."""
        if start.tzinfo is None or end.tzinfo is None:
            raise InvalidValue("A duration needs two times with their zones; one has none.")
        if end < start:
            raise InvalidValue(
                f"A duration cannot end ({end.isoformat()}) before it starts ({start.isoformat()})."
            )
        return cls.from_timedelta(end - start)

    @property
    def in_seconds(self) -> Decimal:
        """The number of seconds, exact."""
        return self.value

    @property
    def in_minutes(self) -> Decimal:
        """The number of minutes (34 digits)."""
        return numbers.multiply(self.value, per=60)

    @property
    def in_hours(self) -> Decimal:
        """The number of hours (34 digits)."""
        return numbers.multiply(self.value, per=3600)

    def to_timedelta(self) -> timedelta:
        """Return a timedelta, to the microsecond (half to even)."""
        micros = numbers.multiply(self.value, by=1_000_000).to_integral_value()
        return timedelta(microseconds=int(micros))

    def __str__(self) -> str:
        if self.value and self.value % 60 == 0:
            return f"{numbers.plain(self.in_minutes)} min"
        return Quantity.__str__(self)

    @overload
    def __mul__(self, other: Scalar) -> Duration: ...
    @overload
    def __mul__(self, other: Rate) -> Volume: ...
    @overload
    def __mul__(self, other: DrugRate) -> Dose: ...
    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Rate | DrugRate):
            return other * self
        return self._times(other)

    @overload
    def __truediv__(self, other: Scalar) -> Duration: ...
    @overload
    def __truediv__(self, other: Duration) -> Decimal: ...
    def __truediv__(self, other: Any) -> Any:
        return self._divided_by(other)
