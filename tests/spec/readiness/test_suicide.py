"""Thoughts of suicide before the start (clinical reference 9), as a table."""

from dataclasses import replace
from typing import Any

import pytest

from afterglow.core.decisions import Overrider, Severity
from afterglow.core.treatment.facts import CssrsLevel, SuicideFacts
from afterglow.core.treatment.readiness import assess
from support.treatment import NOTHING_POSITIVE, READY, RULES, ago

NOBODY = Overrider.NOBODY
PENDING = "SUICIDE_POSITIVE_NOT_ASSESSED"
ITEM9 = {"item9": 1, "level": None, "assessed_at": None}
STATEMENT = {"statement_positive": True, "level": None, "assessed_at": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"level": None, "assessed_at": None}, None),
        ({"item9": None}, None),
        ({"asked_at": None}, ("SUICIDE_NOT_ASKED", Severity.BLOCKER, NOBODY)),
        ({"asked_at": ago(hours=13)}, ("SUICIDE_NOT_ASKED", Severity.BLOCKER, NOBODY)),
        (ITEM9, (PENDING, Severity.BLOCKER, NOBODY)),
        (STATEMENT, (PENDING, Severity.BLOCKER, NOBODY)),
        ({"item9": 3, "assessed_at": None}, (PENDING, Severity.BLOCKER, NOBODY)),
        ({"item9": 1, "assessed_at": ago(hours=2)}, (PENDING, Severity.BLOCKER, NOBODY)),
        ({"item9": 1, "assessed_at": ago(minutes=10)}, None),
        ({"level": CssrsLevel.LOW}, ("SUICIDE_RISK_LOW", Severity.CAUTION, NOBODY)),
        (
            {"level": CssrsLevel.MODERATE},
            ("SUICIDE_RISK_MODERATE", Severity.BLOCKER, Overrider.PRESCRIBER),
        ),
        (
            {"level": CssrsLevel.HIGH},
            ("SUICIDE_RISK_HIGH", Severity.BLOCKER, Overrider.MEDICAL_DIRECTOR),
        ),
    ],
)
def test_what_an_answer_about_suicide_does(
    changes: dict[str, Any], expected: tuple[str, Severity, Overrider] | None
) -> None:
    decision = assess(replace(READY, suicide=replace(NOTHING_POSITIVE, **changes)), RULES)

    found = [(r.code, r.severity, r.overridable_by) for r in decision]
    assert found == ([] if expected is None else [expected])


def test_a_positive_answer_that_was_never_timed_waits_for_nothing_once_assessed() -> None:
    spoken = SuicideFacts(
        asked_at=None, statement_positive=True, level=CssrsLevel.NONE, assessed_at=ago(minutes=5)
    )

    assert assess(replace(READY, suicide=spoken), RULES).codes == ("SUICIDE_NOT_ASKED",)
