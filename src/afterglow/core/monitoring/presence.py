"""Is whoever is on record with the patient really there? What acts show, and when it is asked.

A declaration ("the patient is mine") is true when it is made. What keeps it true is what the same
person does in that room, or somebody's answer to "is she with the patient?". When neither comes,
or something speaks against it, the room asks; what nobody answers counts as nobody being there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from afterglow.core.monitoring.conditions import AlarmCondition, AlarmKind, AlarmPriority

UNANSWERED = "unanswered"
"""What an alarm is about that comes from a question nobody answered."""


class Doubt(StrEnum):
    """Why the room asks whether somebody is with the patient."""

    ELSEWHERE = "elsewhere"
    SHIFT_OVER = "shift_over"
    SIGNED_OUT = "signed_out"
    SILENT = "silent"


_WHY = {
    Doubt.ELSEWHERE: "they acted for another patient",
    Doubt.SHIFT_OVER: "their shift is over",
    Doubt.SIGNED_OUT: "they signed out everywhere",
    Doubt.SILENT: "nothing was charted here for {span}",
}


@dataclass(frozen=True, slots=True)
class PresenceRules:
    """When the room asks, and how long it waits for the answer."""

    ask_after: timedelta
    answer_within: timedelta
    priority: AlarmPriority


@dataclass(frozen=True, slots=True)
class PresenceFacts:
    """What is known of one person who is on record with one patient.

    ``last_sign_at``: the newest of their coming, of what they did for this patient, and of an
    answer that they are there. The others are None where there is nothing of the kind since.
    ``one_to_one``: drug runs, so that an act for another patient speaks against it; in recovery
    one clinician has several. ``shown_at``: when a screen of the room was last heard; None where
    nobody noted it.
    """

    who: str
    last_sign_at: datetime
    one_to_one: bool
    elsewhere_at: datetime | None = None
    shift_over_at: datetime | None = None
    signed_out_at: datetime | None = None
    shown_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The room asks since ``since``; unanswered at ``answer_by``, nobody is with the patient."""

    who: str
    why: Doubt
    since: datetime
    answer_by: datetime


def question(facts: PresenceFacts, rules: PresenceRules, *, at: datetime) -> Question | None:
    """Return what the room asks at ``at``, or None while nothing speaks against it.

    Of several doubts the oldest one asks. A sign that is as new as the doubt answers it.
    """
    doubts = [
        (facts.elsewhere_at if facts.one_to_one else None, Doubt.ELSEWHERE),
        (facts.shift_over_at, Doubt.SHIFT_OVER),
        (facts.signed_out_at, Doubt.SIGNED_OUT),
        (facts.last_sign_at + rules.ask_after, Doubt.SILENT),
    ]
    standing = [
        (since, why)
        for since, why in doubts
        if since is not None and facts.last_sign_at < since <= at
    ]
    if not standing:
        return None
    since, why = min(standing, key=lambda each: each[0])
    return Question(facts.who, why, since, since + rules.answer_within)


def presence_conditions(
    facts: PresenceFacts | None,
    rules: PresenceRules,
    *,
    nobody: AlarmPriority,
    at: datetime,
) -> Iterator[AlarmCondition]:
    """Yield the question as a condition; unanswered, that nobody is with the patient.

    Where no screen of the room was heard since it was asked, nobody there can have seen it: an
    empty room is not told from one without a connection, so that is said, as urgently.
    """
    asked = question(facts, rules, at=at) if facts is not None else None
    if asked is None:
        return
    why = _WHY[asked.why].format(span=_minutes(rules.ask_after))
    if at < asked.answer_by:
        yield AlarmCondition(
            "PRESENCE_NOT_CERTAIN",
            "",
            AlarmKind.TECHNICAL,
            rules.priority,
            f"Is {asked.who} with the patient? It is asked because {why}.",
            asked.since,
            asked.who,
        )
    elif facts is not None and facts.shown_at is not None and facts.shown_at < asked.since:
        yield AlarmCondition(
            "ROOM_NOT_HEARD",
            UNANSWERED,
            AlarmKind.TECHNICAL,
            nobody,
            "No screen of this room is heard (no connection, or switched off), so nobody there "
            f"could be asked whether {asked.who} is with the patient: go and look.",
            facts.shown_at,
            asked.who,
        )
    else:
        yield AlarmCondition(
            "NOBODY_WITH_PATIENT",
            UNANSWERED,
            AlarmKind.TECHNICAL,
            nobody,
            f"Nobody answered whether {asked.who} is with the patient: {why}.",
            asked.answer_by,
            asked.who,
        )


def borne_out(
    signs: Iterable[datetime], *, begins: datetime, ends: datetime, for_so_long: timedelta
) -> timedelta:
    """Return how much of a stretch its signs bear out: each one for ``for_so_long`` after it.

    Their order does not matter; what reaches beyond the stretch does not count.
    """
    total, here = timedelta(), begins
    for sign in sorted(signs):
        start, stop = max(sign, here), min(sign + for_so_long, ends)
        if stop > start:
            total += stop - start
            here = stop
    return total


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
