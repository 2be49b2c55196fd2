"""Build PCD-01 messages for a monitor or a pump: simulators, replay and tests speak with it.

Codes and units come from the catalogue; the containment tree (MDS.VMD.channel.metric) is fixed
here, the same for every monitor we play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import MDC_TERMS, MdcTerm
from afterglow.interop.hl7v2.message import escape
from afterglow.interop.hl7v2.times import format_time

MONITOR = "MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS"
PUMP = "MDC_DEV_PUMP_INFUS_MDS"
_PROFILE = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
_TERMS = {item.refid: item for item in reversed(MDC_TERMS)}


class Slot(NamedTuple):
    """Where a metric stands in the tree, and in which unit it is sent."""

    vmd: str
    channel: str | None
    path: str
    unit: str | None


_OXIMETER = ("MDC_DEV_ANALY_SAT_O2_VMD", "MDC_DEV_ANALY_SAT_O2_CHAN")
_CUFF = ("MDC_DEV_METER_PRESS_BLD_VMD", "MDC_DEV_PRESS_BLD_NONINV_CHAN")
_AIRWAY = ("MDC_DEV_ANALY_AWAY_MULTI_PARAM_VMD", None)
_CHANNEL = ("MDC_DEV_PUMP_INFUS_VMD", None)
MONITOR_SLOTS = {
    "MDC_PULS_OXIM_SAT_O2": Slot(*_OXIMETER, "1.1.1.1", "MDC_DIM_PERCENT"),
    "MDC_PULS_OXIM_PULS_RATE": Slot(*_OXIMETER, "1.1.1.2", "MDC_DIM_BEAT_PER_MIN"),
    "MDC_PRESS_BLD_NONINV_SYS": Slot(*_CUFF, "1.2.1.1", "MDC_DIM_MMHG"),
    "MDC_PRESS_BLD_NONINV_DIA": Slot(*_CUFF, "1.2.1.2", "MDC_DIM_MMHG"),
    "MDC_PRESS_BLD_NONINV_MEAN": Slot(*_CUFF, "1.2.1.3", "MDC_DIM_MMHG"),
    "MDC_ECG_HEART_RATE": Slot("MDC_DEV_ECG_VMD", None, "1.3.0.1", "MDC_DIM_BEAT_PER_MIN"),
    "MDC_CONC_AWAY_CO2_ET": Slot(*_AIRWAY, "1.4.0.1", "MDC_DIM_MMHG"),
    "MDC_AWAY_CO2_ET": Slot(*_AIRWAY, "1.4.0.2", "MDC_DIM_MMHG"),
    "MDC_CO2_RESP_RATE": Slot(*_AIRWAY, "1.4.0.3", "MDC_DIM_RESP_PER_MIN"),
    "MDC_RESP_RATE": Slot("MDC_DEV_ECG_VMD", None, "1.3.0.2", "MDC_DIM_RESP_PER_MIN"),
}
PUMP_SLOTS = {
    "MDC_DRUG_NAME_TYPE": Slot(*_CHANNEL, "1.1.0.1", None),
    "MDC_PUMP_STAT": Slot(*_CHANNEL, "1.1.0.2", None),
    "MDC_FLOW_FLUID_PUMP": Slot(*_CHANNEL, "1.1.0.3", "MDC_DIM_MILLI_L_PER_HR"),
    "MDC_VOL_FLUID_TBI": Slot(*_CHANNEL, "1.1.0.5", "MDC_DIM_MILLI_L"),
    "MDC_VOL_FLUID_TBI_REMAIN": Slot(*_CHANNEL, "1.1.0.6", "MDC_DIM_MILLI_L"),
    "MDC_VOL_FLUID_DELIV": Slot(*_CHANNEL, "1.1.0.7", "MDC_DIM_MILLI_L"),
}


class Reading(NamedTuple):
    """One value to send. None sends "no value" (OBX-11 X). ``at`` None leaves OBX-14 empty."""

    refid: str
    value: Decimal | str | None
    at: datetime | None


class SentPatient(NamedTuple):
    """The patient as the sending device knows him or her."""

    identifier: str
    family: str = ""
    given: str = ""
    birth_date: str = ""
    authority: str = "CLINIC"


@dataclass(frozen=True, slots=True)
class Sender:
    """A device that sends: its gateway's name (MSH-3), its EUI-64 (OBX-18), where it stands."""

    application: str
    eui64: str
    facility: str = "CLINIC"
    point_of_care: str = ""
    room: str = ""
    bed: str = ""

    def __post_init__(self) -> None:
        if len(self.eui64) != 16 or not all(c in "0123456789ABCDEF" for c in self.eui64):
            raise InvalidValue(
                f"{self.eui64!r} is not an EUI-64: sixteen hexadecimal digits in capitals."
            )


def build_oru(
    readings: Sequence[Reading],
    *,
    sender: Sender,
    control_id: str,
    sent_at: datetime,
    device: str = MONITOR,
    patient: SentPatient | None = None,
    processing_id: str = "P",
    accept: str = "NE",
    application: str = "AL",
) -> bytes:
    """Return an ORU^R01 message that carries ``readings`` in the order of the tree.

    ``device`` is MONITOR or PUMP. ``accept`` and ``application`` are MSH-15 and MSH-16. Raises
    InvalidValue for a metric that the device has no place for, or a time without a zone.
    """
    slots = PUMP_SLOTS if device == PUMP else MONITOR_SLOTS
    for reading in readings:
        if reading.refid not in slots:
            raise InvalidValue(f"{reading.refid!r} has no place in {device}.")
    ordered = sorted(readings, key=lambda r: slots[r.refid].path)
    times = [r.at for r in readings if r.at is not None]
    first, last = (min(times), max(times)) if times else (sent_at, sent_at)
    lines = [_header(sender, control_id, sent_at, processing_id, accept, application)]
    if patient is not None:
        lines.append(_pid(patient))
        lines.append(_pv1(sender))
    lines.append(_obr(device, sender, control_id, first, last))
    equipment = f"{sender.eui64}^^{sender.eui64}^EUI-64"
    lines.append(f"OBX|1||{_triplet(device)}|1.0.0.0|||||||X|||||||{equipment}")
    lines += _body(ordered, slots)
    return "".join(f"{line}\r" for line in lines).encode()


def _header(
    sender: Sender,
    control_id: str,
    sent_at: datetime,
    processing_id: str,
    accept: str,
    application: str,
) -> str:
    origin = f"{escape(sender.application)}^{sender.eui64}^EUI-64"
    return (
        f"MSH|^~\\&|{origin}|{escape(sender.facility)}|AFTERGLOW|{escape(sender.facility)}"
        f"|{format_time(sent_at)}||ORU^R01^ORU_R01|{escape(control_id)}|{processing_id}|2.6"
        f"|||{accept}|{application}||UNICODE UTF-8|||{_PROFILE}"
    )


def _pid(patient: SentPatient) -> str:
    identifier = f"{escape(patient.identifier)}^^^{escape(patient.authority)}^MR"
    name = f"{escape(patient.family)}^{escape(patient.given)}^^^^^L"
    return f"PID|||{identifier}||{name}||{escape(patient.birth_date)}"


def _pv1(sender: Sender) -> str:
    place = "^".join(
        escape(p) for p in (sender.point_of_care, sender.room, sender.bed, sender.facility)
    )
    return f"PV1||O|{place}"


def _obr(device: str, sender: Sender, control_id: str, first: datetime, last: datetime) -> str:
    number = f"{escape(control_id)}^{escape(sender.application)}^{sender.eui64}^EUI-64"
    return f"OBR|1|{number}|{number}|{_triplet(device)}|||{format_time(first)}|{format_time(last)}"


def _body(ordered: Sequence[Reading], slots: dict[str, Slot]) -> list[str]:
    lines: list[str] = []
    named: set[str] = set()
    for reading in ordered:
        slot = slots[reading.refid]
        mds, vmd, channel, _ = slot.path.split(".")
        for refid, path in (
            (slot.vmd, f"{mds}.{vmd}.0.0"),
            (slot.channel, f"{mds}.{vmd}.{channel}.0"),
        ):
            if refid is not None and path not in named:
                named.add(path)
                lines.append(f"OBX|{len(lines) + 2}||{_triplet(refid)}|{path}|||||||X")
        lines.append(_metric(reading, slot, len(lines) + 2))
    return lines


def _metric(reading: Reading, slot: Slot, index: int) -> str:
    match reading.value:
        case None:
            kind, value, status = "", "", "X"
        case str():
            kind, value, status = "ST", escape(reading.value), "R"
        case _:
            kind, value, status = "NM", f"{reading.value:f}", "R"
    unit = _unit(slot.unit) if slot.unit else ""
    at = "" if reading.at is None else f"|||{format_time(reading.at)}"
    return (
        f"OBX|{index}|{kind}|{_triplet(reading.refid)}|{slot.path}|{value}|{unit}|||||{status}{at}"
    )


def _triplet(refid: str) -> str:
    return f"{_term(refid).code}^{refid}^MDC"


def _unit(refid: str) -> str:
    ucum = _term(refid).ucum[0]
    return f"{_triplet(refid)}^{ucum}^{ucum}^UCUM"


def _term(refid: str) -> MdcTerm:
    return _TERMS[refid]
