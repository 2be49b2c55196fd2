"""A finished session as it was: readings, pump, events, every alarm and what was done about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.apps.monitoring import pumps
from afterglow.apps.monitoring.models import AlarmAct
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.trends import steps
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.shown import events
from afterglow.apps.treatment.shown.alarms import level_of, word_of
from afterglow.apps.treatment.shown.trend import trend
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.web.cards import AlarmLevel
from afterglow.web.formats import number
from afterglow.web.sentences import value_words

LEAD = timedelta(minutes=2)
"""The playback begins so long before the infusion did."""

ACT_WORDS: dict[AlarmActKind, str | Promise] = {
    AlarmActKind.RAISED: _("raised"),
    AlarmActKind.ESCALATED: _("got worse"),
    AlarmActKind.EASED: _("eased"),
    AlarmActKind.CONDITION_GONE: _("back within its limit"),
    AlarmActKind.ENDED: _("over"),
    AlarmActKind.ACKNOWLEDGED: _("acknowledged"),
    AlarmActKind.REMINDED: _("still there, asked again"),
    AlarmActKind.ANSWERED: _("symptoms answered"),
    AlarmActKind.SILENCED: _("silenced"),
    AlarmActKind.TOLD_SITE: _("told to the other screens"),
    AlarmActKind.TOLD_PRESCRIBER: _("told to the prescriber"),
}


@dataclass(frozen=True, slots=True)
class ActLine:
    """One step of one alarm's life, as it was."""

    at: datetime
    alarm: str
    priority: AlarmPriority
    level: AlarmLevel
    word: str
    seen: str
    limit: str
    act: AlarmActKind
    words: str | Promise
    by: str


@dataclass(frozen=True, slots=True)
class Playback:
    """What the page draws, and the same as JSON text for its script."""

    begins: datetime
    ends: datetime
    acts: tuple[ActLine, ...]
    entries: tuple[events.Entry, ...]
    trend: str
    script: str


def playback(session: TreatmentSession, infusion: Infusion, *, at: datetime) -> Playback:
    """Return a session's playback: from just before the start until it was over."""
    begins = infusion.started_at - LEAD
    ends = max(session.ended_at or at, infusion.ended_at or infusion.started_at)
    acts = alarm_acts(session)
    entries = events.entries(session)
    return Playback(
        begins=begins,
        ends=ends,
        acts=acts,
        entries=entries,
        trend=trend(session, started=infusion.started_at, at=ends),
        script=json.dumps(
            {
                **_script(session, infusion, begins, ends, acts, entries),
                "values": steps(session, since=begins, until=ends, ecg_for=_ecg_for(session)),
            }
        ),
    )


def alarm_acts(session: TreatmentSession) -> tuple[ActLine, ...]:
    """Return every step of every alarm of a session, in order of time; nothing is left out."""
    rows = (
        AlarmAct.objects.filter(alarm__session=session)
        .select_related("alarm", "by")
        .order_by("at", "pk")
    )
    return tuple(
        ActLine(
            at=row.at,
            alarm=str(row.alarm.public_id),
            priority=AlarmPriority(row.priority),
            level=_level(row),
            word=str(word_of(row.alarm)),
            seen=str(value_words(row.seen or row.alarm.seen)),
            limit=str(value_words(row.alarm.limit)),
            act=AlarmActKind(row.act),
            words=ACT_WORDS[AlarmActKind(row.act)],
            by=row.by.get_short_name() if row.by else "",
        )
        for row in rows
    )


def _level(row: AlarmAct) -> AlarmLevel:
    """How it was drawn from this step on, which its last state would not tell."""
    if row.priority == AlarmPriority.HIGH:
        return AlarmLevel.RED
    if row.alarm.kind == AlarmKind.TECHNICAL:
        return AlarmLevel.TECHNICAL
    return level_of(row.alarm) if row.alarm.priority == row.priority else AlarmLevel.AMBER


def _ecg_for(session: TreatmentSession) -> timedelta:
    """For how long a rate of the ECG stands: as long as a device may be silent."""
    return rules_of(session).technical.monitor_silent_after


def _told(session: TreatmentSession, infusion: Infusion, ends: datetime) -> list[dict[str, Any]]:
    """What the pump itself said that it ran at, and from when."""
    silent = rules_of(session).technical.pump_silent_after
    told, _until = pumps.rates_since(
        session.pk, since=infusion.started_at, at=ends, silent_after=silent
    )
    return [{"t": since.timestamp(), "rate": number(rate)} for since, rate in told]


def _script(
    session: TreatmentSession,
    infusion: Infusion,
    begins: datetime,
    ends: datetime,
    acts: tuple[ActLine, ...],
    entries: tuple[events.Entry, ...],
) -> dict[str, Any]:
    silent = rules_of(session).alarms.silence_at_most
    return {
        "told": _told(session, infusion, ends),
        "begins": begins.timestamp(),
        "ends": ends.timestamp(),
        "acts": [
            {
                "t": one.at.timestamp(),
                "alarm": one.alarm,
                "level": str(one.level),
                "word": one.word,
                "seen": one.seen,
                "limit": one.limit,
                "act": str(one.act),
                "by": one.by,
                "until": (one.at + silent[one.priority]).timestamp()
                if one.act is AlarmActKind.SILENCED
                else None,
            }
            for one in acts
        ],
        "events": events.axis_marks(entries),
        "rates": [
            {
                "t": one.at.timestamp(),
                "rate": "0"
                if one.kind in (PumpActionKind.PAUSE, PumpActionKind.STOP)
                else number(one.rate_ml_per_h),
            }
            for one in queries.actions_of(infusion)
        ],
    }
