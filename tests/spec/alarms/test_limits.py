"""The alarm table of clinical reference 3.3, as a clinician can sign it: value → priority."""

import pytest

from afterglow.core.monitoring.alarms import AlarmFacts, evaluate
from afterglow.core.monitoring.limits import Symptom
from support.monitoring import RULES, baseline_of, minute, reading

# sign, value, priority with one code; None: no alarm. Judged 3 minutes after the reading, so
# that a repeat which is asked for is late and a sustained value is sustained.
ABSOLUTE = [
    ("systolic", "159", None, None),
    ("systolic", "160", "SYSTOLIC_HIGH", "medium"),
    ("systolic", "179", "SYSTOLIC_HIGH", "medium"),
    ("systolic", "180", "SYSTOLIC_HIGH", "high"),
    ("systolic", "90", None, None),
    ("systolic", "89", "SYSTOLIC_LOW", "high"),
    ("diastolic", "99", None, None),
    ("diastolic", "100", "DIASTOLIC_HIGH", "medium"),
    ("diastolic", "110", "DIASTOLIC_HIGH", "high"),
    ("diastolic", "50", None, None),
    ("diastolic", "49", "DIASTOLIC_LOW", "high"),
    ("heart_rate", "120", None, None),
    ("heart_rate", "121", "HEART_RATE_HIGH", "medium"),
    ("heart_rate", "130", "HEART_RATE_HIGH", "medium"),
    ("heart_rate", "131", "HEART_RATE_HIGH", "high"),
    ("heart_rate", "50", None, None),
    ("heart_rate", "49", "HEART_RATE_LOW", "medium"),
    ("heart_rate", "44", "HEART_RATE_LOW", "high"),
    ("pulse_rate", "131", "PULSE_RATE_HIGH", "high"),
    ("spo2", "94", None, None),
    ("spo2", "93", "SPO2_LOW", "medium"),
    ("spo2", "92", "SPO2_LOW", "medium"),
    ("spo2", "91", "SPO2_LOW", "high"),
    ("spo2", "89", "SPO2_LOW", "high"),
    ("respiratory_rate", "10", None, None),
    ("respiratory_rate", "9", "RESPIRATORY_RATE_LOW", "medium"),
    ("respiratory_rate", "7", "RESPIRATORY_RATE_LOW", "high"),
    ("respiratory_rate", "0", "RESPIRATORY_RATE_LOW", "high"),
    ("respiratory_rate", "24", None, None),
    ("respiratory_rate", "25", "RESPIRATORY_RATE_HIGH", "medium"),
    ("respiratory_rate", "31", "RESPIRATORY_RATE_HIGH", "high"),
    ("etco2", "50", None, None),
    ("etco2", "51", "ETCO2_HIGH", "medium"),
    ("etco2", "56", "ETCO2_HIGH", "high"),
    ("etco2", "24", "ETCO2_LOW", "high"),
    ("moaas", "5", None, None),
    ("moaas", "4", "SEDATION_DEEP", "medium"),
    ("moaas", "3", "SEDATION_DEEP", "high"),
]


@pytest.mark.parametrize(("sign", "value", "code", "priority"), ABSOLUTE)
def test_absolute_limits(sign: str, value: str, code: str | None, priority: str | None) -> None:
    facts = AlarmFacts(readings=(reading(sign, value, 10),))
    found = [(c.code, c.priority.value) for c in evaluate(facts, RULES, minute(13))]
    assert found == ([(code, priority)] if code else [])


# Baseline, value now, priority: a rise needs the percentage and, for systolic, the amount too.
RELATIVE = [
    ("systolic", "110", "139", None),
    ("systolic", "110", "140", "medium"),  # +27 % and +30 mmHg
    ("systolic", "150", "179", None),  # +19 %: below 20 %, though +29 mmHg
    ("systolic", "100", "129", None),  # +29 %, only +29 mmHg
    ("systolic", "100", "130", "medium"),  # +30 %, only +30 mmHg
    ("systolic", "100", "140", "high"),  # +40 % and +40 mmHg
    ("systolic", "130", "169", "medium"),  # exactly +30 %, only +39 mmHg
    ("systolic", "127.5", "158", "medium"),
    ("diastolic", "80", "95", None),
    ("diastolic", "80", "96", "medium"),
    ("etco2", "36", "45", None),
    ("etco2", "36", "46", "medium"),
    ("systolic", "140", "100", None),  # a fall is no rise
]


@pytest.mark.parametrize(("sign", "baseline", "value", "priority"), RELATIVE)
def test_limits_relative_to_the_baseline(
    sign: str, baseline: str, value: str, priority: str | None
) -> None:
    facts = AlarmFacts(
        readings=(reading(sign, value, 10),), baseline=baseline_of(**{sign: baseline})
    )
    found = {c.code: c.priority.value for c in evaluate(facts, RULES, minute(13))}
    assert found.get(f"{sign.upper()}_RISE") == priority


SYMPTOMS = [
    ("CHEST_PAIN", "high"),
    ("NEUROLOGICAL_DEFICIT", "high"),
    ("SEVERE_HEADACHE", "high"),
    ("DYSPNOEA", "high"),
    ("VISUAL_LOSS", "high"),
    ("ALLERGIC_SIGNS", "high"),
    ("NEW_ARRHYTHMIA", "high"),
    ("APNOEA", "high"),
    ("ASKS_TO_STOP", "high"),
    ("HEADACHE", "medium"),
    ("PALPITATIONS", "medium"),
    ("NAUSEA", "medium"),
    ("ASKS_TO_SLOW", "medium"),
]


@pytest.mark.parametrize(("symptom", "priority"), SYMPTOMS)
def test_symptoms_and_requests(symptom: str, priority: str) -> None:
    facts = AlarmFacts(symptoms=(Symptom(symptom, minute(10)),))
    found = [(c.code, c.priority.value) for c in evaluate(facts, RULES, minute(10))]
    assert found == [(f"SYMPTOM_{symptom}", priority)]


def test_every_symptom_of_the_protocol_is_in_the_table() -> None:
    assert set(RULES.symptoms) == {code for code, _ in SYMPTOMS}


def test_every_limit_of_the_protocol_is_in_the_tables() -> None:
    signed = {code for _, _, code, _ in ABSOLUTE if code} | {
        f"{sign.upper()}_RISE" for sign, *_ in RELATIVE
    }
    limits = {limit.code for limit in RULES.limits}
    assert limits - signed == {"PULSE_RATE_LOW"}  # the same numbers as HEART_RATE_LOW
