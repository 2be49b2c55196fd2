"""HL7 timestamps: ``YYYYMMDDHHMM[SS[.ffff]][±HHMM]`` to and from aware datetimes in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from afterglow.core.errors import InvalidValue

_FORM = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,4}))?)?(?:([+-])(\d\d)(\d\d))?", re.ASCII
)


def parse_time(text: str, *, zone: tzinfo, near: datetime | None = None) -> datetime:
    """Return the instant that ``text`` names, in UTC.

    Without an offset the time is read in ``zone``; where the clock is set back and the hour occurs
    twice, the one closer to ``near`` is meant. Raises InvalidValue for anything that is not a time
    to the minute or better: a date alone is no time of a reading.
    """
    moment = _parse(text)
    if moment.tzinfo is not None:
        return moment
    try:
        first = moment.replace(tzinfo=zone).astimezone(UTC)
        second = moment.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except (OverflowError, ValueError):
        raise InvalidValue(f"{text!r} is outside the calendar.") from None
    if near is None or first == second:
        return first
    return min((first, second), key=lambda at: abs(at - near))


@lru_cache(maxsize=1024)
def _parse(text: str) -> datetime:
    found = _FORM.fullmatch(text)
    if found is None:
        raise InvalidValue(f"{text[:40]!r} is not a time of the form YYYYMMDDHHMM[SS][±HHMM].")
    year, month, day, hour, minute, second, fraction, sign, off_hours, off_minutes = found.groups()
    try:
        moment = datetime(  # noqa: DTZ001 (the zone is added by the caller, or just below)
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")),
        )
        if sign is None:
            return moment
        offset = timedelta(hours=int(off_hours), minutes=int(off_minutes))
        if int(off_minutes) > 59 or offset > timedelta(hours=14):
            raise ValueError
        zone = timezone(-offset if sign == "-" else offset)
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValue(f"{text!r} is not a time that exists.") from None


def format_time(at: datetime) -> str:
    """Return ``at`` for the wire, with its own offset, to the second.

    Raises InvalidValue for a naive datetime: a reading without a zone is a guess.
    """
    if at.tzinfo is None:
        raise InvalidValue(f"{at} has no time zone; a message needs one.")
    return at.strftime("%Y%m%d%H%M%S%z")


def span_words(span: timedelta) -> str:
    """Return a length of time as a sender's log reads it, in whole seconds.

    >>> span_words(timedelta(minutes=9, seconds=59.81)), span_words(timedelta(days=1, hours=2))
    ('10 min 0 s', '1 d 2 h')
    """
    seconds = round(abs(span.total_seconds()))
    for unit, size, part, each in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // each} {part}"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
