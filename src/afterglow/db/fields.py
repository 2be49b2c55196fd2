"""Model fields that give and take quantities, and choices built from core enumerations.

A quantity is one decimal column whose name carries its unit (``dose_mg``, ``rate_ml_per_h``): there
is no second column that could disagree about it.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self, TypeVar, runtime_checkable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.migrations.serializer import BaseSerializer, Serializer

from afterglow.core.quantities import BodyMass, Concentration, Dose, Height, Rate, Volume


@runtime_checkable
class Quantity(Protocol):
    """What a column needs of a quantity: an exact decimal, there and back."""

    @property
    def value(self) -> Decimal: ...

    @classmethod
    def from_decimal(cls, value: Decimal) -> Self: ...


_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)


class QuantityField(models.DecimalField[_ST, _GT]):
    """One decimal column that gives Python a quantity and takes only that quantity."""

    kind: ClassVar[type[Any]]
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Decimal | None, *_: object) -> Any:
        """Return the quantity a row holds."""
        return None if value is None else self.kind.from_decimal(_plain(value))

    def to_python(self, value: Any) -> Any:
        """Return a quantity; text and decimals are read in the column's own unit."""
        if value is None or isinstance(value, self.kind):
            return value
        return self.kind.from_decimal(_plain(super().to_python(value)))

    def get_prep_value(self, value: Any) -> Decimal | None:
        """Return the column's decimal. Raises TypeError for any other kind of quantity."""
        if value is None:
            return None
        if isinstance(value, self.kind):
            return Decimal(value.value)
        if isinstance(value, Decimal | int):  # the bounds of constraints, in the column's unit
            return Decimal(value)
        raise TypeError(f"{self.name} takes {self.kind.__name__}, not {value!r}.")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Adapt for the driver."""
        if hasattr(value, "as_sql"):
            return value
        return connection.ops.adapt_decimalfield_value(
            self.get_prep_value(value), self.max_digits, self.decimal_places
        )

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Adapt for the driver, refusing digits the column would round away."""
        if hasattr(value, "as_sql"):
            return value
        plain = self.get_prep_value(value)
        if plain is not None and _plain(plain) != plain.quantize(Decimal(1).scaleb(-self.places)):
            raise ValidationError(f"{self.name} keeps {self.places} decimals; {plain} has more.")
        return self.get_db_prep_value(plain, connection)

    @property
    def places(self) -> int:
        """How many decimals the column keeps."""
        return self.decimal_places

    @property
    def validators(self) -> list[Any]:
        """A quantity refuses bad values when it is built, so the column has nothing to add."""
        return []

    def value_to_string(self, obj: models.Model) -> str:
        """Return the decimal as text, for serialisation."""
        value: Any = self.value_from_object(obj)
        return "" if value is None else str(value.value)


def _plain(value: Decimal) -> Decimal:
    """Drop trailing zeros without turning 100 into 1E+2."""
    normal = value.normalize()
    return normal.quantize(Decimal(1)) if normal == normal.to_integral_value() else normal


class DoseField(QuantityField[_ST, _GT]):
    """Milligrams of ketamine base or of another named medicine."""

    _pyi_private_set_type: Dose
    _pyi_private_get_type: Dose
    kind = Dose


class BodyMassField(QuantityField[_ST, _GT]):
    """Kilograms of a person."""

    _pyi_private_set_type: BodyMass
    _pyi_private_get_type: BodyMass
    kind = BodyMass


class HeightField(QuantityField[_ST, _GT]):
    """Centimetres of a person."""

    _pyi_private_set_type: Height
    _pyi_private_get_type: Height
    kind = Height


class VolumeField(QuantityField[_ST, _GT]):
    """Millilitres."""

    _pyi_private_set_type: Volume
    _pyi_private_get_type: Volume
    kind = Volume


class RateField(QuantityField[_ST, _GT]):
    """Millilitres per hour, as a pump shows it."""

    _pyi_private_set_type: Rate
    _pyi_private_get_type: Rate
    kind = Rate


class ConcentrationField(QuantityField[_ST, _GT]):
    """Milligrams per millilitre."""

    _pyi_private_set_type: Concentration
    _pyi_private_get_type: Concentration
    kind = Concentration


class _CodeSerializer(BaseSerializer):
    """Migrations keep a code as the text it is, so that they outlive the enumeration's module."""

    def serialize(self) -> tuple[str, set[str]]:
        """Return the code's literal and no imports."""
        return repr(str(self.value)), set()


# Django asks its own table in order, and Enum would answer first.
Serializer._registry = {StrEnum: _CodeSerializer, **Serializer._registry}  # type: ignore[attr-defined]


class CodeField(models.CharField[str, str]):
    """A code from one core enumeration: ``CodeField(SessionState)``. The code is what is stored."""

    def __init__(self, enum: type[StrEnum] | None = None, **kwargs: Any) -> None:
        self.enum = enum
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        """Describe the column for migrations; the allowed codes stand in a named constraint."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def one_of(field: str, enum: type[StrEnum], *, name: str) -> models.CheckConstraint:
    """Return the constraint that a column holds one of an enumeration's codes."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": [str(member) for member in enum]}), name=name
    )


def blank_or_one_of(field: str, enum: type[StrEnum], *, name: str) -> models.CheckConstraint:
    """Return the constraint that a column is empty ("not asked yet") or one of the codes."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": ["", *(str(member) for member in enum)]}), name=name
    )
