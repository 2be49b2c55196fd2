"""A monitor whose clock is far off: charted and judged by our time, and its own is kept."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest

from afterglow.apps.devices.models import DeviceStatus
from afterglow.apps.monitoring import facts, queries, services
from afterglow.apps.monitoring.models import (
    Alarm,
    NoValue,
    PumpReading,
    ReviewItem,
    ReviewReason,
    VitalSign,
)
from afterglow.apps.monitoring.windows import Windows
from afterglow.apps.treatment.record import _pinned as pinned
from afterglow.apps.treatment.record_rows import value_json
from support.clinic_messages import (
    RATE,
    SPO2,
    SYSTOLIC,
    Bed,
    arrive,
    bed,
    later,
    oru,
    passed_on,
)

pytestmark = pytest.mark.django_db

OFF = pytest.mark.parametrize(
    "off",
    [
        timedelta(minutes=-6),
        timedelta(hours=-2),
        timedelta(minutes=10),
        timedelta(days=-8000),
        timedelta(days=1),
    ],
    ids=["6 min behind", "2 h behind", "10 min ahead", "years behind", "a day ahead"],
)
"""How far a monitor's clock may be off."""


def speaks(here: Bed, off: timedelta, *, since: int, count: int, **values: str) -> None:
    """Let a monitor say the same, once a second, by a clock that is off."""
    signs = {"spo2": SPO2, "systolic": SYSTOLIC}
    for second in range(since, since + count):
        sent = later(30, second) + off
        told: dict[str, str | None] = {signs[sign]: value for sign, value in values.items()}
        raw = oru(here.monitor, told, at=sent, control_id=str(second))
        arrive(raw, at=later(30, second))


def open_alarms() -> dict[str, str]:
    rows = Alarm.objects.filter(ended_at=None).order_by("pk")
    return dict(rows.values_list("condition", "priority"))


@OFF
def test_a_high_pressure_alarms_whatever_the_monitors_clock_says(off: timedelta) -> None:
    here = bed()
    speaks(here, off, since=0, count=11, spo2="97")
    speaks(here, off, since=11, count=2, spo2="97", systolic="214")

    row = VitalSign.objects.filter(code="systolic").latest("pk")
    assert abs(row.taken_at - later(30, 12)) <= timedelta(seconds=1)
    assert row.device_at == later(30, 12) + off
    assert row.arrived_at == later(30, 12)
    alarms = open_alarms()
    assert alarms["SYSTOLIC_HIGH"] == "high"
    assert alarms["DEVICE_CLOCK_DRIFT"] == "low"
    assert "SIGNAL_LOST" not in alarms
    drift = Alarm.objects.get(condition="DEVICE_CLOCK_DRIFT", ended_at=None)
    assert "charted with their times by the clock here" in drift.sentence


def test_a_known_clock_that_gained_some_seconds_hides_no_red_value() -> None:
    here = bed()
    speaks(here, timedelta(hours=-2), since=0, count=11, spo2="97")
    speaks(here, timedelta(hours=-2, seconds=6), since=60, count=1, spo2="80", systolic="214")

    last = VitalSign.objects.filter(arrived_at=later(31))
    assert set(last.values_list("code", "value")) == {
        ("spo2", Decimal(80)),
        ("systolic", Decimal(214)),
    }
    assert {row.taken_at for row in last} == {later(31)}
    assert "SYSTOLIC_HIGH" in open_alarms()
    speaks(here, timedelta(hours=-2, seconds=6), since=61, count=15, spo2="80")
    assert open_alarms()["SPO2_LOW"] == "high"
    assert not ReviewItem.objects.filter(opened_at__gte=later(31)).exists()


@pytest.mark.parametrize("year", [1, 9998])
def test_a_time_of_sending_that_no_clock_shows_takes_no_reading_from_the_chart(year: int) -> None:
    here = bed()
    for second in range(12):
        raw = oru(
            here.monitor,
            {SPO2: "80"},
            at=later(30, second).replace(year=year),
            measured_at=later(30, second),
            control_id=f"y{second}",
        )
        arrive(raw, at=later(30, second))

    assert VitalSign.objects.filter(value=80, device_at=None).count() == 12
    assert open_alarms()["SPO2_LOW"] == "high"


@OFF
def test_a_low_saturation_is_judged_alike_from_rows_and_from_memory(off: timedelta) -> None:
    here = bed()
    speaks(here, off, since=0, count=11, spo2="97")
    windows = Windows()
    windows.refresh([here.session.pk], at=later(30, 10))
    speaks(here, off, since=11, count=20, spo2="80")

    assert open_alarms()["SPO2_LOW"] == "high"
    at = later(30, 30)
    windows.refresh([here.session.pk], at=at)
    kept, read = (
        facts.alarms([here.session], at, with_schedule=False, windows=each)[here.session.pk]
        for each in (windows, None)
    )
    assert kept.devices == read.devices
    [shown] = queries.latest_readings(here.session, at=at)
    assert (str(shown.sign), shown.value) == ("spo2", Decimal(80))


def test_readings_before_the_clock_is_known_wait_for_a_person_where_nobody_is_sure() -> None:
    here = bed()
    speaks(here, timedelta(minutes=10), since=0, count=10, spo2="97")

    assert not VitalSign.objects.exists()
    assert set(ReviewItem.objects.values_list("reason", flat=True)) == {ReviewReason.FUTURE_TIME}
    item = ReviewItem.objects.earliest("pk")

    speaks(here, timedelta(minutes=10), since=10, count=1, spo2="97")
    done = services.assign_review(
        item=item.public_id, session=here.session.public_id, by=here.clinician, at=later(31)
    )

    assert not isinstance(done, services.Refused), "what is known of its clock now serves it too"
    assert VitalSign.objects.earliest("taken_at").taken_at == later(30)


def test_what_a_monitor_held_back_keeps_its_own_time_and_is_no_alarm_of_now() -> None:
    here = bed()
    speaks(here, timedelta(), since=0, count=2, spo2="97")
    for number in range(240):
        sent = later(31) + timedelta(seconds=5 * number)
        raw = oru(here.monitor, {SPO2: "80"}, at=sent, control_id=f"h{number}")
        arrive(raw, at=later(60) + timedelta(milliseconds=50 * number))

    held = VitalSign.objects.filter(value=80)
    assert held.count() == 240
    assert held.latest("pk").taken_at == later(31) + timedelta(seconds=5 * 239)
    assert not held.exclude(device_at=None).exists()
    assert "SPO2_LOW" not in open_alarms()


def test_what_was_held_back_over_a_change_of_patients_waits_for_a_person() -> None:
    here = bed()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    following = passed_on(here, at=later(21))
    for number in range(100):
        sent = later(10) + timedelta(seconds=number)
        raw = oru(here.monitor, {SPO2: "80"}, at=sent, control_id=f"h{number}")
        arrive(raw, at=later(22) + timedelta(milliseconds=50 * number))

    assert not VitalSign.objects.filter(value=80).exists()
    assert not Alarm.objects.filter(session=following, condition="SPO2_LOW").exists()
    waiting = ReviewItem.objects.filter(reason=ReviewReason.NO_SESSION)
    assert waiting.count() == 100
    assert {item.message.outcome for item in waiting} == {"parked"}


@pytest.mark.parametrize("apart", [1, 10])
def test_what_is_handed_over_as_life_goes_is_not_taken_for_a_clock_that_was_set_back(
    apart: int,
) -> None:
    here = bed()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    following = passed_on(here, at=later(21))
    for second in range(0, 41, apart):
        raw = oru(here.monitor, {SPO2: "80"}, at=later(10, second), control_id=f"h{second}")
        arrive(raw, at=later(22, second))

    assert not VitalSign.objects.filter(value=80).exists()
    assert not Alarm.objects.filter(session=following, condition="SPO2_LOW").exists()
    assert ReviewItem.objects.filter(reason=ReviewReason.NO_SESSION).count() == 40 // apart + 1


def test_a_right_clock_that_is_set_back_an_hour_is_known_after_a_minute() -> None:
    here = bed(at=later(-60))
    speaks(here, timedelta(), since=0, count=2, spo2="97")
    for second in range(10, 81, 10):
        speaks(here, timedelta(hours=-1), since=second, count=1, spo2="80", systolic="214")

    rows = VitalSign.objects.filter(code="spo2", value=80).order_by("pk")
    assert [row.device_at is None for row in rows] == [True] * 6 + [False] * 2
    assert {row.taken_at for row in rows if row.device_at} == {later(31, 10), later(31, 20)}
    assert "SYSTOLIC_HIGH" in open_alarms()


def test_a_corrected_clock_that_is_set_back_says_that_no_limit_is_looked_at_until_it_is_known() -> (
    None
):
    here = bed(at=later(-200))
    speaks(here, timedelta(hours=-2), since=0, count=11, spo2="97")
    assert open_alarms()["DEVICE_CLOCK_DRIFT"] == "low"
    speaks(here, timedelta(hours=-3), since=11, count=2, spo2="80")
    drift = Alarm.objects.get(condition="DEVICE_CLOCK_DRIFT", ended_at=None)
    assert (drift.priority, "compared with no limit" in drift.sentence) == ("medium", True)


def test_each_device_of_a_message_has_its_clock_known() -> None:
    here, off = bed(), timedelta(hours=-2)
    for second in range(12):
        at, number = later(30, second) + off, f"b{second}"
        ours = oru(here.monitor, {SPO2: "97"}, at=at, control_id=number)
        its = oru(here.pump, {RATE: "75"}, at=at, control_id=number)
        arrive(ours + its[its.index(b"OBR|") :], at=later(30, second))

    sign, pump = VitalSign.objects.latest("pk"), PumpReading.objects.latest("pk")
    assert (sign.device, sign.taken_at) == (here.monitor, later(30, 11))
    assert (pump.device, pump.taken_at, pump.device_at) == (
        here.pump,
        later(30, 11),
        later(30, 11) + off,
    )
    status = DeviceStatus.objects.get(device=here.pump)
    assert (status.clock_known_s, status.last_heard_at) == (Decimal(-7200), later(30, 11))


def test_a_new_monitor_hours_behind_waits_for_a_person_before_its_clock_is_known() -> None:
    here = bed()
    speaks(here, timedelta(hours=-2), since=0, count=10, spo2="80", systolic="214")

    assert not VitalSign.objects.exists()
    assert ReviewItem.objects.filter(reason=ReviewReason.NO_SESSION).count() == 10


def test_a_cuff_pressure_of_the_patient_before_is_no_reading_of_the_next_one() -> None:
    here = bed()
    following = passed_on(here, at=later(21))
    for second in (0, 1, 70):  # the last one is here a minute late: it was said after the change
        raw = oru(
            here.monitor,
            {SYSTOLIC: "214"},
            at=later(21, min(second, 1) + 1),
            measured_at=later(12),
            control_id=f"c{second}",
        )
        arrive(raw, at=later(21, second + 1))

    assert not VitalSign.objects.exists()
    assert not ReviewItem.objects.exists(), "it was charted when it was measured"
    assert not Alarm.objects.filter(session=following, condition="SYSTOLIC_HIGH").exists()


def test_a_cuff_pressure_said_again_is_one_reading_also_by_a_clock_that_is_off() -> None:
    here, off = bed(), timedelta(hours=-2)
    speaks(here, off, since=0, count=11, spo2="97")
    for second in range(11, 20):
        raw = oru(
            here.monitor,
            {SYSTOLIC: "131"},
            at=later(30, second) + off,
            measured_at=later(30, 11) + off,
            control_id=str(second),
        )
        arrive(raw, at=later(30, second) + timedelta(milliseconds=37 * (second % 5)))

    assert VitalSign.objects.filter(code="systolic").count() == 1


def test_a_probe_that_is_off_is_told_by_our_time() -> None:
    here, off = bed(), timedelta(hours=-2)
    speaks(here, off, since=0, count=12, spo2="97")
    speaks(here, off, since=12, count=12, spo2="-100")

    assert NoValue.objects.get(until=None).since == later(30, 12)
    assert "PROBE_OFF" in open_alarms()

    speaks(here, off, since=24, count=1, spo2="96")

    assert NoValue.objects.get().until is not None


def test_a_pump_far_behind_is_compared_by_our_time() -> None:
    here, off = bed(), timedelta(hours=-2)
    for second in range(12):
        sent = later(30, second) + off
        raw = oru(here.pump, {RATE: "75"}, at=sent, control_id=f"p{second}")
        arrive(raw, at=later(30, second))

    last = PumpReading.objects.latest("pk")
    assert (last.taken_at, last.device_at) == (later(30, 11), later(30, 11) + off)


def test_a_record_signed_before_device_times_were_kept_still_proves_its_readings() -> None:
    here = bed()
    speaks(here, timedelta(), since=0, count=3, spo2="97")
    names = [f.attname for f in VitalSign._meta.concrete_fields if f.attname != "device_at"]
    digest = hashlib.sha256()
    for values in VitalSign.objects.order_by("pk").values_list(*names):
        digest.update("\x1f".join(str(value_json(value)) for value in values).encode() + b"\n")

    before = pinned(VitalSign.objects.filter(session=here.session))
    VitalSign.objects.bulk_create([_corrected(VitalSign.objects.latest("pk"))])
    last = VitalSign.objects.latest("pk")
    with_its_time = pinned(VitalSign.objects.filter(pk=last.pk))

    assert before == {"count": 3, "sha256": digest.hexdigest()}
    line = "\x1f".join(str(value_json(getattr(last, name))) for name in [*names, "device_at"])
    assert with_its_time["sha256"] == hashlib.sha256(line.encode() + b"\n").hexdigest()


def _corrected(row: VitalSign) -> VitalSign:
    row.pk, row.device_at = None, row.taken_at
    row._state.adding = True
    return row
