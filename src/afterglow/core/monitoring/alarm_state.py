"""The life of an alarm: raised, escalated, acknowledged, silenced, ended.

``advance`` compares what is open with what holds now and returns the new open alarms with what
changed. An alarm whose priority latches stays open after its condition has gone, until somebody
acknowledges it. A new or a worse condition breaks every silence; a notice of then does not. An
acknowledgement, as a silence, lasts for the protocol's time: a condition that still holds then asks
again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from afterglow.core.decisions import Decision, Severity
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmCondition, AlarmPriority
from afterglow.core.monitoring.rules import AlarmRules
from afterglow.core.reason_codes import declare

SILENCE_TOO_LONG = declare(
    "SILENCE_TOO_LONG",
    Severity.BLOCKER,
    "A silence of {seen} is longer than the {limit} that the protocol allows.",
    subject="monitoring",
)
SILENCE_TOO_SHORT = declare(
    "SILENCE_TOO_SHORT",
    Severity.BLOCKER,
    "A silence lasts longer than {limit}; {seen} was asked for.",
    subject="monitoring",
)
SILENCED_TOO_OFTEN = declare(
    "SILENCED_TOO_OFTEN",
    Severity.BLOCKER,
    "The alarm was silenced {seen} times in a row; the limit is {limit}. Acknowledge or treat it.",
    subject="monitoring",
)


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that is open. ``condition_gone_at`` is set while it stays open by latching.

    ``priority`` is the highest since it was last acknowledged, so it may be above the
    condition's present one.
    """

    condition: AlarmCondition
    priority: AlarmPriority
    raised_at: datetime
    acknowledged_at: datetime | None = None
    silenced_until: datetime | None = None
    silences: int = 0
    condition_gone_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same alarm as a condition."""
        return self.condition.key

    def is_silent(self, at: datetime) -> bool:
        """Whether it makes no sound now. It is drawn all the same."""
        return self.silenced_until is not None and at < self.silenced_until


class ChangeKind(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    EASED = "eased"
    UPDATED = "updated"
    CONDITION_GONE = "condition_gone"
    ENDED = "ended"


class AlarmActKind(StrEnum):
    """What the record keeps of an alarm's life, one line each: a word never replaces another."""

    RAISED = "raised"
    ESCALATED = "escalated"
    EASED = "eased"
    CONDITION_GONE = "condition_gone"
    ENDED = "ended"
    ACKNOWLEDGED = "acknowledged"
    REMINDED = "reminded"
    """It was acknowledged long enough ago and still holds: it asks and sounds again."""
    ANSWERED = "answered"
    SILENCED = "silenced"
    TOLD_SITE = "told_site"
    """Nobody acknowledged it in time: the other screens of the site show it."""
    TOLD_PRESCRIBER = "told_prescriber"
    """Nor then: whoever may prescribe there is told, and owns a task."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the alarm as it is after it."""

    kind: ChangeKind
    alarm: OpenAlarm

    @property
    def is_loud(self) -> bool:
        """Whether it is news that breaks every silence; a notice is none."""
        risen = self.kind in (ChangeKind.RAISED, ChangeKind.ESCALATED)
        return risen and not self.alarm.condition.is_notice


@dataclass(frozen=True, slots=True)
class Advance:
    """The open alarms after a step, the most urgent first, and what changed."""

    alarms: tuple[OpenAlarm, ...]
    changes: tuple[Change, ...]


def advance(
    open_alarms: Iterable[OpenAlarm],
    conditions: Iterable[AlarmCondition],
    rules: AlarmRules,
    at: datetime,
) -> Advance:
    """Return the open alarms after ``conditions``, and every change. Safe to repeat."""
    known = {alarm.key: alarm for alarm in open_alarms}
    now = {condition.key: condition for condition in conditions}
    changes: list[Change] = []
    alarms: list[OpenAlarm] = []
    for key, condition in now.items():
        alarm, kind = _meet(known.get(key), condition, rules, at)
        alarms.append(alarm)
        if kind is not None:
            changes.append(Change(kind, alarm))
    for key, alarm in known.items():
        if key not in now:
            left, kind = _leave(alarm, rules, at)
            if kind is not None:
                changes.append(Change(kind, left))
            if kind is not ChangeKind.ENDED:
                alarms.append(left)
    if any(change.is_loud for change in changes):
        alarms = [_break_silence(alarm) for alarm in alarms]
        changes = [replace(c, alarm=_break_silence(c.alarm)) for c in changes]
    alarms.sort(key=lambda a: (-a.priority.weight, a.raised_at, a.key))
    return Advance(tuple(alarms), tuple(changes))


def acknowledge(alarm: OpenAlarm, *, at: datetime) -> OpenAlarm:
    """Return the alarm as seen by somebody. A later escalation asks for a new acknowledgement.

    The alarm stays open while its condition holds, at the condition's present priority.
    """
    if at < alarm.raised_at:
        raise InvalidValue(
            f"{alarm.condition.code} was raised at {alarm.raised_at.isoformat()}; "
            f"it cannot be acknowledged at {at.isoformat()}."
        )
    return replace(alarm, acknowledged_at=at, priority=alarm.condition.priority, silences=0)


def check_silence(alarm: OpenAlarm, span: timedelta, rules: AlarmRules) -> Decision:
    """Decide whether an alarm may be silenced for ``span``."""
    allowed = rules.silence_at_most[alarm.priority]
    return Decision.from_reasons(
        SILENCE_TOO_SHORT.reason(seen=_minutes(span), limit="0 min")
        if span <= timedelta()
        else None,
        SILENCE_TOO_LONG.reason(seen=_minutes(span), limit=_minutes(allowed))
        if span > allowed
        else None,
        SILENCED_TOO_OFTEN.reason(seen=alarm.silences, limit=rules.silences_in_a_row)
        if alarm.silences >= rules.silences_in_a_row
        else None,
    )


def silence(alarm: OpenAlarm, span: timedelta, rules: AlarmRules, *, at: datetime) -> OpenAlarm:
    """Return the alarm without sound until ``at`` + ``span``.

    Raises InvalidValue when ``check_silence`` says no; ask it first.
    """
    decision = check_silence(alarm, span, rules)
    if decision.refused:
        raise InvalidValue(" ".join(reason.sentence for reason in decision))
    return replace(alarm, silenced_until=at + span, silences=alarm.silences + 1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alarm that nobody has acknowledged, and who was told of it so far."""

    priority: AlarmPriority
    since: datetime
    silenced_until: datetime | None = None
    condition_gone: bool = False
    told_site: bool = False
    told_prescriber: bool = False


def to_be_told(waiting: Waiting, rules: AlarmRules, at: datetime) -> tuple[AlarmActKind, ...]:
    """Return who is to be told now, the site first; nobody twice.

    Whoever silenced it is there and has seen it, so it is not passed on while it is silent; the
    time counts on. What came and went with nobody there is told to the site, once, and calls no
    prescriber. An alarm of which nobody was told for long is passed to both at once.
    """
    silent = waiting.silenced_until is not None and at < waiting.silenced_until
    if silent:
        return ()
    waited = at - waiting.since
    steps = (
        (AlarmActKind.TOLD_SITE, waiting.told_site, rules.tell_site_after),
        (
            AlarmActKind.TOLD_PRESCRIBER,
            waiting.told_prescriber or waiting.condition_gone,
            rules.tell_prescriber_after,
        ),
    )
    return tuple(
        whom
        for whom, told, after in steps
        if not told and waiting.priority in after and waited >= after[waiting.priority]
    )


def _meet(
    alarm: OpenAlarm | None, condition: AlarmCondition, rules: AlarmRules, at: datetime
) -> tuple[OpenAlarm, ChangeKind | None]:
    """A condition holds: raise its alarm or bring it up to date."""
    if alarm is None:
        return OpenAlarm(condition, condition.priority, at), ChangeKind.RAISED
    came_back = alarm.condition_gone_at is not None
    if not came_back:
        # What is looked at reaches back a few minutes; when it began is known from before.
        condition = replace(condition, since=min(condition.since, alarm.condition.since))
    current = replace(alarm, condition=condition, condition_gone_at=None)
    if condition.priority.weight > alarm.condition.priority.weight or came_back:
        risen = max(alarm.priority, condition.priority, key=lambda p: p.weight)
        fresh = replace(current, priority=risen, acknowledged_at=None, silences=0)
        return fresh, ChangeKind.ESCALATED
    if condition.priority.weight < alarm.priority.weight and not _holds(alarm, rules):
        return replace(current, priority=condition.priority), ChangeKind.EASED
    if _asks_again(current, rules, at):
        return replace(current, acknowledged_at=None, silences=0), ChangeKind.REMINDED
    return current, ChangeKind.UPDATED if condition != alarm.condition else None


def _leave(
    alarm: OpenAlarm, rules: AlarmRules, at: datetime
) -> tuple[OpenAlarm, ChangeKind | None]:
    """The condition has gone: end the alarm, or keep it until it is acknowledged."""
    gone = alarm if alarm.condition_gone_at else replace(alarm, condition_gone_at=at)
    if not _holds(alarm, rules):
        return gone, ChangeKind.ENDED
    return gone, None if alarm.condition_gone_at else ChangeKind.CONDITION_GONE


def _asks_again(alarm: OpenAlarm, rules: AlarmRules, at: datetime) -> bool:
    """Whether what was acknowledged has held on for longer than an acknowledgement lasts."""
    lasts = rules.acknowledged_for.get(alarm.condition.priority)
    if lasts is None or alarm.acknowledged_at is None or alarm.condition.back_since is not None:
        return False
    return at - alarm.acknowledged_at >= lasts


def _holds(alarm: OpenAlarm, rules: AlarmRules) -> bool:
    """Whether latching keeps the alarm as it is."""
    return rules.latching[alarm.priority] and alarm.acknowledged_at is None


def _break_silence(alarm: OpenAlarm) -> OpenAlarm:
    return replace(alarm, silenced_until=None)


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
