"""The words of the public face: what a visitor may ask for, and the kinds of block of a page."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

NUMBER: Final = re.compile(r"\+?[0-9][0-9 ().\-/]{5,30}[0-9]", re.ASCII)
DIGITS: Final = range(10, 16)
"""With an area code, and at most what a number of any country has (ITU-T E.164)."""
ADDRESS: Final = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)*\.[^\W\d_]{2,}")


def reaches(text: str) -> bool:
    """Return whether words hold a telephone number or an e-mail address.

    >>> reaches("(617) 555-0142, ask for Sol"), reaches("sol@example.org"), reaches("not a phone")
    (True, True, False)
    """
    numbers = NUMBER.findall(text)
    if any(sum(map(str.isdigit, number)) in DIGITS for number in numbers):
        return True
    return ADDRESS.search(text) is not None


class ContactReason(StrEnum):
    """Why somebody asks to be called."""

    CONSULTATION = "consultation"
    QUESTION = "question"
    COSTS = "costs"
    REFERRAL = "referral"


class ContactTime(StrEnum):
    """When a call suits."""

    WEEKDAY_MORNING = "weekday_morning"
    WEEKDAY_AFTERNOON = "weekday_afternoon"
    WEEKDAY_EVENING = "weekday_evening"
    SATURDAY = "saturday"


class ReferrerKind(StrEnum):
    """What a provider who refers is."""

    THERAPIST = "therapist"
    PSYCHIATRIST = "psychiatrist"
    PRIMARY_CARE = "primary_care"
    OTHER = "other"


class TreatedCondition(StrEnum):
    """What a provider treats, in words wide enough to name no patient."""

    DEPRESSION = "depression"
    ANXIETY = "anxiety"
    TRAUMA = "trauma"
    SUBSTANCE_USE = "substance_use"
    PAIN = "pain"
    OTHER = "other"


class StoryOutcome(StrEnum):
    """How it went for the person who tells a story; stories of every kind are told."""

    HELPED = "helped"
    HELPED_FOR_A_TIME = "helped_for_a_time"
    NOT_HELPED = "not_helped"


class StoryScope(StrEnum):
    """Where the person agreed that the story may be told."""

    SITE = "site"
    SITE_AND_LETTERS = "site_and_letters"


class BlockKind(StrEnum):
    """What a block of a page is. The anchor of a block begins with it, so it is signed with it."""

    DESCRIPTION = "description"
    LEAD = "lead"
    TEXT = "text"
    CARDS = "cards"
    STEPS = "steps"
    NOTE = "note"
    CALL = "call"
    QUESTIONS = "questions"
    TABLE = "table"
    ICONS = "icons"
    SAID = "said"
    RECORDS = "records"
    SITES = "sites"
    MECHANISM = "mechanism"
    PRICES = "prices"
    TIMELINE = "timeline"
    STORIES = "stories"
    TYPICAL = "typical"

    @property
    def compares(self) -> bool:
        """Whether its figures stand side by side, so that like-with-like holds among them."""
        return self in (BlockKind.TABLE, BlockKind.ICONS)

    @property
    def stands_alone(self) -> bool:
        """Whether it shows something by itself, so that it may be without words."""
        return self in (BlockKind.SITES, BlockKind.MECHANISM, BlockKind.PRICES, BlockKind.STORIES)

    @property
    def corrects(self) -> bool:
        """Whether it shows a claim only to correct it."""
        return self is BlockKind.SAID


def kind_of_anchor(anchor: str) -> BlockKind:
    """Return the kind that an anchor such as ``text-3`` begins with; plain text when none."""
    head = anchor.rpartition("-")[0]
    return next((kind for kind in BlockKind if kind == head), BlockKind.TEXT)
