"""The gateway's store: HL7 v2 messages handed to monitoring in its own words.

The gateway is asyncio and Django is not: one thread of its own does all the storing, one batch
after the other, so that messages keep their order.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, tzinfo

from django.db import OperationalError, close_old_connections, connection

from afterglow.apps.monitoring.incoming import (
    Fate,
    IncomingMessage,
    IncomingValue,
    Kept,
    NamedPatient,
    Report,
    ValueTime,
)
from afterglow.apps.monitoring.services import store_messages
from afterglow.core.monitoring.catalogue import identify
from afterglow.interop.hl7v2.ack import objection
from afterglow.interop.hl7v2.message import Message, Undecodable, decode, part
from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.interop.hl7v2.port import Received, Store, Stored, StoredAs
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.report import Observation, ObservationReport, PatientHint, TimeState

log = logging.getLogger(__name__)

NOT_BELIEVED = frozenset({"INV", "QUES", "NAV", "CAL", "TEST", "DEMO"})
"""OBX-8 words of IHE PCD-01 by which a device itself doubts or disowns a value."""
NO_RESULT = frozenset({"X", "D", "W", "N"})
"""OBX-11 (table 0085): not obtainable, deleted, wrong, not asked."""
CODE_DISAGREES = "DEVICE_CODE_DISAGREES"
DEVICE_DOUBTS = "DEVICE_DOUBTS_VALUE"

_KEPT = {
    Kept.CHARTED: StoredAs.STORED,
    Kept.REPEAT: StoredAs.REPEAT,
    Kept.PARKED: StoredAs.PARKED,
    Kept.REJECTED: StoredAs.REJECTED,
}
_TIMES = {
    TimeState.OWN: ValueTime.KNOWN,
    TimeState.GROUP: ValueTime.KNOWN,
    TimeState.FUTURE: ValueTime.FUTURE,
    TimeState.MISSING: ValueTime.MISSING,
    TimeState.INVALID: ValueTime.INVALID,
}


def make_store() -> tuple[Store, Callable[[], None]]:
    """Return the store that the gateway calls, and what to call when it has stopped."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hl7v2-store")

    async def store(received: Sequence[Received]) -> Sequence[Stored]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread, store_received, received)

    def close() -> None:
        thread.submit(connection.close)
        thread.shutdown(wait=True)

    return store, close


def store_received(received: Sequence[Received]) -> list[Stored]:
    """Store a batch in one transaction. Raises when the database cannot take it."""
    close_old_connections()
    try:
        fates = store_messages([incoming(each) for each in received])
    except OperationalError:
        connection.close()  # the next batch finds a fresh one
        raise
    return [_stored(fate) for fate in fates]


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
    """Return a message in monitoring's own words. Nothing is decoded twice, or before its turn."""
    message, why = received.message, received.objection
    problem = why.sentence if why is not None else ""
    if message is None:
        return IncomingMessage(
            content=received.raw,
            sha256=hashlib.sha256(received.raw).hexdigest(),
            received_at=received.received_at,
            peer=received.peer,
            port=received.port,
            problem=_clean(problem) or "It could not be decoded.",
        )

    def read(zone: tzinfo) -> Report:
        return report_of(decode_oru(message, default_zone=zone, received_at=received.received_at))

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
        equipment=_equipment(message),
        read=read if why is None else None,
        is_for_charts=why is None or why.code is not ErrorCode.PROCESSING_ID,
        problem=_clean(problem),
    )


def report_of(report: ObservationReport) -> Report:
    """Return what a report says of the metrics that we know; the raw message keeps the rest."""
    return Report(
        values=tuple(value for each in report.observations if (value := _value(each)) is not None),
        patients=tuple(_patient(hint) for hint in report.patients),
        sent_at=report.sent_at,
    )


def _value(observation: Observation) -> IncomingValue | None:
    known = identify(observation.mdc_code, observation.refid)
    if known.metric is None:
        return None
    text = "" if observation.value is None else f"{observation.value}"
    doubt = ""
    if known.disagreement:
        doubt = CODE_DISAGREES
    elif observation.status in NO_RESULT or NOT_BELIEVED & _flags(observation.flags):
        doubt = DEVICE_DOUBTS
    return IncomingValue(
        metric=known.metric,
        text=text,
        taken_at=observation.device_time,
        time=_TIMES[observation.time_state],
        unit_code=observation.unit_mdc,
        ucum=observation.unit_ucum or "",
        equipment=observation.equipment_id,
        channel=observation.channel,
        doubt=doubt,
        is_bad=any(p.code is ErrorCode.DATA_TYPE for p in observation.problems),
    )


def _flags(text: str) -> set[str]:
    return set(text.upper().replace("^", "~").split("~"))


def _patient(hint: PatientHint) -> NamedPatient:
    """A record number is one that says so (MR), or one that does not say what it is."""
    return NamedPatient(
        record_numbers=tuple(i.value for i in hint.identifiers if i.type in ("MR", "PI", "")),
        family=hint.family,
        given=hint.given,
        birth_date=hint.birth_date,
    )


def _equipment(message: Message) -> tuple[str, ...]:
    """The EUI-64s in a message: what measured (OBX-18) first, then who sent it (MSH-3)."""
    found = []
    for segment in message.segments:
        if segment.name == "OBX" and (text := segment.raw(18)):
            found.append(part(text, message.separators, 3) or part(text, message.separators, 1))
    found.append(message.header.get(3, 2))
    return tuple(dict.fromkeys(each for each in found if each))


def _stored(fate: Fate) -> Stored:
    return Stored(
        _KEPT[fate.kept],
        tuple(Problem(ErrorCode.UNKNOWN_KEY, remark) for remark in fate.remarks if remark),
    )


def _clean(text: str) -> str:
    """Text that PostgreSQL can keep, no longer than its column."""
    return text.replace("\x00", "")[:200]
