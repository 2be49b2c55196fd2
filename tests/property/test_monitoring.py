"""Laws of monitoring that hold for any readings."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from afterglow.apps.monitoring.queries import _columns as columns_of
from afterglow.core.monitoring.alarm_state import ChangeKind, OpenAlarm, advance, silence
from afterglow.core.monitoring.alarms import AlarmFacts, evaluate
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.conditions import (
    LATE_READING,
    AlarmCondition,
    AlarmKind,
    AlarmPriority,
)
from afterglow.core.monitoring.entry import read_blood_pressure, read_sign
from afterglow.core.monitoring.gaps import gaps
from afterglow.core.monitoring.measurements import read_measurement
from afterglow.core.monitoring.readings import Reading, Source
from afterglow.core.monitoring.rules import ObservationPhase
from afterglow.core.monitoring.schedule import ScheduleFacts, SlotState, slots
from support.monitoring import RULES, minute

readings = st.lists(
    st.builds(
        Reading,
        sign=st.sampled_from(["systolic", "diastolic", "spo2", "heart_rate", "moaas"]),
        value=st.decimals(0, 250, places=1),
        at=st.integers(0, 3600).map(lambda s: minute(0) + timedelta(seconds=s)),
        source=st.sampled_from(Source),
        artefact=st.booleans(),
    ),
    max_size=30,
    unique_by=lambda r: (r.sign, r.source, r.at),
)
conditions = st.lists(
    st.builds(
        AlarmCondition,
        code=st.sampled_from(["A", "B", "C"]),
        about=st.just("device"),
        kind=st.just(AlarmKind.PHYSIOLOGICAL),
        priority=st.sampled_from(AlarmPriority),
        sentence=st.just("Low."),
        since=st.just(minute(0)),
    ),
    max_size=3,
    unique_by=lambda c: c.code,
)


@given(readings, st.randoms(use_true_random=False))
def test_the_order_in_which_readings_arrive_changes_no_alarm(
    window: list[Reading], random: Random
) -> None:
    shuffled = list(window)
    random.shuffle(shuffled)
    at = minute(60)
    assert evaluate(AlarmFacts(tuple(shuffled)), RULES, at) == evaluate(
        AlarmFacts(tuple(window)), RULES, at
    )


@given(readings)
def test_a_condition_is_never_newer_than_now_and_never_twice(window: list[Reading]) -> None:
    found = evaluate(AlarmFacts(tuple(window)), RULES, minute(30))
    assert all(c.since <= minute(30) for c in found)
    assert len({c.key for c in found}) == len(found)


@given(readings)
def test_hand_entries_never_end_what_the_device_says_nor_change_its_value(
    window: list[Reading],
) -> None:
    device = tuple(r for r in window if r.source is Source.DEVICE)
    alone = evaluate(AlarmFacts(device), RULES, minute(60))
    together = evaluate(AlarmFacts(tuple(window)), RULES, minute(60))
    said = {(c.key, c.seen, c.limit, c.since) for c in together if c.about == "device"}
    assert {(c.code, c.about) for c in alone} == {key for key, *_ in said}
    unasked = {c for c in alone if "repeat" not in c.sentence}
    assert all((c.key, c.seen, c.limit, c.since) in said for c in unasked)


@given(st.lists(st.integers(1, 29), min_size=1, max_size=40), st.integers(1, 5))
def test_crossings_within_the_dwell_are_one_alarm_and_break_no_silence(
    stays: list[int], every: int
) -> None:
    """SpO2 goes 93, 94, 93, … and stays within its limit for less than 30 s each time."""
    line: list[Reading] = []
    at = minute(0)
    for number, stay in enumerate(stays):
        for second in range(0, stay, every):
            line.append(_spo2("93" if number % 2 == 0 else "94", at + timedelta(seconds=second)))
        at += timedelta(seconds=stay)
    alarms: tuple[OpenAlarm, ...] = ()
    happened: list[str] = []
    for number, last in enumerate(line):
        seen = evaluate(AlarmFacts(tuple(line[: number + 1])), RULES, last.at)
        step = advance(alarms, seen, RULES.alarms, last.at)
        happened += [c.kind for c in step.changes if c.kind not in (ChangeKind.UPDATED,)]
        alarms = step.alarms
        if number == 0:
            alarms = tuple(
                silence(a, timedelta(minutes=2), RULES.alarms, at=last.at) for a in alarms
            )
    assert happened == ["raised"]
    assert all(alarm.silenced_until is not None for alarm in alarms)


late_lines = st.lists(
    st.builds(
        lambda sign, value, at, behind: Reading(
            sign,
            value,
            minute(0) + timedelta(seconds=at),
            Source.HAND,
            entered_at=minute(0) + timedelta(seconds=at + 601 + behind),
        ),
        st.sampled_from(["systolic", "diastolic", "spo2", "heart_rate", "moaas"]),
        st.decimals(0, 250, places=1),
        st.integers(0, 3600),
        st.integers(0, 3600),
    ),
    max_size=20,
)


@given(readings, late_lines, st.booleans())
def test_what_was_typed_long_afterwards_neither_raises_nor_ends_nor_changes_what_is_so_now(
    window: list[Reading], late: list[Reading], symptomatic: bool
) -> None:
    at = minute(120)
    before = evaluate(AlarmFacts(tuple(window), said_symptomatic=symptomatic), RULES, at)
    both = AlarmFacts((*window, *late), said_symptomatic=symptomatic)
    after = evaluate(both, RULES, at)

    assert tuple(c for c in after if c.code != LATE_READING) == before
    assert {c.priority for c in after if c.is_notice} <= {AlarmPriority.LOW}


@given(readings, late_lines)
def test_a_late_notice_is_of_the_newest_number_of_its_sign_and_a_reading_of_now_ends_it(
    window: list[Reading], late: list[Reading]
) -> None:
    at = minute(120)
    found = [c for c in evaluate(AlarmFacts((*window, *late)), RULES, at) if c.is_notice]
    now = [
        Reading(c.about, Decimal(100), minute(119), source)
        for c, source in zip(found, [Source.HAND, Source.DEVICE] * 3, strict=False)
    ]
    after = evaluate(AlarmFacts((*window, *late, *now)), RULES, at)

    for notice in found:
        of_sign = [r for r in (*window, *late) if r.sign == notice.about and not r.artefact]
        assert notice.since == max(r.at for r in of_sign)
    assert not [c for c in after if c.is_notice]


@given(st.lists(conditions, max_size=3), st.booleans())
def test_a_notice_breaks_no_silence_and_an_alarm_beside_it_breaks_every_one(
    steps: list[list[AlarmCondition]], beside: bool
) -> None:
    alarms: tuple[OpenAlarm, ...] = ()
    for number, step in enumerate(steps):
        alarms = advance(alarms, step, RULES.alarms, minute(number)).alarms
    silent = tuple(silence(a, timedelta(minutes=2), RULES.alarms, at=minute(5)) for a in alarms)
    notice = AlarmCondition(
        LATE_READING, "spo2", AlarmKind.TECHNICAL, AlarmPriority.LOW, "Then.", minute(0)
    )
    new = AlarmCondition("D", "", AlarmKind.TECHNICAL, AlarmPriority.LOW, "New.", minute(5))
    holds = [alarm.condition for alarm in silent if alarm.condition_gone_at is None]

    step_on = advance(silent, [*holds, notice, *([new] if beside else [])], RULES.alarms, minute(5))

    kept = [alarm for alarm in step_on.alarms if alarm.condition.code not in (LATE_READING, "D")]
    assert all((alarm.silenced_until is None) is beside for alarm in kept)


@given(late_lines, st.integers(1, 90), st.integers(0, 60))
def test_what_was_typed_long_afterwards_fills_no_slot_that_is_open(
    late: list[Reading], now: int, stop: int
) -> None:
    at = minute(now)
    stopped = minute(stop) if 0 < stop < now else None
    given_ = ScheduleFacts(minute(-10), started=minute(0), stopped=stopped)
    before = {s.due_at: s for s in slots(given_, RULES.schedule, at)}
    known = tuple(r for r in late if r.entered_at is not None and r.entered_at <= at)

    for slot in slots(replace(given_, readings=known), RULES.schedule, at):
        is_open = slot.closes_at is None or at < slot.closes_at
        if is_open and slot.phase is not ObservationPhase.BASELINE:
            was = before[slot.due_at]
            assert (slot.state, slot.lacking) == (was.state, was.lacking)


def _spo2(value: str, at: datetime) -> Reading:
    return Reading("spo2", Decimal(value), at, Source.DEVICE)


@given(st.lists(conditions, min_size=1, max_size=6))
def test_advancing_twice_with_the_same_conditions_changes_nothing(
    steps: list[list[AlarmCondition]],
) -> None:
    alarms: tuple[OpenAlarm, ...] = ()
    for number, step in enumerate(steps):
        alarms = advance(alarms, step, RULES.alarms, minute(number)).alarms
    again = advance(alarms, steps[-1], RULES.alarms, minute(99))
    assert (again.alarms, again.changes) == (alarms, ())


@given(st.lists(conditions, min_size=1, max_size=6))
def test_every_condition_that_holds_has_an_open_alarm_at_least_as_urgent(
    steps: list[list[AlarmCondition]],
) -> None:
    alarms: tuple[OpenAlarm, ...] = ()
    for number, step in enumerate(steps):
        alarms = advance(alarms, step, RULES.alarms, minute(number)).alarms
        open_now = {alarm.key: alarm.priority.weight for alarm in alarms}
        assert all(open_now[c.key] >= c.priority.weight for c in step)


@given(readings, st.integers(0, 90), st.one_of(st.none(), st.integers(0, 60)))
def test_slots_follow_each_other_and_no_reading_counts_twice(
    window: list[Reading], now: int, stop: int | None
) -> None:
    stopped = minute(stop) if stop is not None else None
    facts = ScheduleFacts(minute(-10), started=minute(0), stopped=stopped, readings=tuple(window))
    every = slots(facts, RULES.schedule, minute(now))
    schedule = [slot for slot in every if not slot.overtaken]  # its place is the stop's
    assert all(s.state is SlotState.MISSED and not s.owes_a_reason for s in every if s.overtaken)
    for before, after in pairwise(schedule):
        assert before.due_at < after.due_at
        assert before.closes_at == after.opens_at
    for slot in schedule:
        if slot.state is SlotState.FULFILLED:
            assert slot.fulfilled_at is not None
            assert slot.opens_at <= slot.fulfilled_at <= minute(now)


_times = st.lists(st.integers(1, 60), max_size=4)
_half_minutes = st.integers(1, 130).map(lambda half: minute(half / 2))


@given(
    readings,
    st.one_of(st.none(), _half_minutes),
    st.lists(st.tuples(_half_minutes, st.integers(1, 40)), max_size=2),
    _times,
    _times,
    st.booleans(),
)
def test_every_instant_since_the_check_in_stands_in_exactly_one_column_of_the_grid(
    window: list[Reading],
    stopped: datetime | None,
    beyond: list[tuple[datetime, int]],
    doses: list[int],
    sedatives: list[int],
    closely: bool,
) -> None:
    at = minute(70)
    facts = ScheduleFacts(
        minute(-10),
        started=minute(0),
        stopped=stopped,
        readings=tuple(window),
        beyond=tuple((since, since + timedelta(minutes=m)) for since, m in beyond),
        doses=tuple(minute(d) for d in doses),
        sedatives=tuple(minute(s) for s in sedatives),
        closely=closely,
    )
    found = slots(facts, RULES.schedule, at)
    columns = sorted((w.since, w.until) for _slot, w in columns_of(found, at))
    assert columns[0][0] <= minute(-10)
    assert columns[-1][1] > at
    assert all(before[1] == after[0] for before, after in pairwise(columns))


@given(st.text(max_size=40))
def test_no_text_breaks_a_field_and_every_refusal_says_why(text: str) -> None:
    pressure = read_blood_pressure(text)
    assert pressure.decision.refused is (not pressure.values)
    for sign in VitalSignCode:
        entry = read_sign(sign, text)
        assert entry.decision.refused is (not entry.values)
        found = read_measurement(sign, text, ucum=definition(sign).unit)
        assert found.is_usable is (found.value is not None and not found.is_artefact)


@given(st.integers(31, 300), st.integers(10, 220))
def test_a_pressure_written_is_the_pressure_read(high: int, low: int) -> None:
    entry = read_blood_pressure(f"{high}/{low}")
    expected = {VitalSignCode.SYSTOLIC: Decimal(high), VitalSignCode.DIASTOLIC: Decimal(low)}
    assert entry.values == (expected if high > low else {})


@given(readings)
def test_gaps_lie_in_order_inside_the_window(window: list[Reading]) -> None:
    found = gaps(window, "spo2", RULES.gaps, start=minute(0), end=minute(60))
    edges = [edge for gap in found for edge in (gap.start, gap.end)]
    assert edges == sorted(edges)
    assert all(minute(0) <= edge <= minute(60) for edge in edges)
