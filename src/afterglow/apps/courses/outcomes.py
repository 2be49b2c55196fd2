"""What the services of courses give back."""

from __future__ import annotations

from dataclasses import dataclass, field

from afterglow.apps.courses.models import Course
from afterglow.core.decisions import Decision


@dataclass(frozen=True, slots=True)
class CourseDone:
    """The course is as asked; ``decision`` holds what was remarked or overridden."""

    course: Course
    decision: Decision = field(default_factory=Decision)


@dataclass(frozen=True, slots=True)
class CourseRefused:
    """Nothing changed; every reason is in the decision and in the audit."""

    course: Course
    decision: Decision
