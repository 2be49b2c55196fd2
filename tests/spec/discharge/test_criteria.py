"""The discharge criteria (clinical reference 4.3), every row, and who may override it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.decisions import Decision, Overrider, Severity
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.discharge import assess
from afterglow.core.treatment.facts import AldreteFacts, CssrsLevel
from support.treatment import (
    AT,
    ESCORT,
    FULL_ALDRETE,
    FULL_MPADSS,
    GOING_HOME,
    RULES,
    SETTLED,
    ago,
)

NOBODY = Overrider.NOBODY
PRESCRIBER = Overrider.PRESCRIBER


def judged(**changes: Any) -> Decision:
    """Decide a patient who is ready to go home, with the changes."""
    return assess(replace(GOING_HOME, **changes), RULES)


def vitals(**changes: Any) -> dict[str, Any]:
    """Return the change of the last vital signs."""
    return {"vitals": replace(SETTLED, **changes)}


def suicide(**changes: Any) -> dict[str, Any]:
    """Return the change of what was asked about suicide."""
    return {"suicide": replace(GOING_HOME.suicide, **changes)}


HOLDS: list[tuple[dict[str, Any], str, Overrider]] = [
    ({"pump_stopped_at": None}, "PUMP_STOP_NOT_RECORDED", NOBODY),
    ({"pump_stopped_at": ago(minutes=29)}, "OBSERVED_TOO_SHORT", PRESCRIBER),
    ({"last_sedative_at": ago(minutes=29)}, "OBSERVED_TOO_SHORT_AFTER_SEDATIVE", PRESCRIBER),
    ({"aldrete": None, "mpadss": None}, "RECOVERY_SCORE_MISSING", NOBODY),
    (
        {"aldrete": replace(FULL_ALDRETE, activity=1, circulation=1)},
        "ALDRETE_BELOW_PASS",
        PRESCRIBER,
    ),
    ({"aldrete": replace(FULL_ALDRETE, consciousness=1)}, "CONSCIOUSNESS_BELOW_FULL", NOBODY),
    ({"aldrete": replace(FULL_ALDRETE, respiration=1)}, "RESPIRATION_BELOW_FULL", NOBODY),
    ({"aldrete": replace(FULL_ALDRETE, spo2=1)}, "OXYGEN_NEEDED", NOBODY),
    (
        {"mpadss": replace(FULL_MPADSS, nausea=1, pain=1)},
        "MPADSS_BELOW_PASS",
        PRESCRIBER,
    ),
    ({"moaas": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"moaas": 4}, "MOAAS_BELOW_DISCHARGE_LIMIT", NOBODY),
    ({"oriented": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"oriented": 2}, "NOT_ORIENTED", NOBODY),
    ({"vitals": None}, "DISCHARGE_VITALS_MISSING", NOBODY),
    (vitals(at=ago(minutes=16)), "DISCHARGE_VITALS_STALE", PRESCRIBER),
    (vitals(spo2_at=ago(minutes=16)), "DISCHARGE_VITALS_STALE", PRESCRIBER),
    (vitals(systolic_mmhg=145), "BP_AWAY_FROM_BASELINE", PRESCRIBER),
    (vitals(systolic_mmhg=95), "BP_AWAY_FROM_BASELINE", PRESCRIBER),
    (vitals(diastolic_mmhg=92), "BP_AWAY_FROM_BASELINE", PRESCRIBER),
    (
        vitals(systolic_mmhg=160, baseline_systolic_mmhg=Decimal(150)),
        "BP_ABOVE_DISCHARGE_LIMIT",
        PRESCRIBER,
    ),
    (
        vitals(diastolic_mmhg=100, baseline_diastolic_mmhg=Decimal(95)),
        "BP_ABOVE_DISCHARGE_LIMIT",
        PRESCRIBER,
    ),
    (vitals(on_oxygen=True), "OXYGEN_NEEDED", NOBODY),
    (vitals(on_oxygen=None), "DISCHARGE_CHECK_MISSING", NOBODY),
    (vitals(spo2_percent=92), "OXYGEN_NEEDED", NOBODY),
    ({"dissociation_above_baseline": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"dissociation_above_baseline": 2}, "STILL_DISSOCIATED", PRESCRIBER),
    ({"gait_steady": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"gait_steady": False}, "GAIT_UNSTEADY", PRESCRIBER),
    ({"first_walk_accompanied": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"drinks_fluid": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"drinks_fluid": False}, "NOT_DRINKING", PRESCRIBER),
    ({"nausea_controlled": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"nausea_controlled": False}, "NAUSEA_NOT_CONTROLLED", PRESCRIBER),
    ({"iv_removed": None}, "DISCHARGE_CHECK_MISSING", NOBODY),
    ({"iv_removed": False}, "IV_NOT_REMOVED", NOBODY),
    ({"iv_site_checked": False}, "IV_SITE_NOT_CHECKED", NOBODY),
    ({"escort": None}, "ESCORT_NOT_PRESENT", NOBODY),
    ({"escort": replace(ESCORT, present=False)}, "ESCORT_NOT_PRESENT", NOBODY),
    ({"escort": replace(ESCORT, adult=False)}, "ESCORT_NOT_ADULT", NOBODY),
    ({"escort": replace(ESCORT, name_recorded=False)}, "ESCORT_DETAIL_MISSING", NOBODY),
    ({"escort": replace(ESCORT, relation_recorded=False)}, "ESCORT_DETAIL_MISSING", NOBODY),
    ({"escort": replace(ESCORT, phone_recorded=False)}, "ESCORT_DETAIL_MISSING", NOBODY),
    ({"no_driving_told": False}, "NOT_TOLD_NO_DRIVING", NOBODY),
    ({"written_instructions_given": False}, "INSTRUCTIONS_NOT_GIVEN", NOBODY),
    ({"phone_24_h_given": False}, "PHONE_NOT_GIVEN", NOBODY),
    (suicide(asked_at=None), "SUICIDE_NOT_ASKED_BEFORE_LEAVING", NOBODY),
    (suicide(asked_at=ago(minutes=46)), "SUICIDE_NOT_ASKED_BEFORE_LEAVING", NOBODY),
    (
        suicide(item9=1, level=None, assessed_at=None),
        "SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING",
        NOBODY,
    ),
    (suicide(level=CssrsLevel.HIGH), "SUICIDE_RISK_HIGH_BEFORE_LEAVING", NOBODY),
    (suicide(level=CssrsLevel.MODERATE), "SAFETY_PLAN_MISSING", PRESCRIBER),
    (suicide(level=CssrsLevel.LOW), "SAFETY_PLAN_MISSING", PRESCRIBER),
]
FINE: list[dict[str, Any]] = [
    {"pump_stopped_at": ago(minutes=30)},
    {"last_sedative_at": ago(minutes=30)},
    {"aldrete": None},
    {"mpadss": None},
    {"aldrete": replace(FULL_ALDRETE, activity=1)},
    {"mpadss": replace(FULL_MPADSS, pain=1)},
    {"dissociation_above_baseline": 1},
    {"dissociation_above_baseline": 5, "clinician_states_dissociation_resolved": True},
    vitals(at=ago(minutes=15)),
    vitals(systolic_mmhg=144),
    vitals(systolic_mmhg=96),
    vitals(systolic_mmhg=159, baseline_systolic_mmhg=Decimal(150)),
    vitals(spo2_percent=93),
    suicide(level=CssrsLevel.MODERATE, safety_plan_given=True),
    suicide(level=None, assessed_at=None),
]


def test_a_recovered_patient_with_an_escort_goes_home_without_a_word() -> None:
    assert judged().reasons == ()


@pytest.mark.parametrize(("changes", "code", "by"), HOLDS)
def test_a_criterion_that_is_not_met_holds_the_patient(
    changes: dict[str, Any], code: str, by: Overrider
) -> None:
    (reason,) = judged(**changes)

    assert (reason.code, reason.severity, reason.overridable_by) == (code, Severity.BLOCKER, by)


@pytest.mark.parametrize("changes", FINE)
def test_a_criterion_that_is_just_met_says_nothing(changes: dict[str, Any]) -> None:
    assert judged(**changes).reasons == ()


def test_a_first_walk_alone_is_remarked_and_holds_nobody() -> None:
    (reason,) = judged(first_walk_accompanied=False)

    assert (reason.code, reason.severity) == ("FIRST_WALK_ALONE", Severity.CAUTION)


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({}, "blood pressure, oxygen saturation"),
        ({"spo2_at": ago(minutes=2)}, "blood pressure"),
        ({"at": ago(minutes=2)}, "oxygen saturation"),
    ],
)
def test_what_was_only_measured_before_the_pump_stopped_is_named(
    changes: dict[str, Any], lacking: str
) -> None:
    measured = replace(SETTLED, at=ago(minutes=5), spo2_at=ago(minutes=5))
    decision = judged(
        pump_stopped_at=ago(minutes=4),
        vitals=replace(measured, **changes),
        suicide=GOING_HOME.suicide,
    )

    (reason,) = [r for r in decision if r.code == "DISCHARGE_VITALS_BEFORE_RECOVERY"]
    assert reason.seen == lacking
    assert reason.overridable_by is PRESCRIBER
    assert "DISCHARGE_VITALS_STALE" not in decision.codes


def test_a_sedative_after_the_stop_restarts_the_observation() -> None:
    decision = judged(pump_stopped_at=ago(hours=2), last_sedative_at=ago(minutes=10))
    (reason,) = decision.blockers

    assert (reason.code, reason.seen, reason.limit) == (
        "OBSERVED_TOO_SHORT_AFTER_SEDATIVE",
        "10 min",
        "30 min",
    )


@pytest.mark.parametrize(("minutes", "said"), [(1, True), (19, True), (20, False), (29, False)])
def test_an_observation_shorter_than_any_practice_is_said_to_be_beside_what_holds(
    minutes: int, said: bool
) -> None:
    decision = assess(replace(GOING_HOME, pump_stopped_at=ago(minutes=minutes)), RULES)

    assert "OBSERVED_TOO_SHORT" in decision.codes
    found = [(why.seen, why.limit) for why in decision.cautions]
    assert found == ([(f"{minutes} min", "20 min")] if said else [])


def test_a_moment_later_the_same_patient_may_go() -> None:
    early = replace(GOING_HOME, pump_stopped_at=ago(minutes=29))
    later = replace(early, at=AT + timedelta(minutes=1))

    assert assess(early, RULES).refused
    assert assess(later, RULES).allowed


def test_a_score_outside_its_range_cannot_be_built() -> None:
    with pytest.raises(InvalidValue, match="0, 1 or 2"):
        AldreteFacts(activity=3, respiration=2, circulation=2, consciousness=2, spo2=2)


def test_a_modified_padss_outside_its_range_cannot_be_built() -> None:
    with pytest.raises(InvalidValue, match="0, 1 or 2"):
        replace(FULL_MPADSS, pain=-1)


def test_a_baseline_pressure_of_zero_cannot_be_built() -> None:
    with pytest.raises(InvalidValue, match="above zero"):
        replace(SETTLED, baseline_diastolic_mmhg=Decimal(0))
