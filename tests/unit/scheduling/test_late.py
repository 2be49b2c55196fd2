"""Being late is a flag of an expected appointment."""

from datetime import UTC, datetime, timedelta

import pytest

from afterglow.core.scheduling.appointments import AppointmentState, is_late

STARTS = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GRACE = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("state", "minutes", "late"),
    [
        (AppointmentState.BOOKED, 11, True),
        (AppointmentState.CONFIRMED, 11, True),
        (AppointmentState.CONFIRMED, 10, False),
        (AppointmentState.BOOKED, -5, False),
        (AppointmentState.ARRIVED, 60, False),
        (AppointmentState.NO_SHOW, 60, False),
    ],
)
def test_who_is_expected_and_past_the_grace_is_late(
    state: AppointmentState, minutes: int, late: bool
) -> None:
    at = STARTS + timedelta(minutes=minutes)

    assert is_late(state, starts_at=STARTS, at=at, grace=GRACE) is late
