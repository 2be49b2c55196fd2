"""Alarms (PCD-04) and events (PCD-10) of devices: kept, shown as secondary, over when they say."""

from __future__ import annotations

import pytest

from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.models import Alarm, DeviceNotification, ReviewItem, VitalSign
from support.clinic_alerts import alert, event
from support.clinic_messages import arrive, bed, later

pytestmark = pytest.mark.django_db


def test_an_alarm_of_a_monitor_is_a_secondary_notification_until_it_ends() -> None:
    here = bed()

    fates = arrive(alert(here.monitor, phase="start"), at=later(5))
    raised = Alarm.objects.get(condition="DEVICE_ALARM")
    arrive(alert(here.monitor, phase="end", state="inactive", minute=6), at=later(6))

    assert fates[0].kept == "charted"
    assert raised.priority == "low"
    assert raised.sentence == (
        f"{here.monitor.name} alarms: below its limit, Oxygen saturation (87). "
        "Secondary notification."
    )
    raised.refresh_from_db()
    assert raised.ended_at == later(6)
    first = DeviceNotification.objects.order_by("pk")[0]
    assert (first.event, first.about, first.seen) == (
        "MDC_EVT_LO_VAL_LT_LIM",
        "MDC_PULS_OXIM_SAT_O2",
        "87",
    )
    assert (first.phase, first.state, first.priority) == ("start", "active", "PH")
    assert first.session == here.session
    assert OutboxEvent.objects.filter(event="device-notified").count() == 2
    assert not VitalSign.objects.exists(), "an alarm is no reading"
    assert not ReviewItem.objects.exists()


def test_an_alarm_that_is_not_repeated_is_believed_for_five_minutes() -> None:
    here = bed()
    arrive(alert(here.monitor, phase="start"), at=later(5))

    services.refresh_alarms(session=here.session.public_id, at=later(9))
    still = Alarm.objects.get(condition="DEVICE_ALARM").ended_at
    services.refresh_alarms(session=here.session.public_id, at=later(11))

    assert still is None
    assert Alarm.objects.get(condition="DEVICE_ALARM").ended_at == later(11)


def test_an_occlusion_of_the_pump_is_shown_and_an_ordinary_event_only_kept() -> None:
    here = bed()

    arrive(event(here.pump, "MDC_EVT_PUMP_DELIV_START", 197000), at=later(5))
    quiet = Alarm.objects.filter(condition="DEVICE_ALARM").exists()
    arrive(event(here.pump, "MDC_EVT_FLUID_LINE_OCCL", 196940), at=later(5))

    assert not quiet
    assert "line occluded" in Alarm.objects.get(condition="DEVICE_ALARM").sentence
    assert DeviceNotification.objects.count() == 2


def test_an_alarm_of_a_device_that_serves_nobody_stays_with_the_device() -> None:
    here = bed()
    services.release_devices(session=here.session.public_id, by=here.clinician, at=later(4))

    arrive(alert(here.monitor, phase="start"), at=later(5))

    assert DeviceNotification.objects.get().session is None
    assert not Alarm.objects.filter(condition="DEVICE_ALARM").exists()
