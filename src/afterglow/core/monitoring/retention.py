"""May a month of device readings leave the database for an archive file?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from afterglow.core.cited import Section
from afterglow.core.decisions import Decision, Severity
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import declare

_SUBJECT = "archive"
SESSION_IS_OPEN = declare(
    "ARCHIVE_SESSION_IS_OPEN",
    Severity.BLOCKER,
    "{seen} sessions are open; readings are archived when there is none.",
    subject=_SUBJECT,
)
TOO_YOUNG = declare(
    "ARCHIVE_TOO_YOUNG",
    Severity.BLOCKER,
    "The newest readings are of {seen}; they stay in the database until {limit}.",
    subject=_SUBJECT,
)
RULE_NOT_APPROVED = declare(
    "ARCHIVE_RULE_NOT_APPROVED",
    Severity.BLOCKER,
    "The retention rule {seen} is proposed and not approved by a medical director.",
    subject=_SUBJECT,
)
NOT_SIGNED = declare(
    "ARCHIVE_NOT_SIGNED",
    Severity.BLOCKER,
    "{seen} sessions with readings in this month are not signed.",
    subject=_SUBJECT,
)
IN_REVIEW = declare(
    "ARCHIVE_IN_REVIEW",
    Severity.BLOCKER,
    "{seen} messages of this month still wait in the review queue.",
    subject=_SUBJECT,
)
STILL_NEEDED = declare(
    "ARCHIVE_STILL_NEEDED",
    Severity.BLOCKER,
    "{seen} readings that stay were made of messages of this month.",
    subject=_SUBJECT,
)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long readings stay, and whether a director approved that. ``name`` is key and version."""

    name: str
    keep_months: int
    approved: bool


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """One month of readings: the month its newest row is of, and what still holds on to it."""

    newest: date
    open_sessions: int
    unsigned_sessions: int
    in_review: int
    needed_by: int


def retention_rule(name: str, body: Mapping[str, Any], *, approved: bool) -> RetentionRule:
    """Read a retention definition. Raises InvalidValue when its number is no number of months."""
    months = Section("retention", body).number("keep", unit="months")
    if months != int(months) or months < 1:
        raise InvalidValue(f"{name} keeps readings for {months} months; at least 1 is needed.")
    return RetentionRule(name, int(months), approved)


def may_archive(facts: ArchiveFacts, rule: RetentionRule, *, today: date) -> Decision:
    """Decide whether a month may be archived on ``today``, and give every reason if not.

    Readings stay whole months: those of November 2019, kept for 72, may go on 1 December 2025.
    """
    months = facts.newest.year * 12 + facts.newest.month + rule.keep_months
    free_from = date(months // 12, months % 12 + 1, 1)
    return Decision.from_reasons(
        SESSION_IS_OPEN.reason(seen=facts.open_sessions) if facts.open_sessions else None,
        None if rule.approved else RULE_NOT_APPROVED.reason(seen=rule.name),
        TOO_YOUNG.reason(seen=f"{facts.newest:%B %Y}", limit=f"{free_from:%d %b %Y}")
        if today < free_from
        else None,
        NOT_SIGNED.reason(seen=facts.unsigned_sessions) if facts.unsigned_sessions else None,
        IN_REVIEW.reason(seen=facts.in_review) if facts.in_review else None,
        STILL_NEEDED.reason(seen=facts.needed_by) if facts.needed_by else None,
    )
