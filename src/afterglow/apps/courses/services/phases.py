"""Move a course from phase to phase, pause and resume it. Each step says why."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course, PhaseChange
from afterglow.apps.courses.services.telling import lock_course, tell
from afterglow.core.courses.phases import COURSE, CourseAction, CoursePhase
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.roles import Action


@transaction.atomic
def change_phase(
    *, course: UUID, seen: int, action: CourseAction, reason: str, by: Account, at: dt.datetime
) -> Course:
    """Take one step of the course's lifecycle other than acceptance.

    Raises IllegalTransition for a step its phase does not have, InvalidValue without a reason.
    """
    if action is CourseAction.ACCEPT:
        raise IllegalTransition("A course is accepted by accept_course, which asks the rules.")
    row = lock_course(course, action=Action.ACCEPT_COURSE, by=by, at=at)
    words = _reason(reason)
    before = CoursePhase(row.phase)
    row.phase = COURSE.step(before, action)
    row.save_version(seen=seen)
    _keep(row, before=before, reason=words, by=by, at=at)
    detail = {"changed": {"phase": [str(before), str(row.phase)]}}
    tell("course-phase-changed", course=row, by=by, at=at, detail=detail)
    return row


@transaction.atomic
def pause_course(*, course: UUID, seen: int, reason: str, by: Account, at: dt.datetime) -> Course:
    """Pause a course: it keeps its phase, and no infusion starts. Pausing twice pauses once."""
    return _set_paused(course, True, seen=seen, reason=reason, by=by, at=at)


@transaction.atomic
def resume_course(*, course: UUID, seen: int, reason: str, by: Account, at: dt.datetime) -> Course:
    """Resume a paused course."""
    return _set_paused(course, False, seen=seen, reason=reason, by=by, at=at)


def _set_paused(
    course: UUID, paused: bool, *, seen: int, reason: str, by: Account, at: dt.datetime
) -> Course:
    row = lock_course(course, action=Action.EDIT_COURSE, by=by, at=at)
    if row.is_paused == paused:
        return row
    words = _reason(reason)
    if row.phase == CoursePhase.CLOSED:
        raise IllegalTransition("A closed course cannot be paused or resumed.")
    row.is_paused = paused
    row.save_version(seen=seen)
    _keep(row, before=CoursePhase(row.phase), reason=words, by=by, at=at)
    what = "course-paused" if paused else "course-resumed"
    tell(what, course=row, by=by, at=at, detail={"changed": {"is_paused": [not paused, paused]}})
    return row


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidValue("Say why: the reason stays in the record.")
    return reason.strip()


def _keep(
    course: Course, *, before: CoursePhase, reason: str, by: Account, at: dt.datetime
) -> None:
    PhaseChange.objects.create(
        course=course,
        from_phase=before,
        to_phase=course.phase,
        paused=course.is_paused,
        reason=reason,
        by=by,
        at=at,
    )
