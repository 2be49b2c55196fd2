"""Alarms (PCD-04) and events (PCD-10) of devices: kept, shown as secondary, over when they say."""

from __future__ import annotations

import pytest

from afterglow.apps.devices.models import Device
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.models import Alarm, DeviceNotification, ReviewItem, VitalSign
from support.clinic_messages import arrive, bed, later

pytestmark = pytest.mark.django_db


def alert(device: Device, *, phase: str, state: str = "active", minute: float = 5) -> bytes:
    """A low saturation as a monitor tells it."""
    stamp = f"{later(minute):%Y%m%d%H%M%S}+0000"
    lines = [
        f"MSH|^~\\&|GW^{device.eui64}^EUI-64|CLINIC|AFTERGLOW|CLINIC|{stamp}||ORU^R40^ORU_R40"
        f"|{phase}{minute}|P|2.6|||AL|NE||UNICODE UTF-8|||IHE_PCD_ACM_001",
        f"OBR|1|1|77^GW^{device.eui64}^EUI-64|196616^MDC_EVT_ALARM^MDC|||{stamp}",
        f"OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.1.1.1.1|196674^MDC_EVT_LO_VAL_LT_LIM^MDC"
        f"||||||R|||{stamp}||||{device.eui64}^^{device.eui64}^EUI-64",
        "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1.2|87|262688^MDC_DIM_PERCENT^MDC"
        f"||L~PH~SP|||R|||{stamp}",
        f"OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.1.1.1.3|{phase}||||||R",
        f"OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.1.1.1.4|{state}||||||R",
    ]
    return "".join(f"{line}\r" for line in lines).encode()


def event(device: Device, refid: str, code: int, *, minute: float = 5) -> bytes:
    """An event as a pump tells it."""
    stamp = f"{later(minute):%Y%m%d%H%M%S}+0000"
    lines = [
        f"MSH|^~\\&|GW^{device.eui64}^EUI-64|CLINIC|AFTERGLOW|CLINIC|{stamp}||ORU^R42^ORU_R42"
        f"|{refid}|P|2.6|||AL|NE||UNICODE UTF-8",
        f"OBR|1|1|8^GW|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{stamp}",
        f"OBX|1|CWE|68487^MDC_ATTR_EVT_COND^MDC|1.1.0.1|{code}^{refid}^MDC||||||R|||{stamp}",
        "OBX|2|CWE|68488^MDC_ATTR_EVT_SOURCE^MDC|1.1.0.2|69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||R",
    ]
    return "".join(f"{line}\r" for line in lines).encode()


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
