"""A probe that is off says so in one honest way: never charted, never a patient's alarm."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from afterglow.apps.monitoring import facts, services
from afterglow.apps.monitoring.models import Alarm, NoValue, ReviewItem, VitalSign
from afterglow.apps.monitoring.windows import Windows
from afterglow.apps.treatment.shown.alarms import word_of
from afterglow.core.monitoring.device_clock import SET_BACK_FOR
from afterglow.core.roles import Role
from afterglow.interop.hl7v2.framing import frame
from afterglow.web import clock
from factories import DeviceFactory, staff
from support.clinic_messages import PULSE, SPO2, Bed, arrive, bed, later, oru
from support.road import answers_to, verdicts

SET_BACK_S = int(SET_BACK_FOR.total_seconds())

pytestmark = pytest.mark.django_db
HEART_RATE = "MDC_ECG_HEART_RATE"


def says(
    here: Bed,
    sign: str,
    value: str | None,
    *,
    second: float,
    swap: str = "",
    ahead: float = 0,
) -> None:
    """Let the monitor send one value; ``swap`` is "old -> new" in the text of its message.

    Its clock is ``ahead`` of ours by so many seconds.
    """
    at, by_its_clock = later(5, second), later(5, second + ahead)
    raw = oru(here.monitor, {sign: value}, at=by_its_clock, control_id=f"{sign}{second}")
    old, _, new = swap.partition(" -> ")
    assert old.encode() in raw
    arrive(raw.replace(old.encode(), new.encode()) if swap else raw, at=at)


def alarms() -> QuerySet[Alarm]:
    """What was raised, apart from the pump's silence: no pump speaks here."""
    return Alarm.objects.exclude(condition="PUMP_SILENT")


def open_alarms(here: Bed) -> dict[str, str]:
    rows = alarms().filter(session=here.session, ended_at=None)
    return dict(rows.values_list("condition", "priority"))


@pytest.mark.parametrize(
    ("value", "swap"),
    [
        ("-100", ""),
        ("-999", ""),
        ("-99.9", ""),
        ("0", ""),
        (None, ""),
        ("97", "|||||R||| -> |||||X|||"),
        ("97", "|||||R||| -> ||NAV|||R|||"),
        ("-100", "|||||R||| -> ||INV|||R|||"),
        ("---", ""),
    ],
)
def test_every_way_to_say_no_probe_is_one_alarm_and_no_reading(
    value: str | None, swap: str
) -> None:
    here = bed()
    says(here, SPO2, "97", second=0)

    for second in range(1, 13):
        says(here, SPO2, value, second=second, swap=swap)

    assert [sign.value for sign in VitalSign.objects.all()] == [97]
    assert open_alarms(here) == {"PROBE_OFF": "medium"}
    alarm = alarms().get()
    assert alarm.sentence == (
        f"Oxygen saturation: {here.monitor.name} says that it has no value. "
        "Look whether the probe is on."
    )
    assert alarm.since == later(5, 1)
    assert not ReviewItem.objects.exists()
    assert NoValue.objects.count() == 1, "a change is a row, not every second"


def test_a_second_without_a_value_alarms_nobody() -> None:
    here = bed()
    for second in range(20):
        says(here, SPO2, "0" if second == 5 else "97", second=second)

    assert not alarms().exists()
    assert (NoValue.objects.get().since, NoValue.objects.get().until) == (later(5, 5), later(5, 6))


def test_a_probe_that_is_on_again_ends_it() -> None:
    here = bed()
    says(here, SPO2, "97", second=0)
    for second in range(1, 13):
        says(here, SPO2, None, second=second)
    alarm = Alarm.objects.get(condition="PROBE_OFF")
    services.acknowledge_alarm(alarm=alarm.public_id, by=here.clinician, at=later(5, 13))

    says(here, SPO2, "96", second=14)

    assert not alarms().filter(ended_at=None).exists()
    assert NoValue.objects.get().until == later(5, 14)


def test_a_probe_that_was_never_on_is_asked_for_by_the_schedule_and_alarms_nobody() -> None:
    here = bed()
    for second in range(0, 40, 5):
        says(here, SPO2, None, second=second)
        says(here, PULSE, "70", second=second)

    assert not Alarm.objects.filter(condition="PROBE_OFF").exists()


def test_a_second_oximeter_with_a_value_is_no_probe_that_is_off() -> None:
    here = bed()
    line = "OBX|9|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.5.1.1|-100|262688^MDC_DIM_PERCENT^MDC|||||R"
    for second in range(0, 20, 2):
        at = later(5, second)
        text = oru(here.monitor, {SPO2: "97"}, at=at, control_id=f"{second}").decode()
        arrive(f"{text}{line}|||{text.rpartition('|||')[2]}".encode(), at=at)

    assert not NoValue.objects.exists()
    assert not alarms().exists()


@pytest.mark.parametrize(("value", "seen"), [("0", "0 /min"), ("8", "8 /min")])
def test_a_heart_that_may_have_stopped_is_red_at_once_and_no_reading(value: str, seen: str) -> None:
    here = bed()
    says(here, HEART_RATE, "72", second=0)

    says(here, HEART_RATE, value, second=1)

    assert open_alarms(here) == {"ZERO_OR_PROBE_OFF": "high"}
    alarm = alarms().get()
    assert (alarm.seen, alarm.about) == (seen, "heart_rate")
    assert alarm.sentence == (
        f"Heart rate: {here.monitor.name} sends {seen}. Either that is so, or the probe is off: "
        "look at the patient."
    )
    assert word_of(alarm) == "Zero or probe off: Heart rate"
    assert VitalSign.objects.get(flag="").value == 72


def test_electrodes_that_are_off_and_say_so_are_not_an_arrest() -> None:
    here = bed()
    says(here, HEART_RATE, "72", second=0)
    says(here, HEART_RATE, "0", second=1)
    says(here, HEART_RATE, None, second=2)

    says(here, HEART_RATE, "72", second=3)

    row = alarms().get()
    assert row.condition == "ZERO_OR_PROBE_OFF"
    assert row.condition_gone_at == later(5, 2)
    assert NoValue.objects.filter(until=None).count() == 0


def test_who_looks_says_that_it_is_the_probe_and_the_alarm_ends_until_a_new_zero() -> None:
    here = bed()
    nurse = staff(Role.MONITOR, site=here.session.site)
    says(here, HEART_RATE, "72", second=0)
    says(here, HEART_RATE, "0", second=1)
    url = reverse(
        "treatment:alarm-probe-off", args=[here.session.public_id, alarms().get().public_id]
    )
    client = Client(headers={"HX-Request": "true"})
    client.force_login(nurse)

    with clock.fixed(later(5, 20)):
        assert client.post(url).status_code == 200
    for second in range(21, 200, 20):
        says(here, HEART_RATE, "0", second=second)

    assert open_alarms(here) == {}
    row = NoValue.objects.get()
    assert (row.settled_by, row.settled_at, row.until) == (nurse, later(5, 20), None)
    assert alarms().get().acknowledged_by == nurse

    says(here, HEART_RATE, "70", second=201)
    says(here, HEART_RATE, "0", second=202)

    assert open_alarms(here) == {"ZERO_OR_PROBE_OFF": "high"}


def test_a_probe_is_not_said_to_be_off_by_nobody() -> None:
    here = bed()
    says(here, HEART_RATE, "72", second=0)
    says(here, HEART_RATE, "0", second=1)

    with pytest.raises(IntegrityError, match="a_probe_is_said_to_be_off_by_somebody"):
        NoValue.objects.update(settled_at=later(5, 3))


@pytest.mark.parametrize(
    ("refid", "code", "condition"),
    [
        ("MDC_RESP_RATE", "respiratory_rate", "RESPIRATORY_RATE_LOW"),
        ("MDC_AWAY_CO2_ET", "etco2", "ETCO2_LOW"),
    ],
)
def test_no_breath_is_believed_and_red(refid: str, code: str, condition: str) -> None:
    here = bed()
    says(here, refid, "14" if code == "respiratory_rate" else "38", second=0)

    says(here, refid, "0", second=1)

    assert VitalSign.objects.filter(code=code, value=0, flag="").exists()
    assert open_alarms(here)[condition] == "high"


def test_what_the_judge_keeps_in_mind_judges_a_probe_that_is_off_alike() -> None:
    here = bed()
    says(here, SPO2, "97", second=0)
    for second in range(1, 13):
        says(here, SPO2, None, second=second)

    in_mind = Windows()
    in_mind.refresh([here.session.pk], at=later(5, 13))

    kept, read = (
        facts.alarms([here.session], later(5, 13), with_schedule=False, windows=windows)
        for windows in (in_mind, None)
    )

    told = kept[here.session.pk].devices
    assert told == read[here.session.pk].devices
    assert told[0].probes_off == (("spo2", later(5, 1)),)


def test_a_red_saturation_that_flaps_for_longer_than_is_looked_back_stays_red() -> None:
    here = bed()
    for second in range(0, 40, 5):
        says(here, SPO2, "91", second=second)
    assert open_alarms(here) == {"SPO2_LOW": "high"}
    services.acknowledge_alarm(alarm=alarms().get().public_id, by=here.clinician, at=later(5, 41))

    for second in range(45, 420, 5):
        says(here, SPO2, "93" if second % 10 else "91", second=second)

    row = alarms().get(ended_at=None)
    assert (row.condition, row.present_priority, row.limit) == ("SPO2_LOW", "high", "92 %")


@pytest.mark.parametrize("ahead", [-45, -20, 20])
def test_the_ten_seconds_of_patience_are_ours_whatever_the_device_thinks_the_time_is(
    ahead: float,
) -> None:
    here = bed()
    says(here, SPO2, "97", second=0, ahead=ahead)

    for second in range(30, 40):
        says(here, SPO2, None, second=second, ahead=ahead)
    assert "PROBE_OFF" not in open_alarms(here)

    says(here, SPO2, None, second=40, ahead=ahead)
    assert open_alarms(here)["PROBE_OFF"] == "medium"
    assert Alarm.objects.get(condition="PROBE_OFF").since == later(5, 30)


def test_of_two_monitors_of_one_name_only_the_one_without_a_value_says_so() -> None:
    here = bed()
    other = DeviceFactory.create(site=here.session.site, name=here.monitor.name)
    services.assign_device(
        device=other.public_id, session=here.session.public_id, by=None, at=later(1)
    )
    says(here, SPO2, "97", second=0)

    says(here, SPO2, None, second=1)

    told = facts.alarms([here.session], later(5, 2), with_schedule=False)[here.session.pk].devices
    assert [each.key for each in told if each.probes_off] == [here.monitor.pk]


def test_an_older_value_that_is_sent_again_ends_nothing_and_begins_no_patience_anew() -> None:
    here = bed()
    says(here, SPO2, "97", second=0)
    for second in range(1, 9):
        says(here, SPO2, None, second=second)

    says(here, SPO2, "96", second=9, ahead=-8.5)
    says(here, SPO2, None, second=10)
    says(here, SPO2, None, second=11)

    assert NoValue.objects.get().until is None
    assert open_alarms(here) == {"PROBE_OFF": "medium"}


def test_a_value_after_the_clock_was_set_back_ends_it() -> None:
    here = bed()
    says(here, SPO2, "97", second=0)
    says(here, SPO2, None, second=1)

    for second in range(2, 2 + SET_BACK_S):
        says(here, SPO2, "96", second=second, ahead=-400)
        assert NoValue.objects.get().until is None, "one that was held back ends nothing"
    says(here, SPO2, "96", second=2 + SET_BACK_S, ahead=-400)

    assert NoValue.objects.get().until is not None


def test_a_zero_after_the_clock_was_set_back_is_red_all_the_same() -> None:
    here = bed()
    says(here, HEART_RATE, "72", second=0)

    says(here, HEART_RATE, "0", second=1, ahead=-90)
    says(here, HEART_RATE, "0", second=2, ahead=-90)

    assert open_alarms(here)["ZERO_OR_PROBE_OFF"] == "high"


@pytest.mark.django_db(transaction=True)
def test_a_probe_comes_off_on_the_real_road() -> None:
    here = bed()
    values = ["97", *["-100"] * 12]
    sent = [
        frame(oru(here.monitor, {SPO2: v}, at=later(5, 18 + n), control_id=f"{n}"))
        for n, v in enumerate(values)
    ]

    answers = [
        *answers_to(b"".join(sent[:2]), expect=2, at=later(5, 19)),
        *answers_to(b"".join(sent[2:]), expect=11, at=later(5, 30)),
    ]

    assert verdicts(answers) == [f"AA {n}" for n in range(len(values))]
    assert [sign.value for sign in VitalSign.objects.all()] == [97]
    assert open_alarms(here) == {"PROBE_OFF": "medium"}
