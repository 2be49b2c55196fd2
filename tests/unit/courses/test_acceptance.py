"""What accepting a course demands."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from afterglow.core.courses.acceptance import AcceptanceFacts, assess
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision, Overrider, blocker

ACCEPTABLE = AcceptanceFacts(
    phase=CoursePhase.SCREENING,
    indication="major depressive disorder",
    decided_by_prescriber_at=datetime(2026, 11, 1, tzinfo=UTC),
    eligibility=Decision(),
    outside_clinician_named=True,
)
REFUSED = Decision.from_reasons(blocker("PORPHYRIA", "The patient has porphyria."))


def test_a_course_with_everything_is_accepted_without_a_word() -> None:
    assert assess(ACCEPTABLE).reasons == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phase": CoursePhase.CLOSED}, "COURSE_NOT_IN_SCREENING"),
        ({"phase": CoursePhase.FOUNDATION}, "COURSE_NOT_IN_SCREENING"),
        ({"indication": "  "}, "COURSE_WITHOUT_INDICATION"),
        ({"decided_by_prescriber_at": None}, "ELIGIBILITY_NOT_DECIDED"),
        ({"eligibility": None}, "ELIGIBILITY_NOT_DECIDED"),
        ({"eligibility": REFUSED}, "NOT_ELIGIBLE"),
        ({"outside_clinician_named": False}, "OUTSIDE_CLINICIAN_MISSING"),
    ],
)
def test_a_course_is_refused_for_what_it_lacks(change: dict[str, Any], code: str) -> None:
    decision = assess(replace(ACCEPTABLE, **change))

    assert decision.refused
    assert decision.codes == (code,)


def test_an_ineligible_patient_is_refused_with_the_reason_and_overridden_by_nobody() -> None:
    (reason,) = assess(replace(ACCEPTABLE, eligibility=REFUSED))

    assert reason.seen == "PORPHYRIA"
    assert reason.overridable_by is Overrider.NOBODY
