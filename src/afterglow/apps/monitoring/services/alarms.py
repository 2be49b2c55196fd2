"""Alarms: judged, raised, ended, acknowledged and silenced. The monitor's own alarm comes first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring import facts
from afterglow.apps.monitoring.models import Alarm, AlarmAct, NoValue
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.services import common, escalation
from afterglow.apps.monitoring.services.alarm_rows import AlarmChanges
from afterglow.apps.monitoring.windows import Windows
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring import alarm_state
from afterglow.core.monitoring.alarm_state import AlarmActKind, Change, ChangeKind, OpenAlarm
from afterglow.core.monitoring.alarms import evaluate, is_by_the_clock, pressure_codes
from afterglow.core.monitoring.conditions import (
    AlarmCondition,
    AlarmKind,
    AlarmPriority,
)
from afterglow.core.monitoring.technical import ZERO_OR_PROBE_OFF
from afterglow.core.roles import Action


@transaction.atomic
def refresh_alarms(*, session: UUID, at: datetime) -> int:
    """Bring a session's alarms up to date with the time that has passed; return what changed."""
    row = TreatmentSession.objects.only("pk").get(public_id=session)
    locked = common.lock_sessions([row.pk])
    return judge(list(locked.values()), at=at)


def judge(
    sessions: Sequence[TreatmentSession],
    *,
    at: datetime,
    with_schedule: bool = True,
    windows: Windows | None = None,
) -> int:
    """Judge the alarms of sessions that the caller has locked; return how many changed.

    A session that is over has no conditions: what is open ends. Without the schedule, overdue
    readings stay as they are, and so does who has left the site. ``windows``: readings kept in
    mind from one call to the next, which the caller has brought up to date.
    """
    rows = _open_alarms(sessions).select_for_update()
    changes, changed = AlarmChanges(at), 0
    ended: list[tuple[TreatmentSession, Alarm]] = []
    for session, steps in _steps(sessions, rows, at, with_schedule, windows):
        ended += [(session, row) for row, change in steps if change.kind is ChangeKind.ENDED]
        changed += changes.add(session, steps)
    changes.write()
    escalation.ended(ended, at=at)
    return changed


def would_change(
    sessions: Sequence[TreatmentSession], *, at: datetime, windows: Windows
) -> list[int]:
    """Return the sessions of which ``judge`` would change an alarm; nothing is locked or written.

    What is read may be of several moments, so it is only good for leaving others in peace: where
    something would change, lock the session and judge it.
    """
    steps = _steps(sessions, _open_alarms(sessions), at, False, windows)
    return [session.pk for session, changes in steps if changes]


def _open_alarms(sessions: Iterable[TreatmentSession]) -> QuerySet[Alarm]:
    keys = [session.pk for session in sessions]
    return Alarm.objects.filter(session__in=keys, ended_at__isnull=True).order_by("pk")


def _steps(
    sessions: Sequence[TreatmentSession],
    rows: Iterable[Alarm],
    at: datetime,
    with_schedule: bool,
    windows: Windows | None,
) -> list[tuple[TreatmentSession, list[tuple[Alarm, Change]]]]:
    """Return what becomes of the open alarms of each session."""
    watched = facts.watched(sessions)
    gathered = facts.alarms(watched, at, with_schedule=with_schedule, windows=windows)
    known: dict[int, list[Alarm]] = defaultdict(list)
    for alarm in rows:
        known[alarm.session_id].append(alarm)
    steps = []
    for session in sessions:
        conditions: list[AlarmCondition] = []
        if session.pk in gathered:
            # Whoever said "symptomatic" at a red pressure said it of this patient, now.
            said = any(alarm.symptomatic for alarm in known[session.pk])
            holding = frozenset(map(_spoke_of, known[session.pk]))
            found = replace(gathered[session.pk], said_symptomatic=said, holding=holding)
            conditions += evaluate(found, rules_of(session), at)
            if not with_schedule:
                conditions += [
                    open_alarm(a).condition
                    for a in known[session.pk]
                    if is_by_the_clock(a.condition, a.about) and a.condition_gone_at is None
                ]
        steps.append((session, _advance(session, known[session.pk], conditions, at)))
    return steps


@transaction.atomic
def acknowledge_alarm(
    *, alarm: UUID, by: Account, at: datetime, symptomatic: bool | None = None
) -> Alarm:
    """Record that a person has seen an alarm. Repeating it changes nothing.

    ``symptomatic`` answers what is asked at a red blood pressure; None leaves it unanswered. It
    may still be answered when the alarm has ended: the record cannot be signed without.
    Raises Forbidden, RecordLocked or DoesNotExist.
    """
    session, row = _lock(alarm, by, at)
    answers = symptomatic is not None and row.symptomatic != symptomatic
    if row.ended_at is not None:
        if answers:
            for one in (row, *_of_one_sight(session, row)):
                _answer_late(session, one, symptomatic, by=by, at=at)
        return row
    if row.acknowledged_at is not None and symptomatic is None:
        return row
    # What one pressure said at once is one sight and one question; each keeps its own line.
    for one in (row, *_beside(session, row, every_pressure=symptomatic is not None)):
        _acknowledge(session, one, symptomatic, by=by, at=at)
    judge([session], at=at, with_schedule=False)
    row.refresh_from_db()
    return row


@transaction.atomic
def say_probe_is_off(*, alarm: UUID, by: Account, at: datetime) -> Alarm:
    """Record that a person looked: what a device sends as 0 is a probe that is off.

    It acknowledges the alarm. The sign counts as one without a value until a value comes; a zero
    after that asks anew. An alarm about anything else is only acknowledged. Repeating it changes
    nothing. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    session, row = _lock(alarm, by, at)
    if row.condition == ZERO_OR_PROBE_OFF and row.ended_at is None:
        found = NoValue.objects.filter(
            session=session, code=row.about, until=None, seen__isnull=False, settled_at=None
        )
        for one in found.select_for_update().order_by("pk"):
            one.settled_at, one.settled_by = at, by
            one.save(update_fields=["settled_at", "settled_by"])
            common.tell(
                "probe-said-to-be-off",
                session=session,
                subject=one,
                by=by,
                at=at,
                detail={"sign": row.about, "alarm": str(row.public_id)},
            )
    return acknowledge_alarm(alarm=alarm, by=by, at=at)


def _acknowledge(
    session: TreatmentSession, row: Alarm, symptomatic: bool | None, *, by: Account, at: datetime
) -> None:
    seen = alarm_state.acknowledge(open_alarm(row), at=max(at, row.raised_at))
    row.acknowledged_at, row.acknowledged_by = seen.acknowledged_at, by
    row.priority, row.silences = seen.priority, seen.silences
    escalation.answered(row, session, by=by, at=at)
    if symptomatic is not None:
        row.symptomatic = symptomatic
    row.save_version()
    _keep(row, AlarmActKind.ACKNOWLEDGED, at=seen.acknowledged_at or at, by=by)
    common.tell(
        "alarm-acknowledged",
        session=session,
        subject=row,
        by=by,
        at=at,
        on_board=True,
        detail={"condition": row.condition, "symptomatic": symptomatic},
    )


def _beside(session: TreatmentSession, row: Alarm, *, every_pressure: bool) -> list[Alarm]:
    """Return the open alarms that one look at ``row`` sees too, locked.

    They are those of the same sign from the same source: a systolic that is high and has risen. An
    answer about symptoms is one about every pressure that is red and has none yet.
    """
    rules = rules_of(session)
    signs = {limit.code: limit.sign for limit in rules.limits}
    if row.condition not in signs:
        return []
    others = (
        Alarm.objects.select_for_update(of=("self",))
        .filter(session=session, ended_at__isnull=True)
        .exclude(pk=row.pk)
        .order_by("pk")
    )
    pressures = pressure_codes(rules) if every_pressure else frozenset()
    found = []
    for one in others:
        is_same = one.about == row.about and signs.get(one.condition) == signs[row.condition]
        asks = (
            one.condition in pressures
            and row.condition in pressures
            and one.highest_priority == AlarmPriority.HIGH
            and one.symptomatic is None
        )
        if asks or (is_same and (one.acknowledged_at is None or every_pressure)):
            found.append(one)
    return found


def _of_one_sight(session: TreatmentSession, row: Alarm) -> list[Alarm]:
    """Return the other red pressures that the same reading raised, over too and without an answer.

    One look asked once: what is answered of 192/118 is not asked again of its 118.
    """
    return list(
        Alarm.objects.select_for_update(of=("self",))
        .filter(
            session=session,
            about=row.about,
            raised_at=row.raised_at,
            condition__in=pressure_codes(rules_of(session)),
            highest_priority=AlarmPriority.HIGH,
            symptomatic__isnull=True,
            ended_at__isnull=False,
        )
        .exclude(pk=row.pk)
        .order_by("pk")
    )


def _answer_late(
    session: TreatmentSession, row: Alarm, symptomatic: bool | None, *, by: Account, at: datetime
) -> None:
    row.symptomatic = symptomatic
    row.save_version()
    _keep(row, AlarmActKind.ANSWERED, at=at, by=by)
    common.tell(
        "alarm-answered",
        session=session,
        subject=row,
        by=by,
        at=at,
        detail={"condition": row.condition, "symptomatic": symptomatic},
    )


@transaction.atomic
def silence_alarm(*, alarm: UUID, span: timedelta, by: Account, at: datetime) -> Alarm | Refused:
    """Take an alarm's sound away for a while; it is drawn all the same.

    Refused when longer, or more often in a row, than the protocol allows.
    """
    session, row = _lock(alarm, by, at)
    current, rules = open_alarm(row), rules_of(session).alarms
    decision = alarm_state.check_silence(current, span, rules)
    if decision.refused:
        return common.refuse(
            "alarm-silence", session=session, subject=row, decision=decision, by=by, at=at
        )
    if row.ended_at is not None:
        return row
    for one in (row, *_beside(session, row, every_pressure=False)):
        if one is not row and alarm_state.check_silence(open_alarm(one), span, rules).refused:
            continue
        silent = alarm_state.silence(open_alarm(one), span, rules, at=at)
        one.silenced_until, one.silenced_by = silent.silenced_until, by
        one.silences = silent.silences
        one.save_version()
        _keep(one, AlarmActKind.SILENCED, at=at, by=by)
        common.tell(
            "alarm-silenced",
            session=session,
            subject=one,
            by=by,
            at=at,
            detail={"condition": one.condition, "seconds": int(span.total_seconds())},
        )
    return row


def open_alarm(row: Alarm) -> OpenAlarm:
    """Return a row as the rules of an alarm's life see it."""
    condition = AlarmCondition(
        code=row.condition,
        about=row.about,
        kind=AlarmKind(row.kind),
        priority=AlarmPriority(row.present_priority),
        sentence=row.sentence,
        since=row.since or row.raised_at,
        seen=row.seen,
        limit=row.limit,
        repeat_by=row.repeat_by,
        back_since=row.back_since,
        repeat_says=row.repeat_says,
    )
    return OpenAlarm(
        condition=condition,
        priority=AlarmPriority(row.priority),
        raised_at=row.raised_at,
        acknowledged_at=row.acknowledged_at,
        silenced_until=row.silenced_until,
        silences=row.silences,
        condition_gone_at=row.condition_gone_at,
    )


def _spoke_of(row: Alarm) -> tuple[str, str, str]:
    """Return what limit an alarm said is crossed, by which source; none once that has gone."""
    return row.condition, row.about, row.limit if row.condition_gone_at is None else ""


def _lock(alarm: UUID, by: Account, at: datetime) -> tuple[TreatmentSession, Alarm]:
    of = Alarm.objects.values_list("session__public_id", flat=True).get(public_id=alarm)
    session = common.lock_session(of, action=Action.ACKNOWLEDGE_ALARM, by=by, at=at)
    return session, Alarm.objects.select_for_update().get(public_id=alarm)


def _advance(
    session: TreatmentSession,
    rows: Iterable[Alarm],
    conditions: Iterable[AlarmCondition],
    at: datetime,
) -> list[tuple[Alarm, Change]]:
    """Return what changed between the open alarms and what holds now, with the row of each."""
    by_key = {(row.condition, row.about): row for row in rows}
    step = alarm_state.advance(
        [open_alarm(row) for row in by_key.values()], conditions, rules_of(session).alarms, at
    )
    return [
        (by_key.get(change.alarm.key) or Alarm(session=session), change) for change in step.changes
    ]


def _keep(row: Alarm, act: AlarmActKind, *, at: datetime, by: Account | None) -> None:
    """Write one line of an alarm's life, with its priority from now on."""
    AlarmAct.objects.create(
        alarm=row,
        act=act,
        priority=row.priority,
        seen=row.seen,
        symptomatic=row.symptomatic,
        at=at,
        by=by,
    )
