"""A device's habits: how its messages are framed and which of its words mean what.

A profile never makes a value up. It says what a vendor's private code stands for, which of two
names a device has right, which numbers mean "no probe", and by how much a value is scaled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import (
    CATALOGUE,
    Identification,
    Metric,
    PumpMetric,
    VitalSignCode,
    identify,
)


class Framing(StrEnum):
    """How a device marks where a message ends."""

    MLLP = "mllp"
    SEGMENTS = "segments"
    """No marks at all: a message ends where the next one starts, or in a pause."""


class Trust(StrEnum):
    """Which part of a code to follow where number and name are two different things."""

    NEITHER = "neither"
    NUMBER = "number"
    NAME = "name"


class CodeKey(NamedTuple):
    """OBX-3 as a device sends it; an empty part matches anything."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """What is known of one make of device. ``unit`` is UCUM, used where the device names none.

    ``channels``: of two sources of one sign, the one that is believed (OBX-4 without its metric).
    """

    key: str = ""
    version: int = 0
    framing: Framing = Framing.MLLP
    trust: Trust = Trust.NEITHER
    codes: Mapping[CodeKey, Metric] = field(default_factory=dict)
    sentinels: Mapping[Metric, frozenset[Decimal]] = field(default_factory=dict)
    divide_by: Mapping[Metric, Decimal] = field(default_factory=dict)
    units: Mapping[Metric, str] = field(default_factory=dict)
    channels: Mapping[Metric, str] = field(default_factory=dict)

    def identify(self, number: int | None, code: str, name: str) -> Identification:
        """Return what OBX-3 stands for. ``number`` is its MDC number, ``code`` OBX-3.1 as sent."""
        if self.codes:
            for key in (CodeKey(code, name), CodeKey(code, ""), CodeKey("", name)):
                metric = self.codes.get(key) if any(key) else None
                if metric is not None:
                    return Identification(metric, None)
        found = identify(number, name)
        if not found.disagreement or self.trust is Trust.NEITHER:
            return found
        return identify(number, "") if self.trust is Trust.NUMBER else identify(None, name)

    def is_sentinel(self, metric: Metric, number: Decimal) -> bool:
        """Whether this device sends ``number`` when there is nothing to measure."""
        return number in self.sentinels.get(metric, frozenset())


def eui64(text: str) -> str:
    """Return an equipment id as devices are kept: 16 hexadecimal digits, in capitals.

    >>> eui64("00-11-aa-ff-fe-22-33-44")
    '0011AAFFFE223344'
    """
    return text.replace("-", "").replace(":", "").strip().upper()


STANDARD = DeviceProfile()
"""A device that keeps to IHE PCD-01."""


def parse_profile(body: Mapping[str, Any]) -> DeviceProfile:
    """Read the body of a definition. Raises InvalidValue that names the place and the value."""
    try:
        return DeviceProfile(
            key=str(body["key"]),
            version=int(body["version"]),
            framing=Framing(body.get("framing", Framing.MLLP)),
            trust=Trust(body.get("trust", Trust.NEITHER)),
            codes={
                CodeKey(row.get("number", ""), row.get("name", "")): metric_of(row["metric"])
                for row in body.get("codes", ())
            },
            sentinels={
                metric_of(name): frozenset(_number(name, n) for n in numbers)
                for name, numbers in body.get("sentinels", {}).items()
            },
            divide_by={
                metric_of(name): _divisor(name, number)
                for name, number in body.get("divide_by", {}).items()
            },
            units={metric_of(name): unit for name, unit in _units(body).items()},
            channels={
                metric_of(name): str(path) for name, path in body.get("channels", {}).items()
            },
        )
    except InvalidValue:
        raise  # it says itself what is wrong
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidValue("The profile cannot be read: %(problem)s.", problem=error) from None


@lru_cache(maxsize=64)
def metric_of(name: str) -> Metric:
    """Return the metric of a code of ours, such as ``spo2``. Raises InvalidValue."""
    for kind in (VitalSignCode, PumpMetric):
        if name in [each.value for each in kind]:
            return kind(name)
    raise InvalidValue(
        "'%(name)s' is not a sign we know; one is %(known)s.", name=name, known=", ".join(CATALOGUE)
    )


def _units(body: Mapping[str, Any]) -> Mapping[str, str]:
    units: Mapping[str, str] = body.get("units", {})
    for name, unit in units.items():
        line = CATALOGUE[metric_of(name)]
        if line.conversion_from(None, unit) is None:
            raise InvalidValue(
                "'%(unit)s' is not a unit of %(name)s; %(right)s is.",
                unit=unit,
                name=name,
                right=line.unit or "none",
            )
    return units


def _divisor(name: str, text: str) -> Decimal:
    number = _number(name, text)
    if number <= 0:
        raise InvalidValue(
            "%(name)s is divided by %(text)s; it must be above 0.", name=name, text=text
        )
    return number


def _number(name: str, text: str) -> Decimal:
    try:
        return Decimal(str(text))
    except ArithmeticError:
        raise InvalidValue(
            "'%(text)s' at %(name)s is not a number.", text=text, name=name
        ) from None
