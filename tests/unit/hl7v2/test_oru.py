"""What a monitor or a pump reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.interop.hl7v2.panels import pump_states
from afterglow.interop.hl7v2.report import Observation, ObservationReport, TimeState
from support import hl7v2_samples as samples

NEW_YORK = ZoneInfo("America/New_York")


def read(raw: bytes, received_at: datetime = samples.ARRIVAL) -> ObservationReport:
    return decode_oru(raw, default_zone=NEW_YORK, received_at=received_at)


def only(report: ObservationReport, code: int) -> Observation:
    (found,) = [o for o in report.observations if o.mdc_code == code]
    return found


def test_a_monitor_message_gives_every_reading_and_no_header() -> None:
    report = read(samples.MONITOR)

    assert {o.refid: o.value for o in report.observations} == {
        "MDC_PULS_OXIM_SAT_O2": Decimal(97),
        "MDC_PULS_OXIM_PULS_RATE": Decimal(88),
        "MDC_PRESS_BLD_NONINV_SYS": Decimal(142),
        "MDC_PRESS_BLD_NONINV_DIA": Decimal(88),
        "MDC_PRESS_BLD_NONINV_MEAN": Decimal(106),
        "MDC_ECG_HEART_RATE": Decimal(88),
        "MDC_CONC_AWAY_CO2_ET": Decimal(38),
        "MDC_CO2_RESP_RATE": Decimal(14),
    }
    assert report.problems == ()
    assert report.for_chart


def test_a_reading_keeps_its_codes_unit_time_and_place() -> None:
    reading = only(read(samples.MONITOR), 150456)

    assert (reading.unit_mdc, reading.unit_ucum) == (262688, "%")
    assert reading.containment == "1.1.1.1"
    assert reading.device_time == datetime(2026, 11, 23, 23, 30, 14, tzinfo=UTC)
    assert reading.time_state is TimeState.OWN
    assert (reading.status, reading.obx_index) == ("R", 4)
    assert reading.equipment_id == samples.EQUIPMENT


def test_who_sent_it_about_whom_and_where_are_kept_apart() -> None:
    report = read(samples.MONITOR)

    assert report.device.application == "ICU_GW"
    assert report.device.application_id == "00A0C9FFFE123456"
    assert report.device.equipment_ids == (samples.EQUIPMENT,)
    assert report.patient is not None
    assert report.patient.identifiers[0].value == "MRN000123"
    assert (report.patient.family, report.patient.given) == ("Rivera", "Dana")
    assert report.location is not None
    assert (report.location.point_of_care, report.location.room) == ("INFUSION", "CHAIR3")


def test_a_report_shows_no_patient_when_it_is_printed() -> None:
    shown = repr(read(samples.MONITOR))

    assert not [word for word in ("Rivera", "Dana", "MRN000123", "1984") if word in shown]


def test_the_pressures_of_one_measurement_form_one_panel() -> None:
    (panel,) = read(samples.MONITOR).panels

    assert panel.channel == "1.2.1"
    assert panel.device_time == datetime(2026, 11, 23, 23, 29, 40, tzinfo=UTC)
    assert [p.value for p in (panel.systolic, panel.diastolic, panel.mean) if p] == [142, 88, 106]


def test_pressures_of_different_times_never_meet() -> None:
    later = samples.MONITOR.replace(
        b"|88|266016^MDC_DIM_MMHG^MDC^mm[Hg]^mm[Hg]^UCUM|50-100||||R|||20261123182940",
        b"|88|266016^MDC_DIM_MMHG^MDC^mm[Hg]^mm[Hg]^UCUM|50-100||||R|||20261123183010",
    )

    first, second = read(later).panels

    assert (first.systolic is not None, first.diastolic, first.mean is not None) == (
        True,
        None,
        True,
    )
    assert second.systolic is None
    assert second.diastolic is not None


def test_a_second_systolic_of_the_same_time_opens_its_own_panel() -> None:
    lines = list(samples.MONITOR_LINES)
    lines.append(lines[11].replace("|142|", "|150|"))

    first, second = read(samples.wire(lines)).panels

    assert first.systolic is not None
    assert second.systolic is not None
    assert (first.systolic.value, second.systolic.value) == (Decimal(142), Decimal(150))


def test_one_bad_obx_does_not_void_the_message() -> None:
    report = read(samples.monitor(**{"|97|262688": "|9x7|262688"}))

    assert only(report, 150456).value == "9x7"
    assert only(report, 147842).value == 88
    assert [(p.location, p.sentence) for p in report.problems] == [
        ("OBX[4]-5", "'9x7' is not a number.")
    ]


@pytest.mark.parametrize(
    "text", ["sNaN", "Infinity", "1_000", "1e9", "٩٧", "97 98", "--97", "1" * 40]
)
def test_what_python_would_take_for_a_number_is_not_one(text: str) -> None:
    reading = only(read(samples.monitor(**{"|97|262688": f"|{text}|262688"})), 150456)

    assert reading.value == text
    assert len(reading.problems) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("97", "97"), ("97.", "97"), (".5", "0.5"), ("+97", "97"), ("-0.4", "-0.4"), (" 97 ", "97")],
)
def test_numbers_are_exact_decimals(text: str, value: str) -> None:
    reading = only(read(samples.monitor(**{"|97|262688": f"|{text}|262688"})), 150456)

    assert reading.value == Decimal(value)
    assert isinstance(reading.value, Decimal)


def test_a_sensor_without_a_value_is_a_reading_without_a_value() -> None:
    report = read(samples.monitor(**{"|97|262688": "||262688", "|90-100||||R": "|90-100||||X"}))

    assert (only(report, 150456).value, only(report, 150456).status) == (None, "X")


@pytest.mark.parametrize("mark", ["---", "NaN"])
def test_a_mark_for_no_value_is_kept_and_is_no_error(mark: str) -> None:
    reading = only(read(samples.monitor(**{"|97|262688": f"|{mark}|262688"})), 150456)

    assert (reading.value, reading.problems) == (mark, ())


def test_a_code_that_disagrees_with_its_name_keeps_the_value_and_says_so() -> None:
    report = read(samples.monitor(**{"150456^MDC_PULS_OXIM_SAT_O2": "150456^MDC_ECG_HEART_RATE"}))
    reading = only(report, 150456)

    assert reading.value == 97
    assert reading.problems[0].location == "OBX[4]-3"


def test_a_vendor_code_with_mdc_as_alternate_is_understood() -> None:
    vendor = "SPO2^Sat^99ACME^150456^MDC_PULS_OXIM_SAT_O2^MDC"
    report = read(samples.monitor(**{"150456^MDC_PULS_OXIM_SAT_O2^MDC": vendor}))

    assert only(report, 150456).refid == "MDC_PULS_OXIM_SAT_O2"


def test_a_code_of_no_known_system_is_kept_under_its_name() -> None:
    report = read(samples.monitor(**{"150456^MDC_PULS_OXIM_SAT_O2^MDC": "SPO2^Sat^99ACME"}))
    (reading,) = [o for o in report.observations if o.mdc_code is None]

    assert (reading.refid, reading.value) == ("Sat", Decimal(97))
    assert len(reading.problems) == 1


def test_a_reading_without_its_own_time_takes_that_of_its_group() -> None:
    rate = only(read(samples.PUMP), 157884)

    assert rate.device_time == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert rate.time_state is TimeState.GROUP


def test_a_reading_without_any_time_says_so() -> None:
    bare = samples.PUMP.replace(b"20261123180000-0500|20261123180005-0500", b"|")
    reading = only(read(bare), 157884)

    assert (reading.device_time, reading.time_state) == (None, TimeState.MISSING)


def test_a_time_that_is_none_costs_the_time_and_not_the_value() -> None:
    reading = only(read(samples.monitor(**{"20261123183014-0500": "yesterday"})), 150456)

    assert (reading.value, reading.device_time) == (Decimal(97), None)
    assert reading.time_state is TimeState.INVALID


@pytest.mark.parametrize(
    ("ahead", "state"),
    [(timedelta(minutes=2), TimeState.OWN), (timedelta(minutes=2, seconds=1), TimeState.FUTURE)],
)
def test_a_reading_from_the_future_goes_to_review(ahead: timedelta, state: TimeState) -> None:
    taken = datetime(2026, 11, 23, 23, 30, 14, tzinfo=UTC)

    assert only(read(samples.MONITOR, received_at=taken - ahead), 150456).time_state is state


def test_a_clock_without_an_offset_is_read_in_the_zone_of_its_site() -> None:
    report = read(samples.monitor(**{"20261123183014-0500": "20261123183014"}))

    assert only(report, 150456).device_time == datetime(2026, 11, 23, 23, 30, 14, tzinfo=UTC)


def test_two_patients_in_one_message_are_never_merged() -> None:
    other = "PID|||MRN000999^^^KETCLINIC^MR||Okafor^Ben"
    report = read(samples.wire([*samples.MONITOR_LINES, other]))

    assert report.patient is None
    assert len(report.patients) == 2
    assert not report.for_chart


@pytest.mark.parametrize("processing_id", ["T", "D", ""])
def test_a_test_message_is_not_for_the_chart(processing_id: str) -> None:
    assert not read(samples.monitor(**{"|P|2.6": f"|{processing_id}|2.6"})).for_chart


def test_a_pump_reports_its_state() -> None:
    (pump,) = pump_states(read(samples.PUMP).observations)

    assert pump.rate is not None
    assert (pump.rate.value, pump.rate.unit_ucum) == (Decimal(100), "mL/h")
    assert pump.to_be_infused is not None
    assert pump.to_be_infused.value == 67
    assert pump.delivered is not None
    assert pump.delivered.value == Decimal("6.8")
    assert pump.drug is not None
    assert pump.drug.value == "ketamine"
    assert pump.status is not None
    assert pump.status.value == "pump-status-infusing"
    assert pump.equipment_id == samples.EQUIPMENT


def test_a_message_without_readings_says_so() -> None:
    report = read(samples.wire(samples.MONITOR_LINES[:1]))

    assert report.observations == ()
    assert [p.location for p in report.problems] == ["OBX"]
