"""Days of appointments as a page lists them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise

from afterglow.apps.places.models import Site
from afterglow.apps.scheduling import queries
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.words import CHIP, STATE


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """One appointment with the words of its state."""

    appointment: Appointment
    state: str | Promise
    chip: str
    late: bool


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """One day of a site."""

    day: dt.date
    is_today: bool
    lines: tuple[AgendaLine, ...]


def week_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the Monday and the Sunday around a day."""
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def agenda(site: Site, first: dt.date, last: dt.date, *, at: dt.datetime) -> list[AgendaDay]:
    """Return the days from first to last, each with its appointments in order."""
    rows = queries.appointments_between(site, first, last)
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        AgendaDay(
            day,
            day == site.local_date(at),
            tuple(
                AgendaLine(row, STATE[row.state], CHIP[row.state], queries.late(row, at=at))
                for row in rows
                if site.local_date(row.during.lower) == day
            ),
        )
        for day in days
    ]
