"""Whether an appointment may stand: one row a reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Severity
from afterglow.core.scheduling.booking import BookingFacts, Taken, assess

STARTS = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BY_ANOTHER = Taken(who="Room 1", by="an infusion at 15:00")
STANDING = BookingFacts(
    starts=STARTS,
    ends=STARTS + timedelta(minutes=120),
    starts_words="23 Nov 2026 15:00",
    day_begins=STARTS - timedelta(hours=10),
    today_words="23 Nov 2026",
    course_phase=CoursePhase.FOUNDATION,
    course_paused=False,
    room_name="Room 1",
    site_name="Harbour",
    room_is_of_site=True,
    room_active=True,
    within_hours=True,
    hours_words="08:00 to 18:00",
    clinician_name="The clinician",
    clinician_on_shift=True,
)


def test_a_free_place_in_hours_is_booked_without_a_word() -> None:
    assert assess(STANDING).reasons == ()


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"room_taken": BY_ANOTHER}, "ROOM_TAKEN", Severity.BLOCKER),
        ({"clinician_taken": BY_ANOTHER}, "CLINICIAN_TAKEN", Severity.BLOCKER),
        ({"patient_taken": BY_ANOTHER}, "PATIENT_TAKEN", Severity.BLOCKER),
        ({"course_phase": CoursePhase.CLOSED}, "BOOKING_COURSE_CLOSED", Severity.BLOCKER),
        ({"course_paused": True}, "BOOKING_COURSE_PAUSED", Severity.BLOCKER),
        ({"course_phase": CoursePhase.SCREENING}, "BOOKING_BEFORE_ACCEPTANCE", Severity.CAUTION),
        ({"ends": STARTS + timedelta(minutes=14)}, "BOOKING_LENGTH", Severity.BLOCKER),
        ({"ends": STARTS + timedelta(minutes=601)}, "BOOKING_LENGTH", Severity.BLOCKER),
        ({"day_begins": STARTS + timedelta(hours=1)}, "BOOKING_IN_THE_PAST", Severity.BLOCKER),
        ({"room_is_of_site": False}, "ROOM_AT_ANOTHER_SITE", Severity.BLOCKER),
        ({"room_active": False}, "ROOM_NOT_IN_USE", Severity.BLOCKER),
        ({"within_hours": False}, "OUTSIDE_OPENING_HOURS", Severity.CAUTION),
        ({"clinician_on_shift": False}, "CLINICIAN_OFF_SHIFT", Severity.CAUTION),
    ],
)
def test_an_appointment_is_refused_or_remarked_for_what_stands_in_its_way(
    changes: dict[str, Any], code: str, severity: Severity
) -> None:
    (reason,) = assess(replace(STANDING, **changes))

    assert (reason.code, reason.severity) == (code, severity)
