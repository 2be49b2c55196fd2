"""What arrives from devices is charted, parked or refused; nothing is lost or mixed up."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.devices.models import DeviceStatus, MessageOutcome, RawMessage
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.incoming import Kept
from afterglow.apps.monitoring.models import (
    Alarm,
    DeviceAssignment,
    PumpReading,
    ReviewItem,
    ReviewReason,
    VitalSign,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.quantities import Rate
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.interop.hl7v2.emit import SentPatient
from factories import DeviceFactory, definition
from support.clinic_messages import (
    DELIVERED,
    DIASTOLIC,
    PULSE,
    RATE,
    SPO2,
    SYSTOLIC,
    arrive,
    bed,
    later,
    oru,
)

pytestmark = pytest.mark.django_db


def test_a_message_becomes_readings_with_device_time_arrival_time_and_source() -> None:
    here = bed()
    raw = oru(here.monitor, {SYSTOLIC: "142", DIASTOLIC: "88"}, at=later(5), control_id="1")

    fates = arrive(raw, at=later(5, seconds=1))

    assert [fate.kept for fate in fates] == [Kept.CHARTED]
    sign = VitalSign.objects.get(code="systolic")
    assert (sign.session, sign.value, sign.unit) == (here.session, Decimal("142"), "mm[Hg]")
    assert (sign.taken_at, sign.arrived_at) == (later(5), later(5, seconds=1))
    assert (sign.source, sign.device, sign.flag) == ("device", here.monitor, "")
    message = RawMessage.objects.get()
    assert bytes(message.content) == raw
    assert message.sha256 == hashlib.sha256(raw).hexdigest()
    assert message.outcome == MessageOutcome.CHARTED


def test_a_charted_message_is_told_to_the_session_with_ids_only() -> None:
    here = bed()

    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))

    told = OutboxEvent.objects.get(event="vital-signs-recorded")
    assert told.topic == here.session.public_id
    assert told.subject == RawMessage.objects.get().public_id == VitalSign.objects.get().batch


def test_a_true_repeat_is_answered_and_stored_once() -> None:
    here = bed()
    raw = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1")

    first = arrive(raw, raw, at=later(5))
    second = arrive(raw, at=later(6))

    assert [f.kept for f in (*first, *second)] == [Kept.CHARTED, Kept.REPEAT, Kept.REPEAT]
    assert RawMessage.objects.count() == VitalSign.objects.count() == 1


def test_the_same_id_with_other_content_is_another_message() -> None:
    here = bed()

    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    arrive(oru(here.monitor, {SPO2: "96"}, at=later(6), control_id="1"), at=later(6))

    assert RawMessage.objects.count() == VitalSign.objects.count() == 2


def test_a_cuff_pressure_said_again_is_charted_once() -> None:
    here = bed()
    for minute in (5, 6):
        raw = oru(
            here.monitor,
            {SYSTOLIC: "142", DIASTOLIC: "88"},
            at=later(minute),
            measured_at=later(5),
            control_id=str(minute),
        )
        arrive(raw, at=later(minute))

    assert VitalSign.objects.filter(code="systolic").count() == 1
    assert RawMessage.objects.count() == 2


def test_an_unknown_device_is_parked_and_kept_whole() -> None:
    bed()
    stranger = DeviceFactory.build(eui64="0011AAFFFE99AA99")
    raw = oru(stranger, {SPO2: "97"}, at=later(5), control_id="1")

    fates = arrive(raw, at=later(5))

    assert fates[0].kept is Kept.PARKED
    item = ReviewItem.objects.get()
    assert item.reason == ReviewReason.UNKNOWN_DEVICE
    assert bytes(item.message.content) == raw
    assert not VitalSign.objects.exists()
    assert OutboxEvent.objects.filter(event="review-item-opened").exists()


def test_two_patients_of_one_name_are_told_apart_by_the_record_number() -> None:
    here = bed()
    patient = here.session.patient
    namesake = SentPatient("999999", patient.family_name, patient.given_name, "19840514")

    fates = arrive(
        oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1", patient=namesake),
        at=later(5),
    )

    assert fates[0].kept is Kept.PARKED
    assert ReviewItem.objects.get().reason == ReviewReason.PATIENT_MISMATCH
    assert not VitalSign.objects.exists()


def test_a_name_alone_does_not_say_who_it_is() -> None:
    here = bed()
    patient = here.session.patient
    named = SentPatient("", patient.family_name, patient.given_name)

    fates = arrive(
        oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1", patient=named), at=later(5)
    )

    assert fates[0].kept is Kept.PARKED


def test_the_patient_named_with_number_and_name_is_charted() -> None:
    here = bed()
    patient = here.session.patient
    named = SentPatient(patient.mrn, patient.family_name.upper(), patient.given_name, "19840514")

    fates = arrive(
        oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1", patient=named), at=later(5)
    )

    assert fates[0].kept is Kept.CHARTED


@pytest.mark.parametrize("processing_id", ["T", "D"])
def test_a_training_message_never_reaches_a_chart(processing_id: str) -> None:
    here = bed()

    fates = arrive(
        oru(
            here.monitor,
            {SPO2: "40"},
            at=later(5),
            control_id="1",
            processing_id=processing_id,
        ),
        at=later(5),
    )

    assert fates[0].kept is Kept.REJECTED
    assert RawMessage.objects.get().outcome == MessageOutcome.NOT_FOR_CHARTS
    assert not VitalSign.objects.exists()
    assert not ReviewItem.objects.exists()


def test_bytes_that_are_no_message_are_kept_and_shown() -> None:
    fates = arrive(b"not\x00 a message", at=later(5))

    assert fates[0].kept is Kept.REJECTED
    assert bytes(RawMessage.objects.get().content) == b"not\x00 a message"
    assert ReviewItem.objects.get().reason == ReviewReason.NOT_UNDERSTOOD


def test_a_reading_of_the_future_waits_for_a_person() -> None:
    here = bed()

    arrive(oru(here.monitor, {SPO2: "97"}, at=later(15), control_id="1"), at=later(5))

    assert ReviewItem.objects.get().reason == ReviewReason.FUTURE_TIME
    assert not VitalSign.objects.exists()


def test_one_bad_observation_does_not_void_the_others() -> None:
    here = bed()
    raw = oru(here.monitor, {SPO2: "97", PULSE: "88"}, at=later(5), control_id="1")
    raw = raw.replace(b"|88|", b"|eighty|")

    fates = arrive(raw, at=later(5))

    assert fates[0].kept is Kept.CHARTED
    assert fates[0].remarks
    assert VitalSign.objects.get().code == "spo2"
    assert ReviewItem.objects.get().reason == ReviewReason.BAD_OBSERVATION


def test_what_cannot_be_believed_is_kept_and_flagged() -> None:
    here = bed()

    arrive(oru(here.monitor, {SPO2: "5"}, at=later(5), control_id="1"), at=later(5))

    sign = VitalSign.objects.get()
    assert (sign.value, sign.flag) == (Decimal(5), "DEVICE_OUT_OF_RANGE")
    assert not Alarm.objects.filter(condition="SPO2_LOW").exists()


def test_a_code_that_contradicts_its_name_is_not_charted_until_somebody_says_which() -> None:
    here = bed()
    raw = oru(here.monitor, {SPO2: "60"}, at=later(5), control_id="1")

    arrive(raw.replace(b"^MDC_PULS_OXIM_SAT_O2^", b"^MDC_PULS_RATE^"), at=later(5))

    assert not VitalSign.objects.exists()
    assert ReviewItem.objects.get().reason == ReviewReason.CODE_DISAGREES
    assert not Alarm.objects.filter(condition="SPO2_LOW").exists()


def test_a_low_saturation_raises_its_alarm_in_the_same_transaction() -> None:
    here = bed()

    for second in range(0, 60, 10):
        raw = oru(here.monitor, {SPO2: "82"}, at=later(5, second), control_id=str(second))
        arrive(raw, at=later(5, second))

    alarm = Alarm.objects.get(condition="SPO2_LOW", ended_at=None)
    assert alarm.session == here.session
    assert "82 %" in alarm.sentence
    assert OutboxEvent.objects.filter(event="alarm-raised", subject=alarm.public_id).exists()


def test_an_alarm_ends_when_the_value_is_normal_and_somebody_has_seen_it() -> None:
    here = bed()
    for second in range(0, 60, 10):
        raw = oru(here.monitor, {SPO2: "82"}, at=later(5, second), control_id=str(second))
        arrive(raw, at=later(5, second))
    alarm = Alarm.objects.get(condition="SPO2_LOW", ended_at=None)

    services.acknowledge_alarm(alarm=alarm.public_id, by=here.clinician, at=later(6))
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(7), control_id="x"), at=later(7))
    alarm.refresh_from_db()
    assert (alarm.ended_at, alarm.back_since) == (None, later(7))
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(7, 30), control_id="y"), at=later(7, 30))

    alarm.refresh_from_db()
    assert alarm.ended_at == later(7, 30)
    assert alarm.acknowledged_by == here.clinician


def test_a_session_whose_rules_cannot_be_read_costs_no_other_its_alarms(
    caplog: pytest.LogCaptureFixture,
) -> None:
    here, broken = bed(), bed()
    wrong = definition(DefinitionKind.DOSING_PROTOCOL, "broken", {"monitoring": {}})
    TreatmentSession.objects.filter(pk=broken.session.pk).update(protocol=wrong)

    fates = arrive(
        *(oru(each.monitor, {SPO2: "84"}, at=later(5), control_id="1") for each in (broken, here)),
        at=later(5),
    )

    assert [fate.kept for fate in fates] == [Kept.CHARTED, Kept.CHARTED]
    assert Alarm.objects.get(condition="SPO2_LOW").session == here.session
    assert str(broken.session.public_id) in caplog.text


def test_a_pump_speaks_for_itself() -> None:
    here = bed()

    arrive(
        oru(here.pump, {RATE: "52.5", DELIVERED: "6.8"}, at=later(5), control_id="1"), at=later(5)
    )

    report = PumpReading.objects.get()
    assert (report.session, report.device) == (here.session, here.pump)
    assert report.rate_ml_per_h == Rate.ml_per_h("52.5")


def test_a_device_that_was_released_reaches_no_chart() -> None:
    here = bed()
    services.release_devices(session=here.session.public_id, by=here.clinician, at=later(10))

    fates = arrive(oru(here.monitor, {SPO2: "97"}, at=later(11), control_id="1"), at=later(11))

    assert fates[0].kept is Kept.PARKED
    assert ReviewItem.objects.get().reason == ReviewReason.NO_SESSION


def test_a_reading_of_the_last_patient_never_reaches_the_next_one() -> None:
    before, after = bed(), bed()
    services.release_devices(session=before.session.public_id, by=before.clinician, at=later(10))
    DeviceAssignment.objects.create(
        device=before.monitor, session=after.session, during=DateTimeTZRange(later(12), None)
    )
    raw = oru(before.monitor, {SPO2: "97"}, at=later(13), measured_at=later(9), control_id="1")

    arrive(raw, at=later(13))

    assert not VitalSign.objects.exists()


def test_a_clock_that_is_always_an_hour_behind_is_seen_through_and_shown() -> None:
    here = bed(at=later(-10))
    for n, minute in enumerate((5, 6, 7)):
        behind = later(minute - 60)
        arrive(oru(here.monitor, {SPO2: "97"}, at=behind, control_id=str(n)), at=later(minute))

    assert VitalSign.objects.count() == 2
    last = VitalSign.objects.latest("pk")
    assert (last.taken_at, last.device_at) == (later(7), later(-53))
    assert DeviceStatus.objects.get(device=here.monitor).clock_ahead_s == -3600


def test_a_signed_session_takes_nothing_more() -> None:
    here = bed()
    type(here.session).objects.filter(pk=here.session.pk).update(state=SessionState.SIGNED)

    fates = arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))

    assert fates[0].kept is Kept.PARKED
    assert not VitalSign.objects.exists()


def test_one_wrong_message_does_not_take_the_batch_with_it() -> None:
    here = bed()
    good = oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1")
    bad = b"MSH|^~\\&|\xff\xfe\x00"

    fates = arrive(good, bad, at=later(5))

    assert [fate.kept for fate in fates] == [Kept.CHARTED, Kept.REJECTED]
    assert RawMessage.objects.count() == 2
