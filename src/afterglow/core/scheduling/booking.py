"""May this appointment stand? Who or what is taken, whether the place is open and staffed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision, Reason
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("booking")

ROOM_TAKEN: Final = _SUBJECT.blocker("ROOM_TAKEN", "{seen} is taken at that time: {limit}.")
CLINICIAN_TAKEN: Final = _SUBJECT.blocker(
    "CLINICIAN_TAKEN", "{seen} is with another patient at that time: {limit}."
)
PATIENT_TAKEN: Final = _SUBJECT.blocker(
    "PATIENT_TAKEN", "{seen} has another appointment at that time: {limit}."
)
COURSE_CLOSED: Final = _SUBJECT.blocker(
    "BOOKING_COURSE_CLOSED", "The course is closed; open a new one before booking."
)
COURSE_PAUSED: Final = _SUBJECT.blocker(
    "BOOKING_COURSE_PAUSED", "The course is paused; resume it before booking."
)
IN_THE_PAST: Final = _SUBJECT.blocker(
    "BOOKING_IN_THE_PAST", "The start {seen} lies before today, {limit}."
)
LENGTH: Final = _SUBJECT.blocker(
    "BOOKING_LENGTH", "The length is {seen} minutes; the limit is {limit} minutes."
)
ROOM_ELSEWHERE: Final = _SUBJECT.blocker("ROOM_AT_ANOTHER_SITE", "{seen} is not a room of {limit}.")
ROOM_CLOSED: Final = _SUBJECT.blocker("ROOM_NOT_IN_USE", "{seen} is not in use.")
OUTSIDE_HOURS: Final = _SUBJECT.caution(
    "OUTSIDE_OPENING_HOURS", "{seen} lies outside the opening hours of that day: {limit}."
)
OFF_SHIFT: Final = _SUBJECT.caution(
    "CLINICIAN_OFF_SHIFT", "{seen} has no shift that covers this time."
)
NOT_ACCEPTED: Final = _SUBJECT.caution(
    "BOOKING_BEFORE_ACCEPTANCE", "The course is not accepted yet; no infusion starts before it is."
)

SHORTEST: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Somebody or something that is taken: what it is called, and by which appointment."""

    who: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFacts:
    """What one appointment rests on. Names and times are in words, for the sentences."""

    starts: datetime
    ends: datetime
    starts_words: str
    day_begins: datetime
    """When the site's today began."""
    today_words: str
    course_phase: CoursePhase
    course_paused: bool
    room_name: str
    site_name: str
    room_is_of_site: bool
    room_active: bool
    within_hours: bool
    hours_words: str
    clinician_name: str
    clinician_on_shift: bool
    room_taken: Taken | None = None
    clinician_taken: Taken | None = None
    patient_taken: Taken | None = None


def assess(facts: BookingFacts) -> Decision:
    """Decide whether the appointment may stand, with every reason if not."""
    return Decision.from_reasons(_reasons(facts))


def _reasons(facts: BookingFacts) -> Iterator[Reason]:
    yield from _place(facts)
    for taken, code in (
        (facts.room_taken, ROOM_TAKEN),
        (facts.clinician_taken, CLINICIAN_TAKEN),
        (facts.patient_taken, PATIENT_TAKEN),
    ):
        if taken is not None:
            yield code.reason(seen=taken.who, limit=taken.by)
    if facts.course_phase is CoursePhase.CLOSED:
        yield COURSE_CLOSED.reason()
    elif facts.course_paused:
        yield COURSE_PAUSED.reason()
    elif facts.course_phase is CoursePhase.SCREENING:
        yield NOT_ACCEPTED.reason()


def _place(facts: BookingFacts) -> Iterator[Reason]:
    length = facts.ends - facts.starts
    minutes = int(length.total_seconds() // 60)
    if length < SHORTEST:
        yield LENGTH.reason(seen=minutes, limit=f"at least {int(SHORTEST.total_seconds() // 60)}")
    if length > LONGEST:
        yield LENGTH.reason(seen=minutes, limit=f"at most {int(LONGEST.total_seconds() // 60)}")
    if facts.starts < facts.day_begins:
        yield IN_THE_PAST.reason(seen=facts.starts_words, limit=facts.today_words)
    if not facts.room_is_of_site:
        yield ROOM_ELSEWHERE.reason(seen=facts.room_name, limit=facts.site_name)
    elif not facts.room_active:
        yield ROOM_CLOSED.reason(seen=facts.room_name)
    if not facts.within_hours:
        yield OUTSIDE_HOURS.reason(seen=facts.starts_words, limit=facts.hours_words)
    if not facts.clinician_on_shift:
        yield OFF_SHIFT.reason(seen=facts.clinician_name)
