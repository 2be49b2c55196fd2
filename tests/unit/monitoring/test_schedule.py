"""When readings are due, and what becomes of a slot."""

from dataclasses import replace
from datetime import timedelta

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.readings import Reading
from afterglow.core.monitoring.rules import ObservationPhase
from afterglow.core.monitoring.schedule import ScheduleFacts, Slot, SlotState, next_due, slots
from support.monitoring import RULES, minute, reading

BEFORE = minute(-10)


def observed(*times: float) -> tuple[Reading, ...]:
    """Return everything that a slot needs, at each of ``times``."""
    values = {
        "systolic": "124",
        "diastolic": "78",
        "spo2": "97",
        "pulse_rate": "72",
        "respiratory_rate": "14",
        "moaas": "5",
    }
    return tuple(reading(sign, v, at) for at in times for sign, v in values.items())


def due(schedule: tuple[Slot, ...], phase: ObservationPhase | None = None) -> list[float]:
    """Return the due times in minutes after the start."""
    return [
        (s.due_at - minute(0)) / timedelta(minutes=1)
        for s in schedule
        if phase is None or s.phase is phase
    ]


def states(schedule: tuple[Slot, ...]) -> list[str]:
    return [s.state.value for s in schedule]


def test_two_baseline_readings_five_minutes_apart() -> None:
    schedule = slots(ScheduleFacts(BEFORE), RULES.schedule, minute(-10))
    assert due(schedule) == [-10, -5]
    assert states(schedule) == ["due", "upcoming"]


def test_the_second_baseline_reading_is_counted_from_the_first_taken() -> None:
    facts = ScheduleFacts(BEFORE, readings=observed(-8))
    schedule = slots(facts, RULES.schedule, minute(-7))
    assert due(schedule) == [-10, -3]
    assert states(schedule) == ["fulfilled", "upcoming"]


def test_a_baseline_reading_taken_early_does_not_pull_the_second_forward() -> None:
    facts = ScheduleFacts(BEFORE, readings=observed(-11))
    assert due(slots(facts, RULES.schedule, minute(-9))) == [-10, -5]


def test_a_baseline_reading_that_the_start_overtook_is_missed_and_not_forgotten() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), readings=observed(-4))
    schedule = slots(facts, RULES.schedule, minute(1))
    assert due(schedule, ObservationPhase.BASELINE) == [-10, -5]
    assert states(schedule)[:2] == ["missed", "fulfilled"]
    late = ScheduleFacts(BEFORE, started=minute(0), readings=observed(-8))
    assert states(slots(late, RULES.schedule, minute(1)))[:2] == ["fulfilled", "missed"]


def test_an_infusion_that_started_before_any_baseline_was_asked_for_has_none() -> None:
    facts = ScheduleFacts(minute(1), started=minute(0))
    assert due(slots(facts, RULES.schedule, minute(1)), ObservationPhase.BASELINE) == []


def test_every_ten_minutes_from_the_start_to_the_planned_stop() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), planned_stop=minute(40))
    schedule = slots(facts, RULES.schedule, minute(1))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 20, 30, 40]


def test_without_a_plan_one_slot_ahead_is_shown() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0))
    assert due(slots(facts, RULES.schedule, minute(1)), ObservationPhase.INFUSING) == [0, 10]


def test_at_the_stop_and_every_fifteen_minutes_after_it() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), stopped=minute(36), released=minute(82))
    schedule = slots(facts, RULES.schedule, minute(82))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 20, 30, 36]
    assert due(schedule, ObservationPhase.RECOVERY) == [51, 66]


def test_a_slot_just_before_the_stop_becomes_the_reading_at_the_stop() -> None:
    facts = ScheduleFacts(
        BEFORE, started=minute(0), stopped=minute(41), released=minute(60), readings=observed(40)
    )
    schedule = slots(facts, RULES.schedule, minute(45))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 20, 30, 41]
    assert schedule[6].state is SlotState.FULFILLED


def test_a_slot_just_before_the_stop_that_nobody_took_stays_to_be_seen() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), stopped=minute(41), readings=observed(42))
    schedule = slots(facts, RULES.schedule, minute(45))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 20, 30, 40, 41]
    left, stop = schedule[6], schedule[7]
    assert (left.overtaken, left.state, left.owes_a_reason) == (True, SlotState.MISSED, False)
    assert (stop.overtaken, stop.state) == (False, SlotState.FULFILLED)
    assert next_due(schedule) == schedule[8]


@pytest.mark.parametrize(("taken", "stop"), [(18, 21), (18.5, 21.5)])
def test_a_set_before_the_stop_is_the_recheck_that_was_asked_for(taken: float, stop: float) -> None:
    facts = ScheduleFacts(
        BEFORE,
        started=minute(0),
        stopped=minute(stop),
        readings=observed(1, 10, taken),
        beyond=((minute(10), minute(taken)),),
    )
    schedule = slots(facts, RULES.schedule, minute(stop + 1))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 15, stop]  # 20 was taken
    again = next(slot for slot in schedule if slot.recheck)
    assert (again.state, again.fulfilled_at) == (SlotState.FULFILLED, minute(taken))


def test_a_recheck_that_the_set_stood_for_is_not_asked_for_when_the_stop_overtook_that_set() -> (
    None
):
    running = ScheduleFacts(BEFORE, started=minute(0), beyond=((minute(13.5), None),))
    stopped = replace(running, stopped=minute(21.5), beyond=((minute(13.5), minute(21)),))
    for facts in (running, stopped):
        schedule = slots(facts, RULES.schedule, minute(22))
        assert 18.5 not in due(schedule)
        assert 20 in due(schedule)


def test_recovery_goes_on_until_release() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), stopped=minute(40))
    schedule = slots(facts, RULES.schedule, minute(50))
    assert due(schedule, ObservationPhase.RECOVERY) == [55]


def test_a_sedative_restarts_the_clock_with_closer_readings() -> None:
    facts = ScheduleFacts(
        BEFORE, started=minute(0), planned_stop=minute(60), sedatives=(minute(12),)
    )
    schedule = slots(facts, RULES.schedule, minute(13))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 17, 22, 27, 32, 37, 42, 52]


def test_a_sedative_late_in_the_infusion_keeps_recovery_close() -> None:
    facts = ScheduleFacts(
        BEFORE,
        started=minute(0),
        stopped=minute(40),
        released=minute(100),
        sedatives=(minute(35),),
    )
    schedule = slots(facts, RULES.schedule, minute(100))
    assert due(schedule, ObservationPhase.RECOVERY) == [45, 50, 55, 60, 65, 80, 95]


def test_a_pressure_beyond_its_limit_is_read_again_every_five_minutes_until_it_is_not() -> None:
    facts = ScheduleFacts(
        BEFORE, started=minute(0), planned_stop=minute(40), beyond=((minute(2), minute(13)),)
    )
    schedule = slots(facts, RULES.schedule, minute(14))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 7, 10, 20, 30, 40]
    again = schedule[3]
    assert (again.recheck, again.lacking) == (True, ("systolic", "diastolic"))
    assert (again.state, again.owes_a_reason) == (SlotState.MISSED, False)
    still = replace(facts, beyond=((minute(2), None),))
    assert due(slots(still, RULES.schedule, minute(14)), ObservationPhase.INFUSING) == [
        0, 7, 10, 17, 20, 30, 40,
    ]  # fmt: skip


def test_a_set_that_is_late_is_also_the_recheck_after_it_and_is_missed_no_sooner_for_it() -> None:
    facts = ScheduleFacts(
        BEFORE, started=minute(0), planned_stop=minute(40), beyond=((minute(9), minute(17)),)
    )
    late = replace(facts, readings=observed(0, 14.5))
    schedule = slots(late, RULES.schedule, minute(15))
    assert due(schedule, ObservationPhase.INFUSING)[:4] == [0, 10, 14, 20]
    assert states(schedule)[3:5] == ["fulfilled", "fulfilled"]
    assert not any(slot.owes_a_reason for slot in schedule)


def test_a_set_is_read_again_five_minutes_after_a_drug_into_the_vein() -> None:
    facts = ScheduleFacts(
        BEFORE, started=minute(0), planned_stop=minute(40), doses=(minute(2), minute(16))
    )
    schedule = slots(facts, RULES.schedule, minute(3))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 7, 10, 20, 30, 40]  # 21 is 20
    assert [slot.lacking for slot in schedule if slot.recheck] == [
        ("systolic", "diastolic", "spo2", "heart_rate/pulse_rate", "respiratory_rate", "moaas")
    ]


def test_a_second_sedative_restarts_it_again() -> None:
    facts = ScheduleFacts(
        BEFORE, started=minute(0), planned_stop=minute(24), sedatives=(minute(13), minute(11))
    )
    schedule = slots(facts, RULES.schedule, minute(14))
    assert due(schedule, ObservationPhase.INFUSING) == [0, 10, 18, 23]


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (17.9, SlotState.UPCOMING),
        (18, SlotState.DUE),
        (20, SlotState.DUE),
        (23, SlotState.DUE),
        (23.1, SlotState.OVERDUE),
        (27.9, SlotState.OVERDUE),
        (28, SlotState.MISSED),
    ],
)
def test_the_life_of_a_slot_without_a_reading(at: float, state: SlotState) -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), planned_stop=minute(40))
    schedule = slots(facts, RULES.schedule, minute(at))
    assert schedule[4].due_at == minute(20)
    assert schedule[4].state is state


def test_a_late_reading_fulfils_its_own_slot_and_not_the_one_before() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), readings=observed(18.5))
    schedule = slots(facts, RULES.schedule, minute(19))
    by_due = {s.due_at: s for s in schedule}
    assert by_due[minute(10)].state is SlotState.MISSED
    assert by_due[minute(20)].state is SlotState.FULFILLED
    assert by_due[minute(20)].fulfilled_at == minute(18.5)


def test_a_slot_is_fulfilled_when_its_last_sign_arrives() -> None:
    facts = ScheduleFacts(
        BEFORE,
        started=minute(0),
        readings=(*observed(10)[:-1], reading("moaas", "5", 11.5), *observed(0)),
    )
    slot = slots(facts, RULES.schedule, minute(12))[3]
    assert (slot.state, slot.fulfilled_at) == (SlotState.FULFILLED, minute(11.5))


def test_an_incomplete_slot_names_what_is_lacking() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), readings=observed(10)[:3])
    slot = slots(facts, RULES.schedule, minute(12))[3]
    assert slot.state is SlotState.DUE
    assert slot.lacking == ("heart_rate/pulse_rate", "respiratory_rate", "moaas")


def test_an_artefact_fulfils_nothing() -> None:
    marked = tuple(
        reading(r.sign, str(r.value), 10, artefact=r.sign == "spo2") for r in observed(10)
    )
    facts = ScheduleFacts(BEFORE, started=minute(0), readings=marked)
    assert slots(facts, RULES.schedule, minute(12))[3].lacking == ("spo2",)


def test_a_missed_slot_owes_a_reason_until_it_has_one() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0))
    missed = slots(facts, RULES.schedule, minute(20))[3]
    assert missed.owes_a_reason
    told = ScheduleFacts(BEFORE, started=minute(0), reasons={minute(10): "Cuff moved."})
    slot = slots(told, RULES.schedule, minute(20))[3]
    assert (slot.state, slot.reason, slot.owes_a_reason) == (
        SlotState.MISSED,
        "Cuff moved.",
        False,
    )


def test_a_slot_before_the_start_is_missed_and_owes_no_reason() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0))
    before = [s for s in slots(facts, RULES.schedule, minute(5)) if s.due_at < minute(0)]
    assert [(s.state, s.owes_a_reason) for s in before] == [(SlotState.MISSED, False)] * 2


def test_a_reading_from_the_future_fulfils_nothing_yet() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), readings=observed(10))
    assert slots(facts, RULES.schedule, minute(9))[3].state is SlotState.DUE


def test_the_next_due_is_the_first_that_waits() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), readings=observed(-10, -5, 0))
    waiting = next_due(slots(facts, RULES.schedule, minute(1)))
    assert waiting is not None
    assert waiting.due_at == minute(10)


def test_after_release_nothing_waits() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), stopped=minute(5), released=minute(9))
    assert next_due(slots(facts, RULES.schedule, minute(10))) is None


def test_times_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidValue, match="never started cannot have stopped"):
        ScheduleFacts(BEFORE, stopped=minute(5))
    with pytest.raises(InvalidValue, match="before it started"):
        ScheduleFacts(BEFORE, started=minute(5), stopped=minute(0))


def test_who_takes_something_that_may_raise_the_pressure_is_measured_every_five_minutes() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), stopped=minute(20), closely=True)
    schedule = slots(facts, RULES.schedule, minute(21))

    assert due(schedule, ObservationPhase.INFUSING) == [0, 5, 10, 15, 20]


def test_between_the_whole_sets_only_the_pressure_is_asked_for() -> None:
    pressure = (reading("systolic", "124", 5), reading("diastolic", "78", 5))
    facts = ScheduleFacts(
        BEFORE, started=minute(0), closely=True, readings=(*observed(0), *pressure)
    )
    during = [
        s
        for s in slots(facts, RULES.schedule, minute(16))
        if s.phase is ObservationPhase.INFUSING and s.due_at <= minute(15)
    ]

    assert [s.state.value for s in during] == ["fulfilled", "fulfilled", "missed", "due"]
    assert during[3].lacking == ("systolic", "diastolic")


def test_scores_before_the_start_and_before_leaving_are_reminders_and_no_demand() -> None:
    done = (*observed(-10, -5), reading("dissociation", "0", -6), reading("pain", "1", -6))
    facts = ScheduleFacts(BEFORE, started=minute(0), stopped=minute(40), readings=done)
    schedule = slots(facts, RULES.schedule, minute(56))
    asked = {s.phase: s.reminders for s in schedule}

    assert {s.state for s in schedule if s.phase is ObservationPhase.BASELINE} == {
        SlotState.FULFILLED
    }
    assert asked[ObservationPhase.BASELINE] == ("nausea", "anxiety")
    assert asked[ObservationPhase.INFUSING] == ("dissociation",)
    assert asked[ObservationPhase.RECOVERY] == ("dissociation", "nausea", "anxiety", "pain")


def test_the_peak_of_dissociation_is_not_asked_for_before_it_comes() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0))
    schedule = slots(facts, RULES.schedule, minute(12))

    assert {s.reminders for s in schedule if s.due_at < minute(30)} >= {()}
    assert all(s.reminders == () for s in schedule if minute(0) <= s.due_at < minute(30))


def test_a_pressure_that_is_due_every_five_minutes_is_overdue_before_it_is_missed() -> None:
    facts = ScheduleFacts(BEFORE, started=minute(0), closely=True, readings=observed(0))

    seen = [
        next(s.state.value for s in slots(facts, RULES.schedule, minute(at)) if due((s,)) == [5])
        for at in (6.4, 6.6, 8.1)
    ]

    assert seen == ["due", "overdue", "missed"]
