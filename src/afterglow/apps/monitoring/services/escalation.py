"""An alarm that nobody acknowledges is passed on: to the site's other screens, then the prescriber.

The watch does it every few seconds and the worker every minute, so that neither is missed when it
is down; both at once tell nobody twice. The monitor at the bedside remains the primary alarm.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from afterglow.apps.accounts import queries as people
from afterglow.apps.accounts.models import Account
from afterglow.apps.events import services as events
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.monitoring.models import Alarm, AlarmAct
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.services import common
from afterglow.apps.notices.services import send_notice
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.services import open_task, settle_task
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.alarm_state import AlarmActKind, Waiting, to_be_told
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.core.roles import Role
from afterglow.core.treatment.lifecycles import SessionState

log = logging.getLogger(__name__)

TASK = "alarm_unanswered"
DRUGGED = (SessionState.INFUSING, SessionState.RECOVERY)
PRESCRIBERS = frozenset({Role.PRESCRIBER, Role.MEDICAL_DIRECTOR})


def unanswered() -> QuerySet[Alarm]:
    """Return the open alarms that wait for an acknowledgement, of patients who were given drug.

    Before the start the clinician is at work in the room, and nothing runs. What was wrong with the
    patient, came and went, and nobody has seen, is among them; a technical condition that has gone
    was put right by somebody.
    """
    return Alarm.objects.filter(
        Q(condition_gone_at__isnull=True) | Q(kind=AlarmKind.PHYSIOLOGICAL),
        ended_at__isnull=True,
        acknowledged_at__isnull=True,
        session__state__in=DRUGGED,
    )


def pass_on_unanswered(*, at: datetime) -> int:
    """Tell whoever is to hear of alarms that nobody answers; return how often somebody was told.

    Safe to repeat and to run twice at once.
    """
    waiting = (
        unanswered()
        .filter(raised_at__lte=at, told_prescriber_at__isnull=True)
        .select_related("session__protocol")
        .defer("session__protocol__body")
    )
    by_session: dict[int, list[Alarm]] = defaultdict(list)
    for row in waiting:
        by_session[row.session_id].append(row)
    told = 0
    for pk, rows in sorted(by_session.items()):
        try:
            # What is not due, or what the protocol passes to nobody, locks nothing.
            if _any_due(rows, at):
                told += _pass_on(pk, at)
        except AfterglowError:
            # One session's broken protocol does not keep the others unheard.
            log.exception("The alarms of session row %s could not be passed on", pk)
    return told


def _any_due(rows: Iterable[Alarm], at: datetime) -> bool:
    return any(to_be_told(_waiting(row), rules_of(row.session).alarms, at) for row in rows)


@transaction.atomic
def _pass_on(session_pk: int, at: datetime) -> int:
    session = common.lock_sessions([session_pk]).get(session_pk)
    if session is None or session.state not in DRUGGED:
        return 0
    rules = rules_of(session).alarms
    told = 0
    for row in unanswered().filter(session=session_pk).select_for_update(of=("self",)):
        for whom in to_be_told(_waiting(row), rules, at):
            _tell(row, session, whom, at)
            told += 1
    return told


def _waiting(row: Alarm) -> Waiting:
    return Waiting(
        priority=AlarmPriority(row.priority),
        since=row.waits_since or row.raised_at,
        silenced_until=row.silenced_until,
        condition_gone=row.condition_gone_at is not None,
        told_site=row.told_site_at is not None,
        told_prescriber=row.told_prescriber_at is not None,
    )


def _tell(row: Alarm, session: TreatmentSession, whom: AlarmActKind, at: datetime) -> None:
    column = "told_site_at" if whom is AlarmActKind.TOLD_SITE else "told_prescriber_at"
    setattr(row, column, at)
    row.save_version()
    AlarmAct.objects.create(
        alarm=row, act=whom, priority=row.priority, seen=row.seen, at=at, by=None
    )
    if whom is AlarmActKind.TOLD_PRESCRIBER:
        _call_prescriber(row, session, at)
    common.tell(
        "alarm-passed-on",
        session=session,
        subject=row,
        by=None,
        at=at,
        on_board=True,
        detail={"condition": row.condition, "to": str(whom)},
    )
    tell_site(session, at=at)


def tell_site(session: TreatmentSession, *, at: datetime) -> None:
    """Have every screen of the site look again: the board's, and that of each watched session."""
    others = TreatmentSession.objects.filter(site=session.site, state__in=WATCHED)
    topics = [session.site.public_id, *others.values_list("public_id", flat=True)]
    events.publish_all(
        [("site-alarm", topic, session.public_id) for topic in topics],
        site=session.site.public_id,
        at=at,
    )


def _call_prescriber(row: Alarm, session: TreatmentSession, at: datetime) -> None:
    """Open a task with a clock, and send a notice to who may prescribe and is on shift.

    Where none is on shift, every prescriber of the site is told.
    """
    key = _key(row)
    open_task(
        kind=TASK,
        subject=row,
        site=session.site,
        patient=session.patient,
        at=at,
        by=None,
        key=key,
    )
    for person in prescribers(session, at):
        send_notice(
            to=person,
            template="alarm-unanswered",
            subject=row,
            site=session.site.public_id,
            at=at,
            key=f"{key}:{person.public_id}",
            by_email=True,
        )


def prescribers(session: TreatmentSession, at: datetime) -> list[Account]:
    """Return who may prescribe at the site today: those on shift now, or else all of them."""
    everybody = people.who_holds(PRESCRIBERS, site=session.site, on=session.site.local_date(at))
    here = set(
        StaffShift.objects.filter(site=session.site, during__contains=at).values_list(
            "account_id", flat=True
        )
    )
    return [person for person in everybody if person.pk in here] or everybody


def answered(row: Alarm, session: TreatmentSession, *, by: Account, at: datetime) -> None:
    """Take an alarm back from whoever was told, because somebody acknowledged it; not saved here.

    It is called before the row is saved: should the alarm rise again, it waits anew.
    """
    was_told = row.told_site_at is not None
    if row.told_prescriber_at is not None:
        settle_task(key=_key(row), by=by, at=at, outcome="The alarm was acknowledged.")
    row.waits_since = row.told_site_at = row.told_prescriber_at = None
    if was_told:
        tell_site(session, at=at)


def ended(rows: Iterable[tuple[TreatmentSession, Alarm]], *, at: datetime) -> None:
    """Take alarms that ended by themselves back from whoever was told; who was stays on the row."""
    for session, row in rows:
        if row.told_site_at is None:
            continue
        if row.told_prescriber_at is not None:
            settle_task(key=_key(row), by=None, at=at, outcome="The alarm ended by itself.")
        tell_site(session, at=at)


def _key(row: Alarm) -> str:
    since: Any = row.waits_since or row.raised_at
    return f"{TASK}:{row.public_id}:{int(since.timestamp())}"
