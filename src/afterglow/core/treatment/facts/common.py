"""Facts that more than one rule list reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TypeVar

T = TypeVar("T")


class CssrsLevel(IntEnum):
    """The risk level of the C-SSRS screener, in rising order."""

    NONE = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensible:
    """Facts that a later subject may add to without editing them."""

    more: tuple[object, ...] = ()

    def of(self, kind: type[T]) -> T | None:
        """Return the added facts of type ``kind``, or None when nobody added any."""
        return next((each for each in self.more if isinstance(each, kind)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuicideFacts:
    """What was asked about suicide today.

    ``item9`` is PHQ-9 item 9 (0 to 3). ``statement_positive`` is the answer to the plain question
    at check-in, or anything said in the chair. ``level`` is the clinician's C-SSRS level, with
    ``assessed_at``. A positive answer after ``assessed_at`` is a new one.
    """

    asked_at: datetime | None = None
    item9: int | None = None
    statement_positive: bool | None = None
    level: CssrsLevel | None = None
    assessed_at: datetime | None = None
    safety_plan_given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """The product that will run: its substances (drug and excipients) as lower-case names."""

    code: str
    substances: frozenset[str]
    fda_approved: bool
