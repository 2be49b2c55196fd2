"""Messages from devices: stored, charted or parked, judged and told, all in one transaction.

A message is acknowledged only after this returns. What cannot be understood or matched is kept
and shown, never dropped; one message that cannot be stored does not take the others with it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from afterglow.apps.devices.models import (
    Device,
    MessageOutcome,
    RawMessage,
)
from afterglow.apps.events import services as events
from afterglow.apps.monitoring import extension
from afterglow.apps.monitoring.incoming import (
    Fate,
    HowToRead,
    IncomingMessage,
    Kept,
    Report,
)
from afterglow.apps.monitoring.models import (
    DeviceNotification,
    PumpReading,
    ReviewItem,
    ReviewReason,
)
from afterglow.apps.monitoring.protocol import with_rules
from afterglow.apps.monitoring.services import charting, common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.monitoring.services.before import (
    AssignmentsMoved,
    Before,
    asked_before,
    new_readings,
)
from afterglow.apps.monitoring.services.channels import keep_probes_apart
from afterglow.apps.monitoring.services.no_values import open_and_close
from afterglow.apps.monitoring.services.queue_tasks import ask_for_reviews
from afterglow.apps.monitoring.services.recognising import (
    KnownDevices,
    asked_of_devices,
    known_devices,
    may_send_from,
)
from afterglow.apps.monitoring.services.sources import keep_sources_apart
from afterglow.apps.places.models import Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.device_clock import UNKNOWN
from afterglow.db.copying import FEW, copy_in
from afterglow.db.pipelines import pipelined, planned_cursor, rows_of

log = logging.getLogger(__name__)

MESSAGE_AT_FAULT = (
    DataError,
    IntegrityError,
    ValidationError,
    AfterglowError,
    ArithmeticError,
    ValueError,
)
_SAME = "SELECT sha256 FROM devices_messageidentity WHERE sha256 = ANY(%s::bytea[])"
"""Of whatever month a message is."""
_LONGEST_OFFSET_S = Decimal(10) ** 8
_HEARD = """
INSERT INTO devices_devicestatus
(device_id, last_heard_at, clock_ahead_s, clock_known_s, clock_told_s, clock_told_since,
    clock_told_times)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::numeric[], %s::numeric[], %s::numeric[],
    %s::timestamptz[], %s::int[])
ON CONFLICT (device_id) DO UPDATE
SET last_heard_at = EXCLUDED.last_heard_at, clock_ahead_s = EXCLUDED.clock_ahead_s,
    clock_known_s = EXCLUDED.clock_known_s, clock_told_s = EXCLUDED.clock_told_s,
    clock_told_since = EXCLUDED.clock_told_since, clock_told_times = EXCLUDED.clock_told_times
"""


def store_messages(
    received: Sequence[IncomingMessage],
    *,
    touched: set[int] | None = None,
    all_or_none: bool = False,
) -> list[Fate]:
    """Store a batch, in order, and answer one for one. Nothing is stored when it raises.

    Raises OperationalError and the like when the database cannot take it: the senders keep their
    messages and send them again. A batch may hold the same message twice. With ``touched``, the
    sessions that got something new are added to it, and judging their alarms is the caller's.
    ``all_or_none``: raise one of ``MESSAGE_AT_FAULT`` where a message is at fault; the caller, who
    spares a savepoint in all other cases, rolls its transaction back and asks again without it.
    """
    if not received:
        return []
    if all_or_none:
        with transaction.atomic(savepoint=False):
            return _store(received, touched=touched)
    # A caller's transaction needs no savepoint around all of it: what fails twice fails for it too.
    with transaction.atomic(savepoint=False):
        try:
            with transaction.atomic():
                return _store(received, touched=touched)
        except MESSAGE_AT_FAULT as error:
            log.warning("A batch of %s is stored one by one: %s", len(received), _kind(error))
        return [_store_alone(message, touched) for message in received]


def _store_alone(message: IncomingMessage, touched: set[int] | None) -> Fate:
    """Store one message; when its content is at fault, keep its bytes for a person to look at."""
    try:
        while True:
            with suppress(AssignmentsMoved), transaction.atomic():
                return _store([message], touched=touched)[0]
    except MESSAGE_AT_FAULT as error:
        log.warning("A message is kept unread: %s", _kind(error))
        with transaction.atomic():
            return _store([message], unread=f"It could not be charted ({_kind(error)}).")[0]


def _store(
    received: Sequence[IncomingMessage], *, unread: str = "", touched: set[int] | None = None
) -> list[Fate]:
    # Whether they are here already, and which devices they name: one trip.
    asked = {bytes.fromhex(m.sha256): m.identity for m in received if m.control_id}
    stored, *named = rows_of((_SAME, [list(asked)]), *asked_of_devices(received))
    known = {asked[bytes(sha256)] for (sha256,) in stored}
    fates: dict[int, Fate] = {}
    fresh: list[int] = []
    for index, message in enumerate(received):
        if message.control_id and message.identity in known:
            fates[index] = Fate(Kept.REPEAT)
        else:
            known.add(message.identity)
            fresh.append(index)
    messages = [received[index] for index in fresh]
    devices = known_devices(messages, found=named)
    senders = [devices.of(message) for message in messages]
    barred = [
        s is not None and not may_send_from(s, m.peer)
        for m, s in zip(messages, senders, strict=True)
    ]
    reports = [
        None if unread or no else _read(message, devices.how_to_read(sender))
        for message, sender, no in zip(messages, senders, barred, strict=True)
    ]
    keys = {row.session_id for rows in devices.assignments.values() for row in rows}
    sessions = _lock(keys)
    raws = [_raw(message, sender) for message, sender in zip(messages, senders, strict=True)]
    seen_before = _kinds_refused_lately(messages, raws)
    outcomes: list[charting.Charted] = []
    for message, report, raw, no in zip(messages, reports, raws, barred, strict=True):
        if report is not None:
            devices.note_sent(raw.device, report, raw.received_at)
        charted = (
            charting.chart(
                report,
                message=raw,
                sender=raw.device,
                devices=devices,
                sessions=sessions,
                profile=devices.how_to_read(raw.device).profile,
            )
            if report is not None
            else charting.Charted()
        )
        if no:
            charted.review(ReviewReason.ADDRESS_NOT_ALLOWED, f"It may not send from {raw.peer}.")
        elif report is None and not message.is_observation:
            if _kind_of(raw, message) not in seen_before:
                seen_before.add(_kind_of(raw, message))
                charted.review(ReviewReason.NOT_AN_OBSERVATION, message.problem)
        elif report is None and message.is_for_charts:
            charted.review(ReviewReason.NOT_UNDERSTOOD, unread or message.problem)
        raw.outcome = _outcome(message, report, charted, barred=no)
        raw.problem = (charted.remarks[0] if charted.remarks else message.problem)[:200]
        outcomes.append(charted)
    served = [row for rows in devices.assignments.values() for row in rows]
    before = asked_before(outcomes, served, to_store=len(raws))
    for raw, key in zip(raws, before.keys, strict=True):
        raw.pk = key
    write_rows(outcomes, sessions, before, messages=raws, beside=_heard(raws, devices))
    open_and_close(outcomes, before.without_value)
    _park(raws, outcomes)
    reached = sorted({key for charted in outcomes for key in charted.sessions})
    if touched is not None:
        touched.update(reached)
    elif reached:
        at = max(message.received_at for message in messages)
        _judge([sessions[key] for key in reached], at)
    for index, raw, charted in zip(fresh, raws, outcomes, strict=True):
        fates[index] = Fate(_kept(raw), tuple(charted.remarks))
    return [fates[index] for index in range(len(received))]


def _judge(sessions: Sequence[TreatmentSession], at: datetime) -> None:
    """Judge alarms; rules that cannot be read never cost a reading its place in the record."""
    try:
        with transaction.atomic():
            judge(with_rules(sessions), at=at, with_schedule=False)
    except AfterglowError:
        log.exception("The alarms of %s sessions could not be judged", len(sessions))


def _lock(keys: Iterable[int]) -> dict[int, TreatmentSession]:
    keys = set(keys)
    return common.lock_sessions(keys) if keys else {}


def _read(message: IncomingMessage, how: HowToRead) -> Report | None:
    if message.read is None or not message.is_for_charts:
        return None
    return message.read(how)


def _kind_of(raw: RawMessage, message: IncomingMessage) -> tuple[int | None, str, str]:
    return raw.device_id, raw.sending_application, message.problem[:200]


def _kinds_refused_lately(
    messages: Sequence[IncomingMessage], raws: Sequence[RawMessage]
) -> set[tuple[int | None, str, str]]:
    """Kinds of message that a device was refused within a day: a waveform comes every second.

    Each is stored; a person is asked to look at the first of a day.
    """
    asked = [r for m, r in zip(messages, raws, strict=True) if not m.is_observation]
    if not asked:
        return set()
    since = min(raw.received_at for raw in asked) - timedelta(days=1)
    return set(
        ReviewItem.objects.filter(
            reason=ReviewReason.NOT_AN_OBSERVATION,
            opened_at__gte=since,
            message__sending_application__in={raw.sending_application for raw in asked},
        ).values_list("message__device", "message__sending_application", "message__problem")
    )


def _raw(message: IncomingMessage, device: Device | None) -> RawMessage:
    return RawMessage(
        received_at=message.received_at,
        peer=message.peer[:80],
        port=max(0, message.port),
        content=message.content,
        sha256=message.sha256,
        sending_application=message.application,
        sending_facility=message.facility,
        control_id=message.control_id,
        device=device,
    )


def _outcome(
    message: IncomingMessage,
    report: Report | None,
    charted: charting.Charted,
    *,
    barred: bool,
) -> MessageOutcome:
    if not message.is_for_charts:
        return MessageOutcome.NOT_FOR_CHARTS
    if barred:
        return MessageOutcome.PARKED
    if report is None:
        return MessageOutcome.NOT_UNDERSTOOD
    if charted.reviews and not charted.sessions:
        return MessageOutcome.PARKED
    return MessageOutcome.CHARTED


def _kept(raw: RawMessage) -> Kept:
    if raw.outcome in (MessageOutcome.NOT_FOR_CHARTS, MessageOutcome.NOT_UNDERSTOOD):
        return Kept.REJECTED
    return Kept.PARKED if raw.outcome == MessageOutcome.PARKED else Kept.CHARTED


def write_rows(
    outcomes: Sequence[charting.Charted],
    sessions: dict[int, TreatmentSession],
    before: Before | None = None,
    *,
    messages: Sequence[RawMessage] = (),
    beside: Callable[[], None] = lambda: None,
) -> int:
    """Add readings and tell the sessions' screens: one event a message and session.

    ``before``: what was asked of the database already. ``messages`` are new and have their numbers.
    ``beside`` writes something more that nobody waits for. Returns how many rows were new.
    """
    before = before or asked_before(outcomes)
    rows = [row for charted in outcomes for row in charted.vital_signs]
    keep_probes_apart(outcomes, sessions, kept=before.channels)
    signs = new_readings(rows, before.stored)
    if signs:
        keep_sources_apart(signs, sessions, shared=before.shared)
    pumps = [row for charted in outcomes for row in charted.pump_readings]
    notified = [row for charted in outcomes for row in charted.notifications]
    for sign in signs:
        if sign.message is not None:
            sign.message_id = sign.message.pk  # given when the message was stored, just now
    told: dict[int, dict[tuple[str, UUID], datetime]] = defaultdict(dict)
    for sign in signs:
        told[sign.session_id][("vital-signs-recorded", sign.batch)] = sign.arrived_at
    for pump in pumps:
        told[pump.session_id][("pump-reported", pump.message.public_id)] = pump.arrived_at
    for row in notified:
        if row.session_id is not None:
            told[row.session_id][("device-notified", row.public_id)] = row.arrived_at
    published = [
        (what, session.public_id, batch, session.site.public_id, at)
        for session, rows_of_one in ((sessions[key], one) for key, one in told.items())
        for (what, batch), at in rows_of_one.items()
    ]
    # A few rows go with one trip; many by COPY, each in its own.
    most = max(len(messages), len(signs), len(published))
    with pipelined() if most <= FEW else nullcontext():
        copy_in(messages, with_keys=True)
        copy_in(signs)
        events.publish_many(published)
        beside()
    if notified:
        DeviceNotification.objects.bulk_create(notified)
    if pumps:
        PumpReading.objects.bulk_create(pumps)
        reported = sorted({pump.session_id for pump in pumps})
        extension.pumps_reported(reported, max(pump.arrived_at for pump in pumps))
    return len(signs) + len(pumps) + len(notified)


def _heard(raws: Sequence[RawMessage], devices: KnownDevices) -> Callable[[], None]:
    """Return what notes when each device was last heard and how far its clock is off."""
    last = devices.heard | {raw.device.pk: raw.received_at for raw in raws if raw.device}
    keys = sorted(last)

    def note() -> None:
        if not keys:
            return
        with planned_cursor() as cursor:
            clocks = [devices.clocks.get(key, UNKNOWN) for key in keys]
            cursor.execute(
                _HEARD,
                [
                    keys,
                    [last[key] for key in keys],
                    [_seconds(devices.offsets.get(key), _LONGEST_OFFSET_S) for key in keys],
                    [_seconds(clock.ahead) for clock in clocks],
                    [_seconds(clock.told) for clock in clocks],
                    [clock.since for clock in clocks],
                    [clock.times for clock in clocks],
                ],
            )

    return note


def _seconds(offset: timedelta | None, most: Decimal | None = None) -> Decimal | None:
    if offset is None:
        return None
    seconds = Decimal(str(offset.total_seconds())).quantize(Decimal("0.001"))
    return seconds if most is None else max(-most, min(seconds, most))


def _park(raws: Sequence[RawMessage], outcomes: Sequence[charting.Charted]) -> None:
    """Open a review for every message that a person must look at, and tell the sites."""
    items = [
        ReviewItem(
            message=raw,
            site=raw.device.site if raw.device else None,
            reason=charted.reviews[0],
            opened_at=raw.received_at,
        )
        for raw, charted in zip(raws, outcomes, strict=True)
        if charted.reviews
    ]
    if not items:
        return
    ReviewItem.objects.bulk_create(items)
    everywhere = list(Site.objects.filter(is_active=True)) if any(not i.site for i in items) else []
    ask_for_reviews(items, everywhere=everywhere)
    told: dict[Site, list[ReviewItem]] = defaultdict(list)
    for item in items:
        # A device nobody knows may stand anywhere: every site hears of it.
        for site in [item.site] if item.site else everywhere:
            told[site].append(item)
    for site, of_site in told.items():
        events.publish_all(
            [("review-item-opened", site.public_id, item.public_id) for item in of_site],
            site=site.public_id,
            at=max(item.opened_at for item in of_site),
        )


def _kind(error: Exception) -> str:
    """Name an error without its text, which may quote what a message said."""
    return type(error).__name__
