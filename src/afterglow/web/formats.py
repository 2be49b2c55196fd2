"""How numbers, dates and times read to people. Text out of values; no HTML.

>>> number(Decimal("35.00")), mg(Decimal("0.50"))
('35', '0.5\\xa0mg')
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from afterglow.web import clock
from afterglow.web.sentences import name_words

NBSP = "\N{NO-BREAK SPACE}"


def as_decimal(value: object) -> Decimal:
    """Return ``value`` as a Decimal; a quantity is asked for the amount it holds.

    A float is refused: it would show digits that nobody gave.
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        return Decimal(value)
    for name in ("amount", "magnitude", "value"):
        inner = getattr(value, name, None)
        if isinstance(inner, Decimal | int):
            return Decimal(inner)
    raise TypeError(f"{value!r} is not an exact number.")


def number(value: object, places: int | None = None) -> str:
    """Return an exact number without trailing zeros, with a decimal point in every language.

    A pump, a vial and the record show a point; a comma that is overlooked is a tenfold dose.
    ``places`` fixes the digits after the point instead (half up). ``None`` gives an empty text.
    """
    if value is None or value == "":
        return ""
    exact = as_decimal(value)
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        text = f"{exact:f}"
    else:
        text = f"{exact:f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    return text


def with_unit(value: object, unit: str, places: int | None = None) -> str:
    """Return a number and its unit, kept together on one line."""
    text = number(value, places)
    return f"{text}{NBSP}{unit}" if text else ""


def mg(value: object) -> str:
    """Return milligrams."""
    return with_unit(value, "mg")


def ml(value: object) -> str:
    """Return millilitres."""
    return with_unit(value, "mL")


def clock_time(at: datetime | None, site: object = None) -> str:
    """Return ``18:35`` on the wall clock of ``site``; 24 hours in every language."""
    return clock.local(at, site).strftime("%H:%M") if at is not None else ""


def clock_seconds(at: datetime | None, site: object = None) -> str:
    """Return ``18:35:07`` on the wall clock of ``site``."""
    return clock.local(at, site).strftime("%H:%M:%S") if at is not None else ""


def date_words(day: date | datetime | None, site: object = None) -> str:
    """Return ``23 Nov 2026``; an instant is first read on the wall clock of ``site``."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = clock.local(day, site).date()
    # Spanish writes months small; the pattern is the translator's.
    return formats.date_format(day, pgettext("date pattern", "j M Y"), use_l10n=False)


def date_time(at: datetime | None, site: object = None) -> str:
    """Return ``23 Nov 2026, 18:35``."""
    return f"{date_words(at, site)}, {clock_time(at, site)}" if at is not None else ""


def duration(span: timedelta | None) -> str:
    """Return a length of time as ``1:12`` (hours:minutes) or ``0:40``; negative keeps its sign."""
    if span is None:
        return ""
    seconds = int(span.total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds % 3600 // 60:02d}"


def minutes_seconds(span: timedelta | None) -> str:
    """Return a length of time as ``18:30`` (minutes:seconds); negative keeps its sign."""
    if span is None:
        return ""
    seconds = int(span.total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 60}:{seconds % 60:02d}"


def how_long(span: timedelta | None) -> str:
    """Return a length of time in words, whatever its sign: ``9 s``, ``10 min``, ``2 h 5 min``."""
    if span is None:
        return ""
    seconds = round(abs(span.total_seconds()))
    if seconds < 60:
        return _("%(count)d s") % {"count": seconds}
    if seconds < 3600:
        return _("%(count)d min") % {"count": seconds // 60}
    if seconds < 172800:
        hours = _("%(count)d h") % {"count": seconds // 3600}
        minutes = _("%(count)d min") % {"count": seconds % 3600 // 60}
        return f"{hours} {minutes}" if seconds % 3600 >= 60 else hours
    return ngettext("%(count)d day", "%(count)d days", seconds // 86400) % {
        "count": seconds // 86400
    }


def ago(at: datetime | None) -> str:
    """Return how long ago in the words of a glance: ``12 s ago``, ``2 min ago``, ``3 h ago``.

    From two days on it is the date. An instant to come reads ``in 5 min``.
    """
    if at is None:
        return ""
    seconds = int((clock.now() - at).total_seconds())
    ahead, seconds = seconds < 0, abs(seconds)
    if seconds < 2:
        return _("now")
    if seconds < 120:
        amount = _("%(count)d s") % {"count": seconds}
    elif seconds < 7200:
        amount = _("%(count)d min") % {"count": seconds // 60}
    elif seconds < 172800:
        amount = _("%(count)d h") % {"count": seconds // 3600}
    else:
        return date_words(at)
    return (_("in %(amount)s") if ahead else _("%(amount)s ago")) % {"amount": amount}


def age_words(years: int) -> str:
    """Return ``42 years``."""
    return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}


_POLICY = re.compile(r"HALF_(UP|DOWN)_TO_(\d+)(?:_(\d+))?_(MG|ML_PER_H|ML)")
_POLICY_UNITS = {"MG": "mg", "ML": "mL", "ML_PER_H": "mL/h"}

_MADE_OF = re.compile(r"(?<= (?:mL|mg) )(taken out|drug|residual|line)\b")


def rounding_words(text: str) -> str:
    """Return a line of arithmetic with each rounding policy's name said in words.

    >>> rounding_words("35.2 mg, HALF_DOWN_TO_0_5_MG")
    '35.2 mg, to the nearest 0.5\\xa0mg, halves down'
    """

    def said(found: re.Match[str]) -> str:
        whole, part = found[2], found[3]
        step = with_unit(f"{whole}.{part}" if part else whole, _POLICY_UNITS[found[4]])
        if found[1] == "UP":
            return _("to the nearest %(step)s, halves up") % {"step": step}
        return _("to the nearest %(step)s, halves down") % {"step": step}

    return _MADE_OF.sub(lambda found: name_words(found[1]), _POLICY.sub(said, text))
