"""Filters: ``{{ at|clock_time:site }}``, ``{{ day|date_words }}``, ``{{ dose|mg }}``."""

from __future__ import annotations

from django import template

from afterglow.web import formats

register = template.Library()

for _function in (
    formats.number,
    formats.mg,
    formats.ml,
    formats.with_unit,
    formats.clock_time,
    formats.clock_seconds,
    formats.date_words,
    formats.date_time,
    formats.duration,
    formats.minutes_seconds,
    formats.ago,
    formats.age_words,
    formats.rounding_words,
):
    register.filter(_function.__name__, _function)


@register.filter
def iso(at: object) -> str:
    """Return an instant for a ``datetime`` or ``data-`` attribute."""
    return at.isoformat() if hasattr(at, "isoformat") else ""
