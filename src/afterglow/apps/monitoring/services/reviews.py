"""The review queue: a person says whose a parked message is, or that it is nobody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.monitoring.models import (
    DeviceNotification,
    PumpReading,
    ReviewItem,
    ReviewState,
)
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services import charting, common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.monitoring.services.incoming import write_rows
from afterglow.apps.monitoring.services.queue_chartings import (
    InSpite,
    identity_reasons,
    keep_charting,
    locked_item,
    numbers_of,
    read_again,
    was_taken_back,
)
from afterglow.apps.monitoring.services.queue_tasks import reviewed
from afterglow.apps.monitoring.services.recognising import known_devices, may_send_from
from afterglow.apps.monitoring.services.review_reasons import (
    MESSAGE_DEVICE_UNKNOWN,
    MESSAGE_HOLDS_NOTHING,
    MESSAGE_NOT_READABLE,
    MESSAGE_OUTSIDE_SESSION,
    MESSAGE_STILL_WAITS,
    REVIEW_IS_SETTLED,
    REVIEW_NEEDS_A_REASON,
)
from afterglow.core.decisions import Decision
from afterglow.core.monitoring.device_profile import Trust
from afterglow.core.roles import Action
from afterglow.db import months
from afterglow.web import clock

LARGEST_GROUP = 500
"""Settled in one request; what is left of a larger group waits on and is said."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The message is settled. ``readings`` is how many values it added to the record."""

    item: ReviewItem
    readings: int


def note_review_read(*, item: ReviewItem, by: Account, at: datetime) -> None:
    """Put on record that a person read a parked message: it may name a patient."""
    audit.record("review-item-read", subject=item, by=by, at=at, site=item.site)


@transaction.atomic
def assign_review(
    *,
    item: UUID,
    session: UUID,
    by: Account,
    at: datetime,
    seen: int | None = None,
    trust: Trust | None = None,
    in_spite: InSpite | None = None,
) -> Settled | Refused:
    """Chart a parked message into a session, because a person says that it belongs there.

    ``trust`` says whether number or name is right where a code says two things. A message that
    names a patient and does not prove that it is this one needs ``in_spite``; where two identifiers
    differ nothing helps. Values keep the device's time and their own arrival. What was charted on
    arrival is not charted twice, and a value from the future or without a time is not charted at
    all. Raises StaleRow, Forbidden, RecordLocked or DoesNotExist.
    """
    target = common.lock_session(session, action=Action.REVIEW_MESSAGES, by=by, at=at)
    row = locked_item(item)
    message = read_again(row)
    devices = known_devices([message], profiles_at=at)
    sender = devices.of(message)
    how = devices.how_to_read(sender, trust=trust)
    report = None
    if message.read is not None and message.is_for_charts:
        report = message.read(how)
    arrived = row.message.received_at
    charted = (
        charting.chart(
            report,
            message=row.message,
            sender=sender,
            devices=devices,
            sessions={target.pk: target},
            to_session=target,
            profile=how.profile,
        )
        if report is not None
        else charting.Charted()
    )
    is_outside = arrived < target.checked_in_at or (
        target.ended_at is not None and arrived > target.ended_at
    )
    named = () if report is None else report.patients
    decision = Decision.from_reasons(
        REVIEW_IS_SETTLED.reason(seen=row.state) if row.state != ReviewState.OPEN else None,
        MESSAGE_NOT_READABLE.reason() if report is None else None,
        MESSAGE_DEVICE_UNKNOWN.reason() if report is not None and sender is None else None,
        MESSAGE_HOLDS_NOTHING.reason()
        if report is not None and sender is not None and len(named) < 2 and not charted.sessions
        else None,
        MESSAGE_OUTSIDE_SESSION.reason(
            seen=_time(arrived, target.site.zone),
            limit=_time(target.checked_in_at, target.site.zone),
        )
        if is_outside
        else None,
        *identity_reasons(named, target, in_spite),
        was_taken_back(row, target),
    )
    if decision.refused:
        return common.refuse(
            "review-assignment", session=target, subject=row, decision=decision, by=by, at=at
        )
    _only_new(charted, row)
    before = numbers_of(row, target)
    added = write_rows([charted], {target.pk: target})
    row.session, row.state = target, ReviewState.ASSIGNED
    row.settled_at, row.settled_by = at, by
    row.save_version(seen=seen)
    reviewed(row, by=by, at=at)
    made = keep_charting(row, target, named, in_spite, before=before, by=by, at=at)
    common.write_audit(
        "review-item-assigned-in-spite-of-a-mismatch"
        if made.is_mismatch
        else "review-item-assigned",
        session=target,
        subject=row,
        by=by,
        at=at,
        detail={
            "message": str(row.message.public_id),
            "readings": added,
            "differing": made.differing,
        },
    )
    _publish("review-item-settled", row, target.site.public_id, at)
    judge([target], at=at)
    return Settled(row, added)


@transaction.atomic
def reject_review(
    *, item: UUID, reason: str, by: Account, at: datetime, seen: int | None = None
) -> Settled | Refused:
    """Say that a parked message belongs to nobody, and why. It stays on disk for ever.

    Raises StaleRow, Forbidden or DoesNotExist.
    """
    row = locked_item(item)
    site = row.site
    today = (site.local_date(at)) if site else at.date()
    policies.check(Action.REVIEW_MESSAGES, by=by, site=site, on=today)
    words = reason.strip()[:200]
    decision = Decision.from_reasons(
        REVIEW_IS_SETTLED.reason(seen=row.state) if row.state != ReviewState.OPEN else None,
        REVIEW_NEEDS_A_REASON.reason() if not words else None,
    )
    if decision.refused:
        audit.record(
            "review-rejection-refused",
            subject=row,
            by=by,
            at=at,
            site=site,
            detail={"codes": list(decision.codes)},
        )
        return Refused(decision)
    row.state, row.note = ReviewState.REJECTED, words
    row.settled_at, row.settled_by = at, by
    row.save_version(seen=seen)
    reviewed(row, by=by, at=at)
    audit.record("review-item-rejected", subject=row, by=by, at=at, site=site)
    if site is not None:
        _publish("review-item-settled", row, site.public_id, at)
    return Settled(row, 0)


@dataclass(frozen=True, slots=True)
class SettledGroup:
    """How many messages of a group were settled, how many wait on, and how many readings came."""

    settled: int
    left: int
    readings: int
    refused: Refused | None = None


def assign_group(
    *, item: UUID, session: UUID, by: Account, at: datetime, trust: Trust | None = None
) -> SettledGroup:
    """Chart every open message of the same device and reason into a session.

    Each is judged by itself: one that is outside the session waits on. Raises Forbidden,
    RecordLocked or DoesNotExist.
    """
    return _each(
        item,
        lambda one: assign_review(item=one, session=session, by=by, at=at, trust=trust),
    )


def reject_group(*, item: UUID, reason: str, by: Account, at: datetime) -> SettledGroup:
    """Reject every open message of the same device and reason, for one reason in words.

    Raises Forbidden or DoesNotExist.
    """
    return _each(item, lambda one: reject_review(item=one, reason=reason, by=by, at=at))


def reread_group(*, item: UUID, by: Account, at: datetime) -> SettledGroup:
    """Read every open message of a device and reason again, by the profile in force now.

    A message leaves the queue only when nothing of it needs a person any more. Raises Forbidden or
    DoesNotExist.
    """
    return _each(item, lambda one: reread_review(item=one, by=by, at=at))


def _each(item: UUID, settle: Callable[[UUID], Settled | Refused]) -> SettledGroup:
    settled, readings, refused = 0, 0, None
    rows = group_of(item)
    for one in rows[:LARGEST_GROUP]:
        outcome = settle(one)
        if isinstance(outcome, Refused):
            refused = refused or outcome
        else:
            settled, readings = settled + 1, readings + outcome.readings
    return SettledGroup(settled, len(rows) - settled, readings, refused)


def group_of(item: UUID) -> list[UUID]:
    """Return the open messages that stand in one line of the queue, oldest first."""
    row = ReviewItem.objects.select_related("message").get(public_id=item)
    return list(
        ReviewItem.objects.filter(
            state=ReviewState.OPEN,
            reason=row.reason,
            site=row.site,
            message__device=row.message.device,
            message__sending_application=row.message.sending_application,
        )
        .order_by("pk")
        .values_list("public_id", flat=True)
    )


@transaction.atomic
def reread_review(*, item: UUID, by: Account, at: datetime) -> Settled | Refused:
    """Read one open message as if it arrived again, by the device and profile as they are now."""
    row = locked_item(item)
    site = row.site
    policies.check(
        Action.REVIEW_MESSAGES, by=by, site=site, on=site.local_date(at) if site else at.date()
    )
    message = read_again(row)
    devices = known_devices([message], profiles_at=at)
    sender = devices.of(message)
    how = devices.how_to_read(sender)
    report = message.read(how) if message.read is not None and message.is_for_charts else None
    keys = {one.session_id for rows in devices.assignments.values() for one in rows}
    sessions = common.lock_sessions(keys) if keys else {}
    charted = charting.Charted()
    if report is not None:
        charted = charting.chart(
            report,
            message=row.message,
            sender=sender,
            devices=devices,
            sessions=sessions,
            profile=how.profile,
        )
    barred = sender is not None and not may_send_from(sender, row.message.peer)
    decision = Decision.from_reasons(
        REVIEW_IS_SETTLED.reason(seen=row.state) if row.state != ReviewState.OPEN else None,
        MESSAGE_NOT_READABLE.reason() if report is None else None,
        MESSAGE_STILL_WAITS.reason(seen=charted.remarks[0].rstrip("."))
        if charted.reviews
        else None,
        MESSAGE_STILL_WAITS.reason(seen="It may not send from its address") if barred else None,
        MESSAGE_HOLDS_NOTHING.reason()
        if report is not None and not charted.reviews and not charted.sessions
        else None,
    )
    if decision.refused:
        return Refused(decision)
    _only_new(charted, row)
    added = write_rows([charted], sessions)
    touched = sorted(charted.sessions)
    row.session, row.state = sessions[touched[0]], ReviewState.REREAD
    row.settled_at, row.settled_by = at, by
    row.note = f"profile {how.profile.key} {how.profile.version}" if how.profile.key else ""
    row.save_version()
    common.write_audit(
        "review-item-reread",
        session=sessions[touched[0]],
        subject=row,
        by=by,
        at=at,
        detail={"message": str(row.message.public_id), "readings": added, "read_by": row.note},
    )
    _publish("review-item-settled", row, sessions[touched[0]].site.public_id, at)
    judge([sessions[key] for key in touched], at=at)
    return Settled(row, added)


def _only_new(charted: charting.Charted, row: ReviewItem) -> None:
    """Leave out what the message gave on arrival; vital signs are compared when written."""
    since = months.stored_since(row.message.received_at, now=clock.now())
    if PumpReading.objects.filter(months.since(since), message=row.message).exists():
        charted.pump_readings.clear()
    if DeviceNotification.objects.filter(message=row.message).exists():
        charted.notifications.clear()


def _publish(what: str, row: ReviewItem, site: UUID, at: datetime) -> None:
    events.publish(what, topic=site, subject=row.public_id, site=site, at=at)


def _time(at: datetime, zone: object) -> str:
    return at.astimezone(zone).strftime("%d %b %Y %H:%M")  # type: ignore[arg-type]
