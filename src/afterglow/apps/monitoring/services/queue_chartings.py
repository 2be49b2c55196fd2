"""What a person charts from the review queue: whether they may, what it was, and its way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from afterglow.apps.accounts.models import Account
from afterglow.apps.events import services as events
from afterglow.apps.monitoring import extension, lines
from afterglow.apps.monitoring.incoming import IncomingMessage, NamedPatient
from afterglow.apps.monitoring.matching import compared
from afterglow.apps.monitoring.models import (
    ChartingMistake,
    DeviceNotification,
    PumpReading,
    QueueCharting,
    ReviewItem,
    ReviewState,
    VitalSign,
)
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services import common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.monitoring.services.queue_tasks import ask_for_reviews
from afterglow.apps.monitoring.services.readings import ENTERED_IN_ERROR, mark_artefact
from afterglow.apps.monitoring.services.review_reasons import (
    MESSAGE_DOES_NOT_PROVE_WHO,
    MESSAGE_IS_ANOTHERS,
    MESSAGE_NAMES_SEVERAL,
    MESSAGE_WAS_TAKEN_BACK,
    MISMATCH_READ_BACK_DIFFERS,
    NOTHING_TO_TAKE_BACK,
    TAKING_BACK_NEEDS_A_REASON,
)
from afterglow.apps.places.models import Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Reason
from afterglow.core.roles import Action
from afterglow.web import formats

FEWEST_LETTERS = 8
"""A reason in words is longer than a slip of the finger."""


@dataclass(frozen=True, slots=True)
class InSpite:
    """A person charts a message whose patient is not proved: why, and to whom by record number.

    ``record_number`` is typed from the wristband or the chart of whom it is charted to.
    """

    reason: str
    record_number: str = field(repr=False)

    @property
    def words(self) -> str:
        """The reason, or nothing where it is none."""
        cleaned = " ".join(self.reason.split())[:200]
        return cleaned if sum(map(str.isalpha, cleaned)) >= FEWEST_LETTERS else ""


class Numbers(NamedTuple):
    """What a session holds of one message, by number."""

    vital_signs: frozenset[int]
    pump_readings: frozenset[int]
    notifications: frozenset[int]

    def less(self, before: Numbers) -> Numbers:
        """Return what came since."""
        return Numbers(*(now - then for now, then in zip(self, before, strict=True)))


def identity_reasons(
    named: Sequence[NamedPatient], session: TreatmentSession, in_spite: InSpite | None
) -> Iterable[Reason | None]:
    """Return why a message that names these patients may not be charted to a session."""
    if len(named) > 1:
        return [MESSAGE_NAMES_SEVERAL.reason(seen=len(named))]
    if not named:
        return []
    comparison = compared(named[0], session.patient)
    if comparison.proves:
        return []
    if comparison.contradicts:
        return [MESSAGE_IS_ANOTHERS.reason(seen=len(comparison.differing))]
    if in_spite is None or not in_spite.words:
        return [MESSAGE_DOES_NOT_PROVE_WHO.reason(seen=len(comparison.differing))]
    if in_spite.record_number.strip() != session.patient.mrn:
        return [MISMATCH_READ_BACK_DIFFERS.reason()]
    return []


def was_taken_back(row: ReviewItem, session: TreatmentSession) -> Reason | None:
    """Return why a message is not charted again to whom it was charted by mistake."""
    before = ChartingMistake.objects.filter(message=row.message, session=session).last()
    if before is None:
        return None
    return MESSAGE_WAS_TAKEN_BACK.reason(seen=formats.date_time(before.at, session.site))


def numbers_of(row: ReviewItem, session: TreatmentSession) -> Numbers:
    """Return what a session holds of a message now."""
    stored, of = lines.stored(session.pk), {"session": session, "message": row.message}
    return Numbers(
        frozenset(VitalSign.objects.filter(stored, **of).values_list("pk", flat=True)),
        frozenset(PumpReading.objects.filter(stored, **of).values_list("pk", flat=True)),
        frozenset(DeviceNotification.objects.filter(**of).values_list("pk", flat=True)),
    )


def keep_charting(
    row: ReviewItem,
    session: TreatmentSession,
    named: Sequence[NamedPatient],
    in_spite: InSpite | None,
    *,
    before: Numbers,
    by: Account,
    at: datetime,
) -> QueueCharting:
    """Put on record what was charted, by whom, to whom, when, and why in spite of a mismatch."""
    comparison = compared(named[0], session.patient) if named else None
    is_mismatch = comparison is not None and not comparison.proves
    new = numbers_of(row, session).less(before)
    return QueueCharting.objects.create(
        message=row.message,
        session=session,
        is_mismatch=is_mismatch,
        differing=[str(each) for each in comparison.differing] if comparison else [],
        reason=in_spite.words if is_mismatch and in_spite else "",
        vital_signs=sorted(new.vital_signs),
        pump_readings=sorted(new.pump_readings),
        notifications=sorted(new.notifications),
        by=by,
        at=at,
    )


@transaction.atomic
def take_back_charting(
    *, item: UUID, reason: str, by: Account, at: datetime
) -> ChartingMistake | Refused:
    """Say that what a person charted from the queue was another patient's.

    Nothing is deleted: its readings are marked and count no more, and the message waits for a
    person again. Taking the same back twice adds nothing. Raises Forbidden, RecordLocked or
    DoesNotExist.
    """
    of = ReviewItem.objects.select_related("session").get(public_id=item)
    made = QueueCharting.objects.filter(message=of.message_id).order_by("pk").last()
    if made is not None and (earlier := ChartingMistake.objects.filter(charting=made).first()):
        return earlier
    session = made.session if made is not None else of.session
    if session is None:
        raise QueueCharting.DoesNotExist("The message was charted to no session.")
    target = common.lock_session(session.public_id, action=Action.REVIEW_MESSAGES, by=by, at=at)
    row = locked_item(item)
    words = " ".join(reason.split())[:200]
    decision = Decision.from_reasons(
        NOTHING_TO_TAKE_BACK.reason()
        if made is None or row.state != ReviewState.ASSIGNED
        else None,
        TAKING_BACK_NEEDS_A_REASON.reason()
        if sum(map(str.isalpha, words)) < FEWEST_LETTERS
        else None,
    )
    if decision.refused or made is None:
        return common.refuse(
            "taking-back-a-charting", session=target, subject=row, decision=decision, by=by, at=at
        )
    for reading in made.vital_signs:
        mark_artefact(
            reading=reading, reason=f"{ENTERED_IN_ERROR}: another patient's", by=by, at=at
        )
    mistake = ChartingMistake.objects.create(
        charting=made,
        message=row.message,
        session=target,
        pump_readings=made.pump_readings,
        notifications=made.notifications,
        reason=words,
        by=by,
        at=at,
    )
    if made.pump_readings:
        extension.pumps_taken_back([target.pk], at)
    row.state, row.session, row.settled_at, row.settled_by = ReviewState.OPEN, None, None, None
    row.save_version()
    everywhere = list(Site.objects.filter(is_active=True)) if row.site is None else []
    ask_for_reviews([row], everywhere=everywhere)
    common.tell("charting-taken-back", session=target, subject=row, by=by, at=at, on_board=True)
    events.publish(
        "review-item-opened",
        topic=target.site.public_id,
        subject=row.public_id,
        site=target.site.public_id,
        at=at,
    )
    judge([target], at=at)
    return mistake


def locked_item(item: UUID) -> ReviewItem:
    """Lock one message of the queue. Raises DoesNotExist."""
    row: ReviewItem = (
        ReviewItem.objects.select_for_update(of=("self",))
        .select_related("message", "message__device", "site")
        .get(public_id=item)
    )
    return row


def read_again(row: ReviewItem) -> IncomingMessage:
    """Return a stored message as it arrived, to be read by whatever holds now."""
    reader: Callable[..., IncomingMessage] = import_string(settings.AFTERGLOW_MESSAGE_READER)
    raw = row.message
    return reader(bytes(raw.content), received_at=raw.received_at, peer=raw.peer, port=raw.port)
