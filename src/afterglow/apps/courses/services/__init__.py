"""The verbs that open, accept, pause and move a course."""

from afterglow.apps.courses.services.accepting import accept_course, judge_acceptance
from afterglow.apps.courses.services.opening import change_protocol, edit_course, open_course
from afterglow.apps.courses.services.phases import change_phase, pause_course, resume_course

__all__ = [
    "accept_course",
    "change_phase",
    "change_protocol",
    "edit_course",
    "judge_acceptance",
    "open_course",
    "pause_course",
    "resume_course",
]
