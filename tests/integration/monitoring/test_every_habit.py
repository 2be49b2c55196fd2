"""What real monitors say: bytes into the gateway's socket, a chart out.

docs/reference/monitor_habits.md names, for each clause, the test that proves it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.monitoring.models import Alarm, ReviewReason, VitalSign
from afterglow.interop.hl7v2.emit import SentPatient
from afterglow.interop.hl7v2.message import decode
from support.clinic_messages import (
    DIASTOLIC,
    SPO2,
    SYSTOLIC,
    bed,
    give_profile,
    later,
    oru,
)
from support.monitor_says import NOW, STAMP, changed, charted, said, spo2, waits
from support.road import answers_to, framed, verdicts

pytestmark = pytest.mark.django_db(transaction=True)


def test_control_ids_that_begin_again_are_new_messages_and_a_true_repeat_is_one() -> None:
    here = bed()
    first = oru(here.monitor, {SPO2: "95"}, at=later(3), control_id="1")
    after_power_cycle = oru(here.monitor, {SPO2: "96"}, at=later(4), control_id="1")

    answers = answers_to(framed(first, first, after_power_cycle), expect=3, at=NOW)

    assert verdicts(answers) == ["AA 1"] * 3
    assert charted() == [("spo2", 95), ("spo2", 96)]
    assert RawMessage.objects.count() == 2


def test_a_demonstration_is_acknowledged_and_never_charted() -> None:
    here = bed()
    raw = changed(said(here, {SPO2: "97"}), ("|||||R|||", "||DEMO|||R|||"))

    assert verdicts(answers_to(framed(raw), expect=1, at=NOW)) == ["AA 1"]
    assert not VitalSign.objects.exists()
    assert waits() == [ReviewReason.DEMONSTRATION]


MMHG = "266016^MDC_DIM_MMHG^MDC^mm[Hg]^mm[Hg]^UCUM"
PER_CENT = "262688^MDC_DIM_PERCENT^MDC^%^%^UCUM"
CELSIUS = "268192^MDC_DIM_DEGC^MDC^Cel^Cel^UCUM"
SATURATION = "150456^MDC_PULS_OXIM_SAT_O2"
HABITS = {
    "cuff systolic": ((SATURATION, "150301^MDC_PRESS_CUFF_SYS"), (PER_CENT, MMHG), "systolic"),
    "cuff diastolic": ((SATURATION, "150302^MDC_PRESS_CUFF_DIA"), (PER_CENT, MMHG), "diastolic"),
    "cuff mean": ((SATURATION, "150303^MDC_PRESS_CUFF_MEAN"), (PER_CENT, MMHG), "mean"),
    "noninv mean": ((SATURATION, "150023^MDC_PRESS_BLD_NONINV_MEAN"), (PER_CENT, MMHG), "mean"),
    "151708 with mmHg": ((SATURATION, "151708^MDC_CONC_AWAY_CO2_ET"), (PER_CENT, MMHG), "etco2"),
    "151728": ((SATURATION, "151728^MDC_AWAY_CO2_ET"), (PER_CENT, MMHG), "etco2"),
    "no PID at all": ((SATURATION, SATURATION), ("\rOBR|", "\rPID|||\rOBR|"), "spo2"),
    "only OBR-7": ((SATURATION, SATURATION), (f"|||||R|||{STAMP}", "|||||R"), "spo2"),
    "a private code beside MDC": (
        (f"{SATURATION}^MDC", "SPO2^Saturation^99ACME^150456^MDC_PULS_OXIM_SAT_O2^MDC"),
        (PER_CENT, PER_CENT),
        "spo2",
    ),
    **{
        f"version {v}": ((SATURATION, SATURATION), ("|P|2.6|", f"|P|{v}|"), "spo2")
        for v in ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6")
    },
}


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_of_a_vendor_is_read_as_what_it_means(habit: str) -> None:
    here = bed()
    *swaps, sign = HABITS[habit]
    raw = changed(said(here, {SPO2: "97"}), *swaps)

    assert verdicts(answers_to(framed(raw), expect=1, at=NOW)) == ["AA 1"]
    assert charted() == [(sign, 97)]
    assert VitalSign.objects.get().taken_at == NOW


@pytest.mark.parametrize("how", ["nobody says", "the profile says", "a private code", "read"])
def test_a_code_that_says_two_things_or_nothing_we_know_waits_for_its_profile(how: str) -> None:
    here = bed()
    swap = (SATURATION, "150456^MDC_PULS_OXIM_PULS_RATE")
    unit = (PER_CENT, "264864^MDC_DIM_BEAT_PER_MIN^MDC")
    if how in ("a private code", "read"):
        swap, unit = (f"{SATURATION}^MDC", "SpO2-1^Saturation^99ACME"), (PER_CENT, PER_CENT)
    if how == "the profile says":
        give_profile(here.monitor, {"trust": "name"})
    if how == "read":
        give_profile(here.monitor, {"codes": [{"number": "SpO2-1", "metric": "spo2"}]})

    (answer,) = answers_to(framed(changed(said(here, {SPO2: "61"}), swap, unit)), expect=1, at=NOW)

    warned = [(e.get(3), e.get(4)) for e in decode(answer).named("ERR")]
    assert verdicts([answer]) == ["AA 1"]
    assert charted() == {"the profile says": [("pulse_rate", 61)], "read": [("spo2", 61)]}.get(
        how, []
    )
    assert waits() == ([ReviewReason.CODE_DISAGREES] if how == "nobody says" else [])
    assert warned == ([] if how in ("the profile says", "read") else [("103", "W")])


def test_a_tenfold_temperature_is_never_believed_and_its_profile_divides_it() -> None:
    here = bed()
    swaps = ((SATURATION, "150344^MDC_TEMP"), (PER_CENT, CELSIUS))
    answers_to(framed(changed(said(here, {SPO2: "367"}), *swaps)), expect=1, at=NOW)
    before = charted()
    give_profile(here.monitor, {"divide_by": {"temperature": "10"}})

    answers_to(framed(changed(said(here, {SPO2: "368"}, "2"), *swaps)), expect=1, at=NOW)

    assert before == []
    assert charted() == [("temperature", Decimal("36.8"))]


@pytest.mark.parametrize("only", ["an id in MSH-3", "a bed in PV1-3"])
def test_a_message_that_names_nobody_is_known_by_its_sender_or_its_bed(only: str) -> None:
    here = bed()
    eui = here.monitor.eui64
    Device.objects.filter(pk=here.monitor.pk).update(bed="INFUSION^CHAIR3^1")
    text = said(here, {SPO2: "97"})
    text = text.replace(f"|||||||{eui}^^{eui}^EUI-64\r", "\r", 1)
    if only == "a bed in PV1-3":
        text = text.replace(f"^{eui}^EUI-64", "")
        text = text.replace("\rOBR|", "\rPID|||\rPV1||O|INFUSION^CHAIR3^1^CLINIC\rOBR|", 1)
    assert (eui in text) is (only == "an id in MSH-3")

    assert verdicts(answers_to(framed(text.encode()), expect=1, at=NOW)) == ["AA 1"]
    assert charted() == [("spo2", 97)]
    assert VitalSign.objects.get().device == here.monitor


@pytest.mark.parametrize(
    ("utc", "taken"),
    [
        ("2026-11-01T05:30:20+00:00", "2026-11-01T05:30:00+00:00"),
        ("2026-11-01T06:30:20+00:00", "2026-11-01T06:30:00+00:00"),
    ],
)
def test_times_without_an_offset_are_the_devices_own_zone_also_in_the_night_of_the_change(
    utc: str, taken: str
) -> None:
    arrived = datetime.fromisoformat(utc)
    here = bed(at=arrived - timedelta(minutes=10))
    Device.objects.filter(pk=here.monitor.pk).update(time_zone="America/New_York")
    text = oru(here.monitor, {SPO2: "97"}, at=arrived, control_id="1").decode()
    text = text.replace(f"{arrived:%Y%m%d%H%M%S}+0000", "20261101013000")  # it occurs twice

    answers_to(framed(text.encode()), expect=1, at=arrived)

    assert VitalSign.objects.get().taken_at == datetime.fromisoformat(taken)


def test_two_oximeters_at_once_are_both_kept_and_one_is_charted() -> None:
    here = bed()
    line = f"OBX|9|NM|{SATURATION}^MDC|1.5.1.1|84|{PER_CENT}|||||R|||{STAMP}\r"

    answers_to(framed((said(here, {SPO2: "97"}) + line).encode()), expect=1, at=NOW)

    assert charted() == [("spo2", 97)]
    assert VitalSign.objects.get(value=84).flag == "SECOND_SOURCE_OF_SIGN"


SECOND_PROBE = "1.5.1.1"


@pytest.mark.parametrize("together", [True, False])
def test_two_probes_of_one_monitor_are_never_one_line_however_their_times_differ(
    *, together: bool
) -> None:
    here = bed()
    raws = []
    for n in range(4):
        first = oru(here.monitor, {SPO2: "97"}, at=later(4, 2 * n), control_id=f"a{n}").decode()
        second = oru(here.monitor, {SPO2: "84"}, at=later(4, 2 * n + 1), control_id=f"b{n}")
        other = changed(second.decode(), ("|1.1.1.1|", f"|{SECOND_PROBE}|")).decode()
        line = next(each for each in other.split("\r") if SECOND_PROBE in each)
        raws += [f"{first}{line}\r".encode()] if together else [first.encode(), other.encode()]

    answers_to(framed(*raws), expect=len(raws), at=NOW)

    assert charted() == [("spo2", 97)] * 4
    assert VitalSign.objects.filter(value=84, flag="SECOND_SOURCE_OF_SIGN").count() == 4
    assert not Alarm.objects.filter(condition="SPO2_LOW").exists()


def test_the_second_probe_takes_over_when_the_first_is_lost_and_the_profiles_own_comes_back() -> (
    None
):
    here = bed()
    raws = []
    for second, value, is_other in ((0, "97", False), (20, "84", True), (50, "93", True)):
        raw = oru(here.monitor, {SPO2: value}, at=later(4, second), control_id=value).decode()
        raws.append(changed(raw, ("|1.1.1.1|", f"|{SECOND_PROBE}|")) if is_other else raw.encode())
    answers_to(framed(*raws), expect=3, at=NOW)
    assert charted() == [("spo2", 97), ("spo2", 93)]

    give_profile(here.monitor, {"channels": {"spo2": "1.1.1"}})
    back = oru(here.monitor, {SPO2: "96"}, at=later(4, 52), control_id="back")
    answers_to(framed(back), expect=1, at=NOW)

    assert charted()[-1] == ("spo2", 96)


def test_waveforms_and_queries_on_the_port_are_refused_and_the_readings_go_on() -> None:
    here = bed()
    text = said(here, {SPO2: "97"})
    wave = changed(text, ("ORU^R01^ORU_R01", "ORU^W01^ORU_W01"))
    query = text.partition("\r")[0].replace("ORU^R01^ORU_R01", "QRY^R02^QRY_R02")
    query += f"\rQRD|{STAMP}|R|I|Q1|||1^RD|ALL|RES\r"
    (good,) = spo2(here, 95)

    answers = answers_to(framed(wave, query.encode(), good, wave), expect=4, at=NOW)

    assert verdicts(answers) == ["AR 1", "AR 1", "AA 0", "AR 1"]
    codes = [[e.get(3) for e in decode(answer).named("ERR")] for answer in answers]
    assert codes == [["201"], ["200"], [], ["201"]]
    assert charted() == [("spo2", 95)]
    assert waits() == [ReviewReason.NOT_AN_OBSERVATION] * 2, "one of each kind, not one a second"


def test_a_pressure_and_its_repeats_are_one_set_with_its_own_time() -> None:
    here = bed()
    raws = [
        oru(
            here.monitor,
            {SYSTOLIC: "142", DIASTOLIC: "88"},
            at=later(4, n),
            measured_at=later(3),
            control_id=str(n),
        )
        for n in range(3)
    ]

    answers_to(framed(*raws), expect=3, at=NOW)

    assert charted() == [("systolic", 142), ("diastolic", 88)]
    assert {sign.taken_at for sign in VitalSign.objects.all()} == {later(3)}


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        (later(5) + timedelta(minutes=3), ReviewReason.FUTURE_TIME),
        (later(5) - timedelta(days=2), ReviewReason.LONG_PAST),
    ],
)
def test_a_reading_of_the_future_or_of_long_ago_goes_to_the_queue(
    measured: datetime, reason: str
) -> None:
    here = bed()
    raw = oru(here.monitor, {SPO2: "97"}, at=NOW, measured_at=measured, control_id="1")

    assert verdicts(answers_to(framed(raw), expect=1, at=NOW)) == ["AA 1"]
    assert charted() == []
    assert waits() == [reason]


@pytest.mark.parametrize(
    ("family", "mrn", "is_charted"),
    [("", "", True), ("same", "same", True), ("Other", "same", False), ("same", "999999", False)],
)
def test_two_identifiers_decide_and_a_mismatch_never_charts(
    family: str, mrn: str, *, is_charted: bool
) -> None:
    here = bed()
    patient = here.session.patient
    named = None
    if family:
        named = SentPatient(
            patient.mrn if mrn == "same" else mrn,
            patient.family_name if family == "same" else family,
            patient.given_name,
        )
    raw = oru(here.monitor, {SPO2: "97"}, at=NOW, control_id="1", patient=named)

    assert verdicts(answers_to(framed(raw), expect=1, at=NOW)) == ["AA 1"]
    assert charted() == ([("spo2", 97)] if is_charted else [])
    assert waits() == ([] if is_charted else [ReviewReason.PATIENT_MISMATCH])
