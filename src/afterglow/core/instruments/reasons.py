"""The reason codes of instruments."""

from __future__ import annotations

from afterglow.core.decisions import Severity
from afterglow.core.reason_codes import ReasonCode, declare


def _declare(code: str, severity: Severity, pattern: str) -> ReasonCode:
    return declare(code, severity, pattern, subject="instruments")


ANSWER_TO_UNKNOWN_ITEM = _declare(
    "ANSWER_TO_UNKNOWN_ITEM",
    Severity.BLOCKER,
    "There is no item {seen}; the items are {limit}.",
)
ANSWER_NOT_A_NUMBER = _declare(
    "ANSWER_NOT_A_NUMBER",
    Severity.BLOCKER,
    "{seen} is not a whole number; {limit} is needed.",
)
ANSWER_OUT_OF_RANGE = _declare(
    "ANSWER_OUT_OF_RANGE",
    Severity.BLOCKER,
    "{seen} is not an answer; {limit} is needed.",
)
SUICIDE_ITEM_POSITIVE = _declare(
    "SUICIDE_ITEM_POSITIVE",
    Severity.CAUTION,
    "The item about suicide was answered with {seen}; {limit} or more needs a clinician today.",
)
SUICIDE_ITEM_UNANSWERED = _declare(
    "SUICIDE_ITEM_UNANSWERED",
    Severity.CAUTION,
    "The item about suicide was not answered; somebody must ask.",
)
SUICIDE_RISK_FOUND = _declare(
    "SUICIDE_RISK_FOUND",
    Severity.CAUTION,
    "The suicide screen gives the level {seen}; anything but {limit} needs a clinician today.",
)
SUICIDE_SCREEN_INCOMPLETE = _declare(
    "SUICIDE_SCREEN_INCOMPLETE",
    Severity.CAUTION,
    "The suicide screen is incomplete ({seen} unanswered); a clinician must complete it.",
)
ITEM_BELOW_PASS = _declare(
    "ITEM_BELOW_PASS",
    Severity.BLOCKER,
    "{seen} is below the {limit} that this item needs, whatever the total.",
)
TOTAL_BELOW_PASS = _declare(
    "TOTAL_BELOW_PASS",
    Severity.BLOCKER,
    "The total of {seen} is below the {limit} that passes.",
)
TOTAL_MISSING = _declare(
    "TOTAL_MISSING",
    Severity.BLOCKER,
    "There is no total ({seen} unanswered); {limit} is needed to pass.",
)
