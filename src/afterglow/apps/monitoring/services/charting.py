"""From what a device sent to the rows it becomes: which device, whose session, which value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.monitoring.incoming import IncomingValue, Report, ValueTime
from afterglow.apps.monitoring.matching import is_same_person
from afterglow.apps.monitoring.models import (
    DeviceAssignment,
    PumpReading,
    ReviewReason,
    Source,
    VitalSign,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import PumpMetric, VitalSignCode, definition
from afterglow.core.monitoring.measurements import Measurement, read_measurement
from afterglow.core.quantities import Rate, Volume
from afterglow.core.treatment.lifecycles import SessionState

# A message that was under way longer than this was held back, or its device's clock is off.
PROMPT = timedelta(seconds=60)
# Two messages in a row that are off by the same amount: it is the clock, not the network.
STEADY = timedelta(seconds=5)
_LARGEST = Decimal(10) ** 6
_PUMP_LARGEST = Decimal(10) ** 5


@dataclass
class KnownDevices:
    """Devices by EUI-64, their assignments by device, and how far each clock was off last."""

    by_eui: Mapping[str, Device]
    assignments: Mapping[int, Sequence[DeviceAssignment]]
    offsets: dict[int, timedelta]

    def zone_of(self, equipment: Iterable[str]) -> ZoneInfo:
        """Return the zone of times without an offset: the device's own, else its site's."""
        device = self.first(equipment)
        if device is None:
            return ZoneInfo("UTC")
        try:
            return ZoneInfo(device.time_zone) if device.time_zone else device.site.zone
        except (ZoneInfoNotFoundError, ValueError):
            return device.site.zone

    def first(self, equipment: Iterable[str]) -> Device | None:
        """Return the first of some equipment ids that is a device of ours."""
        return next((self.by_eui[e] for e in map(eui64, equipment) if e in self.by_eui), None)


@dataclass
class Charted:
    """What one message becomes. ``reviews`` are the reasons why a person must look at it."""

    vital_signs: list[VitalSign] = field(default_factory=list)
    pump_readings: list[PumpReading] = field(default_factory=list)
    reviews: list[ReviewReason] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def review(self, reason: ReviewReason, remark: str) -> None:
        """Ask a person to look, once for each reason."""
        if reason not in self.reviews:
            self.reviews.append(reason)
            self.remarks.append(remark)

    @property
    def sessions(self) -> set[int]:
        """The sessions whose record it reaches."""
        signs = {row.session_id for row in self.vital_signs}
        return signs | {row.session_id for row in self.pump_readings}


def eui64(text: str) -> str:
    """Return an equipment id as devices are kept: 16 hexadecimal digits, in capitals."""
    return text.replace("-", "").replace(":", "").strip().upper()


def chart(
    report: Report,
    *,
    message: RawMessage,
    equipment: Sequence[str],
    devices: KnownDevices,
    sessions: Mapping[int, TreatmentSession],
    to_session: TreatmentSession | None = None,
) -> Charted:
    """Return the rows that a report becomes; nothing is written here.

    ``sessions`` are locked and current. With ``to_session`` a person has said whose it is: the
    assignment and the patient named are not asked again. A value from the future, without a time,
    or from a device we do not know is never charted.
    """
    done = Charted()
    if len(report.patients) > 1:
        done.review(ReviewReason.PATIENT_MISMATCH, "The message names several patients.")
        return done
    offset = _offset(report, message.received_at)
    sender = devices.first(equipment) if not any(v.equipment for v in report.values) else None
    by_pump: dict[tuple[int, int, str], dict[PumpMetric, tuple[IncomingValue, Measurement]]]
    by_pump = defaultdict(dict)
    for value in report.values:
        device = devices.by_eui.get(eui64(value.equipment)) if value.equipment else sender
        if device is None:
            done.review(ReviewReason.UNKNOWN_DEVICE, "The device is not known here.")
            continue
        if value.time is ValueTime.FUTURE:
            done.review(ReviewReason.FUTURE_TIME, "A reading lies in the future.")
            continue
        if value.is_bad or value.taken_at is None:
            done.review(ReviewReason.BAD_OBSERVATION, "A reading cannot be read.")
            if value.taken_at is None:
                continue
        session = to_session or _session_at(
            value.taken_at, device, message.received_at, offset, devices, sessions
        )
        if session is None:
            if not _is_old_repeat(value, device, message.received_at, devices):
                done.review(ReviewReason.NO_SESSION, "The device serves no session at that time.")
            continue
        if to_session is None and not all(
            is_same_person(named, session.patient) for named in report.patients
        ):
            done.review(ReviewReason.PATIENT_MISMATCH, "The patient named is not the one here.")
            continue
        measured = read_measurement(
            value.metric, value.text, unit_code=value.unit_code, ucum=value.ucum
        )
        if isinstance(value.metric, PumpMetric):
            by_pump[(session.pk, device.pk, value.channel)][value.metric] = (value, measured)
        elif (row := _vital_sign(value, measured, session, device, message)) is not None:
            done.vital_signs.append(row)
    for (session_pk, device_pk, _channel), parts in by_pump.items():
        reading = _pump_reading(parts, session_pk, device_pk, message)
        if reading is not None:
            done.pump_readings.append(reading)
    return done


def _offset(report: Report, received_at: datetime) -> timedelta:
    return report.sent_at - received_at if report.sent_at else timedelta()


def _session_at(
    taken_at: datetime,
    device: Device,
    received_at: datetime,
    offset: timedelta,
    devices: KnownDevices,
    sessions: Mapping[int, TreatmentSession],
) -> TreatmentSession | None:
    """The session a device served when it measured; None when that is not certain.

    The device's clock and ours must name the same session. A clock that is off by the same amount
    in two messages running is known to be wrong, and is corrected for this question only.
    """
    before = devices.offsets.get(device.pk)
    is_steady = before is not None and abs(offset - before) <= STEADY
    measured = taken_at - offset if is_steady and abs(offset) > STEADY else taken_at
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


def _is_old_repeat(
    value: IncomingValue, device: Device, received_at: datetime, devices: KnownDevices
) -> bool:
    """Whether a monitor only repeats what it measured before it came to this patient.

    A cuff pressure is sent again with every message until the next one is taken. It belongs to
    whoever was measured, and it was charted then.
    """
    if value.taken_at is None:
        return False
    now = next((a for a in devices.assignments.get(device.pk, ()) if received_at in a.during), None)
    return now is not None and now.during.lower is not None and value.taken_at < now.during.lower


def _vital_sign(
    value: IncomingValue,
    measured: Measurement,
    session: TreatmentSession,
    device: Device,
    message: RawMessage,
) -> VitalSign | None:
    """The row of one reading, or None where the device sent no number at all."""
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
    left = _amount(parts, PumpMetric.VOLUME_TO_BE_INFUSED)
    if left is None:
        left = _amount(parts, PumpMetric.VOLUME_REMAINING)
    drug, status = _text(parts, PumpMetric.DRUG_NAME), _text(parts, PumpMetric.PUMP_STATUS)
    if rate is None and delivered is None and left is None and not drug and not status:
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
        rate_ml_per_h=Rate.ml_per_h(rate) if rate is not None else None,
        delivered_ml=Volume.ml(delivered) if delivered is not None else None,
        to_be_infused_ml=Volume.ml(left) if left is not None else None,
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
