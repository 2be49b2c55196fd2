"""From what a device sent to the rows it becomes: which device, whose session, which value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.monitoring.incoming import (
    IncomingNotification,
    IncomingValue,
    Report,
    ValueTime,
)
from afterglow.apps.monitoring.matching import is_same_person
from afterglow.apps.monitoring.models import (
    SECOND_CHANNEL,
    DeviceAssignment,
    DeviceNotification,
    NotificationKind,
    PumpReading,
    ReviewReason,
    Source,
    VitalSign,
)
from afterglow.apps.monitoring.services.recognising import KnownDevices
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import Metric, PumpMetric, VitalSignCode, definition
from afterglow.core.monitoring.device_clock import PROMPT, STEADY, DeviceClock
from afterglow.core.monitoring.device_profile import STANDARD, DeviceProfile, eui64
from afterglow.core.monitoring.measurements import (
    DEVICE_NO_VALUE,
    Measurement,
    read_measurement,
)
from afterglow.core.quantities import Rate, Volume
from afterglow.core.treatment.lifecycles import SessionState

# A reading this old belongs to no session under way, whatever the clocks say.
LONG_PAST = timedelta(hours=24)
_LARGEST = Decimal(10) ** 6
_PUMP_LARGEST = Decimal(10) ** 5


class SignOf(NamedTuple):
    """A sign that a device measures in a session."""

    session: int
    device: int
    code: str


class Probe(NamedTuple):
    """Where a reading comes from: OBX-4 without its metric; whether its profile believes it."""

    channel: str
    is_preferred: bool


class WithoutValue(NamedTuple):
    """A device says that a sign has no value; ``seen`` where what it sent may be true.

    ``at`` is by the device's clock, corrected where it is known to be off; ``arrived`` by ours.
    """

    at: datetime
    arrived: datetime
    seen: Decimal | None


@dataclass
class Charted:
    """What one message becomes. ``reviews`` are the reasons why a person must look at it.

    ``had`` are the signs with a value that is believed, ``lacked`` those without one. ``probes``
    says of each of ``vital_signs``, in order, where it comes from.
    """

    vital_signs: list[VitalSign] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    pump_readings: list[PumpReading] = field(default_factory=list)
    notifications: list[DeviceNotification] = field(default_factory=list)
    reviews: list[ReviewReason] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    had: dict[SignOf, datetime] = field(default_factory=dict)
    lacked: dict[SignOf, WithoutValue] = field(default_factory=dict)

    def review(self, reason: ReviewReason, remark: str) -> None:
        """Ask a person to look, once for each reason."""
        if reason not in self.reviews:
            self.reviews.append(reason)
            self.remarks.append(remark)

    @property
    def sessions(self) -> set[int]:
        """The sessions whose record it reaches."""
        signs = {row.session_id for row in self.vital_signs}
        pumps = {row.session_id for row in self.pump_readings}
        told = {row.session_id for row in self.notifications if row.session_id is not None}
        return signs | pumps | told | {sign.session for sign in self.lacked}


def chart(
    report: Report,
    *,
    message: RawMessage,
    sender: Device | None,
    devices: KnownDevices,
    sessions: Mapping[int, TreatmentSession],
    to_session: TreatmentSession | None = None,
    profile: DeviceProfile = STANDARD,
) -> Charted:
    """Return the rows that a report becomes; nothing is written here.

    ``sessions`` are locked and current. With ``to_session`` a person has said whose it is: the
    assignment and the patient named are not asked again. A value from the future, without a time,
    of a demonstration, whose code says two things, or from a device we do not know is never
    charted.
    """
    done = Charted()
    if len(report.patients) > 1:
        done.review(ReviewReason.PATIENT_MISMATCH, "The message names several patients.")
        return done
    whose = _Whose(report, message, devices, sessions, to_session)
    by_pump: dict[tuple[int, int, str], dict[PumpMetric, tuple[IncomingValue, Measurement]]]
    by_pump = defaultdict(dict)
    sources: dict[tuple[int, int, object, object], str] = {}
    values = report.values if not profile.channels else _preferred_first(report.values, profile)
    for value in values:
        device = devices.by_eui.get(eui64(value.equipment)) if value.equipment else sender
        if device is None:
            done.review(ReviewReason.UNKNOWN_DEVICE, "The device is not known here.")
            continue
        value = by_our_clock(value, whose.clock_of(device), message.received_at)
        if (why := _unfit(value, message.received_at)) is not None:
            done.review(*why)
            continue
        if value.is_bad:
            done.review(ReviewReason.BAD_OBSERVATION, "A reading cannot be read.")
        session = whose.session_of(value.taken_at, device, done, metric=value.metric)
        if session is None:
            continue
        measured = read_measurement(
            value.metric, value.text, unit_code=value.unit_code, ucum=value.ucum
        )
        if isinstance(value.metric, PumpMetric):
            by_pump[(session.pk, device.pk, value.channel)][value.metric] = (value, measured)
            continue
        sign = SignOf(session.pk, device.pk, value.metric)
        if measured.has_no_value or value.doubt == DEVICE_NO_VALUE.code:
            _lack(done, sign, value, message, None)
        elif (row := _vital_sign(value, measured, session, device, message)) is not None:
            if not row.flag:
                done.had[sign] = row.taken_at
            elif measured.is_unclear and not value.doubt:
                _lack(done, sign, value, message, measured.value)
            line = (session.pk, device.pk, value.metric, value.taken_at)
            if sources.setdefault(line, value.channel) != value.channel and not row.flag:
                row.flag = SECOND_CHANNEL  # two probes at once: one is the sign, both are kept
            done.vital_signs.append(row)
            done.probes.append(
                Probe(value.channel, profile.channels.get(value.metric) == value.channel)
            )
    for (session_pk, device_pk, _channel), parts in by_pump.items():
        reading = _pump_reading(parts, session_pk, device_pk, message)
        if reading is not None:
            done.pump_readings.append(reading)
    for told in report.notifications:
        device = devices.by_eui.get(eui64(told.equipment)) if told.equipment else sender
        if device is None:
            done.review(ReviewReason.UNKNOWN_DEVICE, "The device is not known here.")
        else:
            done.notifications.append(_notification(told, device, message, whose))
    return done


def _lack(
    done: Charted, sign: SignOf, value: IncomingValue, message: RawMessage, seen: Decimal | None
) -> None:
    """Note that a sign has no value; of two channels, one that has a value is enough."""
    if value.taken_at is not None:
        done.lacked.setdefault(sign, WithoutValue(value.taken_at, message.received_at, seen))


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose record a value of one message reaches."""

    report: Report
    message: RawMessage
    devices: KnownDevices
    sessions: Mapping[int, TreatmentSession]
    to_session: TreatmentSession | None

    def clock_of(self, device: Device) -> DeviceClock:
        """Return what is known of a device's clock for this message."""
        return self.devices.clock_of(device, self.report.sent_at, self.message.received_at)

    def session_of(
        self, taken_at: datetime | None, device: Device, done: Charted, *, metric: Metric | None
    ) -> TreatmentSession | None:
        """Return the session, or None; ``done`` is told why a person must look.

        ``taken_at`` is by our clock where the device's is far off.
        """
        if self.to_session is not None or taken_at is None:
            return self.to_session
        arrived = self.message.received_at
        clock = self.clock_of(device)
        measured = taken_at if clock.corrects else clock.measured(taken_at)
        session = _session_at(measured, device, arrived, self.devices, self.sessions)
        if session is None:
            if metric is None or not self._is_old_repeat(measured, device):
                done.review(ReviewReason.NO_SESSION, "The device serves no session at that time.")
            return None
        if not all(is_same_person(named, session.patient) for named in self.report.patients):
            done.review(ReviewReason.PATIENT_MISMATCH, "The patient named is not the one here.")
            return None
        return session

    def _is_old_repeat(self, measured: datetime, device: Device) -> bool:
        """Whether a monitor only repeats what it measured before it came to this patient.

        A cuff pressure is sent again with every message until the next one is taken. It belongs to
        whoever was measured, and it was charted then. What was itself sent before the monitor
        came, as far as its clock is known, is no repeat: it may be here for the first time.
        """
        arrived, sent = self.message.received_at, self.report.sent_at
        serving = self.devices.assignments.get(device.pk, ())
        now = next((a for a in serving if arrived in a.during), None)
        if now is None or now.during.lower is None or measured >= now.during.lower:
            return False
        said = arrived if sent is None else self.clock_of(device).measured(sent)
        return bool(said >= now.during.lower - STEADY)


def by_our_clock(value: IncomingValue, clock: DeviceClock, received_at: datetime) -> IncomingValue:
    """Return a value with its time by our clock, where the device's is known to be far off."""
    if value.taken_at is None or not clock.corrects:
        return value
    taken_at = clock.corrected(value.taken_at)
    is_now = taken_at <= received_at + STEADY
    return value._replace(
        taken_at=taken_at,
        time=ValueTime.KNOWN if is_now else ValueTime.FUTURE,
        device_at=value.taken_at,
    )


def _unfit(value: IncomingValue, received_at: datetime) -> tuple[ReviewReason, str] | None:
    """Why a value may not be charted, whoever is in the chair."""
    if value.is_demo:
        return ReviewReason.DEMONSTRATION, "The device shows a demonstration, no patient."
    if value.disagreement:
        return ReviewReason.CODE_DISAGREES, value.disagreement
    if value.time is ValueTime.FUTURE:
        return ReviewReason.FUTURE_TIME, "A reading lies in the future."
    if value.taken_at is None:
        return ReviewReason.BAD_OBSERVATION, "A reading cannot be read."
    if received_at - value.taken_at > LONG_PAST:
        return ReviewReason.LONG_PAST, "A reading is more than a day old."
    return None


def _preferred_first(
    values: Sequence[IncomingValue], profile: DeviceProfile
) -> list[IncomingValue]:
    """The source that the profile believes, before the other one of the same sign."""
    return sorted(values, key=lambda v: profile.channels.get(v.metric, v.channel) != v.channel)


def _notification(
    told: IncomingNotification, device: Device, message: RawMessage, whose: _Whose
) -> DeviceNotification:
    """The row of an alarm or event; one that reaches no session is shown with its device."""
    at = message.received_at
    if told.at is not None:
        at = whose.clock_of(device).corrected(told.at)
    session = whose.session_of(at, device, Charted(), metric=None)
    return DeviceNotification(
        session=session,
        device=device,
        message=message,
        kind=NotificationKind.ALARM if told.is_alarm else NotificationKind.EVENT,
        alert=told.alert,
        event=told.event,
        about=told.about,
        seen=told.seen,
        phase=told.phase,
        state=told.state,
        priority=told.priority,
        is_over=told.is_over,
        at=at,
        arrived_at=message.received_at,
    )


def _session_at(
    measured: datetime,
    device: Device,
    received_at: datetime,
    devices: KnownDevices,
    sessions: Mapping[int, TreatmentSession],
) -> TreatmentSession | None:
    """The session a device served when it measured; None when that is not certain.

    When it measured and when that arrived must name the same session.
    """
    serving = devices.assignments.get(device.pk, ())
    by_device_time = _holding(serving, measured)
    by_arrival = _holding(serving, received_at)
    if by_device_time is None or by_device_time != by_arrival:
        # Clocks differ by a breath, and a reading of the first second belongs to the beginning.
        if by_arrival is None or measured < received_at - PROMPT:
            return None
        began = next(a.during.lower for a in serving if a.session_id == by_arrival)
        if by_device_time is not None or began is None or began - measured > STEADY:
            return None
    session = sessions.get(by_arrival)
    return None if session is None or session.state == SessionState.SIGNED else session


def _holding(serving: Sequence[DeviceAssignment], at: datetime) -> int | None:
    return next((row.session_id for row in serving if at in row.during), None)


def _vital_sign(
    value: IncomingValue,
    measured: Measurement,
    session: TreatmentSession,
    device: Device,
    message: RawMessage,
) -> VitalSign | None:
    """The row of one reading, or None where the device sent no number."""
    if value.taken_at is None:
        return None
    line = definition(value.metric)
    number, unit = measured.value, line.unit
    if number is None:
        number, unit = _as_number(value.text), value.ucum or str(value.unit_code or "")
    if number is None or abs(number) >= _LARGEST:
        return None
    flag = value.doubt or (measured.reasons[0].code if measured.reasons else "")
    return VitalSign(
        session=session,
        batch=message.public_id,
        code=VitalSignCode(value.metric),
        value=number.quantize(Decimal("0.001")),
        unit=unit[:20],
        source=Source.DEVICE,
        taken_at=value.taken_at,
        arrived_at=message.received_at,
        device_at=value.device_at,
        device=device,
        message=message,
        flag=flag[:40],
    )


def _as_number(text: str) -> Decimal | None:
    """A number kept as it came, for a value whose unit or meaning is in doubt."""
    cleaned = text.strip()
    if len(cleaned) > 16 or not cleaned.isascii():
        return None
    try:
        number = Decimal(cleaned)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _pump_reading(
    parts: Mapping[PumpMetric, tuple[IncomingValue, Measurement]],
    session: int,
    device: int,
    message: RawMessage,
) -> PumpReading | None:
    """The row of one pump channel; a part that cannot be believed is left empty."""
    rate = _amount(parts, PumpMetric.PUMP_RATE)
    delivered = _amount(parts, PumpMetric.VOLUME_DELIVERED)
    whole = _amount(parts, PumpMetric.VOLUME_TO_BE_INFUSED)
    left = _amount(parts, PumpMetric.VOLUME_REMAINING)
    drug, status = _text(parts, PumpMetric.DRUG_NAME), _text(parts, PumpMetric.PUMP_STATUS)
    if {rate, delivered, whole, left} == {None} and not drug and not status:
        return None
    preferred = parts.get(PumpMetric.PUMP_RATE) or next(iter(parts.values()))
    if preferred[0].taken_at is None:
        return None
    return PumpReading(
        session_id=session,
        device_id=device,
        message=message,
        taken_at=preferred[0].taken_at,
        arrived_at=message.received_at,
        device_at=preferred[0].device_at,
        rate_ml_per_h=Rate.ml_per_h(rate) if rate is not None else None,
        delivered_ml=Volume.ml(delivered) if delivered is not None else None,
        to_be_infused_ml=Volume.ml(whole) if whole is not None else None,
        remaining_ml=Volume.ml(left) if left is not None else None,
        drug=drug[:80],
        status=status[:40],
    )


def _amount(
    parts: Mapping[PumpMetric, tuple[IncomingValue, Measurement]], metric: PumpMetric
) -> Decimal | None:
    value, measured = parts.get(metric, (None, None))
    if value is None or measured is None or value.doubt or not measured.is_usable:
        return None
    number = measured.value
    if number is None or not 0 <= number < _PUMP_LARGEST:
        return None
    return number.quantize(Decimal("0.001"))


def _text(parts: Mapping[PumpMetric, tuple[IncomingValue, Measurement]], metric: PumpMetric) -> str:
    value, measured = parts.get(metric, (None, None))
    if value is None or measured is None or measured.reasons:
        return ""
    return measured.text.replace("\x00", "")
