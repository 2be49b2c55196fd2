"""Accept a course for treatment: the prescriber's decision, with every reason if it cannot be."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses import facts
from afterglow.apps.courses.models import Course, PhaseChange
from afterglow.apps.courses.outcomes import CourseDone, CourseRefused
from afterglow.apps.courses.services.telling import lock_course, tell
from afterglow.core.courses import acceptance
from afterglow.core.courses.phases import COURSE, CourseAction, CoursePhase
from afterglow.core.decisions import Decision, Overrider
from afterglow.core.roles import Action


def judge_acceptance(course: Course, *, eligible: bool, at: dt.datetime) -> Decision:
    """Decide whether the course may be accepted, as the button and the service both ask."""
    return acceptance.assess(facts.acceptance(course, eligible=eligible, at=at))


@transaction.atomic
def accept_course(
    *,
    course: UUID,
    seen: int,
    eligible: bool,
    by: Account,
    at: dt.datetime,
    reason: str = "",
    override_reason: str = "",
) -> CourseDone | CourseRefused:
    """Accept a course; the accepting prescriber becomes its prescriber.

    ``override_reason`` passes what the prescriber may override, and is kept with the codes. A
    course that this person has already accepted is returned as it is.
    """
    row = lock_course(course, action=Action.ACCEPT_COURSE, by=by, at=at)
    if row.accepted_by_id == by.pk and row.phase == CoursePhase.FOUNDATION:
        return CourseDone(row)
    decision = judge_acceptance(row, eligible=eligible, at=at)
    overridden: list[str] = []
    if override_reason.strip():
        overridden = [
            each.code for each in decision.blockers if each.overridable_by is Overrider.PRESCRIBER
        ]
        decision = decision.overriding(dict.fromkeys(overridden, Overrider.PRESCRIBER))
    if decision.refused:
        codes = [each.code for each in decision.blockers]
        tell("course-acceptance-refused", course=row, by=by, at=at, detail={"codes": codes})
        return CourseRefused(row, decision)
    before = CoursePhase(row.phase)
    row.phase = COURSE.step(before, CourseAction.ACCEPT)
    row.accepted_at, row.accepted_by, row.prescriber = at, by, by
    row.save_version(seen=seen)
    PhaseChange.objects.create(
        course=row,
        from_phase=before,
        to_phase=row.phase,
        reason=" ".join(filter(None, (reason.strip(), override_reason.strip()))) or "Accepted.",
        by=by,
        at=at,
    )
    detail = {"changed": {"phase": [str(before), str(row.phase)]}, "overridden": overridden}
    tell("course-accepted", course=row, by=by, at=at, detail=detail)
    return CourseDone(row, decision)
