"""What the protocol wants attached for this patient, and no device sends (clinical reference 3.1).

A reminder: the infusion may start without it, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from afterglow.core.cited import Section
from afterglow.core.decisions import Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.reason_codes import ReasonCode
from afterglow.core.treatment.codes import readiness as codes
from afterglow.core.treatment.saying import number


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFacts:
    """Why a sign may be asked for, and the signs that a device of the session gives now.

    ``bmi`` in kg/m², ``dose`` in mg/kg; None where height, mass or order is missing.
    """

    bmi: Decimal | None = None
    dose: Decimal | None = None
    sleep_apnoea: bool = False
    pressure_medicine: bool = False
    medicine_classes: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """When one sign is asked for. Every ground that a protocol does not name is None or empty."""

    sleep_apnoea: bool = False
    pressure_medicine: bool = False
    bmi_above: Decimal | None = None
    dose_above: Decimal | None = None
    medicine_classes: frozenset[str] = frozenset()

    def grounds(self, facts: AttachedFacts) -> Iterator[str]:
        """Yield each ground that holds for a patient, as it is said."""
        if self.sleep_apnoea and facts.sleep_apnoea:
            yield "sleep apnoea"
        if self.bmi_above is not None and facts.bmi is not None and facts.bmi > self.bmi_above:
            yield f"BMI {number(facts.bmi)} kg/m2"
        yield from sorted(self.medicine_classes & facts.medicine_classes)
        if self.dose_above is not None and facts.dose is not None and facts.dose > self.dose_above:
            yield f"{number(facts.dose)} mg/kg"
        if self.pressure_medicine and facts.pressure_medicine:
            yield "blood-pressure medicine"


_CODES: Mapping[str, ReasonCode] = {
    VitalSignCode.ETCO2: codes.CAPNOGRAPHY_NOT_ATTACHED,
    VitalSignCode.HEART_RATE: codes.ECG_NOT_ATTACHED,
}


def not_attached(facts: AttachedFacts, asked: Mapping[str, AskedFor]) -> Iterator[Reason]:
    """Yield one remark for each sign that the protocol asks for and no device gives."""
    for sign, when in asked.items():
        grounds = list(when.grounds(facts))
        if grounds and sign not in facts.sent:
            yield _CODES[sign].reason(seen=", ".join(grounds))


def read_asked(section: Section) -> Mapping[str, AskedFor]:
    """Read ``session.attached``. Raises InvalidValue for a sign that nothing is said of."""
    if unknown := set(section.names()) - set(_CODES):
        raise InvalidValue(
            f"{section.path} asks for {', '.join(sorted(unknown))}; it may ask for "
            f"{', '.join(_CODES)}."
        )
    return {sign: _asked(section.section(sign)) for sign in section.names()}


def _asked(section: Section) -> AskedFor:
    def above(key: str, unit: str) -> Decimal | None:
        return section.number(key, unit=unit) if section.has(key) else None

    classes = section.text("medicine_classes") if section.has("medicine_classes") else ""
    return AskedFor(
        sleep_apnoea=section.has("sleep_apnoea") and section.flag("sleep_apnoea"),
        pressure_medicine=section.has("pressure_medicine") and section.flag("pressure_medicine"),
        bmi_above=section.number("bmi_above", unit="kg/m2") if section.has("bmi_above") else None,
        dose_above=section.number("dose_above", unit="mg/kg")
        if section.has("dose_above")
        else None,
        medicine_classes=frozenset(filter(None, (word.strip() for word in classes.split(",")))),
    )
