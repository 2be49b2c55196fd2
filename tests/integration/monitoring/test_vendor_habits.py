"""What real monitors send: each habit ends in a chart, in the queue or in a flag, never nowhere."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from afterglow.apps.devices.models import Device, DeviceKind, MessageOutcome, RawMessage
from afterglow.apps.monitoring import facts, services
from afterglow.apps.monitoring.incoming import Fate, Kept
from afterglow.apps.monitoring.models import (
    Alarm,
    NoValue,
    PumpReading,
    ReviewItem,
    ReviewReason,
    ReviewState,
    VitalSign,
)
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.windows import Windows
from afterglow.core.monitoring.alarms import evaluate
from afterglow.core.monitoring.device_profile import Trust
from afterglow.core.quantities import Volume
from afterglow.interop.hl7v2.store import read_raw
from factories import DeviceFactory
from support.clinic_messages import (
    PULSE,
    RATE,
    SPO2,
    SYSTOLIC,
    Bed,
    arrive,
    bed,
    give_profile,
    later,
    oru,
)

pytestmark = pytest.mark.django_db
NO_ID = b"OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X\r"


def reasons() -> list[str]:
    return list(ReviewItem.objects.order_by("pk").values_list("reason", flat=True))


def one(here: Bed, values: dict[str, str | None], *swaps: tuple[str, str]) -> Fate:
    """Let one message of the monitor arrive, with its text changed as a vendor would."""
    text = oru(here.monitor, values, at=later(5), control_id="1").decode()
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return arrive(text.encode(), at=later(5))[0]


def test_a_demonstration_never_reaches_a_chart() -> None:
    here = bed()

    one(here, {SPO2: "97"}, ("|||||R|||", "||DEMO|||R|||"))

    assert not VitalSign.objects.exists()
    assert reasons() == [ReviewReason.DEMONSTRATION]


@pytest.mark.parametrize("sentinel", ["-100", "-999", "-99.9", "-99.90", "0"])
def test_a_number_for_no_probe_is_no_reading(sentinel: str) -> None:
    here = bed()

    one(here, {SPO2: sentinel})

    assert not VitalSign.objects.exists()
    assert NoValue.objects.get().code == "spo2"
    assert sentinel.encode() in bytes(RawMessage.objects.get().content), "the message is kept"


def test_a_zero_that_could_be_true_means_no_probe_where_the_profile_says_so() -> None:
    here = bed()
    give_profile(here.monitor, {"sentinels": {"respiratory_rate": ["0"]}})

    one(here, {PULSE: "0"}, ("149530^MDC_PULS_OXIM_PULS_RATE", "151562^MDC_RESP_RATE"))

    assert not VitalSign.objects.exists()
    assert NoValue.objects.get().code == "respiratory_rate"


def test_pressures_of_the_cuff_are_the_pressures() -> None:
    here = bed()

    one(here, {SYSTOLIC: "142"}, ("150021^MDC_PRESS_BLD_NONINV_SYS", "150301^MDC_PRESS_CUFF_SYS"))

    assert VitalSign.objects.get().code == "systolic"


def test_a_reading_of_the_day_before_yesterday_waits_for_a_person() -> None:
    here = bed()
    raw = oru(
        here.monitor,
        {SPO2: "97"},
        at=later(5),
        control_id="1",
        measured_at=later(5) - timedelta(days=2),
    )

    arrive(raw, at=later(5))

    assert not VitalSign.objects.exists()
    assert reasons() == [ReviewReason.LONG_PAST]


def test_a_tenfold_temperature_is_kept_and_divided_only_by_an_approved_profile() -> None:
    here = bed()
    swaps = (
        ("150456^MDC_PULS_OXIM_SAT_O2", "150344^MDC_TEMP"),
        ("262688^MDC_DIM_PERCENT^MDC^%^%^UCUM", "268192^MDC_DIM_DEGC^MDC^Cel^Cel^UCUM"),
    )
    one(here, {SPO2: "367"}, *swaps)
    give_profile(here.monitor, {"divide_by": {"temperature": "10"}})

    one(here, {SPO2: "368"}, *swaps)

    found = VitalSign.objects.order_by("pk").values_list("value", "flag")
    assert list(found) == [(Decimal(367), "DEVICE_OUT_OF_RANGE"), (Decimal("36.8"), "")]


def test_a_profile_that_nobody_approved_changes_nothing() -> None:
    here = bed()
    give_profile(here.monitor, {"sentinels": {"spo2": ["97"]}}, approved=False)

    one(here, {SPO2: "97"})

    assert VitalSign.objects.get().value == 97


def test_a_vendors_own_code_is_read_by_its_profile_and_only_then() -> None:
    here = bed()
    swap = ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "SpO2-1^Saturation^99ACME")
    one(here, {SPO2: "95"}, swap)
    before = VitalSign.objects.count()
    give_profile(here.monitor, {"codes": [{"number": "SpO2-1", "metric": "spo2"}]})

    one(here, {SPO2: "96"}, swap)

    assert before == 0
    assert VitalSign.objects.get().value == 96


def test_a_profile_says_which_of_code_and_name_is_right() -> None:
    here = bed()
    give_profile(here.monitor, {"trust": "name"})

    one(here, {PULSE: "61"}, ("149530^MDC_PULS_OXIM_PULS_RATE", "150456^MDC_PULS_OXIM_PULS_RATE"))

    sign = VitalSign.objects.get()
    assert (sign.code, sign.value, sign.flag) == ("pulse_rate", Decimal(61), "")


def test_a_person_says_which_of_code_and_name_is_right() -> None:
    here = bed()
    one(here, {PULSE: "61"}, ("149530^MDC_PULS_OXIM_PULS_RATE", "150456^MDC_PULS_OXIM_PULS_RATE"))
    item = ReviewItem.objects.get()
    call = {
        "item": item.public_id,
        "session": here.session.public_id,
        "by": here.clinician,
        "at": later(6),
    }

    refused = services.assign_review(**call)
    settled = services.assign_review(**call, trust=Trust.NAME)

    assert isinstance(refused, services.Refused)
    assert "MESSAGE_HOLDS_NOTHING" in refused.decision.codes
    assert not isinstance(settled, services.Refused)
    assert settled.readings == 1
    assert VitalSign.objects.get().code == "pulse_rate"
    item.refresh_from_db()
    assert item.state == ReviewState.ASSIGNED


def test_two_oximeters_at_once_are_both_kept_and_one_is_the_sign() -> None:
    here = bed()
    line = "OBX|9|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.5.1.1|84|262688^MDC_DIM_PERCENT^MDC|||||R"
    text = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1").decode()
    stamp = text.rpartition("|||")[2]
    raw = f"{text}{line}|||{stamp}"

    arrive(raw.encode(), at=later(5))

    found = VitalSign.objects.order_by("pk").values_list("value", "flag")
    assert list(found) == [(Decimal(97), ""), (Decimal(84), "SECOND_SOURCE_OF_SIGN")]


def test_a_profile_says_which_of_two_oximeters_is_the_sign() -> None:
    here = bed()
    give_profile(here.monitor, {"channels": {"spo2": "1.5.1"}})
    line = "OBX|9|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.5.1.1|84|262688^MDC_DIM_PERCENT^MDC|||||R"
    text = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1").decode()
    stamp = text.rpartition("|||")[2]

    arrive(f"{text}{line}|||{stamp}".encode(), at=later(5))

    assert VitalSign.objects.get(flag="").value == 84


@pytest.mark.parametrize("sends_as", ["GW", ""])
def test_a_monitor_without_an_id_is_known_by_its_bed(sends_as: str) -> None:
    here = bed()
    Device.objects.filter(pk=here.monitor.pk).update(sends_as=sends_as, bed="INFUSION^CHAIR3^1")
    text = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1").decode()
    text = text.replace(f"^{here.monitor.eui64}^EUI-64", "")
    text = text.replace(f"|||||||{here.monitor.eui64}^", "|||||||", 1).replace("|||||||\r", "\r", 1)
    text = text.replace("\rOBR|", "\rPV1||O|INFUSION^CHAIR3^1^CLINIC\rOBR|", 1)
    assert here.monitor.eui64 not in text

    arrive(text.encode(), at=later(5))

    assert VitalSign.objects.get().device == here.monitor


def test_an_id_of_the_sending_application_alone_names_the_device() -> None:
    here = bed()
    text = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1").decode()
    text = text.replace(f"|||||||{here.monitor.eui64}^^{here.monitor.eui64}^EUI-64\r", "\r", 1)
    assert text.count(here.monitor.eui64) > 0

    arrive(text.encode(), at=later(5))

    assert VitalSign.objects.get().device == here.monitor


def test_a_device_sends_only_from_its_own_addresses() -> None:
    here = bed()
    Device.objects.filter(pk=here.monitor.pk).update(addresses="10.1.0.0/24, 192.0.2.7")
    raws = [oru(here.monitor, {SPO2: "97"}, at=later(5), control_id=str(n)) for n in range(3)]

    for raw, peer in zip(raws, ("10.1.0.9", "192.0.2.7", "10.1.1.9"), strict=True):
        services.store_messages([read_raw(raw, received_at=later(5), peer=peer, port=1)])

    assert reasons() == [ReviewReason.ADDRESS_NOT_ALLOWED]
    assert list(RawMessage.objects.order_by("pk").values_list("outcome", flat=True)) == [
        MessageOutcome.CHARTED,
        MessageOutcome.CHARTED,
        MessageOutcome.PARKED,
    ]


@pytest.mark.parametrize("kept", [False, True])
def test_a_monitor_whose_clock_is_ahead_alarms_when_its_numbers_are_here(kept: bool) -> None:
    here = bed()
    for second in range(31):
        by_its_clock = later(5, second + 50)
        raw = oru(here.monitor, {SPO2: "91"}, at=by_its_clock, control_id=str(second))
        arrive(raw, at=later(5, second))

    windows = Windows() if kept else None
    if windows is not None:
        windows.refresh([here.session.pk], at=later(5, 30))
    found = facts.alarms([here.session], later(5, 30), with_schedule=False, windows=windows)

    (spo2,) = (
        c
        for c in evaluate(found[here.session.pk], rules_of(here.session), later(5, 30))
        if c.code == "SPO2_LOW"
    )
    assert (spo2.priority, spo2.since) == ("high", later(5))
    assert Alarm.objects.get(condition="SPO2_LOW").raised_at == later(5)


@pytest.mark.parametrize(("behind", "lost"), [(45, False), (75, True)])
def test_a_monitor_that_is_a_little_behind_has_lost_no_signal(behind: int, *, lost: bool) -> None:
    here = bed()
    for second in range(3):
        by_its_clock = later(5, second - behind)
        raw = oru(here.monitor, {SPO2: "97"}, at=by_its_clock, control_id=str(second))
        arrive(raw, at=later(5, second))

    windows = Windows()
    windows.refresh([here.session.pk], at=later(5, 2))
    kept, read = (
        facts.alarms([here.session], later(5, 2), with_schedule=False, windows=each)
        for each in (windows, None)
    )

    assert Alarm.objects.filter(condition="SIGNAL_LOST").exists() is lost
    assert kept[here.session.pk].devices == read[here.session.pk].devices


@pytest.mark.parametrize(
    ("minutes", "red", "priority", "unseen"),
    [(4, True, "low", False), (60, False, "medium", True)],
)
def test_a_monitor_too_far_behind_for_limits_says_that_none_is_looked_at(
    minutes: int, *, red: bool, priority: str, unseen: bool
) -> None:
    here = bed()
    for second in range(2):
        raw = oru(
            here.monitor, {SPO2: "80"}, at=later(90 - minutes, second), control_id=str(second)
        )
        arrive(raw, at=later(90, second))

    assert Alarm.objects.filter(condition="SPO2_LOW", priority="high").exists() is red
    drift = Alarm.objects.get(condition="DEVICE_CLOCK_DRIFT")
    assert drift.priority == priority
    assert ("Its readings are compared with no limit" in drift.sentence) is unseen


def test_waveforms_are_refused_and_kept_and_asked_about_once_a_day() -> None:
    here = bed()
    fates = []
    for n in range(3):
        raw = oru(here.monitor, {SPO2: "97"}, at=later(5, n), control_id=str(n))
        fates += arrive(raw.replace(b"ORU^R01^ORU_R01", b"ORU^W01^ORU_W01"), at=later(5, n))

    assert [fate.kept for fate in fates] == [Kept.REJECTED] * 3
    assert RawMessage.objects.count() == 3
    assert reasons() == [ReviewReason.NOT_AN_OBSERVATION]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6"])
def test_every_version_in_use_is_read(version: str) -> None:
    here = bed()

    one(here, {SPO2: "97"}, ("|P|2.6|", f"|P|{version}|"))

    assert VitalSign.objects.get().value == 97


def test_two_monitors_of_one_patient_are_two_sources_and_never_one_line() -> None:
    here = bed()
    other = DeviceFactory.create(site=here.session.site, kind=DeviceKind.MONITOR)
    services.assign_device(
        device=other.public_id, session=here.session.public_id, by=None, at=later(1)
    )
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))

    arrive(oru(other, {SPO2: "84"}, at=later(5, 1), control_id="2"), at=later(5, 1))

    found = VitalSign.objects.order_by("pk").values_list("device", "flag")
    assert list(found) == [(here.monitor.pk, ""), (other.pk, "SECOND_SOURCE_OF_SIGN")]
    alarm = Alarm.objects.get(condition="SECOND_SOURCE", ended_at=None)
    assert (alarm.about, alarm.priority) == ("spo2", "low")
    assert other.name in alarm.sentence
    assert not Alarm.objects.filter(condition__startswith="SPO2").exists()


def test_the_second_monitor_takes_over_when_the_first_is_lost() -> None:
    here = bed()
    other = DeviceFactory.create(site=here.session.site, kind=DeviceKind.MONITOR)
    services.assign_device(
        device=other.public_id, session=here.session.public_id, by=None, at=later(1)
    )
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))

    arrive(oru(other, {SPO2: "84"}, at=later(6), control_id="2"), at=later(6))

    assert VitalSign.objects.get(device=other).flag == ""
    assert Alarm.objects.filter(about="device", ended_at=None, seen__startswith="84").exists()


def test_the_whole_volume_and_what_remains_are_two_numbers_of_a_pump() -> None:
    here = bed()
    raw = oru(
        here.pump,
        {RATE: "26.3", "MDC_VOL_FLUID_TBI": "50", "MDC_VOL_FLUID_TBI_REMAIN": "42.5"},
        at=later(5),
        control_id="1",
    )

    arrive(raw, at=later(5))

    told = PumpReading.objects.get()
    assert (told.to_be_infused_ml, told.remaining_ml) == (Volume.ml("50"), Volume.ml("42.5"))
