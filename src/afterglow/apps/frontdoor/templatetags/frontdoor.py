"""Tags that draw a public page. ``{% load frontdoor %}``."""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import urlparse

from django import template
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.evidence import words
from afterglow.apps.evidence.models import RecordVersion
from afterglow.apps.evidence.spoken import Spoken
from afterglow.apps.frontdoor.forms import OUTCOMES, REASONS, REFERRERS, SCOPES, TIMES, TREATED
from afterglow.apps.frontdoor.ours import our_number
from afterglow.apps.frontdoor.shown import short_value
from afterglow.apps.places.models import Site
from afterglow.core.evidence.figures import Figure
from afterglow.core.frontdoor import (
    ContactReason,
    ContactTime,
    ReferrerKind,
    StoryOutcome,
    StoryScope,
    TreatedCondition,
)
from afterglow.web import clock

register = template.Library()

WEEKDAYS: Final = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


@register.filter
def public_value(figure: Figure) -> str:
    """Return a figure's number with its unit and no interval."""
    return short_value(figure)


@register.filter
def interval_words(figure: Figure) -> str:
    """Return the interval of a figure that has one."""
    given = {
        "level": figure.level,
        "low": f"{figure.low:f}".replace("-", "\u2212"),
        "high": f"{figure.high:f}".replace("-", "\u2212"),
    }
    return _("%(level)s %% interval %(low)s to %(high)s") % given


@register.filter
def public_fields(said: Spoken) -> list[tuple[object, str]]:
    """Return what a record says to visitors: its fields by name, in the reader's language."""
    return [(words.field_words(name), value) for name, value in said.fields]


@register.filter
def host_of(address: str) -> str:
    """Return the host of an address, to be shown instead of the whole."""
    return urlparse(address).hostname or address


@register.filter
def checked_on(version: RecordVersion) -> dt.date | None:
    """Return the day somebody last read a version against its sources."""
    days: list[dt.date] = [check.checked_on for check in version.checks.all()]
    return max(days, default=None)


@register.filter
def weekday(number: int) -> str:
    """Return a weekday's name; Monday is 0."""
    return str(WEEKDAYS[number])


@register.filter
def week_in_words(site: Site) -> list[tuple[str, str]]:
    """Return the hours of a site, days with the same hours together: Monday – Friday, 7:00 – 19:00.

    A closed day is left out.
    """
    runs: list[tuple[int, int, dt.time, dt.time]] = []
    for row in site.hours.all():
        day, opens, closes = row.weekday, row.opens, row.closes
        if runs and runs[-1][1] == day - 1 and runs[-1][2:] == (opens, closes):
            runs[-1] = (runs[-1][0], day, opens, closes)
        else:
            runs.append((day, day, opens, closes))
    return [
        (
            weekday(first) if first == last else f"{weekday(first)} – {weekday(last)}",
            f"{hour(opens)} – {hour(closes)}",
        )
        for first, last, opens, closes in runs
    ]


@register.filter
def hour(at: dt.time) -> str:
    """Return a time of day as 18:35."""
    return time_format(at, "H:i")


@register.filter
def reason_of_contact(code: str) -> str:
    """Return why somebody asks to be called."""
    return str(dict(REASONS).get(ContactReason(code), code))


@register.filter
def time_of_contact(code: str) -> str:
    """Return when a call suits."""
    return str(dict(TIMES).get(ContactTime(code), code))


@register.filter
def referrer_words(code: str) -> str:
    """Return what a provider who refers is."""
    return str(dict(REFERRERS).get(ReferrerKind(code), code))


@register.filter
def treated_words(code: str) -> str:
    """Return what a provider treats."""
    return str(dict(TREATED).get(TreatedCondition(code), code))


@register.filter
def outcome_words(code: str) -> str:
    """Return how it went for who tells a story."""
    return str(dict(OUTCOMES).get(StoryOutcome(code), code))


@register.filter
def scope_words(code: str) -> str:
    """Return where a story may be told."""
    return str(dict(SCOPES).get(StoryScope(code), code))


@register.simple_tag
def our(name: str) -> str:
    """Return a number of the protocol in force for a drawing; nothing when there is none."""
    found = our_number(name, at=clock.now())
    return "" if found is None else found.value
