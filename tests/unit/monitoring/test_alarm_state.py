"""The life of an alarm: raise, escalate, acknowledge, silence, end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.alarm_state import (
    OpenAlarm,
    acknowledge,
    advance,
    check_silence,
    silence,
)
from afterglow.core.monitoring.conditions import AlarmCondition, AlarmKind, AlarmPriority
from support.monitoring import RULES, minute

HIGH, MEDIUM, LOW = AlarmPriority.HIGH, AlarmPriority.MEDIUM, AlarmPriority.LOW
ALARMS = RULES.alarms
TWO = timedelta(minutes=2)


def condition(
    priority: AlarmPriority, code: str = "SPO2_LOW", sentence: str = "Low."
) -> AlarmCondition:
    return AlarmCondition(code, "device", AlarmKind.PHYSIOLOGICAL, priority, sentence, minute(0))


def raised(priority: AlarmPriority, code: str = "SPO2_LOW") -> OpenAlarm:
    return advance((), [condition(priority, code)], ALARMS, minute(0)).alarms[0]


def kinds(step: object) -> list[str]:
    return [change.kind.value for change in step.changes]  # type: ignore[attr-defined]


def test_a_new_condition_raises_an_alarm() -> None:
    step = advance((), [condition(MEDIUM)], ALARMS, minute(1))
    assert kinds(step) == ["raised"]
    assert step.alarms[0].raised_at == minute(1)


def test_the_same_condition_again_changes_nothing() -> None:
    alarm = raised(MEDIUM)
    step = advance([alarm], [condition(MEDIUM)], ALARMS, minute(1))
    assert (step.alarms, step.changes) == ((alarm,), ())


def test_a_new_sentence_is_an_update() -> None:
    step = advance([raised(MEDIUM)], [condition(MEDIUM, sentence="Lower.")], ALARMS, minute(1))
    assert kinds(step) == ["updated"]


def test_amber_to_red_escalates_and_asks_again_for_acknowledgement() -> None:
    seen = acknowledge(raised(MEDIUM), at=minute(1))
    step = advance([seen], [condition(HIGH)], ALARMS, minute(2))
    assert kinds(step) == ["escalated"]
    assert (step.alarms[0].priority, step.alarms[0].acknowledged_at) == (HIGH, None)
    assert step.alarms[0].raised_at == minute(0)


def test_amber_ends_with_its_condition() -> None:
    step = advance([raised(MEDIUM)], [], ALARMS, minute(1))
    assert (kinds(step), step.alarms) == (["ended"], ())


def test_red_stays_until_somebody_has_seen_it() -> None:
    gone = advance([raised(HIGH)], [], ALARMS, minute(1))
    assert kinds(gone) == ["condition_gone"]
    assert gone.alarms[0].condition_gone_at == minute(1)
    again = advance(gone.alarms, [], ALARMS, minute(2))
    assert (again.alarms, again.changes) == (gone.alarms, ())
    ended = advance([acknowledge(gone.alarms[0], at=minute(3))], [], ALARMS, minute(3))
    assert (kinds(ended), ended.alarms) == (["ended"], ())


def test_an_acknowledged_red_ends_with_its_condition() -> None:
    seen = acknowledge(raised(HIGH), at=minute(1))
    assert kinds(advance([seen], [], ALARMS, minute(2))) == ["ended"]


def test_red_that_eases_stays_red_until_somebody_has_seen_it() -> None:
    eased = advance([raised(HIGH)], [condition(MEDIUM)], ALARMS, minute(1))
    assert kinds(eased) == ["updated"]
    assert eased.alarms[0].priority is HIGH
    assert acknowledge(eased.alarms[0], at=minute(2)).priority is MEDIUM


def test_an_acknowledged_red_eases_to_amber() -> None:
    seen = acknowledge(raised(HIGH), at=minute(1))
    step = advance([seen], [condition(MEDIUM)], ALARMS, minute(2))
    assert kinds(step) == ["eased"]
    assert step.alarms[0].priority is MEDIUM


def test_an_acknowledged_red_that_holds_asks_again_after_its_time() -> None:
    seen = acknowledge(raised(HIGH), at=minute(1))
    before = advance([seen], [condition(HIGH)], ALARMS, minute(2.9))
    assert (kinds(before), before.alarms[0].acknowledged_at) == ([], minute(1))
    after = advance([seen], [condition(HIGH)], ALARMS, minute(3))
    assert kinds(after) == ["reminded"]
    assert after.alarms[0].acknowledged_at is None
    again = acknowledge(after.alarms[0], at=minute(4))
    assert kinds(advance([again], [condition(HIGH)], ALARMS, minute(5))) == []
    assert kinds(advance([again], [condition(HIGH)], ALARMS, minute(6))) == ["reminded"]


def test_a_reminder_breaks_no_silence_and_a_value_that_came_back_needs_none() -> None:
    quiet = silence(raised(MEDIUM, "HEART_RATE_HIGH"), TWO, ALARMS, at=minute(2))
    seen = acknowledge(raised(HIGH), at=minute(1))
    both = [condition(HIGH), condition(MEDIUM, "HEART_RATE_HIGH")]
    step = advance([seen, quiet], both, ALARMS, minute(3))
    assert (kinds(step), step.alarms[1].is_silent(minute(3))) == (["reminded"], True)
    back = replace(condition(HIGH), back_since=minute(2.9))
    assert "reminded" not in kinds(advance([seen], [back], ALARMS, minute(3)))


def test_when_a_condition_began_is_not_forgotten_while_it_lasts() -> None:
    later = replace(condition(MEDIUM), since=minute(5))
    step = advance([raised(MEDIUM)], [later], ALARMS, minute(10))
    assert step.alarms[0].condition.since == minute(0)


def test_a_latched_condition_that_comes_back_is_an_escalation() -> None:
    gone = advance([raised(HIGH)], [], ALARMS, minute(1)).alarms[0]
    step = advance([gone], [condition(MEDIUM)], ALARMS, minute(2))
    assert kinds(step) == ["escalated"]
    assert (step.alarms[0].priority, step.alarms[0].condition_gone_at) == (HIGH, None)


def test_a_silence_lasts_its_time_and_no_longer() -> None:
    quiet = silence(raised(MEDIUM), TWO, ALARMS, at=minute(1))
    assert quiet.is_silent(minute(2.9))
    assert not quiet.is_silent(minute(3))
    assert not raised(MEDIUM).is_silent(minute(1))


def test_a_new_condition_breaks_every_silence() -> None:
    quiet = silence(raised(MEDIUM), TWO, ALARMS, at=minute(1))
    step = advance([quiet], [condition(MEDIUM), condition(LOW, "CLOCK_DRIFT")], ALARMS, minute(2))
    assert not any(alarm.is_silent(minute(2)) for alarm in step.alarms)


def test_a_worse_condition_breaks_its_silence() -> None:
    quiet = silence(raised(MEDIUM), TWO, ALARMS, at=minute(1))
    step = advance([quiet], [condition(HIGH)], ALARMS, minute(2))
    assert not step.alarms[0].is_silent(minute(2))
    assert step.changes[0].alarm == step.alarms[0]


def test_a_condition_that_only_updates_keeps_its_silence() -> None:
    quiet = silence(raised(MEDIUM), TWO, ALARMS, at=minute(1))
    step = advance([quiet], [condition(MEDIUM, sentence="Lower.")], ALARMS, minute(2))
    assert step.alarms[0].is_silent(minute(2))


@pytest.mark.parametrize(
    ("minutes", "silences", "codes", "sentence"),
    [
        (2, 0, (), ""),
        (2.5, 0, ("SILENCE_TOO_LONG",), "A silence of 2.5 min is longer than the 2 min"),
        (0, 0, ("SILENCE_TOO_SHORT",), "0 min was asked for."),
        (-1, 0, ("SILENCE_TOO_SHORT",), "-1 min was asked for."),
        (2, 3, ("SILENCED_TOO_OFTEN",), "silenced 3 times in a row; the limit is 3."),
        (9, 3, ("SILENCED_TOO_OFTEN", "SILENCE_TOO_LONG"), ""),
    ],
)
def test_silence_has_limits(
    minutes: float, silences: int, codes: tuple[str, ...], sentence: str
) -> None:
    alarm = replace(raised(HIGH), silences=silences)
    decision = check_silence(alarm, timedelta(minutes=minutes), ALARMS)
    assert decision.codes == codes
    assert sentence in " ".join(reason.sentence for reason in decision)


def test_a_silence_beyond_the_limit_cannot_be_made() -> None:
    with pytest.raises(InvalidValue, match="A silence of 60 min is longer than the 2 min"):
        silence(raised(HIGH), timedelta(hours=1), ALARMS, at=minute(1))


def test_nobody_acknowledges_before_the_alarm() -> None:
    with pytest.raises(InvalidValue, match="SPO2_LOW was raised at 2026-11-23T18:00"):
        acknowledge(raised(HIGH), at=minute(-1))


def test_the_most_urgent_alarm_comes_first() -> None:
    conditions = [condition(LOW, "A"), condition(HIGH, "B"), condition(MEDIUM, "C")]
    step = advance((), conditions, ALARMS, minute(0))
    assert [alarm.condition.code for alarm in step.alarms] == ["B", "C", "A"]
