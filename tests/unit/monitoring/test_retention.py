"""When a month of readings may leave the database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.retention import (
    ArchiveFacts,
    RetentionRule,
    may_archive,
    retention_rule,
)

SIX_YEARS = RetentionRule("readings v1", 72, approved=True)
QUIET = {"open_sessions": 0, "unsigned_sessions": 0, "in_review": 0, "needed_by": 0}


@pytest.mark.parametrize(
    ("newest", "keep", "today", "may"),
    [
        (date(2019, 11, 20), 72, date(2025, 11, 30), False),
        (date(2019, 11, 20), 72, date(2025, 12, 1), True),
        (date(2019, 12, 31), 72, date(2025, 12, 31), False),
        (date(2019, 12, 31), 72, date(2026, 1, 1), True),
        (date(2026, 11, 1), 1, date(2026, 12, 31), False),
        (date(2026, 11, 1), 1, date(2027, 1, 1), True),
        (date(2026, 12, 1), 12, date(2027, 12, 31), False),
        (date(2026, 12, 1), 12, date(2028, 1, 1), True),
    ],
)
def test_a_month_stays_for_whole_months(newest: date, keep: int, today: date, may: bool) -> None:
    rule = RetentionRule("readings v1", keep, approved=True)

    decision = may_archive(ArchiveFacts(newest=newest, **QUIET), rule, today=today)

    assert decision.refused is not may
    assert decision.codes == (() if may else ("ARCHIVE_TOO_YOUNG",))


def test_every_reason_is_given_at_once() -> None:
    facts = ArchiveFacts(date(2026, 11, 1), 1, 2, 3, 4)
    rule = RetentionRule("readings v1", 72, approved=False)

    said = may_archive(facts, rule, today=date(2026, 11, 27))

    assert {reason.code: reason.seen for reason in said.reasons} == {
        "ARCHIVE_SESSION_IS_OPEN": "1",
        "ARCHIVE_RULE_NOT_APPROVED": "readings v1",
        "ARCHIVE_TOO_YOUNG": "November 2026",
        "ARCHIVE_NOT_SIGNED": "2",
        "ARCHIVE_IN_REVIEW": "3",
        "ARCHIVE_STILL_NEEDED": "4",
    }
    (young,) = [one for one in said.reasons if one.code == "ARCHIVE_TOO_YOUNG"]
    assert young.limit == "01 Dec 2032"


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "long"])
def test_a_rule_that_is_no_number_of_months_is_refused(value: str) -> None:
    leaf: dict[str, Any] = {"value": value, "unit": "months", "status": "DP", "source": "test"}

    with pytest.raises(InvalidValue):
        retention_rule("readings v1", {"keep": leaf}, approved=True)
