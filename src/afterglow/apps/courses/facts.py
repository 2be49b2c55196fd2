"""What accepting a course rests on."""

from __future__ import annotations

import datetime as dt

from afterglow.apps.courses.models import Course
from afterglow.apps.people.services.care_team import outside_clinician_named
from afterglow.core.courses.acceptance import AcceptanceFacts
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision


def acceptance(course: Course, *, eligible: bool, at: dt.datetime) -> AcceptanceFacts:
    """Gather the facts; ``eligible`` is the prescriber's own decision, made by accepting at ``at``.

    The eligibility screen is a later subject: until then the prescriber's word stands for it.
    """
    return AcceptanceFacts(
        phase=CoursePhase(course.phase),
        indication=course.indication,
        decided_by_prescriber_at=at if eligible else None,
        eligibility=Decision() if eligible else None,
        outside_clinician_named=outside_clinician_named(
            course.patient, on=course.site.local_date(at)
        ),
    )
