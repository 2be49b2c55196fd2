"""A clock that is off is told apart from messages that were held back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.device_clock import UNKNOWN, DeviceClock

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOURS = timedelta(hours=2)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def after(clock: DeviceClock, *messages: tuple[float, float]) -> DeviceClock:
    """Return what is known after messages: seconds after AT, and how far each is off."""
    for at, offset in messages:
        clock = clock.heard(seconds(offset), AT + seconds(at))
    return clock


def test_a_clock_that_is_right_is_known_at_its_first_message() -> None:
    assert after(UNKNOWN, (0, -0.2)).ahead == seconds(-0.2)


@pytest.mark.parametrize("offset", [-360, -7200, 600, -8e8])
def test_a_clock_that_is_off_is_known_when_it_has_been_for_ten_seconds(offset: float) -> None:
    told = after(UNKNOWN, *((n, offset + n % 2) for n in range(10)))
    known = after(told, (10, offset))

    assert told.ahead is None
    assert known.ahead == seconds(offset)
    assert known.measured(AT + seconds(offset)) == AT
    assert known.corrects == seconds(offset)


def test_what_is_handed_over_after_ten_minutes_without_a_line_is_no_clock_that_is_behind() -> None:
    right = after(UNKNOWN, (0, 0))
    # Six hundred messages in thirty seconds: each says less than the one before it.
    queue = [(600 + n / 20, -(600 - n + n / 20)) for n in range(600)]

    found = right
    for each in queue:
        found = after(found, each)
        assert found.ahead == right.ahead

    assert after(UNKNOWN, *queue[:300]).ahead is None


def test_a_clock_that_was_set_is_not_corrected_by_what_it_was() -> None:
    behind = after(UNKNOWN, (0, -7200), (10, -7200))

    assert after(behind, (11, 0)).ahead == timedelta()
    assert after(behind, (11, -600)).ahead is None
    assert after(behind, (11, -600), (21, -600)).ahead == seconds(-600)
    assert after(behind, (11, -9000)).ahead == seconds(-7200), "it may have been held back"
    assert after(behind, *((n, -9000) for n in range(11, 71))).ahead == seconds(-7200)
    assert after(behind, *((n, -9000) for n in range(11, 72))).ahead == seconds(-9000)


@pytest.mark.parametrize(("known", "apart"), [(0, 1), (0, 10), (-7200, 10), (-50, 60)])
def test_what_is_handed_over_as_life_goes_is_no_clock_that_was_set_back(
    known: float, apart: int
) -> None:
    clock = after(UNKNOWN, (0, known), (10, known))
    times = max(4, 60 // apart)
    queue = [(700 + apart * n, known - 690) for n in range(times)]

    assert after(clock, *queue).ahead == clock.ahead
    last = 700 + apart * times
    assert after(clock, *queue, (last, known - 690)).ahead == seconds(known - 690)


@pytest.mark.parametrize("gained", [5.5, 6, 59])
def test_a_known_clock_that_says_a_little_more_is_followed_at_once(gained: float) -> None:
    behind = after(UNKNOWN, (0, -7200), (10, -7200))

    assert after(behind, (11, -7200 + gained)).ahead == seconds(-7200 + gained)
    assert after(behind, (11, -7200 + 61)).ahead is None, "it was set"


def test_what_no_clock_can_say_changes_nothing_that_is_known() -> None:
    behind = after(UNKNOWN, (0, -7200), (10, -7200))
    years = timedelta(days=365_001)

    for odd in (years, -years):
        assert behind.heard(odd, AT + seconds(11)) == behind
        assert UNKNOWN.heard(odd, AT) == UNKNOWN


def test_the_ends_of_the_calendar_stay_what_they_are() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert DeviceClock(seconds(7200)).corrected(first) == first
    assert DeviceClock(seconds(7200)).measured(first) == first
    assert DeviceClock(seconds(-7200)).corrected(last) == last


def test_a_clock_that_goes_a_little_slow_is_followed_and_never_unknown() -> None:
    clock = after(UNKNOWN, (0, -7200), (10, -7200))
    for minute in range(1, 600):
        clock = after(clock, (60 * minute, -7200 + minute / 10))
        assert clock.ahead is not None
        assert abs(clock.ahead - seconds(-7200 + minute / 10)) < seconds(6)


def test_ours_set_back_begins_anew() -> None:
    assert after(UNKNOWN, (100, -400), (0, -400), (9, -400)).ahead is None
    assert after(UNKNOWN, (100, -400), (0, -400), (10, -400)).ahead == seconds(-400)


def test_less_than_a_minute_is_not_corrected_and_less_than_a_breath_not_at_all() -> None:
    assert DeviceClock(seconds(-45)).corrects == timedelta()
    assert DeviceClock(seconds(-45)).measured(AT) == AT + seconds(45)
    assert DeviceClock(seconds(3)).measured(AT) == AT
    assert UNKNOWN.measured(AT) == AT


def test_an_arrival_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidValue, match="needs a zone"):
        UNKNOWN.heard(seconds(1), datetime(2026, 11, 23, 9))  # noqa: DTZ001
