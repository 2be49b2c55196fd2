"""The words of courses' codes, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.core.courses.phases import CourseAction, CoursePhase

PHASE: Final[dict[str, str | Promise]] = {
    CoursePhase.SCREENING: _("Screening"),
    CoursePhase.FOUNDATION: _("Foundation"),
    CoursePhase.MAINTENANCE: _("Long-term care"),
    CoursePhase.CLOSED: _("Closed"),
}
ACTION: Final[dict[str, str | Promise]] = {
    CourseAction.ACCEPT: _("Accept for treatment"),
    CourseAction.CONTINUE_LONG_TERM: _("Go on to long-term care"),
    CourseAction.REPEAT_FOUNDATION: _("Repeat the foundation"),
    CourseAction.CLOSE: _("Close the course"),
}
