"""What must be so before a record is signed and locked: a table a clinician can sign."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.decisions import Decision, Overrider, Severity, Verdict, blocker
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.endings import SessionEnding
from afterglow.core.treatment.facts import OverrideShown
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.core.treatment.sign import assess
from support.treatment import BALANCED, RULES, signable

COMPLETED = SessionEnding.COMPLETED
AFTER_DRUG = [e for e in SessionEnding if e is not SessionEnding.CANCELLED_BEFORE_START]
WITH_FIELDS = [e for e in SessionEnding if e is not COMPLETED]
REFUSED = Decision.from_reasons(blocker("MOAAS_BELOW_DISCHARGE_LIMIT", "The MOAA/S is 4."))
OVERRIDDEN = Decision.from_reasons(
    blocker("GAIT_UNSTEADY", "Not steady.", overridable_by=Overrider.PRESCRIBER)
).overriding({"GAIT_UNSTEADY": Overrider.PRESCRIBER})
SHOWN = OverrideShown(code="BP_ABOVE_START_LIMIT", has_reason=True)

BLOCKERS: list[tuple[dict[str, Any], str]] = [
    ({"state": SessionState.RECOVERY}, "SESSION_NOT_ENDED"),
    ({"state": SessionState.SIGNED}, "SESSION_NOT_ENDED"),
    ({"state": SessionState.ENDED}, "ENDING_DIFFERS_FROM_STATE"),
    ({"infusion_running": True}, "INFUSION_STILL_RUNNING"),
    ({"amounts": ()}, "AMOUNTS_MISSING"),
    ({"amounts": (replace(BALANCED, given_mg=Decimal("40.3")),)}, "AMOUNTS_DO_NOT_BALANCE"),
    (
        {"amounts": (BALANCED, replace(BALANCED, wasted_mg=Decimal("0.001")))},
        "AMOUNTS_DO_NOT_BALANCE",
    ),
    ({"amounts": (replace(BALANCED, waste_witnessed=False),)}, "WASTE_NOT_WITNESSED"),
    ({"charted_volume_ml": None}, "VOLUME_NOT_CHARTED"),
    ({"pump_volume_ml": Decimal("99.01")}, "PUMP_DIFFERENCE_UNRESOLVED"),
    ({"pump_volume_ml": Decimal("96.99")}, "PUMP_DIFFERENCE_UNRESOLVED"),
    ({"slots_unread": 2}, "READINGS_OPEN"),
    ({"offline_unsettled": 1}, "OFFLINE_ENTRIES_UNSETTLED"),
    ({"alarms_not_acknowledged": 1}, "ALARMS_OPEN"),
    ({"red_pressures_without_symptom_answer": 1}, "RED_BP_SYMPTOMS_NOT_ANSWERED"),
    ({"coverage_named": False}, "COVERAGE_MISSING"),
    ({"discharge_decision": None}, "DISCHARGE_DECISION_MISSING"),
    ({"discharge_decision": REFUSED}, "DISCHARGE_WAS_REFUSED"),
    ({"suicide_positives": 2, "suicide_tasks_owned": 1}, "SUICIDE_TASK_NOT_OWNED"),
]
FINE: list[dict[str, Any]] = [
    {"pump_volume_ml": Decimal(99)},
    {"pump_volume_ml": Decimal(120), "pump_difference_resolved": True},
    {"discharge_decision": OVERRIDDEN},
    {"slowest_red_acknowledgement": timedelta(seconds=120)},
    {"suicide_positives": 1, "suicide_tasks_owned": 1},
    {"amounts": (BALANCED, replace(BALANCED, drawn_mg=Decimal("41.500"), lost_mg=Decimal("0.5")))},
]


@pytest.mark.parametrize(("changes", "code"), BLOCKERS)
def test_an_open_matter_keeps_the_record_from_being_signed(
    changes: dict[str, Any], code: str
) -> None:
    (reason,) = assess(signable(COMPLETED, **changes), RULES)

    assert (reason.code, reason.severity) == (code, Severity.BLOCKER)
    assert reason.overridable_by is Overrider.NOBODY


def test_a_session_whose_ending_nobody_recorded_is_not_signed() -> None:
    nameless = replace(signable(COMPLETED), ending=None)

    assert assess(nameless, RULES).codes == ("ENDING_MISSING",)


@pytest.mark.parametrize("changes", FINE)
def test_a_closed_matter_says_nothing(changes: dict[str, Any]) -> None:
    assert assess(signable(COMPLETED, **changes), RULES).reasons == ()


@pytest.mark.parametrize("ending", AFTER_DRUG)
def test_every_ending_after_drug_is_signable(ending: SessionEnding) -> None:
    assert assess(signable(ending), RULES).reasons == ()


NO_DRUG: dict[str, Any] = {
    "infusion_started": False,
    "amounts": (),
    "pump_volume_ml": None,
    "charted_volume_ml": None,
    "coverage_named": False,
    "discharge_decision": None,
}


@pytest.mark.parametrize(
    "ending",
    [
        SessionEnding.CANCELLED_BEFORE_START,
        SessionEnding.ESCORT_DID_NOT_COME,
        SessionEnding.LEFT_AGAINST_ADVICE,
        SessionEnding.TRANSFERRED_TO_HOSPITAL,
        SessionEnding.DIED,
    ],
)
def test_every_ending_before_drug_is_signable_without_amounts_cover_or_criteria(
    ending: SessionEnding,
) -> None:
    assert assess(signable(ending, **NO_DRUG), RULES).reasons == ()


def test_a_cancelled_session_still_accounts_for_what_was_drawn() -> None:
    wasted = replace(BALANCED, given_mg=Decimal(0), residual_mg=Decimal(0))
    facts = signable(SessionEnding.CANCELLED_BEFORE_START, **(NO_DRUG | {"amounts": (wasted,)}))

    assert assess(facts, RULES).codes == ("AMOUNTS_DO_NOT_BALANCE",)


def test_a_cancelled_session_in_which_drug_ran_is_not_signed() -> None:
    facts = signable(SessionEnding.CANCELLED_BEFORE_START)

    assert assess(facts, RULES).codes == ("INFUSION_IN_CANCELLED_SESSION",)


@pytest.mark.parametrize("ending", WITH_FIELDS)
def test_an_ending_whose_fields_are_missing_is_not_signed(ending: SessionEnding) -> None:
    decision = assess(signable(ending, ending_fields=frozenset()), RULES)

    assert "SIGN_FIELD_MISSING" in decision.codes


def test_who_left_against_advice_still_needs_somebody_to_cover() -> None:
    facts = signable(SessionEnding.LEFT_AGAINST_ADVICE, coverage_named=False)

    assert assess(facts, RULES).codes == ("COVERAGE_MISSING",)


def test_overrides_are_counted_and_each_is_shown_with_its_reason() -> None:
    decision = assess(signable(COMPLETED, overrides=(SHOWN,)), RULES)

    assert decision.codes == ("OVERRIDES_GIVEN",)
    assert decision.verdict is Verdict.YES


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"has_reason": False}, "OVERRIDE_WITHOUT_REASON")],
)
def test_an_override_without_reason_or_hidden_keeps_the_record_open(
    changes: dict[str, Any], code: str
) -> None:
    decision = assess(signable(COMPLETED, overrides=(replace(SHOWN, **changes),)), RULES)

    assert [reason.code for reason in decision.blockers] == [code]


def test_a_late_acknowledgement_is_remarked_and_stops_nothing() -> None:
    late = signable(COMPLETED, slowest_red_acknowledgement=timedelta(seconds=150))

    (reason,) = assess(late, RULES)

    assert (reason.code, reason.severity) == ("RED_ALARM_ACKNOWLEDGED_LATE", Severity.CAUTION)
    assert (reason.seen, reason.limit) == ("150 s", "2 min")


def test_a_pump_that_said_nothing_leaves_the_charted_volume_alone() -> None:
    decision = assess(signable(COMPLETED, pump_volume_ml=None), RULES)

    assert decision.codes == ("PUMP_VOLUME_UNKNOWN",)
    assert decision.verdict is Verdict.YES


@pytest.mark.parametrize("amount", [Decimal("-0.1"), Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_that_is_none_cannot_be_built(amount: Decimal) -> None:
    with pytest.raises(InvalidValue, match="never negative"):
        replace(BALANCED, wasted_mg=amount)
