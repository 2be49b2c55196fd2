"""The lifecycle tables: complete, reachable, owned, and the only source of steps and diagrams."""

from enum import StrEnum
from typing import Any

import pytest

from afterglow.core.courses.phases import COURSE, TREATING, CoursePhase
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.lifecycle import Lifecycle, Owner
from afterglow.core.scheduling.appointments import APPOINTMENT, HOLDS_PLACE, AppointmentState
from afterglow.core.treatment.endings import (
    ENDINGS,
    INFUSION_ENDINGS,
    InfusionEnding,
    SessionEnding,
)
from afterglow.core.treatment.lifecycles import (
    BEFORE_START,
    INFUSION,
    OPEN,
    SESSION,
    InfusionAction,
    InfusionState,
    SessionAction,
    SessionState,
    step,
    step_infusion,
)

LIFECYCLES = [SESSION, INFUSION, COURSE, APPOINTMENT]
named = pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda each: each.name)


@named
def test_every_state_can_be_reached_from_the_first(lifecycle: Lifecycle[Any, Any]) -> None:
    assert lifecycle.reachable(lifecycle.initial) == frozenset(lifecycle.transitions)


@named
def test_every_state_has_an_owner(lifecycle: Lifecycle[Any, Any]) -> None:
    assert set(lifecycle.owners) == set(lifecycle.transitions)


@named
def test_every_state_leads_to_an_end(lifecycle: Lifecycle[Any, Any]) -> None:
    ends = {state for state in lifecycle.transitions if lifecycle.is_final(state)}

    assert all(lifecycle.reachable(state) & ends for state in lifecycle.transitions)


@named
def test_the_diagram_shows_every_step_of_the_table(lifecycle: Lifecycle[Any, Any]) -> None:
    drawn = lifecycle.mermaid().splitlines()
    steps = [
        f"    {state} --> {after}: {action.replace('_', ' ')}"
        for state, row in lifecycle.transitions.items()
        for action, after in row.items()
    ]
    ends = [f"    {s} --> [*]" for s in lifecycle.transitions if lifecycle.is_final(s)]

    assert drawn[:2] == ["stateDiagram-v2", f"    [*] --> {lifecycle.initial}"]
    assert sorted(drawn[2:]) == sorted(steps + ends)


def test_an_uneventful_session_goes_from_check_in_to_signed() -> None:
    state = SESSION.initial

    for action in (
        SessionAction.BEGIN_PREPARATION,
        SessionAction.CHECK_PREPARATION,
        SessionAction.START_INFUSION,
        SessionAction.RECORD_PUMP_STOPPED,
        SessionAction.DISCHARGE,
        SessionAction.SIGN,
    ):
        state = step(state, action)

    assert state is SessionState.SIGNED


def test_a_session_whose_infusion_runs_can_only_have_its_pump_stopped() -> None:
    assert SESSION.actions(SessionState.INFUSING) == (SessionAction.RECORD_PUMP_STOPPED,)


def test_a_signed_session_never_changes() -> None:
    with pytest.raises(IllegalTransition, match=r"session that is signed cannot sign.*nothing"):
        step(SessionState.SIGNED, SessionAction.SIGN)


def test_a_refused_step_says_what_is_possible() -> None:
    with pytest.raises(IllegalTransition, match=r"is infusing cannot sign.*record_pump_stopped"):
        step(SessionState.INFUSING, SessionAction.SIGN)


def test_somebody_called_back_after_discharge_is_in_recovery_again() -> None:
    assert step(SessionState.DISCHARGED, SessionAction.CALL_BACK) is SessionState.RECOVERY


def test_an_infusion_is_started_only_from_a_checked_preparation() -> None:
    starting = {s for s in SessionState if SESSION.can(s, SessionAction.START_INFUSION)}

    assert starting == {SessionState.READY}


def test_a_paused_infusion_resumes_stops_or_is_found_to_have_run_empty() -> None:
    assert step_infusion(InfusionState.PAUSED, InfusionAction.RESUME) is InfusionState.RUNNING
    assert step_infusion(InfusionState.PAUSED, InfusionAction.STOP) is InfusionState.STOPPED
    assert step_infusion(InfusionState.PAUSED, InfusionAction.COMPLETE) is InfusionState.COMPLETED


def test_a_rate_is_not_changed_while_the_infusion_is_paused() -> None:
    assert not INFUSION.can(InfusionState.PAUSED, InfusionAction.CHANGE_RATE)


def test_a_stopped_infusion_never_runs_again() -> None:
    assert INFUSION.is_final(InfusionState.STOPPED)
    assert INFUSION.is_final(InfusionState.COMPLETED)


@pytest.mark.parametrize("ending", SessionEnding)
def test_every_ending_can_be_reached_and_then_signed(ending: SessionEnding) -> None:
    rule = ENDINGS[ending]

    assert rule.from_states
    assert {step(state, rule.action) for state in rule.from_states} == {rule.state}
    assert step(rule.state, SessionAction.SIGN) is SessionState.SIGNED


@pytest.mark.parametrize("ending", InfusionEnding)
def test_every_ending_of_an_infusion_ends_it_from_running_and_from_paused(
    ending: InfusionEnding,
) -> None:
    action = INFUSION_ENDINGS[ending].action

    assert INFUSION.is_final(step_infusion(InfusionState.RUNNING, action))
    assert INFUSION.is_final(step_infusion(InfusionState.PAUSED, action))


def test_a_cancelled_session_is_one_in_which_no_drug_has_run() -> None:
    assert ENDINGS[SessionEnding.CANCELLED_BEFORE_START].from_states == BEFORE_START


def test_only_a_signed_record_is_closed_to_writing() -> None:
    assert frozenset(SessionState) - OPEN == {SessionState.SIGNED}


def test_infusions_are_given_in_foundation_and_maintenance_only() -> None:
    assert {CoursePhase.FOUNDATION, CoursePhase.MAINTENANCE} == TREATING


def test_an_appointment_that_is_over_holds_no_room() -> None:
    over = frozenset(AppointmentState) - HOLDS_PLACE

    assert over == {AppointmentState.DONE, AppointmentState.CANCELLED, AppointmentState.NO_SHOW}


class Light(StrEnum):
    """A lifecycle to get wrong."""

    ON = "on"
    OFF = "off"


def test_a_table_that_forgets_a_state_is_refused() -> None:
    with pytest.raises(InvalidValue, match="a row for each of its states"):
        Lifecycle("light", Light.ON, {Light.ON: {}}, dict.fromkeys(Light, Owner.FRONT_DESK))


def test_a_table_with_a_state_that_nobody_owns_is_refused() -> None:
    with pytest.raises(InvalidValue, match="needs an owner"):
        Lifecycle("light", Light.ON, {Light.ON: {}, Light.OFF: {}}, {Light.ON: Owner.FRONT_DESK})
