"""What flaps, what is repeated by other means, what two sensors say at once: to be signed."""

from datetime import timedelta

import pytest

from afterglow.core.monitoring.alarms import AlarmFacts, evaluate
from afterglow.core.monitoring.conditions import AlarmCondition
from afterglow.core.monitoring.readings import Reading, Source
from support.monitoring import RULES, minute, reading

HAND = Source.HAND


def holds(at: float, *readings: Reading) -> list[tuple[str, str, str]]:
    """Return code, source and priority of each condition at a minute."""
    return [(c.code, c.about, c.priority.value) for c in conditions(at, *readings)]


def conditions(at: float, *readings: Reading) -> tuple[AlarmCondition, ...]:
    return evaluate(AlarmFacts(readings), RULES, minute(at))


def every_second(sign: str, value: str, start: float, seconds: int) -> list[Reading]:
    """Return one reading a second of a device, from a minute on."""
    return [reading(sign, value, start + n / 60) for n in range(seconds)]


# Seconds that SpO2 has been back at 94 after 93 → whether the alarm is still open.
DWELL = [(1, True), (15, True), (30, True), (31, False)]


@pytest.mark.parametrize(("seconds", "is_open"), DWELL)
def test_an_alarm_of_a_device_ends_when_its_sign_was_back_for_thirty_seconds(
    seconds: int, is_open: bool
) -> None:
    line = [*every_second("spo2", "93", 0, 5), *every_second("spo2", "94", 1, seconds)]
    found = conditions(1.6, *line)
    assert bool(found) is is_open
    if found:
        assert found[0].back_since == minute(1)
        assert found[0].sentence.endswith(
            "was below the limit of 94 %; it is back within it, and not yet for 30 s."
        )


def test_a_device_that_falls_silent_just_after_it_came_back_ends_nothing() -> None:
    line = [*every_second("spo2", "93", 0, 5), reading("spo2", "94", 1)]
    assert holds(4, *line) == [("SPO2_LOW", "device", "medium")]


def test_a_red_value_that_flaps_stays_red_and_counts_no_time_that_it_was_not() -> None:
    red = every_second("spo2", "91", 0, 31)
    assert holds(31 / 60, *red) == [("SPO2_LOW", "device", "high")]
    amber = [*red, *every_second("spo2", "93", 31 / 60, 20)]
    assert holds(51 / 60, *amber) == [("SPO2_LOW", "device", "high")]
    short = [*every_second("spo2", "91", 0, 20), *every_second("spo2", "93", 20 / 60, 10)]
    short += every_second("spo2", "91", 0.5, 20)
    assert holds(49 / 60, *short) == [("SPO2_LOW", "device", "medium")]


def test_a_red_that_fell_to_amber_says_that_the_amber_limit_is_still_crossed() -> None:
    line = [*every_second("spo2", "91", 0, 31), *every_second("spo2", "93", 31 / 60, 20)]
    (found,) = conditions(51 / 60, *line)
    assert found.priority == "high"
    assert found.sentence == (
        "Oxygen saturation 91 % was below the limit of 92 %; it is 93 % now, and the limit of 94 % "
        "is still crossed."
    )
    assert found.back_since is None


# Seconds of 91 within every ten: too short to count, too often to end. What the alarm said last.
FLAPS = [("92 %", "high"), ("94 %", "medium"), ("90 %", "medium")]


@pytest.mark.parametrize(("said", "priority"), FLAPS)
def test_what_lasted_long_enough_stays_red_when_its_long_stretch_is_no_longer_looked_at(
    said: str, priority: str
) -> None:
    line = [reading("spo2", "91" if n % 10 < 6 else "93", n / 60) for n in range(300)]
    facts = AlarmFacts(tuple(line), holding=frozenset({("SPO2_LOW", "device", said)}))
    (found,) = evaluate(facts, RULES, minute(5))
    assert found.priority == priority


def test_a_spell_whose_beginning_is_seen_is_red_by_its_own_length_and_not_by_an_older_word() -> (
    None
):
    line = [*every_second("spo2", "97", 0, 40), *every_second("spo2", "91", 1, 10)]
    facts = AlarmFacts(tuple(line), holding=frozenset({("SPO2_LOW", "device", "92 %")}))
    (found,) = evaluate(facts, RULES, minute(70 / 60))
    assert found.priority == "medium"


def test_by_hand_and_by_cuff_the_first_value_within_the_limit_ends_it() -> None:
    assert (
        holds(5, reading("spo2", "92", 0, source=HAND), reading("spo2", "96", 4, source=HAND)) == []
    )
    assert holds(5, reading("systolic", "165", 0), reading("systolic", "150", 4)) == []


# Minute of the repeat by hand, its value, minute now → priority and the end of the sentence.
REPEATS = [
    (1, "138", 2.5, "medium", "; the repeat by hand says 138 mmHg."),
    (1, "186", 1.5, "high", "the limit of 180 mmHg."),
    (3, "138", 3.5, "medium", "; the repeat by hand says 138 mmHg."),
    (-1, "138", 1, "medium", ": repeat within 2 min."),
    (-1, "138", 3, "high", ", and the repeat is late."),
]


@pytest.mark.parametrize(("then", "value", "now", "priority", "ending"), REPEATS)
def test_a_repeat_by_hand_settles_what_a_cuff_said(
    then: float, value: str, now: float, priority: str, ending: str
) -> None:
    found = conditions(
        now, reading("systolic", "184", 0), reading("systolic", value, then, source=HAND)
    )
    cuff = next(c for c in found if c.about == "device")
    assert (cuff.code, cuff.priority) == ("SYSTOLIC_HIGH", priority)
    assert cuff.sentence.endswith(ending)


def test_a_second_red_cuff_counts_whatever_was_typed_between() -> None:
    found = conditions(
        4,
        reading("systolic", "184", 0),
        reading("systolic", "138", 1, source=HAND),
        reading("systolic", "186", 3),
    )
    assert [(c.about, c.priority) for c in found] == [("device", "high")]


def test_a_value_by_hand_gives_way_to_what_the_monitor_has_said_since() -> None:
    by_hand = reading("spo2", "89", 0, source=HAND)
    assert holds(0.4, by_hand, *every_second("spo2", "98", 0.1, 15)) == [
        ("SPO2_LOW", "hand", "high")
    ]
    assert holds(2, by_hand, *every_second("spo2", "98", 0.1, 60)) == []
    again = every_second("spo2", "93", 1.2, 2)
    assert holds(1.3, by_hand, *every_second("spo2", "98", 0.1, 60), *again) == [
        ("SPO2_LOW", "device", "medium")
    ]


def test_a_pressure_by_hand_gives_way_to_two_cuffs_and_a_heart_rate_to_the_pulse() -> None:
    by_hand = reading("systolic", "165", 0, source=HAND)
    assert holds(6, by_hand, reading("systolic", "138", 5)) == [("SYSTOLIC_HIGH", "hand", "medium")]
    assert holds(11, by_hand, reading("systolic", "138", 5), reading("systolic", "136", 10)) == []
    heart = reading("heart_rate", "135", 0, source=HAND)
    assert holds(2, heart, *every_second("pulse_rate", "80", 0.5, 40)) == []


def test_a_normal_value_by_hand_does_not_end_what_a_device_still_reports() -> None:
    line = every_second("spo2", "93", 0, 60)
    assert holds(1, *line, reading("spo2", "98", 0.9, source=HAND)) == [
        ("SPO2_LOW", "device", "medium")
    ]


# Heart rate and pulse of one monitor → what alarms.
RATES = [
    ("132", "132", [("HEART_RATE_HIGH", "high")]),
    ("118", "126", [("HEART_RATE_HIGH", "medium")]),
    ("132", "122", [("HEART_RATE_HIGH", "high")]),
    ("135", "121", [("HEART_RATE_HIGH", "high"), ("PULSE_RATE_HIGH", "medium")]),
    ("80", "48", [("PULSE_RATE_LOW", "medium")]),
]


@pytest.mark.parametrize(("heart", "pulse", "alarms"), RATES)
def test_heart_and_pulse_that_agree_are_one_alarm(
    heart: str, pulse: str, alarms: list[tuple[str, str]]
) -> None:
    line = [
        *every_second("heart_rate", heart, 0, 40),
        *every_second("pulse_rate", pulse, 0, 40),
    ]
    assert [(code, priority) for code, _, priority in holds(40 / 60, *line)] == alarms


def test_rates_that_part_for_a_moment_are_still_one() -> None:
    line = every_second("heart_rate", "132", 0, 60)
    line += [
        *every_second("pulse_rate", "131", 0, 50),
        *every_second("pulse_rate", "121", 50 / 60, 10),
    ]
    assert [code for code, *_ in holds(1, *line)] == ["HEART_RATE_HIGH"]


def test_a_pulse_without_an_ecg_alarms_as_a_pulse() -> None:
    line = [
        *every_second("heart_rate", "90", 0, 5),
        *every_second("pulse_rate", "132", 2, 5),
    ]
    at = 2 + timedelta(seconds=5) / timedelta(minutes=1)
    assert [code for code, *_ in holds(at, *line)] == ["PULSE_RATE_HIGH"]
