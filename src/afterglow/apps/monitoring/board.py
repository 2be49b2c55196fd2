"""What the board of a site shows of a session: the next reading due and the alarms, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from afterglow.apps.monitoring import queries
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.visits.slots import Watch
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.web.cards import AlarmCard, AlarmLevel
from afterglow.web.sentences import alarm_sentence

_ORDER = {AlarmLevel.RED: 0, AlarmLevel.AMBER: 1, AlarmLevel.TECHNICAL: 2}


def watches(sessions: Sequence[TreatmentSession], at: datetime) -> Mapping[int, Watch]:
    """Return what is due and wrong in each session, by primary key."""
    cards: dict[int, list[AlarmCard]] = {session.pk: [] for session in sessions}
    open_alarms = Alarm.objects.filter(
        session__in=cards, ended_at__isnull=True, raised_at__lte=at
    ).select_related("acknowledged_by")
    for alarm in sorted(open_alarms, key=_urgency):
        cards[alarm.session_id].append(_card(alarm))
    return {session.pk: Watch(_due(session, at), tuple(cards[session.pk])) for session in sessions}


def _urgency(alarm: Alarm) -> tuple[int, int, datetime]:
    """What is worst first: the colour, then the priority within it, then how long it lasts."""
    priority = AlarmPriority(alarm.priority)
    return (_ORDER[_level(alarm)], -priority.weight, alarm.since or alarm.raised_at)


def _level(alarm: Alarm) -> AlarmLevel:
    if alarm.priority == AlarmPriority.HIGH:
        return AlarmLevel.RED
    return AlarmLevel.TECHNICAL if alarm.kind == AlarmKind.TECHNICAL else AlarmLevel.AMBER


def _card(alarm: Alarm) -> AlarmCard:
    by = alarm.acknowledged_by
    return AlarmCard(
        _level(alarm),
        alarm_sentence(
            alarm.condition,
            sentence=alarm.sentence,
            about=alarm.about,
            seen=alarm.seen,
            limit=alarm.limit,
        ),
        since=alarm.since or alarm.raised_at,
        acknowledged_by=by.get_short_name() if by else "",
        acknowledged_at=alarm.acknowledged_at,
        is_gone=alarm.condition_gone_at is not None,
    )


def _due(session: TreatmentSession, at: datetime) -> datetime | None:
    slot = queries.next_reading_due(session, at=at)
    return None if slot is None else slot.due_at
