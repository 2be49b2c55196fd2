"""How a message would be read, segment by segment; an adapter outside fills it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from afterglow.apps.monitoring.incoming import HowToRead


class Reading(StrEnum):
    """What becomes of one segment."""

    READ = "read"
    DOUBTED = "doubted"
    REVIEW = "review"
    IGNORED = "ignored"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class ExplainedSegment:
    """One segment: its text, what becomes of it, and why in words."""

    name: str
    text: str = field(repr=False)
    reading: Reading
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Explained:
    """A whole message. ``answer`` is what its sender would be told, empty where it asks nothing."""

    segments: tuple[ExplainedSegment, ...]
    problems: tuple[str, ...] = ()
    answer: str = ""


def explain(content: bytes, how: HowToRead, *, at: datetime) -> Explained:
    """Return how a message that arrives at ``at`` would be read. Nothing is stored."""
    found = import_string(settings.AFTERGLOW_MESSAGE_EXPLAINER)
    return cast("Callable[..., Explained]", found)(content, how, at=at)
