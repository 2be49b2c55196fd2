"""What happened to the alarms of many sessions, written with a few statements for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from afterglow.apps.events import services as events
from afterglow.apps.monitoring.models import Alarm, AlarmAct
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarm_state import AlarmActKind, Change, ChangeKind
from afterglow.core.monitoring.conditions import AlarmPriority, worse

_EVENTS = {
    ChangeKind.RAISED: "alarm-raised",
    ChangeKind.ESCALATED: "alarm-escalated",
    ChangeKind.REMINDED: "alarm-reminded",
    ChangeKind.ENDED: "alarm-ended",
    ChangeKind.EASED: "alarm-changed",
    ChangeKind.UPDATED: "alarm-changed",
    ChangeKind.CONDITION_GONE: "alarm-changed",
}
_CHANGING = {
    "priority": "text",
    "present_priority": "text",
    "highest_priority": "text",
    "sentence": "text",
    "since": "timestamptz",
    "seen": "text",
    "limit": "text",
    "condition_gone_at": "timestamptz",
    "silenced_until": "timestamptz",
    "silences": "int",
    "acknowledged_at": "timestamptz",
    "acknowledged_by_id": "bigint",
    "waits_since": "timestamptz",
    "repeat_by": "timestamptz",
    "repeat_says": "text",
    "back_since": "timestamptz",
    "reminded_at": "timestamptz",
    "ended_at": "timestamptz",
}
_SET = ", ".join(f'"{name}" = n."{name}"' for name in _CHANGING)
_NAMES = ", ".join(f'"{name}"' for name in _CHANGING)
_ARRAYS = ", ".join(f"%s::{kind}[]" for kind in _CHANGING.values())
_UPDATE = (  # names of our own columns only
    f"UPDATE monitoring_alarm a SET {_SET}, row_version = a.row_version + 1 "  # noqa: S608
    f"FROM unnest(%s::bigint[], {_ARRAYS}) AS n(id, {_NAMES}) WHERE a.id = n.id"
)


@dataclass
class AlarmChanges:
    """Changes of alarms whose rows the caller has locked, to be written together."""

    at: datetime
    _rows: list[tuple[Alarm, Change]] = field(default_factory=list)
    _sound_again: list[int] = field(default_factory=list)
    _told: list[tuple[str, UUID, UUID, UUID, datetime]] = field(default_factory=list)

    def add(self, session: TreatmentSession, changes: Iterable[tuple[Alarm, Change]]) -> int:
        """Add what happened in one session; return how many alarms changed."""
        mine = list(changes)
        for row, change in mine:
            _bring_up_to_date(row, change, self.at)
            self._tell(_EVENTS[change.kind], session, session.public_id, row.public_id)
        if any(c.is_loud for _, c in mine):
            self._sound_again.append(session.pk)
        if mine:
            self._tell(_EVENTS[mine[0][1].kind], session, session.site.public_id, session.public_id)
        self._rows += mine
        return len(mine)

    def write(self) -> None:
        """Write the alarms, one line of each one's life, and tell the screens."""
        if not self._rows:
            return
        new = [row for row, change in self._rows if change.kind is ChangeKind.RAISED]
        Alarm.objects.bulk_create(new)
        _update([row for row, change in self._rows if change.kind is not ChangeKind.RAISED])
        if self._sound_again:
            Alarm.objects.filter(
                session__in=self._sound_again, ended_at__isnull=True, silenced_until__isnull=False
            ).update(silenced_until=None, row_version=F("row_version") + 1)
        AlarmAct.objects.bulk_create(
            AlarmAct(
                alarm=row,
                act=AlarmActKind(change.kind),
                priority=row.priority,
                seen=row.seen,
                symptomatic=row.symptomatic,
                at=self.at,
            )
            for row, change in self._rows
            if change.kind is not ChangeKind.UPDATED
        )
        events.publish_many(self._told)

    def _tell(self, what: str, session: TreatmentSession, topic: UUID, subject: UUID) -> None:
        self._told.append((what, topic, subject, session.site.public_id, self.at))


def _bring_up_to_date(row: Alarm, change: Change, at: datetime) -> None:
    alarm, condition = change.alarm, change.alarm.condition
    row.condition, row.about, row.kind = condition.code, condition.about[:60], condition.kind
    row.priority, row.present_priority = alarm.priority, condition.priority
    row.highest_priority = worse(AlarmPriority(row.highest_priority), alarm.priority)
    row.sentence, row.since = condition.sentence[:300], condition.since
    row.seen, row.limit = condition.seen[:60], condition.limit[:60]
    row.repeat_by, row.repeat_says = condition.repeat_by, condition.repeat_says[:60]
    row.back_since = condition.back_since
    row.raised_at, row.condition_gone_at = alarm.raised_at, alarm.condition_gone_at
    row.silenced_until, row.silences = alarm.silenced_until, alarm.silences
    if alarm.acknowledged_at is None:
        row.acknowledged_at = row.acknowledged_by = None
    if change.kind is ChangeKind.RAISED or (
        change.kind is ChangeKind.ESCALATED and row.waits_since is None
    ):
        row.waits_since = at
    if change.kind is ChangeKind.REMINDED:
        row.waits_since = row.reminded_at = at
    row.ended_at = max(at, alarm.raised_at) if change.kind is ChangeKind.ENDED else None


def _update(rows: list[Alarm]) -> None:
    if not rows:
        return
    columns: list[list[Any]] = [[row.pk for row in rows]]
    columns += [[_plain(getattr(row, name)) for row in rows] for name in _CHANGING]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, columns)
    for row in rows:
        row.row_version += 1


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value
