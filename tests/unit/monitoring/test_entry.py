"""What a hand types and what a device sends: values, or a clear sentence."""

from decimal import Decimal

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import Metric, PumpMetric, VitalSignCode
from afterglow.core.monitoring.entry import read_blood_pressure, read_sign
from afterglow.core.monitoring.gaps import Gap, gaps
from afterglow.core.monitoring.measurements import read_measurement
from support.monitoring import RULES, minute, reading

SYSTOLIC, DIASTOLIC = VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC
SPO2, TEMPERATURE = VitalSignCode.SPO2, VitalSignCode.TEMPERATURE


@pytest.mark.parametrize("text", ["120/80", " 120 / 80 ", "120/80\n", "120.0/80,0"])
def test_a_pressure_is_read_from_one_field(text: str) -> None:
    entry = read_blood_pressure(text)
    assert entry.decision.allowed
    assert entry.values == {SYSTOLIC: Decimal(120), DIASTOLIC: Decimal(80)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Blood pressure: nothing was entered."),
        (
            "120",
            "“120” is not a blood pressure; write systolic/diastolic, for example 120/80.",
        ),
        ("120/", "“120/” is not a blood pressure; write systolic/diastolic, for example 120/80."),
        (
            "120/80/93",
            "“120/80/93” is not a blood pressure; write systolic/diastolic, for example 120/80.",
        ),
        ("80/120", "Systolic 80 mmHg is not above diastolic 120 mmHg. Are the two swapped?"),
        ("90/90", "Systolic 90 mmHg is not above diastolic 90 mmHg. Are the two swapped?"),
        (
            "420/80",
            "Systolic pressure 420 mmHg is outside the plausible range of 30 to 300 mmHg.",
        ),
        (
            "120/8",
            "Diastolic pressure 8 mmHg is outside the plausible range of 10 to 220 mmHg.",
        ),
        (
            "-120/80",
            "Systolic pressure -120 mmHg is outside the plausible range of 30 to 300 mmHg.",
        ),
        (
            "120,5/80",
            "Systolic pressure 120,5 has too many decimals; write a whole number in mmHg.",
        ),
        (
            "12o/80",
            "Systolic pressure “12o” is not a number; write a whole number in mmHg.",
        ),
        (
            "१२०/80",
            "Systolic pressure “१२०” is not a number; write a whole number in mmHg.",
        ),
        (
            f"{'1' * 400}/80",
            f"Systolic pressure “{'1' * 20}…” is not a number; write a whole number in mmHg.",
        ),
        ("1e2/80", "Systolic pressure “1e2” is not a number; write a whole number in mmHg."),
    ],
)
def test_a_bad_pressure_gets_a_sentence_and_no_value(text: str, sentence: str) -> None:
    entry = read_blood_pressure(text)
    assert [reason.sentence for reason in entry.decision] == [sentence]
    assert entry.values == {}


def test_both_halves_of_a_bad_pressure_are_told_at_once() -> None:
    assert read_blood_pressure("420/x").decision.codes == (
        "ENTRY_NOT_A_NUMBER",
        "ENTRY_OUT_OF_RANGE",
    )


@pytest.mark.parametrize(
    ("sign", "text", "value"),
    [
        (TEMPERATURE, "36.8", "36.8"),
        (TEMPERATURE, "36,8", "36.8"),
        (TEMPERATURE, "37", "37.0"),
        (SPO2, "97", "97"),
        (SPO2, "+97", "97"),
    ],
)
def test_a_sign_is_read_with_point_or_comma(sign: VitalSignCode, text: str, value: str) -> None:
    assert read_sign(sign, text).values == {sign: Decimal(value)}


@pytest.mark.parametrize(
    ("sign", "text", "sentence"),
    [
        (SPO2, " ", "Oxygen saturation: nothing was entered."),
        (SPO2, "101", "Oxygen saturation 101 % is outside the plausible range of 30 to 100 %."),
        (
            TEMPERATURE,
            "98.6",
            "Temperature 98.6 °C is outside the plausible range of 25 to 45 °C.",
        ),
        (
            TEMPERATURE,
            "36.85",
            "Temperature 36.85 has too many decimals; write a number in °C with at most 1 decimal.",
        ),
        (SPO2, "97 %", "Oxygen saturation “97 %” is not a number; write a whole number in %."),
    ],
)
def test_a_bad_value_gets_a_sentence(sign: VitalSignCode, text: str, sentence: str) -> None:
    entry = read_sign(sign, text)
    assert [reason.sentence for reason in entry.decision] == [sentence]
    assert entry.values == {}


@pytest.mark.parametrize(
    ("metric", "text", "unit_code", "ucum", "value"),
    [
        (SYSTOLIC, "142", 266016, "", "142"),
        (SYSTOLIC, " 142 ", None, "mm[Hg]", "142"),
        (VitalSignCode.ETCO2, "5.1", 265987, "", "38"),
        (SPO2, "95.7", 262688, "%", "95.7"),
        (PumpMetric.PUMP_RATE, "26.3", 265266, "", "26.3"),
    ],
)
def test_a_device_value_is_read_in_the_signs_unit(
    metric: Metric, text: str, unit_code: int | None, ucum: str, value: str
) -> None:
    found = read_measurement(metric, text, unit_code=unit_code, ucum=ucum)
    assert (found.value, found.is_usable) == (Decimal(value), True)


def test_a_text_metric_is_kept_as_text() -> None:
    found = read_measurement(PumpMetric.DRUG_NAME, " ketamine ")
    assert (found.text, found.value, found.is_usable) == ("ketamine", None, True)


@pytest.mark.parametrize(
    ("text", "unit_code", "ucum", "code"),
    [
        ("---", 262688, "", "DEVICE_NO_VALUE"),
        ("-999", 262688, "", "DEVICE_NO_VALUE"),
        ("ninety", 262688, "", "DEVICE_NOT_A_NUMBER"),
        ("97,5", 262688, "", "DEVICE_NOT_A_NUMBER"),
        ("9e1", 262688, "", "DEVICE_NOT_A_NUMBER"),
        ("infinity", 262688, "", "DEVICE_NOT_A_NUMBER"),
        ("sNaN", 262688, "", "DEVICE_NOT_A_NUMBER"),
        ("9" * 400, 262688, "", "DEVICE_NOT_A_NUMBER"),
        ("97", 266016, "", "DEVICE_UNIT_UNKNOWN"),
        ("97", None, "mmHg?", "DEVICE_UNIT_UNKNOWN"),
        ("97", None, "", "DEVICE_UNIT_UNKNOWN"),
    ],
)
def test_a_device_value_that_cannot_be_read_keeps_its_text(
    text: str, unit_code: int | None, ucum: str, code: str
) -> None:
    found = read_measurement(SPO2, text, unit_code=unit_code, ucum=ucum)
    assert (found.text, found.value, found.is_artefact) == (text, None, False)
    assert [reason.code for reason in found.reasons] == [code]
    assert not found.is_usable


def test_a_zero_from_a_probe_that_is_off_is_no_value() -> None:
    found = read_measurement(SPO2, "0", unit_code=262688)
    assert (found.value, found.has_no_value, found.is_usable) == (None, True, False)


def test_a_heart_rate_of_zero_is_not_believed_and_not_passed_over() -> None:
    found = read_measurement(VitalSignCode.HEART_RATE, "0", unit_code=264864)
    assert (found.value, found.is_artefact, found.is_unclear) == (Decimal(0), True, True)
    assert found.reasons[0].sentence == (
        "Heart rate 0 /min: either that is so, or the probe is off. Look at the patient."
    )


def test_a_breath_rate_of_zero_is_a_reading() -> None:
    found = read_measurement(VitalSignCode.RESPIRATORY_RATE, "0", unit_code=264928)
    assert (found.value, found.is_usable) == (Decimal(0), True)


def test_a_stretch_without_values_is_a_gap() -> None:
    readings = [reading("spo2", "97", at) for at in (1, 2, 3, 5.5, 8.1)]
    readings.append(reading("spo2", "40", 7, artefact=True))
    readings.append(reading("heart_rate", "70", 7))
    found = gaps(readings, "spo2", RULES.gaps, start=minute(0), end=minute(12))
    assert found == (Gap("spo2", minute(5.5), minute(8.1)), Gap("spo2", minute(8.1), minute(12)))


def test_a_signal_that_never_came_is_one_gap() -> None:
    found = gaps([], "spo2", RULES.gaps, start=minute(0), end=minute(12))
    assert found == (Gap("spo2", minute(0), minute(12)),)


def test_a_signal_without_an_expected_interval_is_loud() -> None:
    with pytest.raises(InvalidValue, match="no expected interval for 'mood'"):
        gaps([], "mood", RULES.gaps, start=minute(0), end=minute(1))
