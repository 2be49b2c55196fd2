"""The verbs that book, move and end appointments, and plan shifts."""

from afterglow.apps.scheduling.services.appointments import (
    book_appointment,
    reschedule_appointment,
)
from afterglow.apps.scheduling.services.shifts import plan_shift, remove_shift
from afterglow.apps.scheduling.services.steps import (
    begin_session,
    cancel_appointment,
    confirm_appointment,
    expect_late,
    finish_appointment,
    mark_no_show,
    record_arrival,
)

__all__ = [
    "begin_session",
    "book_appointment",
    "cancel_appointment",
    "confirm_appointment",
    "expect_late",
    "finish_appointment",
    "mark_no_show",
    "plan_shift",
    "record_arrival",
    "remove_shift",
    "reschedule_appointment",
]
