"""May this course be accepted for treatment? The decision belongs to the prescriber."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from afterglow.core.courses.phases import COURSE, CourseAction, CoursePhase
from afterglow.core.decisions import Decision, Overrider, Reason
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("course")

NOT_IN_SCREENING: Final = _SUBJECT.blocker(
    "COURSE_NOT_IN_SCREENING", "The course is in the phase {seen} and cannot be accepted again."
)
INDICATION_MISSING: Final = _SUBJECT.blocker(
    "COURSE_WITHOUT_INDICATION", "The course has no indication."
)
NOT_DECIDED: Final = _SUBJECT.blocker(
    "ELIGIBILITY_NOT_DECIDED", "No prescriber has decided that the patient is eligible."
)
NOT_ELIGIBLE: Final = _SUBJECT.blocker(
    "NOT_ELIGIBLE", "The eligibility decision refuses treatment: {seen}."
)
OUTSIDE_CLINICIAN_MISSING: Final = _SUBJECT.blocker(
    "OUTSIDE_CLINICIAN_MISSING",
    "No outside clinician is named who confirms the diagnosis and works with the clinic.",
    by=Overrider.PRESCRIBER,
    source="clinical reference 1.1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceFacts:
    """What accepting a course rests on."""

    phase: CoursePhase
    indication: str
    decided_by_prescriber_at: datetime | None
    eligibility: Decision | None
    outside_clinician_named: bool


def assess(facts: AcceptanceFacts) -> Decision:
    """Decide whether the course may be accepted, with every reason if not."""
    return Decision.from_reasons(_reasons(facts))


def _reasons(facts: AcceptanceFacts) -> Iterator[Reason]:
    if not COURSE.can(facts.phase, CourseAction.ACCEPT):
        yield NOT_IN_SCREENING.reason(seen=facts.phase)
    if not facts.indication.strip():
        yield INDICATION_MISSING.reason()
    if facts.decided_by_prescriber_at is None or facts.eligibility is None:
        yield NOT_DECIDED.reason()
    elif facts.eligibility.refused:
        yield NOT_ELIGIBLE.reason(seen=", ".join(r.code for r in facts.eligibility.blockers))
    if not facts.outside_clinician_named:
        yield OUTSIDE_CLINICIAN_MISSING.reason()
