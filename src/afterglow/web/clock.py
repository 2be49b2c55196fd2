"""The one clock. Everything that needs "now" or a site's "today" asks here.

UTC inside, the site's zone for people. Tests set it:

>>> from datetime import UTC, datetime
>>> with fixed(datetime(2026, 11, 23, 18, 35, tzinfo=UTC)):
...     today("America/Denver").isoformat()
'2026-11-23'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone

_now: Callable[[], datetime] | None = None


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _now() if _now is not None else datetime.now(UTC)


def zone_of(place: object) -> tzinfo:
    """Return the time zone of a zone, a zone's name, or anything with a ``zone`` attribute.

    ``None`` and ``""`` mean the zone Django has activated. A name that does not exist raises
    ``ZoneInfoNotFoundError``.
    """
    if place is None or place == "":
        return timezone.get_current_timezone()
    if isinstance(place, tzinfo):
        return place
    if isinstance(place, str):
        return ZoneInfo(place)
    if hasattr(place, "zone"):
        return zone_of(place.zone)
    raise TypeError(f"{place!r} is neither a time zone nor a place that has one.")


def local(at: datetime, zone: object = None) -> datetime:
    """Return ``at`` as the wall clock of ``zone`` shows it (the same instant)."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; instants in Afterglow are aware.")
    return at.astimezone(zone_of(zone))


def today(zone: object = None) -> date:
    """Return the calendar day it is now in ``zone``."""
    return local(now(), zone).date()


@contextmanager
def fixed(at: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Make :func:`now` answer ``at`` (or call it) inside the block, in every thread; for tests."""
    global _now
    before = _now
    _now = at if callable(at) else lambda: at
    try:
        yield
    finally:
        _now = before
