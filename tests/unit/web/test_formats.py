"""Numbers, dates and times as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from afterglow.web import clock, formats
from afterglow.web.forms import DecimalField

AT = datetime(2026, 11, 24, 1, 35, 7, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Decimal("35.00"), "35"),
        (Decimal("0.50"), "0.5"),
        (Decimal("26.3"), "26.3"),
        (Decimal("1.125"), "1.125"),
        (Decimal("100"), "100"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.0"), "0"),
        (1200, "1200"),
        (None, ""),
    ],
)
def test_a_number_keeps_every_digit_and_its_point_in_every_language(
    value: object, words: str, language: str
) -> None:
    with translation.override(language):
        assert formats.number(value) == words


def test_a_template_draws_no_decimal_comma_even_where_no_filter_was_used() -> None:
    page = Template("{{ rate }} {{ rate|floatformat:2 }} {{ share }}")
    with translation.override("es"):
        drawn = page.render(Context({"rate": Decimal("26.3"), "share": 0.5}))

    assert drawn == "26.3 26.30 0.5"


def test_what_a_spanish_form_shows_can_be_posted_back_as_it_stands() -> None:
    field = DecimalField(unit="mg/kg", places=3)
    with translation.override("es"):
        shown = field.prepare_value(Decimal("1.125"))

        assert field.clean(shown) == Decimal("1.125")


def test_a_float_is_refused_because_its_digits_were_given_by_nobody() -> None:
    with pytest.raises(TypeError, match="not an exact number"):
        formats.number(0.1 + 0.2)


def test_a_dose_and_its_unit_never_break_over_two_lines() -> None:
    assert formats.mg(Decimal("35.0")) == "35\xa0mg"
    assert formats.ml(None) == ""


def test_a_time_is_read_on_the_wall_clock_of_the_site() -> None:
    assert formats.clock_time(AT, "America/Denver") == "18:35"
    assert formats.clock_time(AT, "Europe/Madrid") == "02:35"
    assert formats.date_words(AT, "America/Denver") == "23 Nov 2026"
    assert formats.date_time(AT, "Europe/Madrid") == "24 Nov 2026, 02:35"


def test_a_calendar_day_is_not_moved_by_a_time_zone() -> None:
    assert formats.date_words(date(1984, 5, 14), "Pacific/Auckland") == "14 May 1984"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        formats.clock_time(datetime(2026, 11, 24, 1, 35), "UTC")  # noqa: DTZ001  the point


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=1), "now"),
        (timedelta(seconds=119), "119 s ago"),
        (timedelta(seconds=120), "2 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(days=2), "22 Nov 2026"),
        (-timedelta(minutes=5), "in 5 min"),
    ],
)
def test_ago_says_how_old_a_thing_is(back: timedelta, words: str) -> None:
    with clock.fixed(AT):
        assert formats.ago(AT - back) == words


def test_the_day_at_a_site_is_not_the_day_in_london() -> None:
    with clock.fixed(AT):
        assert clock.today("America/Denver") == date(2026, 11, 23)
        assert clock.today("Europe/London") == date(2026, 11, 24)


def test_the_clock_goes_on_after_a_fixed_block() -> None:
    with clock.fixed(AT):
        pass

    assert clock.now() != AT
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("span", "hours", "minutes"),
    [
        (timedelta(minutes=72, seconds=5), "1:12", "72:05"),
        (timedelta(seconds=-72), "−0:01", "−1:12"),
    ],
)
def test_a_length_of_time_keeps_its_sign(span: timedelta, hours: str, minutes: str) -> None:
    assert formats.duration(span) == hours
    assert formats.minutes_seconds(span) == minutes
