"""The vital-sign catalogue: which signs exist, their codes, units and plausible range.

The codes (IEEE 11073 "MDC", LOINC, UCUM) and the ranges are data: ``data/mdc.json`` and
``data/vital_signs.json``. A term's number is its partition times 65536 plus its term code.

>>> from afterglow.core.monitoring.catalogue import VitalSignCode, definition, identify
>>> definition(VitalSignCode.SPO2).mdc
150456
>>> identify(151708, "MDC_CONC_AWAY_CO2_ET").metric
<VitalSignCode.ETCO2: 'etco2'>
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from importlib import resources
from typing import Any

from afterglow.core.cited import Section, Status
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority


class VitalSignCode(StrEnum):
    """A vital sign. ECG heart rate and oximeter pulse are two signs and never mixed."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN = "mean"
    HEART_RATE = "heart_rate"
    PULSE_RATE = "pulse_rate"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    ETCO2 = "etco2"
    TEMPERATURE = "temperature"


class PumpMetric(StrEnum):
    """What an infusion pump reports about itself."""

    PUMP_RATE = "pump_rate"
    VOLUME_DELIVERED = "volume_delivered"
    VOLUME_TO_BE_INFUSED = "volume_to_be_infused"
    VOLUME_REMAINING = "volume_remaining"
    DRUG_NAME = "drug_name"
    PUMP_STATUS = "pump_status"
    PUMP_MODE = "pump_mode"


Metric = VitalSignCode | PumpMetric


class ZeroMeans(StrEnum):
    """What a device's 0 for a sign is taken for (``data/mdc.json``, with source and status)."""

    VALUE = "value"
    """A reading like any other: a breath rate of 0 is an apnoea until somebody has looked."""
    NO_VALUE = "no_value"
    """A probe that is off: no living patient has it."""
    UNCLEAR = "unclear"
    """One or the other, and only who looks at the patient can tell."""


BLOOD_PRESSURE = (VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC, VitalSignCode.MEAN)


@dataclass(frozen=True, slots=True)
class MdcTerm:
    """One IEEE 11073-10101 term. ``code`` is the context-free number."""

    refid: str
    kind: str
    partition: int
    term: int
    code: int
    status: Status
    ucum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitConversion:
    """Units in which a sign may arrive, and the way to its own: (x - subtract) × times / over."""

    unit_codes: frozenset[int]
    ucum: frozenset[str]
    subtract: Decimal
    times: Decimal
    over: Decimal

    @property
    def is_identity(self) -> bool:
        """Whether the value is taken as it came."""
        return self.subtract == 0 and self.times == self.over

    def accepts(self, unit_code: int | None, ucum: str) -> bool:
        """Whether a value with this MDC unit number or UCUM code is in one of these units."""
        return unit_code in self.unit_codes if unit_code is not None else ucum in self.ucum

    def apply(self, value: Decimal, *, decimals: int) -> Decimal:
        """Return the value in the sign's own unit; only a converted value is rounded, half up."""
        if self.is_identity:
            return value
        converted = (value - self.subtract) * self.times / self.over
        return converted.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class PlausibleRange:
    """The range, ends included, outside which a value is an artefact or a slip of the hand."""

    lowest: Decimal
    highest: Decimal
    unit: str
    status: Status

    def __post_init__(self) -> None:
        if self.lowest >= self.highest:
            raise InvalidValue(f"A range from {self.lowest} to {self.highest} holds nothing.")

    def holds(self, value: Decimal) -> bool:
        """Whether the value lies in the range."""
        return self.lowest <= value <= self.highest


@dataclass(frozen=True, slots=True)
class SignDefinition:
    """One line of the catalogue. ``plausible`` is None where the metric is text."""

    metric: Metric
    name: str
    mdc: int
    alternates: tuple[int, ...]
    loinc: tuple[str, ...]
    unit: str
    shown_unit: str
    decimals: int
    plausible: PlausibleRange | None
    conversions: tuple[UnitConversion, ...]
    zero: ZeroMeans = ZeroMeans.VALUE

    @property
    def is_text(self) -> bool:
        """Whether the metric is a word, such as a drug's name, and not a number."""
        return self.plausible is None

    @property
    def mdc_codes(self) -> tuple[int, ...]:
        """Every MDC number under which the metric is accepted, the preferred one first."""
        return (self.mdc, *self.alternates)

    def conversion_from(self, unit_code: int | None, ucum: str = "") -> UnitConversion | None:
        """Return the conversion for a unit, or None when the unit is not accepted."""
        return next((c for c in self.conversions if c.accepts(unit_code, ucum)), None)

    def with_unit(self, value: Decimal) -> str:
        """Return the value as it is said: "142 mmHg", "97 %"."""
        return f"{value:f} {self.shown_unit}".strip()


@dataclass(frozen=True, slots=True)
class Identification:
    """What an observation's number and REFID mean. ``metric`` None: kept, but not a known metric.

    ``disagreement`` is a sentence when number and REFID are two different things; the number
    is then followed, and the reading must be flagged, never dropped.
    """

    metric: Metric | None
    term: MdcTerm | None
    disagreement: str = ""


def identify(code: int | None, refid: str = "") -> Identification:
    """Return the metric that an MDC number and REFID stand for, and whether they agree."""
    by_code = _TERMS_BY_CODE.get(code) if code is not None else None
    by_refid = _TERMS_BY_REFID.get(refid)
    term = by_code or by_refid
    metric = _METRICS.get(term.code) if term else None
    disagreement = ""
    if by_code and refid and refid != by_code.refid:
        disagreement = f"{code} is {by_code.refid}, and the device calls it {refid}."
    elif by_refid and code is not None and not by_code:
        disagreement = f"{refid} is {by_refid.code}, and the device numbers it {code}."
    return Identification(metric, term, disagreement)


def term(code: int) -> MdcTerm | None:
    """Return the MDC term of a number, or None when the table does not hold it."""
    return _TERMS_BY_CODE.get(code)


def words_of(refid: str) -> str | None:
    """Return the words for a term that people are told of, or None when it has none."""
    found = _TERMS_BY_REFID.get(refid)
    if found is None:
        return None
    metric = _METRICS.get(found.code)
    return _WORDS.get(refid) or (NAMES[metric] if metric else None)


def definition(metric: Metric) -> SignDefinition:
    """Return the catalogue's line for a metric."""
    return CATALOGUE[metric]


def is_no_value(text: str) -> bool:
    """Whether a device sent a mark for "no value" (blank, dashes, a sentinel number)."""
    cleaned = text.strip().lower()
    if cleaned in ("", *_NO_VALUE_WORDS):
        return True
    try:
        number = Decimal(cleaned)
    except ArithmeticError:
        return False
    return number.is_finite() and number in _NO_VALUE_NUMBERS


NAMES: Mapping[Metric, str] = {
    VitalSignCode.SYSTOLIC: "Systolic pressure",
    VitalSignCode.DIASTOLIC: "Diastolic pressure",
    VitalSignCode.MEAN: "Mean pressure",
    VitalSignCode.HEART_RATE: "Heart rate",
    VitalSignCode.PULSE_RATE: "Pulse rate",
    VitalSignCode.SPO2: "Oxygen saturation",
    VitalSignCode.RESPIRATORY_RATE: "Respiratory rate",
    VitalSignCode.ETCO2: "End-tidal carbon dioxide",
    VitalSignCode.TEMPERATURE: "Temperature",
    PumpMetric.PUMP_RATE: "Pump rate",
    PumpMetric.VOLUME_DELIVERED: "Volume delivered",
    PumpMetric.VOLUME_TO_BE_INFUSED: "Volume to be infused",
    PumpMetric.VOLUME_REMAINING: "Volume remaining",
    PumpMetric.DRUG_NAME: "Drug",
    PumpMetric.PUMP_STATUS: "Pump status",
    PumpMetric.PUMP_MODE: "Pump mode",
}


def _packaged(name: str) -> dict[str, Any]:
    """Read a JSON file that ships inside the package."""
    text = resources.files("afterglow").joinpath("data", name).read_text(encoding="utf-8")
    return dict(json.loads(text))


def _read_term(row: Mapping[str, Any]) -> MdcTerm:
    return MdcTerm(
        refid=row["refid"],
        kind=row["kind"],
        partition=row["partition"],
        term=row["term"],
        code=row["code"],
        status=Status(row["status"]),
        ucum=tuple(row.get("ucum", ())),
    )


def _read_conversion(row: Mapping[str, Any]) -> UnitConversion:
    return UnitConversion(
        unit_codes=frozenset(row["unit_codes"]),
        ucum=frozenset(row["ucum"]),
        subtract=Decimal(row["subtract"]),
        times=Decimal(row["times"]),
        over=Decimal(row["over"]),
    )


def _read_range(signs: Section, key: str, unit: str) -> PlausibleRange:
    plausible = signs.section(key).section("plausible")
    return PlausibleRange(
        lowest=plausible.number("lowest", unit=unit),
        highest=plausible.number("highest", unit=unit),
        unit=unit,
        status=plausible.cited("lowest").status,
    )


def _zero_of(metric: Metric) -> ZeroMeans:
    known = _ZERO.has(metric.value)
    return ZeroMeans(_ZERO.text(metric.value)) if known else ZeroMeans.VALUE


def _read_catalogue(body: Mapping[str, Any]) -> dict[Metric, SignDefinition]:
    signs = Section("signs", body["signs"])
    catalogue: dict[Metric, SignDefinition] = {}
    for metric, name in NAMES.items():
        row = body["signs"][metric.value]
        catalogue[metric] = SignDefinition(
            metric=metric,
            name=name,
            mdc=row["mdc"],
            alternates=tuple(row["alternates"]),
            loinc=tuple(row["loinc"]),
            unit=row["unit"],
            shown_unit=row["shown_unit"],
            decimals=row["decimals"],
            plausible=_read_range(signs, metric.value, row["unit"]) if "plausible" in row else None,
            conversions=tuple(_read_conversion(c) for c in row["conversions"]),
            zero=_zero_of(metric),
        )
    return catalogue


_MDC = _packaged("mdc.json")
_NO_VALUE = Section("no_value", _MDC["no_value"])
_ZERO = _NO_VALUE.section("zero")
NO_VALUE_SAID_AFTER = timedelta(seconds=float(_NO_VALUE.number("said_after", unit="s")))
"""For so long a device says that a sign has no value before people are told."""
UNCLEAR_PRIORITY = AlarmPriority(_NO_VALUE.text("unclear_priority"))
MDC_TERMS: tuple[MdcTerm, ...] = tuple(_read_term(row) for row in _MDC["terms"])
CATALOGUE: Mapping[Metric, SignDefinition] = _read_catalogue(_packaged("vital_signs.json"))

_TERMS_BY_CODE = {item.code: item for item in MDC_TERMS}
_TERMS_BY_REFID = {item.refid: item for item in reversed(MDC_TERMS)}
_METRICS: dict[int, Metric] = {
    code: metric for metric, line in CATALOGUE.items() for code in line.mdc_codes
}
_WORDS: Mapping[str, str] = _MDC["words"]
_NO_VALUE_WORDS = tuple(_MDC["no_value"]["words"])
_NO_VALUE_NUMBERS = frozenset(Decimal(row["value"]) for row in _MDC["no_value"]["numbers"])
