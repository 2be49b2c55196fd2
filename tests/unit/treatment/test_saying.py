"""Times, numbers and dates as the sentences say them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from afterglow.core.treatment.saying import day, number, span, words


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(0), "0 min"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(seconds=150), "150 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=34, seconds=20), "34 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=5, minutes=10), "5 h 10 min"),
        (timedelta(hours=48), "48 h"),
        (timedelta(days=365), "365 d"),
    ],
)
def test_a_time_is_said_as_people_say_it(time: timedelta, said: str) -> None:
    assert span(time) == said


@pytest.mark.parametrize(
    ("value", "said"), [("1.50", "1.5"), ("1E+2", "100"), ("100", "100"), ("0.82", "0.82")]
)
def test_a_number_has_no_needless_zeros(value: str, said: str) -> None:
    assert number(Decimal(value)) == said


def test_a_date_is_said_with_its_month_in_letters() -> None:
    assert day(date(2026, 11, 3)) == "3 Nov 2026"
    assert day(None) == "no date"


def test_a_code_is_said_in_words() -> None:
    assert words("death_pronounced_at") == "death pronounced at"
