"""What arrives from a device, in this app's own words; an adapter outside fills it in.

``interop`` translates HL7 v2 into these values. Nothing here knows how a message looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from afterglow.core.monitoring.catalogue import Metric
from afterglow.core.monitoring.device_profile import STANDARD, DeviceProfile
from afterglow.core.monitoring.identity import Identity


class ValueTime(StrEnum):
    """How far the time of a value can be trusted."""

    KNOWN = "known"
    FUTURE = "future"
    MISSING = "missing"
    INVALID = "invalid"


class HowToRead(NamedTuple):
    """How a device's messages are read: the zone of times without one, and its habits."""

    zone: tzinfo
    profile: DeviceProfile = STANDARD


class IncomingValue(NamedTuple):
    """One value as the device sent it; ``text`` is in the unit that the device names.

    ``doubt`` is a flag code when the device itself says not to believe it; ``is_bad`` when the
    value could not be read at all; ``is_demo`` when the device shows a demonstration;
    ``disagreement`` is a sentence when its code says two different things. ``equipment`` is the
    EUI-64 of what measured it, empty when the message does not say. ``channel`` tells two sources
    of one sign apart and groups a pump's values. ``device_at``: what the device's clock said, where
    ``taken_at`` was corrected.
    """

    metric: Metric
    text: str
    taken_at: datetime | None
    time: ValueTime
    unit_code: int | None = None
    ucum: str = ""
    equipment: str = ""
    channel: str = ""
    doubt: str = ""
    is_bad: bool = False
    is_demo: bool = False
    disagreement: str = ""
    device_at: datetime | None = None


class IncomingNotification(NamedTuple):
    """An alarm or an event that a device tells beside its readings."""

    is_alarm: bool
    alert: str
    event: str
    about: str
    seen: str
    phase: str
    state: str
    priority: str
    is_over: bool
    at: datetime | None
    equipment: str


class NamedPatient(Identity):
    """Whom a message names. For comparing, and for a person of the queue; never in a log."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a message says. ``sender`` is the EUI-64 of the sending application, if it has one."""

    values: tuple[IncomingValue, ...]
    patients: tuple[NamedPatient, ...] = ()
    sent_at: datetime | None = None
    notifications: tuple[IncomingNotification, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One arrival, to be kept whatever it is.

    ``equipment``: EUI-64s in the message, those that measured first, the sender last. ``read``
    gives the report; None when there is nothing that may be read, and ``problem`` says why.
    ``is_for_charts`` is false for a test or training message, ``is_observation`` for a kind that
    is never read, such as a waveform. ``sends_as`` and ``bed`` are MSH-3 and PV1-3 in plain words:
    they name a device that has no EUI-64.
    """

    content: bytes = field(repr=False)
    sha256: str
    received_at: datetime
    peer: str
    port: int
    application: str = ""
    facility: str = ""
    control_id: str = ""
    equipment: tuple[str, ...] = ()
    sends_as: str = ""
    bed: str = ""
    read: Callable[[HowToRead], Report] | None = None
    is_for_charts: bool = True
    is_observation: bool = True
    problem: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two arrivals the same message."""
        return (self.application, self.facility, self.control_id, self.sha256)


class Kept(StrEnum):
    """What became of a message. Every one of these is on disk."""

    CHARTED = "charted"
    REPEAT = "repeat"
    PARKED = "parked"
    REJECTED = "rejected"


class Fate(NamedTuple):
    """The word on one message; ``remarks`` are sentences for the sender, without patient data."""

    kept: Kept
    remarks: Sequence[str] = ()
