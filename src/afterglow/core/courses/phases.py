"""The phases of a course of treatment, as a table.

Being paused is not a phase: a paused course keeps the phase it will return to.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from afterglow.core.lifecycle import Lifecycle, Owner


class CoursePhase(StrEnum):
    """Where a course stands between the first screen and its close."""

    SCREENING = "screening"
    FOUNDATION = "foundation"
    MAINTENANCE = "maintenance"
    CLOSED = "closed"


class CourseAction(StrEnum):
    """What moves a course on."""

    ACCEPT = "accept"
    CONTINUE_LONG_TERM = "continue_long_term"
    REPEAT_FOUNDATION = "repeat_foundation"
    CLOSE = "close"


class CourseClosing(StrEnum):
    """Why a course was closed."""

    NOT_SUITABLE = "not_suitable"
    REFERRED_OUT = "referred_out"
    NO_BENEFIT = "no_benefit"
    GOAL_REACHED = "goal_reached"
    HARM = "harm"
    PATIENT_CHOICE = "patient_choice"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    DIED = "died"


TREATING: Final = frozenset({CoursePhase.FOUNDATION, CoursePhase.MAINTENANCE})
"""The phases in which an infusion may be given."""

_TRANSITIONS: Final[Mapping[CoursePhase, Mapping[CourseAction, CoursePhase]]] = {
    CoursePhase.SCREENING: {
        CourseAction.ACCEPT: CoursePhase.FOUNDATION,
        CourseAction.CLOSE: CoursePhase.CLOSED,
    },
    CoursePhase.FOUNDATION: {
        CourseAction.CONTINUE_LONG_TERM: CoursePhase.MAINTENANCE,
        CourseAction.CLOSE: CoursePhase.CLOSED,
    },
    CoursePhase.MAINTENANCE: {
        CourseAction.REPEAT_FOUNDATION: CoursePhase.FOUNDATION,
        CourseAction.CLOSE: CoursePhase.CLOSED,
    },
    CoursePhase.CLOSED: {},
}

COURSE: Final = Lifecycle(
    name="course",
    initial=CoursePhase.SCREENING,
    transitions=_TRANSITIONS,
    owners={
        CoursePhase.SCREENING: Owner.PRESCRIBER,
        CoursePhase.FOUNDATION: Owner.PRESCRIBER,
        CoursePhase.MAINTENANCE: Owner.PRESCRIBER,
        CoursePhase.CLOSED: Owner.MEDICAL_DIRECTOR,
    },
)
"""The lifecycle of a course."""
