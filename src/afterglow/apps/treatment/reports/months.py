"""A month on a site's own calendar."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.times import day_bounds
from afterglow.core.errors import InvalidValue

_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month of a site: its first day, and its instants from and until."""

    first: dt.date
    begins: dt.datetime
    ends: dt.datetime

    @property
    def text(self) -> str:
        """As an address names it: 2026-11."""
        return f"{self.first:%Y-%m}"

    @property
    def before(self) -> str:
        """The month before, as an address names it."""
        return f"{self.first - dt.timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        """The month after, as an address names it."""
        return f"{_next(self.first):%Y-%m}"


def _next(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=31)).replace(day=1)


def month_of(site: Site, text: str, *, at: dt.datetime) -> Month:
    """Return the month that ``text`` names (2026-11); nothing names the present one.

    Raises InvalidValue for what is no month.
    """
    if text:
        found = _MONTH.fullmatch(text)
        if found is None:
            raise InvalidValue("“%(seen)s” is not a month. Write it as 2026-11.", seen=text[:20])
        first = dt.date(int(found[1]), int(found[2]), 1)
    else:
        first = site.local_date(at).replace(day=1)
    begins = day_bounds(first, site.zone)[0]
    return Month(first, begins, day_bounds(_next(first), site.zone)[0])
