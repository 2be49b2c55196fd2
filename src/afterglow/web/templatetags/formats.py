"""Filters: ``{{ at|clock_time:site }}``, ``{{ day|date_words }}``, ``{{ dose|mg }}``."""

from __future__ import annotations

from typing import Any

from django import template

from afterglow.core.decisions import Reason
from afterglow.web import formats
from afterglow.web.sentences import name_words, sentence_of, stored_sentence

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
    formats.how_long,
    formats.age_words,
    formats.rounding_words,
):
    register.filter(_function.__name__, _function)


@register.filter
def said(reason: Reason) -> str:
    """Return a reason's sentence in the reader's language."""
    return sentence_of(reason)


@register.filter
def kept(reason: Any) -> str:
    """Return the sentence of a row that keeps a reason, in the reader's language."""
    return stored_sentence(reason.code, reason.sentence, seen=reason.seen, limit=reason.limit)


@register.filter
def named(name: object) -> str:
    """Return the name of something defined by data in the reader's language."""
    return name_words(str(name or ""))


@register.filter
def iso(at: object) -> str:
    """Return an instant for a ``datetime`` or ``data-`` attribute."""
    return at.isoformat() if hasattr(at, "isoformat") else ""
