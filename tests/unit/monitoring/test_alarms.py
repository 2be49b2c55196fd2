"""Conditions: confirmation, time, sources kept apart, devices, the pump."""

import inspect
import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring import presence, technical
from afterglow.core.monitoring.alarms import TECHNICAL_CODES, AlarmFacts, alarm_codes, evaluate
from afterglow.core.monitoring.conditions import NOTICES, AlarmCondition, AlarmKind, AlarmPriority
from afterglow.core.monitoring.limits import Symptom
from afterglow.core.monitoring.readings import Baseline, Reading, Source, baselines
from afterglow.core.monitoring.schedule import ScheduleFacts, slots
from afterglow.core.monitoring.technical import ChartedRate, DeviceFacts, DeviceKind, PumpFacts
from support.monitoring import RULES, baseline_of, minute, reading


def found(at: float, **facts: object) -> list[tuple[str, str, str]]:
    """Return code, subject and priority of every condition ``at`` minutes after the start."""
    conditions = evaluate(AlarmFacts(**facts), RULES, minute(at))  # type: ignore[arg-type]
    assert {c.code for c in conditions} <= set(alarm_codes(RULES))
    return [(c.code, c.about, c.priority.value) for c in conditions]


def test_a_red_pressure_first_asks_for_a_repeat() -> None:
    facts = AlarmFacts(readings=(reading("systolic", "182", 10),))
    (condition,) = evaluate(facts, RULES, minute(11))
    assert condition.priority is AlarmPriority.MEDIUM
    assert condition.repeat_by == minute(12)
    assert condition.sentence.endswith("the limit of 180 mmHg: repeat within 2 min.")


def test_the_first_red_reading_names_value_limit_and_repeat() -> None:
    facts = AlarmFacts(readings=(reading("systolic", "85", 10),))
    (condition,) = evaluate(facts, RULES, minute(11))
    assert condition.priority is AlarmPriority.MEDIUM
    assert condition.sentence == (
        "Systolic pressure 85 mmHg is below the limit of 90 mmHg: repeat within 2 min."
    )
    assert (condition.seen, condition.limit) == ("85 mmHg", "90 mmHg")


def test_a_repeat_that_is_red_too_makes_it_red_since_the_first() -> None:
    readings = (reading("systolic", "182", 10), reading("systolic", "184", 11.5))
    (condition,) = evaluate(AlarmFacts(readings=readings), RULES, minute(11.5))
    assert (condition.priority, condition.since) == (AlarmPriority.HIGH, minute(10))
    assert condition.sentence == (
        "Systolic pressure 184 mmHg is at or above the limit of 180 mmHg."
    )


def test_the_same_cuff_value_sent_twice_is_no_repeat() -> None:
    readings = (reading("systolic", "182", 10), reading("systolic", "182", 10))
    assert found(11, readings=readings) == [("SYSTOLIC_HIGH", "device", "medium")]


def test_a_repeat_that_does_not_come_in_time_makes_it_red() -> None:
    facts = AlarmFacts(readings=(reading("systolic", "182", 10),))
    (condition,) = evaluate(facts, RULES, minute(12.1))
    assert condition.priority is AlarmPriority.HIGH
    assert condition.sentence.endswith("180 mmHg, and the repeat is late.")


def test_a_normal_repeat_ends_it() -> None:
    readings = (reading("systolic", "182", 10), reading("systolic", "150", 11))
    assert found(12, readings=readings) == []


def test_a_red_pressure_with_symptoms_is_red_at_once() -> None:
    conditions = found(
        10, readings=(reading("systolic", "182", 10),), symptoms=(Symptom("HEADACHE", minute(9)),)
    )
    assert ("SYSTOLIC_HIGH", "device", "high") in conditions


def test_a_red_pressure_that_is_said_to_be_symptomatic_is_red_at_once() -> None:
    conditions = found(10, readings=(reading("systolic", "182", 10),), said_symptomatic=True)
    assert conditions == [("SYSTOLIC_HIGH", "device", "high")]


def test_a_request_to_slow_down_is_no_symptom() -> None:
    conditions = found(
        10,
        readings=(reading("systolic", "182", 10),),
        symptoms=(Symptom("ASKS_TO_SLOW", minute(9)),),
    )
    assert ("SYSTOLIC_HIGH", "device", "medium") in conditions


def test_a_symptom_of_the_future_is_not_yet_one() -> None:
    assert found(8, symptoms=(Symptom("CHEST_PAIN", minute(9)),)) == []


def test_saturation_below_92_is_amber_until_it_lasts_30_seconds() -> None:
    readings = (reading("spo2", "91", 10), reading("spo2", "91", 10.4))
    assert found(10.4, readings=readings) == [("SPO2_LOW", "device", "medium")]
    assert found(10.5, readings=readings) == [("SPO2_LOW", "device", "high")]


def test_a_better_value_in_between_starts_the_time_anew() -> None:
    readings = (reading("spo2", "91", 10), reading("spo2", "92", 10.3), reading("spo2", "91", 10.4))
    assert found(10.6, readings=readings) == [("SPO2_LOW", "device", "medium")]


def test_saturation_below_90_is_red_at_once() -> None:
    assert found(10, readings=(reading("spo2", "89.9", 10),)) == [("SPO2_LOW", "device", "high")]


def test_an_artefact_raises_no_alarm() -> None:
    assert found(10, readings=(reading("spo2", "40", 10, artefact=True),)) == []


def test_a_reading_from_the_future_raises_no_alarm() -> None:
    assert found(9, readings=(reading("spo2", "40", 10),)) == []


def test_a_normal_hand_entry_does_not_end_what_the_device_reports() -> None:
    readings = (reading("spo2", "88", 10), reading("spo2", "97", 10.5, source=Source.HAND))
    assert found(11, readings=readings) == [("SPO2_LOW", "device", "high")]


def test_a_value_by_hand_says_so() -> None:
    facts = AlarmFacts(readings=(reading("moaas", "4", 10, source=Source.HAND),))
    (condition,) = evaluate(facts, RULES, minute(10))
    assert condition.sentence == "MOAA/S 4, entered by hand, is at or below the limit of 4."
    assert condition.kind is AlarmKind.PHYSIOLOGICAL


def test_a_rise_says_baseline_and_limit() -> None:
    facts = AlarmFacts(
        readings=(reading("systolic", "158", 10),), baseline=baseline_of(systolic="127.5")
    )
    (condition,) = evaluate(facts, RULES, minute(10))
    assert condition.sentence == (
        "Systolic pressure 158 mmHg is 30.5 mmHg above the baseline of 127.5 mmHg; "
        "the limit is +20 % and at least +30 mmHg."
    )


def test_without_a_baseline_nothing_is_compared_with_it() -> None:
    assert found(10, readings=(reading("systolic", "158", 10),)) == []
    no_pressure = baseline_of(systolic="0")
    assert found(10, readings=(reading("systolic", "158", 10),), baseline=no_pressure) == []


def monitor(**facts: object) -> DeviceFacts:
    return DeviceFacts(DeviceKind.MONITOR, "Monitor 3", True, minute(0), **facts)  # type: ignore[arg-type]


def test_a_silent_monitor_is_said_after_its_limit_and_hides_its_signals() -> None:
    device = monitor(last_heard=minute(10), signals=(("spo2", minute(5)),))
    assert found(11, devices=(device,)) == [("SIGNAL_LOST", "spo2", "medium")]
    (condition,) = evaluate(AlarmFacts(devices=(device,)), RULES, minute(11.1))
    assert condition.sentence == "No data from Monitor 3 for more than 60 s."
    assert (condition.since, condition.kind) == (minute(10), AlarmKind.TECHNICAL)


def test_a_monitor_that_was_never_heard_is_silent_since_it_was_expected() -> None:
    assert found(2, devices=(monitor(),)) == [("MONITOR_SILENT", "Monitor 3", "medium")]


def test_a_silent_pump_has_its_own_code() -> None:
    device = DeviceFacts(DeviceKind.PUMP, "Pump 7", True, minute(0))
    assert found(2, devices=(device,)) == [("PUMP_SILENT", "Pump 7", "low")]


def test_a_signal_without_usable_values_is_lost() -> None:
    device = monitor(
        last_heard=minute(10),
        signals=(("spo2", minute(9.9)), ("etco2", None), ("temperature", None)),
    )
    (condition,) = evaluate(AlarmFacts(devices=(device,)), RULES, minute(10))
    assert condition.sentence == "End-tidal carbon dioxide: no usable value for more than 30 s."


def test_a_lost_trace_of_carbon_dioxide_is_red() -> None:
    device = monitor(last_heard=minute(10), signals=(("etco2", minute(9)), ("spo2", minute(9))))
    assert found(10, devices=(device,)) == [
        ("SIGNAL_LOST", "etco2", "high"),
        ("SIGNAL_LOST", "spo2", "medium"),
    ]


def test_a_pressure_that_is_said_to_be_symptomatic_is_red_whatever_its_number() -> None:
    amber = (reading("systolic", "165", 10), reading("spo2", "93", 10))
    assert found(10, readings=amber, said_symptomatic=True) == [
        ("SYSTOLIC_HIGH", "device", "high"),
        ("SPO2_LOW", "device", "medium"),
    ]


def test_a_probe_that_is_off_is_said_once() -> None:
    device = monitor(
        last_heard=minute(10), signals=(("spo2", minute(5)),), probes_off=(("spo2", minute(6)),)
    )
    (condition,) = evaluate(AlarmFacts(devices=(device,)), RULES, minute(10))
    assert condition.code == "PROBE_OFF"
    assert condition.sentence == (
        "Oxygen saturation: Monitor 3 says that it has no value. Look whether the probe is on."
    )


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (60, None),
        (61, "The clock of Monitor 3 is 61 s ahead; the limit is 60 s."),
        (-240, "The clock of Monitor 3 is 4 min behind; the limit is 60 s."),
    ],
)
def test_clock_drift(seconds: int, sentence: str | None) -> None:
    device = monitor(last_heard=minute(10), clock_offset=timedelta(seconds=seconds))
    conditions = evaluate(AlarmFacts(devices=(device,)), RULES, minute(10))
    assert [c.sentence for c in conditions] == ([sentence] if sentence else [])


def test_an_unassigned_device_is_said_and_not_judged_further() -> None:
    device = DeviceFacts(DeviceKind.MONITOR, "Monitor 3", False, minute(0))
    assert found(30, devices=(device,)) == [("DEVICE_NOT_ASSIGNED", "Monitor 3", "medium")]


def test_an_overdue_reading_names_what_is_missing() -> None:
    taken = (reading("systolic", "120", 10), reading("diastolic", "80", 10))
    facts = ScheduleFacts(minute(-10), started=minute(0), readings=taken)
    schedule = slots(facts, RULES.schedule, minute(14))
    conditions = evaluate(AlarmFacts(schedule=schedule), RULES, minute(14))
    assert [c.code for c in conditions] == ["READING_OVERDUE"]
    assert conditions[0].sentence == (
        "Reading 4 is overdue; still to measure: oxygen saturation, heart rate or pulse rate, "
        "respiratory rate, MOAA/S."
    )
    assert conditions[0].since == minute(10)


def pump(reported: str, charted: str, at: float = 10, **more: str) -> PumpFacts:
    return PumpFacts(
        Decimal(reported),
        minute(at),
        Decimal(charted),
        minute(5),
        reported_volume=Decimal(more["reported_volume"]) if "reported_volume" in more else None,
        charted_volume=Decimal(more["charted_volume"]) if "charted_volume" in more else None,
        reported_drug=more.get("drug", ""),
        planned_drug=more.get("planned", ""),
        reported_to_be_infused=Decimal(more["set_to"]) if "set_to" in more else None,
        planned_to_be_infused=Decimal(more["plan"]) if "plan" in more else None,
    )


@pytest.mark.parametrize(
    ("facts", "code", "sentence"),
    [
        (pump("26.3", "26.3"), None, ""),
        (pump("26.8", "26.3"), None, ""),
        (
            pump("26.9", "26.3"),
            "PUMP_RATE_DIFFERS",
            "The pump reports 26.9 mL/h, and the chart says 26.3 mL/h.",
        ),
        (pump("102", "100"), None, ""),
        (pump("102.1", "100"), "PUMP_RATE_DIFFERS", ""),
        (
            pump("52", "0"),
            "PUMP_STILL_RUNNING",
            "The pump still reports 52 mL/h, and the chart says that it is stopped.",
        ),
        (
            pump("0", "26.3"),
            "PUMP_NOT_RUNNING",
            "The pump reports that it is stopped, and the chart says 26.3 mL/h.",
        ),
        (
            pump("0", "26.3", reported_volume="17.5", plan="17.5"),
            "PUMP_FINISHED",
            "The pump has given the planned volume and stopped. Record that it is stopped.",
        ),
        (pump("0", "0"), None, ""),
        (pump("52", "0", at=5.4), None, ""),
        (pump("26.3", "26.3", reported_volume="8", charted_volume="7.5"), None, ""),
        (pump("26.3", "26.3", reported_volume="8"), None, ""),
        (
            pump("26.3", "26.3", reported_volume="9", charted_volume="7.5"),
            "PUMP_VOLUME_DIFFERS",
            "The pump reports 9 mL delivered, and the chart says 7.5 mL.",
        ),
        (pump("100", "100", reported_volume="42", charted_volume="40"), None, ""),
        (pump("26.3", "26.3", drug="KETAMINE 2 mg/mL", planned="ketamine"), None, ""),
        (pump("26.3", "26.3", drug="", planned="ketamine"), None, ""),
        (
            pump("26.3", "26.3", at=5, drug="Propofol", planned="ketamine"),
            "PUMP_DRUG_DIFFERS",
            "The pump says that it infuses Propofol, and the bag holds ketamine.",
        ),
        (pump("26.3", "26.3", at=5, set_to="17.5", plan="17.5"), None, ""),
        (pump("26.3", "26.3", at=5, set_to="18.5", plan="17.5"), None, ""),
        (
            pump("26.3", "26.3", at=5, set_to="50", plan="17.5"),
            "PUMP_TARGET_DIFFERS",
            "The pump is set to infuse 50 mL, and the plan is 17.5 mL.",
        ),
        (
            # It counts down: 10 mL to go and 7.5 mL delivered are the plan.
            pump(
                "26.3", "26.3", set_to="10", plan="17.5", reported_volume="7.5", charted_volume="7"
            ),
            None,
            "",
        ),
        (pump("26.3", "26.3", set_to="50"), None, ""),
    ],
)
def test_pump_and_chart(facts: PumpFacts, code: str | None, sentence: str) -> None:
    conditions = evaluate(AlarmFacts(pump=facts), RULES, minute(10))
    assert [c.code for c in conditions] == ([code] if code else [])
    assert not sentence or conditions[0].sentence == sentence
    off_its_plan = [c for c in conditions if c.code != "PUMP_FINISHED"]
    assert all(c.priority is AlarmPriority.HIGH for c in off_its_plan), "a pump off its plan is red"


def test_the_most_urgent_condition_comes_first() -> None:
    device = monitor(last_heard=minute(10), clock_offset=timedelta(minutes=5))
    readings = (reading("spo2", "89", 10), reading("heart_rate", "125", 9))
    conditions = evaluate(AlarmFacts(readings=readings, devices=(device,)), RULES, minute(10))
    assert [c.code for c in conditions] == ["SPO2_LOW", "HEART_RATE_HIGH", "DEVICE_CLOCK_DRIFT"]
    assert all(c.priority.weight for c in conditions)


@pytest.mark.parametrize(
    ("code", "sentence", "error"),
    [("spo2 low", "Low.", "UPPER_SNAKE_CASE"), ("SPO2_LOW", "Low", "ends without a stop")],
)
def test_a_condition_that_says_nothing_cannot_be_built(
    code: str, sentence: str, error: str
) -> None:
    with pytest.raises(InvalidValue, match=error):
        AlarmCondition(code, "", AlarmKind.TECHNICAL, AlarmPriority.LOW, sentence, minute(0))


def baseline(*readings: Reading) -> Baseline | None:
    return baselines(
        readings, before=minute(0), apart=timedelta(minutes=5), tolerance=timedelta(minutes=1)
    ).get("systolic")


def test_the_baseline_is_the_mean_of_the_last_two_readings_before_the_start() -> None:
    result = baseline(
        reading("systolic", "150", -20),
        reading("systolic", "120", -6),
        reading("systolic", "127", -1),
        reading("systolic", "170", 1),
    )
    assert result is not None
    assert result.value == Decimal("123.5")
    assert result.taken_at == (minute(-6), minute(-1))
    assert not result.is_provisional


def test_readings_too_close_together_are_not_two() -> None:
    result = baseline(reading("systolic", "120", -3), reading("systolic", "127", -1))
    assert result is not None
    assert (result.value, result.is_provisional) == (Decimal(127), True)


def test_an_artefact_enters_no_baseline() -> None:
    assert baseline(reading("systolic", "40", -6, artefact=True)) is None


def test_hand_and_device_are_not_averaged_together() -> None:
    result = baseline(
        reading("systolic", "120", -9, source=Source.HAND),
        reading("systolic", "124", -3, source=Source.HAND),
        reading("systolic", "140", -1),
    )
    assert result is not None
    assert (result.value, result.source) == (Decimal(122), Source.HAND)


def test_two_device_readings_outrank_one_by_hand() -> None:
    result = baseline(
        reading("systolic", "120", -9),
        reading("systolic", "124", -3),
        reading("systolic", "140", -1, source=Source.HAND),
    )
    assert result is not None
    assert (result.value, result.source) == (Decimal(122), Source.DEVICE)


def test_a_reading_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidValue, match="needs a zone"):
        Reading("spo2", Decimal(97), datetime(2026, 11, 23, 18, 0), Source.DEVICE)  # noqa: DTZ001


def test_every_technical_code_is_listed_once() -> None:
    source = inspect.getsource(technical) + inspect.getsource(presence)
    written = set(re.findall(r'"((?:[A-Z]+_)+[A-Z]+)"', source))
    assert written | NOTICES == set(TECHNICAL_CODES)
    codes = alarm_codes(RULES)
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("rate", "raised"), [("150", False), ("150.1", True), ("0", False)])
def test_a_charted_rate_past_what_the_bag_was_allowed_is_red(rate: str, raised: bool) -> None:
    charted = ChartedRate(Decimal(rate), minute(5), Decimal("150"))

    found = evaluate(AlarmFacts(charted=charted), RULES, minute(10))

    assert [(c.code, c.priority, c.since) for c in found] == (
        [("PUMP_RAN_TOO_FAST", AlarmPriority.HIGH, minute(5))] if raised else []
    )
