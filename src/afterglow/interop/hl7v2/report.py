"""What a device message says, once understood: the values that leave the codec."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from afterglow.interop.hl7v2.problems import Problem


class TimeState(StrEnum):
    """How far the time of a reading can be trusted."""

    OWN = "own"
    """The reading carries its own time (OBX-14)."""
    GROUP = "group"
    """The reading has no time of its own; that of its group is used (OBR-7)."""
    FUTURE = "future"
    """The time lies ahead of arrival by more than the tolerance: review before charting."""
    MISSING = "missing"
    """No time was sent; ``device_time`` is None."""
    INVALID = "invalid"
    """What was sent is not a time; ``device_time`` is None."""


class Observation(NamedTuple):
    """One reading as the device sent it: nothing converted, nothing judged.

    ``value`` is a Decimal for a number, text for anything else, and None when the device says that
    it has no value (``status`` X, or an empty field). ``flags`` is OBX-8 as it came, such as ``L``
    or ``INV``. ``obx_index`` counts the OBX segments of the message from 1; ``code`` is OBX-3.1 as
    it came, for codes that are a vendor's own.
    """

    mdc_code: int | None
    refid: str
    containment: str
    value: Decimal | str | None
    unit_mdc: int | None
    unit_ucum: str | None
    device_time: datetime | None
    time_state: TimeState
    status: str
    flags: str
    equipment_id: str
    obx_index: int
    problems: tuple[Problem, ...] = ()
    code: str = ""

    @property
    def channel(self) -> str:
        """The containment without its metric: ``1.2.1`` of ``1.2.1.3``."""
        return channel_of(self.containment)


def channel_of(containment: str) -> str:
    """Return MDS.VMD.channel of a containment path."""
    parts = containment.split(".")
    return ".".join(parts[:3]) if len(parts) > 3 else ".".join(parts[:-1])


class PressurePanel(NamedTuple):
    """Systolic, diastolic and mean of one measurement: one channel, one time."""

    channel: str
    device_time: datetime | None
    systolic: Observation | None
    diastolic: Observation | None
    mean: Observation | None


class PumpState(NamedTuple):
    """What one pump channel reports, each as its own observation; None where it said nothing."""

    channel: str
    equipment_id: str
    rate: Observation | None = None
    delivered: Observation | None = None
    to_be_infused: Observation | None = None
    remaining: Observation | None = None
    drug: Observation | None = None
    status: Observation | None = None
    mode: Observation | None = None


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Who sent it (MSH-3, MSH-4) and which equipment measured (OBX-18), in order of appearance."""

    application: str
    application_id: str
    facility: str
    equipment_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientIdentifier:
    """One repetition of PID-3. Never shown in logs: not part of repr."""

    value: str = field(repr=False)
    authority: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class PatientHint:
    """Whom the device believes it watches. For matching only; it never names anybody's chart."""

    identifiers: tuple[PatientIdentifier, ...] = field(repr=False)
    family: str = field(repr=False)
    given: str = field(repr=False)
    birth_date: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Location:
    """PV1-3: where the device believes it stands."""

    point_of_care: str
    room: str
    bed: str
    facility: str


@dataclass(frozen=True, slots=True)
class ObservationReport:
    """One PCD-01 message, understood.

    ``patients`` holds a hint per distinct patient named in the message: one as a rule, none when
    the device does not know, and more than one makes every reading ambiguous.
    """

    control_id: str
    processing_id: str
    device: DeviceIdentity
    patients: tuple[PatientHint, ...]
    location: Location | None
    order_id: str
    sent_at: datetime | None
    observations: tuple[Observation, ...]
    panels: tuple[PressurePanel, ...]
    problems: tuple[Problem, ...]

    @property
    def patient(self) -> PatientHint | None:
        """The one patient named, or None when there is none or more than one."""
        return self.patients[0] if len(self.patients) == 1 else None

    @property
    def for_chart(self) -> bool:
        """Whether it may reach a chart: production, and not about several patients at once."""
        return self.processing_id == "P" and len(self.patients) <= 1
