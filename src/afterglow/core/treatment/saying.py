"""How rules say a time or a value in a sentence."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

_DAY_H = 24
_MIN_S = 60


def span(time: timedelta) -> str:
    """Return a time as people say it: ``45 s``, ``34 min``, ``5 h 10 min``, ``48 h``, ``365 d``.

    Rounded down to the unit shown; a negative time is said as ``0 min``.
    """
    seconds = max(0, int(time.total_seconds()))
    minutes, rest = divmod(seconds, _MIN_S)
    if minutes < 3 and rest:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, _MIN_S)
    if hours == 0:
        return f"{minutes} min"
    if hours <= 3 * _DAY_H:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // _DAY_H} d"


def number(value: Decimal) -> str:
    """Return a number without needless zeros: ``1.50`` as ``1.5``, ``1E+2`` as ``100``."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(value: date | None) -> str:
    """Return a date as ``23 Nov 2026``, or ``no date``."""
    return "no date" if value is None else f"{value.day} {value:%b %Y}"


def words(code: str) -> str:
    """Return a code's words: ``death_pronounced_at`` as ``death pronounced at``."""
    return code.replace("_", " ")
