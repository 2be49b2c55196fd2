"""What holds the way home, apart: what only waits to be filled in, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from afterglow.apps.treatment.models import Recovery
from afterglow.core.decisions import Decision, Reason
from afterglow.web.sentences import sentence_of, value_words

CRITERIA: Final = "criteria"
_PLACES: Final[Mapping[str, str]] = {"MOAA/S": "moaas", "dissociation": "dissociation"}
"""Where a question is answered, if not among the criteria."""
_UNANSWERED: Final[Mapping[str, str]] = {
    "NOT_TOLD_NO_DRIVING": "told_no_driving",
    "INSTRUCTIONS_NOT_GIVEN": "written_instructions",
    "PHONE_NOT_GIVEN": "phone_24_h_given",
    "ESCORT_NOT_PRESENT": "escort_present",
    "ESCORT_NOT_ADULT": "escort_is_adult",
}
"""A reason that says no more than "not answered yet" while this answer is blank."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to fill in: its code, its words, and the part of the page where it is."""

    code: str
    words: str
    place: str


@dataclass(frozen=True, slots=True)
class Going:
    """The panel. ``page`` is the address of the recovery page, or nothing on it."""

    waiting: tuple[Waiting, ...]
    found: Decision
    overridable: bool
    page: str = ""


def going(decision: Decision, recovery: Recovery, *, page: str = "") -> Going:
    """Part a discharge decision. What an ending must have on record is asked where it is chosen."""
    waiting, found = [], []
    for reason in decision:
        if reason.code == "ENDING_FIELD_MISSING":
            continue
        place = _place(reason, recovery) if reason.blocks else ""
        if place:
            words = value_words(reason.seen) if _is_question(reason) else sentence_of(reason)
            waiting.append(Waiting(reason.code, words, place))
        else:
            found.append(reason)
    return Going(tuple(waiting), Decision(tuple(found)), bool(decision.overridable), page)


def _is_question(reason: Reason) -> bool:
    return reason.code == "DISCHARGE_CHECK_MISSING"


def _place(reason: Reason, recovery: Recovery) -> str:
    """Return where the reason is answered when it only waits for an answer; nothing otherwise."""
    if _is_question(reason):
        return _PLACES.get(reason.seen, CRITERIA)
    if reason.code == "RECOVERY_SCORE_MISSING":
        return "aldrete"
    if reason.code in ("DISCHARGE_VITALS_MISSING", "DISCHARGE_VITALS_BEFORE_RECOVERY"):
        return "readings"
    if reason.code in ("SUICIDE_NOT_ASKED_BEFORE_LEAVING", "ESCORT_DETAIL_MISSING"):
        return CRITERIA
    answer = _UNANSWERED.get(reason.code)
    return CRITERIA if answer is not None and getattr(recovery, answer) is None else ""
