"""HL7 v2 messages handed to monitoring in its own words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from afterglow.apps.monitoring.incoming import (
    HowToRead,
    IncomingMessage,
    IncomingNotification,
    IncomingValue,
    NamedPatient,
    Report,
    ValueTime,
)
from afterglow.core.monitoring.catalogue import Identification, Metric
from afterglow.core.monitoring.device_profile import STANDARD, DeviceProfile, Trust
from afterglow.interop.hl7v2.ack import objection
from afterglow.interop.hl7v2.alerts import ALERT_EVENTS, Alert, alerts_of
from afterglow.interop.hl7v2.message import Message, Undecodable, decode
from afterglow.interop.hl7v2.oru import decode_oru, equipment_ids
from afterglow.interop.hl7v2.port import Received
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.report import Observation, ObservationReport, PatientHint, TimeState

NOT_BELIEVED = frozenset({"INV", "QUES", "CAL", "TEST"})
"""OBX-8 words of IHE PCD-01 by which a device itself doubts or disowns a value."""
NOT_AVAILABLE = "NAV"
TAKEN_BACK = frozenset({"D", "W"})
"""OBX-11 (table 0085): deleted, wrong."""
NO_RESULT = frozenset({"X", "N"})
"""OBX-11: not obtainable, not asked."""
DEMONSTRATION = "DEMO"
DEVICE_DOUBTS = "DEVICE_DOUBTS_VALUE"
NO_VALUE = "DEVICE_NO_VALUE"

_TIMES = {
    TimeState.OWN: ValueTime.KNOWN,
    TimeState.GROUP: ValueTime.KNOWN,
    TimeState.FUTURE: ValueTime.FUTURE,
    TimeState.MISSING: ValueTime.MISSING,
    TimeState.INVALID: ValueTime.INVALID,
}


def read_raw(content: bytes, *, received_at: datetime, peer: str, port: int) -> IncomingMessage:
    """Return a stored message as it was understood on arrival, to be charted once more."""
    message: Message | None = None
    try:
        message = decode(content)
        why = objection(message)
    except Undecodable as error:
        why = Problem(error.code, error.sentence, "", ErrorSeverity.ERROR)
    return incoming(Received(content, received_at, peer, port, message, why))


def incoming(received: Received) -> IncomingMessage:
    """Return a message in monitoring's own words. Nothing is decoded before its turn."""
    return _Reader(received).incoming()


class _Reader:
    """One message on its way to monitoring."""

    def __init__(self, received: Received) -> None:
        self.received = received

    def incoming(self) -> IncomingMessage:
        """Return the message in monitoring's own words."""
        received, message, why = self.received, self.received.message, self.received.objection
        problem = _clean(why.sentence) if why is not None else ""
        if message is None:
            return IncomingMessage(
                content=received.raw,
                sha256=hashlib.sha256(received.raw).hexdigest(),
                received_at=received.received_at,
                peer=received.peer,
                port=received.port,
                problem=problem or "It could not be decoded.",
            )
        identity = message.identity
        return IncomingMessage(
            content=received.raw,
            sha256=identity.digest.hex(),
            received_at=received.received_at,
            peer=received.peer,
            port=received.port,
            application=_clean(identity.application),
            facility=_clean(identity.facility),
            control_id=_clean(identity.control_id),
            equipment=equipment_ids(message),
            sends_as=_clean(message.header.get(3)),
            bed=_bed(message),
            read=self.read if why is None else None,
            is_for_charts=why is None or why.code is not ErrorCode.PROCESSING_ID,
            is_observation=why is None or why.code not in (ErrorCode.MESSAGE_TYPE, ErrorCode.EVENT),
            problem=problem,
        )

    def read(self, how: HowToRead) -> Report:
        """Return what the message says, read as its device is to be read."""
        message = self.received.message
        assert message is not None  # noqa: S101 (only a decoded message is given this method)
        report = decode_oru(message, default_zone=how.zone, received_at=self.received.received_at)
        alerts = alerts_of(message, report) if message.type[1] in ALERT_EVENTS else ()
        return report_of(report, how.profile, alerts)


def report_of(
    report: ObservationReport, profile: DeviceProfile = STANDARD, alerts: Sequence[Alert] = ()
) -> Report:
    """Return what a report says of the metrics that we know; the raw message keeps the rest."""
    values = () if alerts else report.observations
    return Report(
        values=tuple(value for each in values if (value := value_of(each, profile)) is not None),
        patients=tuple(_patient(hint) for hint in report.patients),
        sent_at=report.sent_at,
        notifications=tuple(_notification(alert) for alert in alerts),
    )


def _notification(alert: Alert) -> IncomingNotification:
    return IncomingNotification(
        is_alarm=alert.is_alarm,
        alert=_clean(alert.alert),
        event=_clean(alert.event),
        about=_clean(alert.about),
        seen=_clean(alert.seen),
        phase=_clean(alert.phase),
        state=_clean(alert.state),
        priority=_clean(alert.priority),
        is_over=alert.is_over,
        at=alert.at,
        equipment=alert.equipment,
    )


def still_wrong(report: ObservationReport, profile: DeviceProfile) -> tuple[Problem, ...]:
    """Return the problems that the device's profile does not explain."""
    knows_codes = bool(profile.codes) or profile.trust is not Trust.NEITHER
    if not report.problems or not knows_codes:
        return report.problems
    explained = {
        problem
        for each in report.observations
        if each.problems and _is_settled(_known(each, profile))
        for problem in each.problems
        if problem.code is ErrorCode.TABLE_VALUE
    }
    return tuple(problem for problem in report.problems if problem not in explained)


def _is_settled(known: Identification) -> bool:
    return known.metric is not None and not known.disagreement


def _known(observation: Observation, profile: DeviceProfile) -> Identification:
    return profile.identify(observation.mdc_code, observation.code, observation.refid)


def value_of(observation: Observation, profile: DeviceProfile) -> IncomingValue | None:
    """Return what one reading says, as its device means it; None for what is no known sign."""
    known = _known(observation, profile)
    metric = known.metric
    if metric is None:
        return None
    text = "" if observation.value is None else f"{observation.value}"
    flags = _flags(observation.flags) if observation.flags else frozenset()
    doubt = ""
    if observation.status in NO_RESULT or NOT_AVAILABLE in flags:
        doubt = NO_VALUE
    elif observation.status in TAKEN_BACK or NOT_BELIEVED & flags:
        doubt = DEVICE_DOUBTS
    if profile.sentinels or profile.divide_by:
        text, is_sentinel = _adjusted(text, metric, profile)
        doubt = NO_VALUE if is_sentinel else doubt
    ucum = observation.unit_ucum or ""
    if observation.unit_mdc is None and not ucum:
        ucum = profile.units.get(metric, "")
    return IncomingValue(
        metric=metric,
        text=text,
        taken_at=observation.device_time,
        time=_TIMES[observation.time_state],
        unit_code=observation.unit_mdc,
        ucum=ucum,
        equipment=observation.equipment_id,
        channel=observation.channel,
        doubt=doubt,
        is_bad=any(p.code is ErrorCode.DATA_TYPE for p in observation.problems),
        is_demo=DEMONSTRATION in flags,
        disagreement=known.disagreement,
    )


def _adjusted(text: str, metric: Metric, profile: DeviceProfile) -> tuple[str, bool]:
    """The value as the device means it, and whether it means that there is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text, False
    if profile.is_sentinel(metric, number):
        return text, True
    divisor = profile.divide_by.get(metric)
    return (text if divisor is None else f"{number / divisor:f}"), False


def _flags(text: str) -> frozenset[str]:
    return frozenset(text.upper().replace("^", "~").split("~"))


def _patient(hint: PatientHint) -> NamedPatient:
    """A record number is one that says so (MR), or one that does not say what it is."""
    return NamedPatient(
        record_numbers=tuple(i.value for i in hint.identifiers if i.type in ("MR", "PI", "")),
        family=hint.family,
        given=hint.given,
        birth_date=hint.birth_date,
    )


def _bed(message: Message) -> str:
    """PV1-3 in plain words: point of care, room and bed, as a device profile names them."""
    visit = message.first("PV1")
    if visit is None:
        return ""
    return _clean("^".join(visit.get(3, n) for n in (1, 2, 3)).strip("^"))


def _clean(text: str) -> str:
    """Text that PostgreSQL can keep, no longer than its column."""
    return text.replace("\x00", "")[:200]
