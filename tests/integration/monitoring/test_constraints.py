"""Each named constraint of devices and monitoring refuses the row that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.devices.models import DevicePlacement, MessageOutcome, RawMessage
from afterglow.apps.monitoring.models import (
    Alarm,
    AlarmAct,
    BodyMassMeasurement,
    BodyMassMistake,
    ChartingMistake,
    DeviceAssignment,
    DeviceNotification,
    MissedReading,
    NoValue,
    QueueCharting,
    ReadingsArchive,
    ReviewItem,
    ReviewReason,
    SignChannel,
    VitalSign,
)
from factories import AT, DeviceFactory, RoomFactory, SessionFactory
from support.clinic_messages import Bed, bed

pytestmark = pytest.mark.django_db

ONE_ID = uuid4()


def raw(**fields: object) -> RawMessage:
    values = {
        "received_at": AT,
        "peer": "127.0.0.1",
        "port": 1,
        "content": b"x",
        "sha256": "0" * 64,
        "outcome": MessageOutcome.CHARTED,
        **fields,
    }
    return RawMessage.objects.create(**values)


def sign(here: Bed, **fields: object) -> VitalSign:
    values = {
        "session": here.session,
        "batch": uuid4(),
        "code": "spo2",
        "value": Decimal(97),
        "unit": "%",
        "source": "hand",
        "taken_at": AT,
        "arrived_at": AT,
        "by": here.clinician,
        **fields,
    }
    return VitalSign.objects.create(**values)


def charting(here: Bed, **fields: object) -> QueueCharting:
    values = {"message": raw(), "session": here.session, "by": here.clinician, "at": AT, **fields}
    return QueueCharting.objects.create(**values)


def alarm(here: Bed, **fields: object) -> Alarm:
    values = {
        "session": here.session,
        "condition": "SPO2_LOW",
        "about": "device",
        "priority": "high",
        "present_priority": "high",
        "kind": "physiological",
        "sentence": "Low.",
        "raised_at": AT,
        **fields,
    }
    return Alarm.objects.create(**values)


def alarm_act(here: Bed, **fields: object) -> AlarmAct:
    values = {"act": "raised", "priority": "high", "at": AT, **fields}
    return AlarmAct.objects.create(alarm=alarm(here), **values)


def twice(make: Callable[[], object]) -> None:
    make()
    make()


def review(here: Bed, **fields: object) -> ReviewItem:
    values = {"message": raw(), "reason": ReviewReason.NO_SESSION, "opened_at": AT, **fields}
    return ReviewItem.objects.create(**values)


def no_value(here: Bed, **fields: object) -> NoValue:
    values = {"device": here.monitor, "code": "spo2", "since": AT, "told_at": AT, **fields}
    return NoValue.objects.create(session=here.session, **values)


def channel(here: Bed, **fields: object) -> SignChannel:
    values = {"device": here.monitor, "code": "spo2", "channel": "1.1.1", **fields}
    return SignChannel.objects.create(session=here.session, **values)


def mass(here: Bed, kg: int) -> BodyMassMeasurement:
    """Write past the quantity, which would refuse the mass by itself."""
    return BodyMassMeasurement.objects.create(
        session=here.session,
        mass_kg=Decimal(kg),  # type: ignore[misc]
        at=AT,
        recorded_at=AT,
        by=here.clinician,
    )


def overlapping_placement(here: Bed) -> None:
    room = RoomFactory.create(site=here.session.site)
    during = DateTimeTZRange(AT, AT + timedelta(minutes=1))
    DevicePlacement.objects.create(device=here.monitor, room=room, during=during)


def overlapping_assignment(here: Bed) -> None:
    during = DateTimeTZRange(AT, AT + timedelta(minutes=1))
    other = SessionFactory.create()
    DeviceAssignment.objects.create(device=here.monitor, session=other, during=during)


def missed(here: Bed) -> MissedReading:
    return MissedReading.objects.create(
        session=here.session, due_at=AT, reason="x", by=here.clinician, at=AT
    )


BREAKS: dict[str, Callable[[Bed], object]] = {
    "device_kind_is_known": lambda h: DeviceFactory.create(kind="kettle"),
    "eui64_is_16_hex_digits": lambda h: DeviceFactory.create(eui64="0011aafffe000000"),
    "a_device_stands_in_one_room_at_a_time": overlapping_placement,
    "message_outcome_is_known": lambda h: raw(outcome="lost"),
    "a_message_has_one_public_id": lambda h: twice(lambda: raw(public_id=ONE_ID)),
    "a_true_repeat_is_stored_once": lambda h: twice(lambda: raw(control_id="1")),
    "archive_act_is_known": lambda h: ReadingsArchive.objects.create(
        act="lost", part="early", file_name="x", sha256="", rows={}, sessions=[], at=AT
    ),
    "a_device_serves_one_session_at_a_time": overlapping_assignment,
    "body_mass_is_between_20_and_400_kg": lambda h: mass(h, 19),
    "a_mass_is_taken_back_with_a_reason": lambda h: BodyMassMistake.objects.create(
        measurement=mass(h, 70), session=h.session, reason="", by=h.clinician, at=AT
    ),
    "a_mismatch_is_charted_with_a_reason": lambda h: charting(h, is_mismatch=True),
    "a_charting_is_taken_back_with_a_reason": lambda h: ChartingMistake.objects.create(
        charting=(made := charting(h)),
        message=made.message,
        session=h.session,
        reason="",
        by=h.clinician,
        at=AT,
    ),
    "the_site_hears_of_an_alarm_before_the_prescriber": lambda h: alarm(h, told_prescriber_at=AT),
    "vital_sign_is_in_the_catalogue": lambda h: sign(h, code="aura"),
    "vital_sign_source_is_known": lambda h: sign(h, source="rumour"),
    "a_reading_says_which_device_or_which_person": lambda h: sign(h, by=None),
    "sign_without_a_value_is_in_the_catalogue": lambda h: no_value(h, code="aura"),
    "a_sign_has_no_value_once_at_a_time": lambda h: twice(lambda: no_value(h)),
    "a_probe_is_said_to_be_off_by_somebody": lambda h: no_value(h, seen=Decimal(0), settled_at=AT),
    "sign_of_a_channel_is_in_the_catalogue": lambda h: channel(h, code="aura"),
    "a_sign_of_a_device_has_one_channel": lambda h: twice(lambda: channel(h)),
    "a_due_reading_is_missed_once": lambda h: twice(lambda: missed(h)),
    "alarm_priority_is_known": lambda h: alarm(h, priority="urgent"),
    "present_alarm_priority_is_known": lambda h: alarm(h, present_priority="urgent"),
    "highest_alarm_priority_is_known": lambda h: alarm(h, highest_priority="urgent"),
    "alarm_act_is_known": lambda h: alarm_act(h, act="forgotten"),
    "priority_of_an_alarm_act_is_known": lambda h: alarm_act(h, priority="urgent"),
    "alarm_kind_is_known": lambda h: alarm(h, kind="astral"),
    "one_open_alarm_per_condition": lambda h: twice(lambda: alarm(h)),
    "an_acknowledged_alarm_says_who_and_when": lambda h: alarm(h, acknowledged_at=AT),
    "an_alarm_ends_after_it_begins": lambda h: alarm(h, ended_at=AT - timedelta(seconds=1)),
    "review_reason_is_known": lambda h: review(h, reason="boredom"),
    "review_state_is_known": lambda h: review(
        h, state="forgotten", settled_at=AT, settled_by=h.clinician
    ),
    "a_bed_names_one_device": lambda h: twice(lambda: DeviceFactory.create(bed="ROOM^1")),
    "a_device_may_send_at_least_one_message_a_second": lambda h: DeviceFactory.create(
        messages_per_s=0
    ),
    "service_is_due_after_it_was_done": lambda h: DeviceFactory.create(
        serviced_on=AT.date(), service_due_on=AT.date() - timedelta(days=1)
    ),
    "notification_kind_is_known": lambda h: DeviceNotification.objects.create(
        device=h.monitor, message=raw(), kind="rumour", event="X", at=AT, arrived_at=AT
    ),
    "a_settled_review_says_who_and_when": lambda h: review(h, state="rejected"),
}


# A source nobody knows breaks two constraints, and the database names the first by alphabet.
NAMED_FIRST = {"vital_sign_source_is_known": "a_reading_says_which_device_or_which_person"}


@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses_a_row_that_breaks(name: str) -> None:
    here = bed()

    refused = pytest.raises(IntegrityError, match=NAMED_FIRST.get(name, name))
    with refused, transaction.atomic():
        BREAKS[name](here)


def test_every_named_constraint_has_a_row_that_breaks_it() -> None:
    named = {
        constraint.name
        for label in ("devices", "monitoring")
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    }

    assert named == set(BREAKS)
