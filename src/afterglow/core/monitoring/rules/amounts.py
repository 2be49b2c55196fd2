"""What a protocol's monitoring section is made of: times, counts and priorities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority

SCORED_SIGNS = ("moaas", "rass")


def priority_at(section: Section, key: str) -> AlarmPriority:
    """Read a priority. Raises InvalidValue for another word."""
    word = section.text(key)
    try:
        return AlarmPriority(word)
    except ValueError:
        raise InvalidValue(
            f"{section.path}.{key} is {word!r}; it must be one of {', '.join(AlarmPriority)}."
        ) from None


def minutes_at(section: Section, key: str, *, or_none: bool = False) -> timedelta:
    """Read a time in minutes, above 0 unless ``or_none``."""
    return _span(section, key, unit="min", seconds=60, or_none=or_none)


def seconds_at(section: Section, key: str) -> timedelta:
    """Read a time in seconds, above 0."""
    return _span(section, key, unit="s", seconds=1, or_none=False)


def seconds_by_priority(section: Section) -> Mapping[AlarmPriority, timedelta]:
    """Read a time for every priority that is named."""
    return {p: seconds_at(section, p) for p in AlarmPriority if section.has(p)}


def count_at(section: Section, key: str) -> int:
    """Read a whole number from 1 on."""
    number = section.number(key, unit="1")
    if number < 1 or number != int(number):
        raise InvalidValue(f"{section.path}.{key} is {number}; a whole number from 1 is needed.")
    return int(number)


def _span(section: Section, key: str, *, unit: str, seconds: int, or_none: bool) -> timedelta:
    number = section.number(key, unit=unit)
    if number < 0 or (number == 0 and not or_none):
        raise InvalidValue(f"{section.path}.{key} is {number} {unit}; it must be above 0.")
    return timedelta(seconds=float(number * seconds))
