"""A site's wall clock and instants: what a person types, and what the database keeps."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from afterglow.core.errors import InvalidValue


def instant(day: dt.date, clock: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Return the instant (UTC) of a wall-clock time.

    A time that occurs twice (the clocks go back) means the first one. Raises InvalidValue for a
    time that does not occur (the clocks go forward) and at the ends of the calendar.
    """
    local = dt.datetime.combine(day, clock, tzinfo=zone)
    try:
        there_and_back = local.astimezone(dt.UTC).astimezone(zone)
    except OverflowError:  # years 1 and 9999: the same hour elsewhere lies outside the calendar
        raise InvalidValue(
            "%(year)s is not a year that can be reckoned with.",
            year=f"{day.year:04d}",
        ) from None
    if there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise InvalidValue(
            "%(clock)s does not occur on %(day)s at this site: the clocks go forward to "
            "%(there_and_back)s.",
            clock=f"{clock:%H:%M}",
            day=f"{day:%d %b %Y}",
            there_and_back=f"{there_and_back:%H:%M}",
        )
    return local.astimezone(dt.UTC)


def latest_instant(
    day: dt.date, clock: dt.time, zone: ZoneInfo, *, until: dt.datetime
) -> dt.datetime:
    """Return the last instant (UTC), not after ``until``, at which a clock showed a time that day.

    Of a time that occurs twice this is the second one once it has come; a time still to come is
    returned as it is. Raises InvalidValue for a time that does not occur.
    """
    first = instant(day, clock, zone)
    second = dt.datetime.combine(day, clock.replace(fold=1), tzinfo=zone).astimezone(dt.UTC)
    return second if first < second <= until else first


def last_shown(
    today: dt.date, clock: dt.time, zone: ZoneInfo, *, until: dt.datetime
) -> dt.datetime:
    """Return the last instant (UTC) at which a clock showed a time: today, else yesterday.

    Of today only where it is not after ``until``. Raises InvalidValue for a time that does not
    occur.
    """
    then = latest_instant(today, clock, zone, until=until)
    if then <= until:
        return then
    return latest_instant(today - dt.timedelta(days=1), clock, zone, until=until)


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Return when a site's day begins and ends (UTC); 23 or 25 hours apart when clocks change."""
    begin = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return begin.astimezone(dt.UTC), end.astimezone(dt.UTC)


def span_words(begin: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> str:
    """Return ``23 Nov 2026, 10:00 to 12:00`` on a site's clock."""
    first, last = begin.astimezone(zone), end.astimezone(zone)
    day = f"{first.day} {first:%b %Y}"
    if first.date() == last.date():
        return f"{day}, {first:%H:%M} to {last:%H:%M}"
    return f"{day}, {first:%H:%M} to {last.day} {last:%b}, {last:%H:%M}"
