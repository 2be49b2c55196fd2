"""What was typed long after it was measured, as a clinician can sign it: a notice of then."""

import pytest

from afterglow.core.monitoring.alarms import AlarmFacts, evaluate
from afterglow.core.monitoring.readings import Reading, Source
from support.monitoring import RULES, baseline_of, minute, reading

HAND, DEVICE = Source.HAND, Source.DEVICE

# A sign is measured by hand at minute 10 and entered so many minutes later; what is shown at once.
# Up to one interval of the sign (10 min) it is a reading of now; above it one of then.
ENTERED = [
    ("systolic", "172", 0, "SYSTOLIC_HIGH", "medium"),
    ("systolic", "172", 10, "SYSTOLIC_HIGH", "medium"),
    ("systolic", "172", 10.5, "LATE_READING", "low"),
    ("systolic", "172", 35, "LATE_READING", "low"),
    ("systolic", "210", 35, "LATE_READING", "low"),
    ("systolic", "130", 35, None, None),
    ("systolic", "85", 35, "LATE_READING", "low"),
    ("diastolic", "112", 35, "LATE_READING", "low"),
    ("heart_rate", "140", 35, "LATE_READING", "low"),
    ("spo2", "88", 9, "SPO2_LOW", "high"),
    ("spo2", "88", 35, "LATE_READING", "low"),
    ("spo2", "97", 35, None, None),
    ("respiratory_rate", "7", 35, "LATE_READING", "low"),
    ("etco2", "58", 35, "LATE_READING", "low"),
    ("moaas", "2", 9, "SEDATION_DEEP", "high"),
    ("moaas", "2", 35, "LATE_READING", "low"),
]


@pytest.mark.parametrize(("sign", "value", "later", "code", "priority"), ENTERED)
def test_a_reading_by_hand_is_one_of_now_for_one_interval(
    sign: str, value: str, later: float, code: str | None, priority: str | None
) -> None:
    facts = AlarmFacts((reading(sign, value, 10, source=HAND, entered=10 + later),))
    found = [(c.code, c.priority.value) for c in evaluate(facts, RULES, minute(10 + later))]
    assert found == ([(code, priority)] if code else [])


LATE = reading("systolic", "172", 5, source=HAND, entered=40)
# What is known beside 172 mmHg of minute 5, entered at minute 40; what is shown at minute 41.
BESIDE: list[tuple[str, tuple[Reading, ...], set[tuple[str, str]]]] = [
    ("nothing", (), {("LATE_READING", "systolic")}),
    (
        "a reading of before, within",
        (reading("systolic", "130", 0, source=HAND, entered=0),),
        {("LATE_READING", "systolic")},
    ),
    (
        "a reading of now, within",
        (reading("systolic", "130", 41, source=HAND, entered=41),),
        set(),
    ),
    ("the cuff, within, since", (reading("systolic", "130", 20),), set()),
    (
        "a reading of now, beyond",
        (reading("systolic", "165", 41, source=HAND, entered=41),),
        {("SYSTOLIC_HIGH", "hand")},
    ),
    (
        "an alarm of before that stands",
        (reading("systolic", "165", 2, source=HAND, entered=2),),
        {("SYSTOLIC_HIGH", "hand"), ("LATE_READING", "systolic")},
    ),
    (
        "a later line of the same paper, within",
        (reading("systolic", "130", 15, source=HAND, entered=40),),
        set(),
    ),
    (
        "a later line of the same paper, beyond",
        (reading("systolic", "168", 15, source=HAND, entered=40),),
        {("LATE_READING", "systolic")},
    ),
    (
        "a late line that is an artefact",
        (reading("systolic", "200", 6, source=HAND, artefact=True, entered=40),),
        {("LATE_READING", "systolic")},
    ),
    (
        "another sign of now",
        (reading("spo2", "97", 41, source=HAND, entered=41),),
        {("LATE_READING", "systolic")},
    ),
]


@pytest.mark.parametrize(("what", "beside", "shown"), BESIDE, ids=[row[0] for row in BESIDE])
def test_a_number_of_then_asks_for_one_of_now_and_any_newer_one_answers(
    what: str, beside: tuple[Reading, ...], shown: set[tuple[str, str]]
) -> None:
    found = evaluate(AlarmFacts((LATE, *beside)), RULES, minute(41))
    assert {(c.code, c.about) for c in found} == shown


def test_it_says_the_number_the_limit_and_how_long_after_it_came() -> None:
    (notice,) = evaluate(AlarmFacts((LATE,)), RULES, minute(41))
    assert notice.sentence == (
        "Systolic pressure 172 mmHg was beyond the limit of 160 mmHg and was entered 35 min after "
        "it was measured: measure again."
    )
    assert (notice.seen, notice.limit, notice.since) == ("172 mmHg", "160 mmHg", minute(5))
    assert notice.is_notice


def test_a_late_rise_over_the_baseline_is_one_too() -> None:
    risen = reading("systolic", "152", 5, source=HAND, entered=40)
    facts = AlarmFacts((risen,), baseline=baseline_of(systolic="110"))
    (notice,) = evaluate(facts, RULES, minute(41))
    assert (notice.code, notice.limit) == ("LATE_READING", "+30 % and at least +40 mmHg")


def test_a_late_line_by_hand_repeats_no_red_of_the_cuff() -> None:
    cuff = reading("systolic", "185", 10)
    then = reading("systolic", "138", 11, source=HAND, entered=40)
    (alone,) = evaluate(AlarmFacts((cuff,)), RULES, minute(40))
    (beside,) = evaluate(AlarmFacts((cuff, then)), RULES, minute(40))
    assert beside == alone
    assert beside.priority.value == "high"


def test_the_pulse_of_a_monitor_since_answers_for_a_heart_rate_of_then() -> None:
    then = reading("heart_rate", "140", 5, source=HAND, entered=40)
    facts = AlarmFacts((then, reading("pulse_rate", "80", 30)))
    assert evaluate(facts, RULES, minute(41)) == ()
