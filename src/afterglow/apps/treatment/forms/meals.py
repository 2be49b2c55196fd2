"""Times that patients often give for the last meal and the last drink, for one press each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.forms import Form
from django.utils.translation import gettext as _

_LAST_NIGHT = {"last_solid_at": (18, 20, 22), "last_clear_fluid_at": (20, 22)}
_AGO = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Meal:
    """One field, by its id on the page, with what may be pressed: words, and the field's text."""

    place: str
    times: tuple[tuple[str, str], ...]


def usual_times(form: Form, *, now: dt.datetime) -> list[Meal]:
    """Return the times for each field. ``now`` is on the site's wall clock."""
    evening = (now - dt.timedelta(days=1)).replace(minute=0)
    found = []
    for name, hours in _LAST_NIGHT.items():
        times = [evening.replace(hour=hour) for hour in hours]
        if name == "last_clear_fluid_at":
            recent = now - _AGO
            times.append(recent.replace(minute=recent.minute // 5 * 5))
        pressed = ((_words(each, now), f"{each:%Y-%m-%d %H:%M}") for each in times)
        found.append(Meal(str(form[name].auto_id), tuple(pressed)))
    return found


def _words(at: dt.datetime, now: dt.datetime) -> str:
    time = {"time": f"{at:%H:%M}"}
    return (
        _("Today %(time)s") % time if at.date() == now.date() else _("Last night %(time)s") % time
    )
