"""How a session may end otherwise than home by the criteria, and what each ending must record."""

from dataclasses import replace

import pytest

from afterglow.core.treatment.discharge import assess, assess_recovery, criteria_apply
from afterglow.core.treatment.endings import (
    ENDINGS,
    EndingField,
    InfusionEnding,
    SessionEnding,
)
from afterglow.core.treatment.facts import CssrsLevel, DischargeFacts, RecoveryFacts
from support.treatment import GOING_HOME, RULES, ago

E = SessionEnding
F = EndingField

UNWELL = replace(
    GOING_HOME,
    aldrete=None,
    mpadss=None,
    moaas=3,
    oriented=None,
    vitals=None,
    gait_steady=None,
    iv_removed=False,
    escort=None,
    no_driving_told=False,
    written_instructions_given=False,
    phone_24_h_given=False,
)

NEEDED_ON_RECORD: list[tuple[SessionEnding, set[EndingField]]] = [
    (E.COMPLETED, set()),
    (E.ABORTED, {F.REASON}),
    (E.STOPPED_BY_PATIENT, {F.REASON}),
    (E.CANCELLED_BEFORE_START, {F.REASON, F.PATIENT_TOLD}),
    (E.ESCORT_DID_NOT_COME, {F.ARRANGEMENT_HOME, F.PRESCRIBER_TOLD}),
    (
        E.LEFT_AGAINST_ADVICE,
        {
            F.RISKS_EXPLAINED,
            F.REFUSAL_SIGNED_OR_WITNESSED,
            F.CONDITION_AT_LEAVING,
            F.CONTACT_TOLD,
            F.PRESCRIBER_TOLD,
        },
    ),
    (
        E.TRANSFERRED_TO_HOSPITAL,
        {
            F.REASON,
            F.DESTINATION,
            F.HANDED_OVER_AT,
            F.HANDED_OVER_TO,
            F.CONTACT_TOLD,
            F.PRESCRIBER_TOLD,
        },
    ),
    (
        E.DIED,
        {
            F.DEATH_PRONOUNCED_AT,
            F.DEATH_PRONOUNCED_BY,
            F.DIRECTOR_TOLD,
            F.AUTHORITY_TOLD,
            F.FAMILY_TOLD,
        },
    ),
]


def ended(ending: SessionEnding, facts: DischargeFacts = GOING_HOME) -> DischargeFacts:
    """Return the facts of a session that ends so, with all its fields on record."""
    return replace(facts, ending=ending, ending_fields=ENDINGS[ending].fields)


def test_the_table_names_every_ending() -> None:
    assert {ending for ending, _ in NEEDED_ON_RECORD} == set(SessionEnding)


@pytest.mark.parametrize(("ending", "needed"), NEEDED_ON_RECORD)
def test_an_ending_needs_its_fields_on_record(
    ending: SessionEnding, needed: set[EndingField]
) -> None:
    decision = assess(replace(ended(ending), ending_fields=frozenset()), RULES)

    assert {reason.seen for reason in decision} == {f.replace("_", " ") for f in needed}
    assert set(decision.codes) <= {"ENDING_FIELD_MISSING"}


@pytest.mark.parametrize("ending", SessionEnding)
def test_a_well_patient_with_all_on_record_may_end_in_any_way(ending: SessionEnding) -> None:
    assert assess(ended(ending), RULES).reasons == ()


@pytest.mark.parametrize("ending", [E.LEFT_AGAINST_ADVICE, E.TRANSFERRED_TO_HOSPITAL, E.DIED])
def test_leaving_against_advice_transfer_and_death_need_no_criteria(
    ending: SessionEnding,
) -> None:
    assert assess(ended(ending, UNWELL), RULES).reasons == ()


@pytest.mark.parametrize(
    "ending", [E.COMPLETED, E.ABORTED, E.STOPPED_BY_PATIENT, E.ESCORT_DID_NOT_COME]
)
def test_going_home_after_drug_needs_the_criteria(ending: SessionEnding) -> None:
    assert "MOAAS_BELOW_DISCHARGE_LIMIT" in assess(ended(ending, UNWELL), RULES).codes


@pytest.mark.parametrize("ending", SessionEnding)
def test_no_session_ends_while_the_pump_is_not_recorded_as_stopped(
    ending: SessionEnding,
) -> None:
    running = replace(ended(ending), pump_stopped_at=None)

    assert "PUMP_STOP_NOT_RECORDED" in assess(running, RULES).codes


def test_without_an_escort_only_the_ending_that_says_so_lets_the_patient_leave() -> None:
    alone = replace(GOING_HOME, escort=None)

    assert assess(ended(E.COMPLETED, alone), RULES).codes == ("ESCORT_NOT_PRESENT",)
    assert assess(ended(E.ESCORT_DID_NOT_COME, alone), RULES).reasons == ()


def test_nobody_goes_home_alone_after_drug_unless_a_prescriber_agrees() -> None:
    alone = replace(ended(E.ESCORT_DID_NOT_COME), prescriber_agrees=False)

    assert assess(alone, RULES).codes == ("PRESCRIBER_HAS_NOT_AGREED",)
    assert assess(replace(alone, infusion_started=False), RULES).reasons == ()


NAMED: list[tuple[InfusionEnding, SessionEnding, bool]] = [
    (InfusionEnding.COMPLETED, E.COMPLETED, True),
    (InfusionEnding.COMPLETED, E.ABORTED, False),
    (InfusionEnding.STOPPED_BY_CLINICIAN, E.ABORTED, True),
    (InfusionEnding.STOPPED_BY_CLINICIAN, E.COMPLETED, False),
    (InfusionEnding.STOPPED_BY_PATIENT, E.STOPPED_BY_PATIENT, True),
    (InfusionEnding.STOPPED_BY_PATIENT, E.ABORTED, False),
    (InfusionEnding.STOPPED_IN_EMERGENCY, E.ABORTED, True),
    (InfusionEnding.STOPPED_IN_EMERGENCY, E.COMPLETED, False),
    (InfusionEnding.EQUIPMENT_FAILED, E.ABORTED, True),
    (InfusionEnding.STOPPED_IN_EMERGENCY, E.TRANSFERRED_TO_HOSPITAL, True),
    (InfusionEnding.STOPPED_BY_PATIENT, E.LEFT_AGAINST_ADVICE, True),
]


@pytest.mark.parametrize(("infusion", "session", "allowed"), NAMED)
def test_going_home_is_called_by_how_the_infusion_ended(
    infusion: InfusionEnding, session: SessionEnding, allowed: bool
) -> None:
    decision = assess(replace(ended(session), infusion_ending=infusion), RULES)

    assert decision.codes == (() if allowed else ("ENDING_DIFFERS_FROM_INFUSION",))


def test_who_never_had_drug_needs_no_criteria() -> None:
    never = replace(
        ended(E.ESCORT_DID_NOT_COME, UNWELL), infusion_started=False, pump_stopped_at=None
    )

    assert not criteria_apply(never)
    assert assess(never, RULES).reasons == ()


@pytest.mark.parametrize(
    ("level", "item9", "codes"),
    [
        (CssrsLevel.HIGH, 0, ("SUICIDE_CONCERN_AT_LEAVING",)),
        (None, 2, ("SUICIDE_CONCERN_AT_LEAVING",)),
        (CssrsLevel.LOW, 1, ()),
    ],
)
def test_leaving_against_advice_with_a_risk_is_remarked_because_nobody_can_be_held(
    level: CssrsLevel | None, item9: int, codes: tuple[str, ...]
) -> None:
    risk = replace(GOING_HOME.suicide, level=level, item9=item9)

    decision = assess(replace(ended(E.LEFT_AGAINST_ADVICE), suicide=risk), RULES)

    assert decision.codes == codes
    assert decision.allowed


@pytest.mark.parametrize(
    ("watched_by", "others", "running", "codes"),
    [
        ("clinician", 0, 0, ()),
        ("clinician", 2, 0, ()),
        ("clinician", 3, 0, ("RECOVERY_RATIO_EXCEEDED",)),
        ("clinician", 0, 1, ("RECOVERY_WATCHER_HAS_INFUSION",)),
        (None, 0, 0, ("RECOVERY_NOT_WATCHED",)),
    ],
)
def test_who_may_watch_a_patient_in_recovery(
    watched_by: str | None, others: int, running: int, codes: tuple[str, ...]
) -> None:
    facts = RecoveryFacts(
        watched_by=watched_by, other_recovering_patients=others, running_infusions=running
    )

    assert assess_recovery(facts, RULES).codes == codes


def test_the_clock_of_a_sedative_given_during_the_infusion_ends_with_the_pumps() -> None:
    during = replace(GOING_HOME, last_sedative_at=ago(minutes=60))

    assert assess(during, RULES).reasons == ()
