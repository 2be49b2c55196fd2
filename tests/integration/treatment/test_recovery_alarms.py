"""The recovery page shows the alarms and takes their acknowledgement, as the room does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.treatment.services import charting, emergency
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.web import clock
from support.infusion_day import Day, recovering

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Iterator[Day]:
    day = recovering()
    with clock.fixed(day.minute(50)):
        yield day


@pytest.fixture
def nurse(day: Day) -> Client:
    client = Client()
    client.force_login(day.clinician)
    return client


def desaturates(day: Day) -> Alarm:
    charting.chart_observations(
        session=day.id,
        readings={VitalSignCode.SPO2: Decimal(84)},
        scales={},
        taken_at=day.minute(50),
        by=day.clinician,
        at=day.minute(50),
        key=uuid.uuid4(),
    )
    return Alarm.objects.get(session=day.session, condition="SPO2_LOW", ended_at=None)


def page_of(nurse: Client, day: Day) -> str:
    return nurse.get(reverse("treatment:recovery", args=[day.id])).content.decode()


def test_an_open_alarm_stands_on_it_with_its_sound_and_its_acknowledgement(
    day: Day, nurse: Client
) -> None:
    alarm = desaturates(day)
    acknowledge = reverse("treatment:alarm-acknowledge", args=[day.id, alarm.public_id])

    before = page_of(nurse, day)
    answer = nurse.post(acknowledge, headers={"HX-Request": "true"})
    part = nurse.get(
        reverse("treatment:infusion-panel", args=[day.id, "alarms"]), {"keyless": "yes"}
    ).content.decode()

    assert "SpO2 low" in before
    assert acknowledge in before
    assert 'data-sound-level="red"' in before
    assert "data-sound-panel" in before
    assert "infusion:close" in answer.headers["HX-Trigger"]
    alarm.refresh_from_db()
    assert alarm.acknowledged_by == day.clinician
    assert acknowledge not in part
    assert "SpO2 low" in part


def test_no_key_acknowledges_there_because_a_answers_yes(day: Day, nurse: Client) -> None:
    alarm = desaturates(day)
    band = f'id="acknowledge-{alarm.public_id}"'

    page = page_of(nurse, day)
    room = nurse.get(reverse("treatment:infusion", args=[day.id])).content.decode()

    assert 'data-key="a"' in room.split(band)[1].split("</form>")[0]
    assert "data-key" not in page.split(band)[1].split("</form>")[0]


def test_an_emergency_of_the_patient_is_on_their_recovery_page(day: Day, nurse: Client) -> None:
    emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(50), key=uuid.uuid4()
    )

    assert f"?except={day.id}" in page_of(nurse, day)
    rows = nurse.get(reverse("treatment:alarms-elsewhere"), {"except": str(day.id)})
    assert "EMERGENCY with this patient" in rows.content.decode()
