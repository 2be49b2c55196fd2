"""Who still hears an emergency: an answer ends the sound for who gave it and for nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, product

import pytest

from afterglow.core.roles import Role
from afterglow.core.treatment.calls import (
    ANSWERS,
    Call,
    CallAct,
    CallStep,
    assess_answer,
    assess_enough,
    became_known_late,
)

AT = datetime(2026, 11, 27, 18, 4, tzinfo=UTC)
PEOPLE = ("caller", "nurse", "doctor", "desk")
NURSE = frozenset({Role.MONITOR})
DESK = frozenset({Role.FRONT_DESK})


def call(*steps: tuple[CallAct, str], is_over: bool = False) -> Call:
    said = tuple(
        CallStep(act, who, AT + timedelta(seconds=number))
        for number, (act, who) in enumerate(steps)
    )
    return Call(called_by="caller", steps=said, is_over=is_over)


def heard_by(one: Call) -> set[str]:
    return {who for who in PEOPLE if one.sounds_for(who)}


@pytest.mark.parametrize(
    ("steps", "heard"),
    [
        ((), {"nurse", "doctor", "desk"}),
        (((CallAct.COMING, "doctor"),), {"nurse", "desk"}),
        (((CallAct.STAYING, "nurse"),), {"doctor", "desk"}),
        (((CallAct.CALLED_EMS, "desk"),), {"nurse", "doctor"}),
        (((CallAct.GUIDING, "desk"), (CallAct.COMING, "nurse")), {"doctor"}),
        (((CallAct.AT_WORK, "nurse"),), {"doctor", "desk"}),
        (((CallAct.COMING, "doctor"), (CallAct.ENOUGH_HELP, "caller")), set()),
        (
            (
                (CallAct.COMING, "doctor"),
                (CallAct.STAYING, "nurse"),
                (CallAct.ENOUGH_HELP, "caller"),
                (CallAct.MORE_HELP, "caller"),
            ),
            {"nurse", "desk"},
        ),
        (
            (
                (CallAct.STAYING, "nurse"),
                (CallAct.MORE_HELP, "caller"),
                (CallAct.STAYING, "nurse"),
            ),
            {"doctor", "desk"},
        ),
    ],
)
def test_who_hears_it_after_what_was_said(
    steps: tuple[tuple[CallAct, str], ...], heard: set[str]
) -> None:
    assert heard_by(call(*steps)) == heard


def test_a_screen_where_nobody_is_signed_in_sounds_until_there_is_enough_help_or_it_is_over() -> (
    None
):
    everybody = tuple((CallAct.COMING, who) for who in PEOPLE)

    assert call(*everybody).sounds_for(None)
    assert not call((CallAct.ENOUGH_HELP, "caller")).sounds_for(None)
    assert not call(is_over=True).sounds_for(None)


SAID = tuple(product(ANSWERS, PEOPLE))
BEFORE = tuple(chain(((),), product(SAID), product(SAID, SAID)))
"""Every two answers that can be on record, in either order."""


@pytest.mark.parametrize("act", ANSWERS)
@pytest.mark.parametrize("who", PEOPLE)
def test_no_answer_ends_the_sound_for_anybody_but_who_gave_it(act: CallAct, who: str) -> None:
    wrong = [
        before
        for before in BEFORE
        if heard_by(call(*before, (act, who))) != heard_by(call(*before)) - {who}
    ]

    assert len(BEFORE) == 273
    assert wrong == []


def test_a_clinician_comes_or_stays_and_the_desk_calls_and_guides() -> None:
    assert call().offers("nurse", NURSE) == (CallAct.COMING, CallAct.STAYING)
    assert call().offers("desk", DESK) == (CallAct.CALLED_EMS, CallAct.GUIDING)
    assert call((CallAct.STAYING, "nurse")).offers("nurse", NURSE) == (CallAct.COMING,)
    assert call((CallAct.CALLED_EMS, "caller")).offers("desk", DESK) == (CallAct.GUIDING,)
    assert call((CallAct.COMING, "nurse")).offers("nurse", NURSE) == ()
    assert call().offers("caller", NURSE) == ()
    assert call(is_over=True).offers("nurse", NURSE) == ()
    assert call().offers("nobody", frozenset({Role.PATIENT})) == ()


def test_the_room_counts_on_no_desk_that_says_it_comes() -> None:
    said = assess_answer(call(), CallAct.COMING, roles=DESK)

    assert said.codes == ("COMING_IS_CLINICAL",)
    assert "your roles here are front desk." in said.reasons[0].sentence
    unknown = assess_answer(call(), CallAct.COMING, roles=frozenset())
    assert "your roles here are none." in unknown.reasons[0].sentence
    assert assess_answer(call(), CallAct.CALLED_EMS, roles=DESK).allowed
    assert assess_answer(call(), CallAct.COMING, roles=NURSE).allowed
    assert assess_answer(call(is_over=True), CallAct.COMING, roles=NURSE).codes == (
        "EMERGENCY_IS_OVER",
    )


def test_only_who_is_there_says_that_there_is_enough_help() -> None:
    assert assess_enough(call(), who="caller", with_patient=None).allowed
    assert assess_enough(call(), who="nurse", with_patient="nurse").allowed
    came = call((CallAct.COMING, "doctor"))
    assert assess_enough(came, who="doctor", with_patient="nurse").allowed
    stays = call((CallAct.STAYING, "doctor"))
    assert assess_enough(stays, who="doctor", with_patient="nurse").codes == (
        "HELP_JUDGED_FROM_AFAR",
    )
    assert assess_enough(call(is_over=True), who="caller", with_patient=None).codes == (
        "EMERGENCY_IS_OVER",
    )


def test_it_became_known_late_after_more_than_a_minute() -> None:
    assert not became_known_late(began=AT, known=AT + timedelta(minutes=1))
    assert became_known_late(began=AT, known=AT + timedelta(minutes=1, seconds=1))


def test_a_step_of_any_other_code_shows_its_writer_at_work() -> None:
    assert CallAct.of("OXYGEN") is CallAct.AT_WORK
    assert CallAct.of("COMING") is CallAct.COMING
