"""What pumps and alarms say, on the whole road: bytes into the gateway's socket, the chart out.

docs/reference/monitor_habits.md names, for each clause, the test that proves it.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.monitoring.models import (
    Alarm,
    DeviceNotification,
    NotificationKind,
    PumpReading,
    VitalSign,
)
from afterglow.core.quantities import Rate, Volume
from afterglow.web import clock
from support.clinic_alerts import alert, event
from support.clinic_messages import DELIVERED, RATE, bed, later, oru
from support.infusion_day import Day, infusing
from support.road import answers_to, framed, verdicts

pytestmark = pytest.mark.django_db(transaction=True)

TBI, REMAIN = "MDC_VOL_FLUID_TBI", "MDC_VOL_FLUID_TBI_REMAIN"
DRUG, STATUS = "MDC_DRUG_NAME_TYPE", "MDC_PUMP_STAT"


def pump_says(day: Day, minute: float, **values: str) -> None:
    """Let the pump of a running infusion send one message over the wire."""
    names = {"rate": RATE, "delivered": DELIVERED, "whole": TBI, "drug": DRUG}
    at = day.minute(minute)
    told: dict[str, str | None] = {names[name]: text for name, text in values.items()}
    raw = oru(day.pump, told, at=at, control_id=f"p{minute}")
    assert verdicts(answers_to(framed(raw), expect=1, at=at)) == [f"AA p{minute}"]


def open_alarms(day: Day) -> dict[str, str]:
    rows = Alarm.objects.filter(session=day.session, ended_at=None, condition__startswith="PUMP")
    return dict(rows.values_list("condition", "priority"))


def drug_panel(day: Day, minute: float, client: Client) -> str:
    """The drug row as the infusion page draws it then."""
    client.force_login(day.clinician, backend="django.contrib.auth.backends.ModelBackend")
    with clock.fixed(day.minute(minute)):
        page = client.get(reverse("treatment:session", args=[day.id]), follow=True)
    assert page.status_code == 200
    return " ".join(page.content.decode().replace("&nbsp;", " ").split())


def test_rate_volumes_drug_and_status_are_charted_as_the_pumps_own_word() -> None:
    here = bed()
    told = {RATE: "75", DELIVERED: "6.8", TBI: "50", REMAIN: "43.2", DRUG: "ketamine"}
    raw = oru(here.pump, {**told, STATUS: "on"}, at=later(5), control_id="1")

    answers = answers_to(framed(raw), expect=1, at=later(5))

    assert verdicts(answers) == ["AA 1"]
    row = PumpReading.objects.get()
    assert (row.session, row.device, row.taken_at) == (here.session, here.pump, later(5))
    assert (row.rate_ml_per_h, row.delivered_ml) == (Rate.ml_per_h("75"), Volume.ml("6.8"))
    assert (row.to_be_infused_ml, row.remaining_ml) == (Volume.ml("50"), Volume.ml("43.2"))
    assert (row.drug, row.status) == ("ketamine", "on")
    assert not VitalSign.objects.exists()


def test_what_the_pump_says_against_the_plan_is_red_at_its_first_word() -> None:
    day = infusing()
    pump_says(day, 1, rate="75", delivered="1.25", whole="50", drug="ketamine")
    agreed = open_alarms(day)

    pump_says(day, 2, rate="750", delivered="9", whole="500", drug="propofol")

    assert agreed == {}
    assert open_alarms(day) == {
        "PUMP_RATE_DIFFERS": "high",
        "PUMP_VOLUME_DIFFERS": "high",
        "PUMP_TARGET_DIFFERS": "high",
        "PUMP_DRUG_DIFFERS": "high",
    }


def test_milligrams_are_shown_by_pump_and_by_chart_and_say_when_they_differ(client: Client) -> None:
    day = infusing()
    pump_says(day, 10, rate="75", delivered="12.5")
    agrees = drug_panel(day, 10, client)
    pump_says(day, 11, rate="75", delivered="20")

    differs = drug_panel(day, 11, client)

    assert "pump agrees" in agrees
    assert "pump says" not in agrees
    assert "pump says" in differs, "both numbers stand side by side"


def test_without_a_word_of_the_pump_the_charted_rates_count_and_it_is_said(client: Client) -> None:
    day = infusing()
    never = drug_panel(day, 5, client)
    pump_says(day, 6, rate="75", delivered="7.5")

    fell_silent = drug_panel(day, 20, client)

    assert "charted; no pump reports" in never
    assert "charted; the pump told its last total at" in fell_silent


def test_alarms_and_events_of_devices_are_shown_as_secondary_and_are_no_readings() -> None:
    here = bed()
    raws = (
        alert(here.monitor, phase="start"),
        event(here.pump, "MDC_EVT_FLUID_LINE_OCCL", 196940),
        event(here.pump, "MDC_EVT_PUMP_DELIV_START", 197000),
    )

    answers = answers_to(framed(*raws), expect=3, at=later(5))

    assert [each[:2] for each in verdicts(answers)] == ["CA", "CA", "CA"]
    kinds = list(DeviceNotification.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [NotificationKind.ALARM, NotificationKind.EVENT, NotificationKind.EVENT]
    told = Alarm.objects.filter(condition="DEVICE_ALARM").order_by("pk")
    assert [row.priority for row in told] == ["low", "low"]
    assert all(row.sentence.endswith("Secondary notification.") for row in told)
    assert not VitalSign.objects.exists()
