"""The catalogue of reason codes keeps its promises."""

import pytest

from afterglow.core.catalogue import all_reason_codes
from afterglow.core.decisions import Overrider, Severity
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import ReasonCode, declare, reason_code

EVERY_CODE = pytest.mark.parametrize("code", all_reason_codes(), ids=lambda each: each.code)


@EVERY_CODE
def test_a_code_makes_a_sentence_of_a_value_and_a_limit(code: ReasonCode) -> None:
    reason = code.reason(seen="SEEN", limit="LIMIT")

    assert reason.code == code.code
    assert "{" not in reason.sentence


@EVERY_CODE
def test_only_a_blocker_can_be_overridden(code: ReasonCode) -> None:
    assert code.severity is Severity.BLOCKER or code.overridable_by is Overrider.NOBODY


def test_codes_are_listed_by_subject() -> None:
    listed = [(each.subject, each.code) for each in all_reason_codes()]

    assert listed == sorted(listed)
    assert {"readiness", "day", "draw", "discharge", "sign", "course"} <= {s for s, _ in listed}


def test_a_caution_that_claims_an_overrider_is_refused() -> None:
    with pytest.raises(InvalidValue, match="nothing to override"):
        declare(
            "NEVER_DECLARED",
            Severity.CAUTION,
            "A caution.",
            subject="test",
            overridable_by=Overrider.PRESCRIBER,
        )


def test_a_pattern_that_is_no_sentence_is_refused() -> None:
    with pytest.raises(InvalidValue, match="does not end in a stop"):
        declare("NEVER_DECLARED", Severity.INFO, "No stop", subject="test")


def test_a_refused_declaration_leaves_nothing_behind() -> None:
    with pytest.raises(InvalidValue, match="is not declared"):
        reason_code("NEVER_DECLARED")
