"""Readings by hand, artefacts, gaps, body mass, alarms and devices, through the services."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring import extension, queries, services
from afterglow.apps.monitoring.extension import InfusionCourse
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.monitoring.models import Source as StoredSource
from afterglow.config.watch import Watch, sessions_to_watch
from afterglow.core.dosing.totals import RateFrom
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Source
from afterglow.core.monitoring.schedule import SlotState
from afterglow.core.permission import Forbidden
from afterglow.core.quantities import Rate
from afterglow.core.roles import Role
from afterglow.core.treatment.lifecycles import SessionState
from factories import AT, RoomFactory, SessionFactory, staff
from support.clinic_messages import DELIVERED, RATE, SPO2, Bed, arrive, bed, later, oru

pytestmark = pytest.mark.django_db

S = VitalSignCode.SYSTOLIC
D = VitalSignCode.DIASTOLIC


@pytest.fixture
def course() -> object:
    """Say what the chart says of an infusion; the real teller is back afterwards."""
    told: dict[int, InfusionCourse] = {}
    before = extension.tell_course(lambda keys, at: told)
    yield told
    extension.tell_course(before)


def by_hand(
    here: Bed, minute: float, systolic: str, diastolic: str = "80", **more: object
) -> tuple[VitalSign, ...] | services.Refused:
    return services.record_vital_signs_by_hand(
        session=here.session.public_id,
        readings={S: Decimal(systolic), D: Decimal(diastolic)},
        taken_at=more.pop("taken_at", later(minute)),  # type: ignore[arg-type]
        by=more.pop("by", here.clinician),  # type: ignore[arg-type]
        at=later(minute),
        key=more.pop("key", None) or uuid4(),  # type: ignore[arg-type]
    )


def test_a_hand_reading_says_who_and_both_times() -> None:
    here = bed()

    by_hand(here, 5, "120", taken_at=later(3))

    sign = VitalSign.objects.get(code=S)
    assert (sign.source, sign.by, sign.device) == ("hand", here.clinician, None)
    assert (sign.taken_at, sign.arrived_at) == (later(3), later(5))


def test_a_second_click_records_one_reading() -> None:
    here, key = bed(), uuid4()

    first = by_hand(here, 5, "120", key=key)
    second = by_hand(here, 6, "120", key=key)

    assert first == second
    assert VitalSign.objects.count() == 2


@pytest.mark.parametrize(
    ("systolic", "taken", "code"),
    [
        ("500", 5, "ENTRY_OUT_OF_RANGE"),
        ("120", 9, "READING_IN_THE_FUTURE"),
        ("120", -30, "READING_BEFORE_CHECK_IN"),
    ],
)
def test_a_wrong_hand_reading_is_refused_whole_and_on_record(
    systolic: str, taken: float, code: str
) -> None:
    here = bed()

    refused = by_hand(here, 5, systolic, taken_at=later(taken))

    assert isinstance(refused, services.Refused)
    assert refused.decision.codes == (code,)
    assert not VitalSign.objects.exists()
    assert AuditEntry.objects.filter(action="vital-signs-refused").exists()


def test_nobody_without_a_clinical_role_charts() -> None:
    here = bed()

    with pytest.raises(Forbidden):
        by_hand(here, 5, "120", by=staff(Role.FRONT_DESK))


def test_a_hand_never_corrects_a_device() -> None:
    here = bed()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    services.record_vital_signs_by_hand(
        session=here.session.public_id,
        readings={VitalSignCode.SPO2: Decimal(93)},
        taken_at=later(5),
        by=here.clinician,
        at=later(6),
        key=uuid4(),
    )

    latest = {
        (r.source, r.value): r.age(later(6))
        for r in queries.latest_readings(here.session, at=later(6))
    }

    assert latest == {
        (Source.DEVICE, Decimal(97)): timedelta(minutes=1),
        (Source.HAND, Decimal(93)): timedelta(minutes=1),
    }


def test_an_artefact_stays_and_is_no_longer_believed_until_it_is_taken_back() -> None:
    here = bed()
    for minute, value in ((4, "97"), (5, "71")):
        raw = oru(here.monitor, {SPO2: value}, at=later(minute), control_id=value)
        arrive(raw, at=later(minute))
    wrong = VitalSign.objects.get(value=71)

    services.mark_artefact(reading=wrong.pk, reason="Hand moved", by=here.clinician, at=later(6))
    [marked] = queries.latest_readings(here.session, at=later(6))
    services.mark_artefact(
        reading=wrong.pk, is_artefact=False, reason="It was real", by=here.clinician, at=later(7)
    )
    [back] = queries.latest_readings(here.session, at=later(7))

    assert (marked.value, back.value) == (Decimal(97), Decimal(71))
    assert VitalSign.objects.filter(pk=wrong.pk).exists()


def test_the_audit_of_a_marked_stretch_names_every_sign() -> None:
    here = bed()
    by_hand(here, 4, "214", "140")

    services.mark_stretch(
        session=here.session.public_id,
        signs=[S, D],
        source=StoredSource.HAND,
        since=later(3),
        until=later(5),
        between="10:03 to 10:05",
        reason="The cuff slipped",
        by=here.clinician,
        at=later(6),
    )

    detail = AuditEntry.objects.get(action="reading-marked-artefact").detail
    assert set(detail["sign"].split(", ")) == {"systolic", "diastolic"}
    assert detail["readings"] == 2


def test_the_baseline_is_the_mean_of_the_last_two_readings_before_the_start(
    course: dict[int, InfusionCourse],
) -> None:
    here = bed()
    by_hand(here, 1, "118")
    by_hand(here, 7, "126")
    course[here.session.pk] = InfusionCourse(started=later(10))
    by_hand(here, 15, "150")

    baseline = queries.baseline(here.session, at=later(16))

    assert baseline["systolic"].value == 122
    assert not baseline["systolic"].is_provisional


def test_a_red_pressure_is_raised_acknowledged_and_asks_for_symptoms() -> None:
    here = bed()
    by_hand(here, 5, "185", "95")
    by_hand(here, 6, "188", "95")
    alarm = Alarm.objects.get(condition="SYSTOLIC_HIGH")
    assert alarm.priority == "high"

    services.acknowledge_alarm(
        alarm=alarm.public_id, by=here.clinician, at=later(7), symptomatic=False
    )

    alarm.refresh_from_db()
    assert (alarm.acknowledged_by, alarm.symptomatic, alarm.ended_at) == (
        here.clinician,
        False,
        None,
    )


def test_an_alarm_is_not_silenced_for_longer_than_the_protocol_allows() -> None:
    here = bed()
    by_hand(here, 5, "185", "95")
    alarm = Alarm.objects.get(condition="SYSTOLIC_HIGH")

    long = services.silence_alarm(
        alarm=alarm.public_id, span=timedelta(minutes=30), by=here.clinician, at=later(6)
    )
    short = services.silence_alarm(
        alarm=alarm.public_id, span=timedelta(minutes=2), by=here.clinician, at=later(6)
    )

    assert isinstance(long, services.Refused)
    assert long.decision.codes == ("SILENCE_TOO_LONG",)
    assert isinstance(short, Alarm)
    assert short.silenced_until == later(8)


def test_a_worse_alarm_breaks_every_silence() -> None:
    here = bed()
    by_hand(here, 5, "165", "95")
    first = Alarm.objects.get(condition="SYSTOLIC_HIGH")
    services.silence_alarm(
        alarm=first.public_id, span=timedelta(minutes=2), by=here.clinician, at=later(6)
    )

    by_hand(here, 6.5, "150", "125")

    first.refresh_from_db()
    assert first.silenced_until is None


def test_a_silent_monitor_raises_an_alarm_as_time_passes() -> None:
    here = bed()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))

    services.refresh_alarms(session=here.session.public_id, at=later(5.5))
    early = Alarm.objects.filter(condition="MONITOR_SILENT").exists()
    services.refresh_alarms(session=here.session.public_id, at=later(7))

    alarm = Alarm.objects.get(condition="MONITOR_SILENT")
    assert not early
    assert (alarm.kind, alarm.about) == ("technical", here.monitor.name)


def test_an_overdue_reading_raises_an_alarm_and_a_missed_one_keeps_its_reason(
    course: dict[int, InfusionCourse],
) -> None:
    here = bed()
    course[here.session.pk] = InfusionCourse(started=later(0), planned_stop=later(40))

    services.refresh_alarms(session=here.session.public_id, at=later(15))
    assert Alarm.objects.filter(condition="READING_OVERDUE", ended_at=None).exists()

    missed = next(
        s for s in queries.schedule(here.session, at=later(25)) if s.state is SlotState.MISSED
    )
    services.record_missed_reading(
        session=here.session.public_id,
        due_at=missed.due_at,
        reason="Patient was vomiting",
        by=here.clinician,
        at=later(25),
    )
    again = {s.due_at: s for s in queries.schedule(here.session, at=later(26))}[missed.due_at]
    assert (again.state, again.reason) == (SlotState.MISSED, "Patient was vomiting")


def test_a_pump_that_still_runs_after_it_was_charted_as_stopped_is_said_until_it_agrees(
    course: dict[int, InfusionCourse],
) -> None:
    here = bed()
    course[here.session.pk] = InfusionCourse(
        started=later(0),
        stopped=later(10),
        rates=(
            RateFrom(later(0), Rate.ml_per_h(52)),
            RateFrom(later(10), Rate.ml_per_h(0)),
        ),
    )
    arrive(oru(here.pump, {RATE: "52"}, at=later(11), control_id="1"), at=later(11))

    running = queries.pump(here.session, at=later(11))
    alarm = Alarm.objects.get(condition="PUMP_STILL_RUNNING")
    arrive(oru(here.pump, {RATE: "0"}, at=later(12), control_id="2"), at=later(12))
    agrees = queries.pump(here.session, at=later(12))

    assert running is not None
    assert agrees is not None
    assert "still reports 52 mL/h" in running.differences[0].sentence
    assert alarm.priority == "high"
    assert agrees.differences == ()


def test_a_free_flowing_pump_differs_in_rate_and_volume(
    course: dict[int, InfusionCourse],
) -> None:
    here = bed()
    course[here.session.pk] = InfusionCourse(
        started=later(0), rates=(RateFrom(later(0), Rate.ml_per_h(60)),)
    )

    arrive(oru(here.pump, {RATE: "300", DELIVERED: "40"}, at=later(5), control_id="1"), at=later(5))

    conditions = set(Alarm.objects.values_list("condition", flat=True))
    assert {"PUMP_RATE_DIFFERS", "PUMP_VOLUME_DIFFERS"} <= conditions


def test_a_device_that_serves_a_patient_who_is_here_is_refused_to_the_next() -> None:
    here, other = bed(), SessionFactory.create()
    other.site = here.session.site
    type(other).objects.filter(pk=other.pk).update(site=here.session.site)

    refused = services.assign_device(
        device=here.monitor.public_id,
        session=other.public_id,
        by=here.clinician,
        at=later(5),
    )

    assert isinstance(refused, services.Refused)
    assert refused.decision.codes == ("DEVICE_SERVES_ANOTHER_SESSION",)


def test_a_device_left_with_a_patient_who_went_home_is_taken_for_the_next() -> None:
    here = bed(state=SessionState.RECOVERY)
    sessions = type(here.session).objects
    sessions.filter(pk=here.session.pk).update(state=SessionState.DISCHARGED)
    other = SessionFactory.create()
    sessions.filter(pk=other.pk).update(site=here.session.site)

    services.assign_device(
        device=here.monitor.public_id, session=other.public_id, by=here.clinician, at=later(5)
    )
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(6), control_id="1"), at=later(6))

    assert VitalSign.objects.get().session == other


def test_a_move_to_another_room_leaves_the_old_rooms_devices_behind() -> None:
    here = bed()
    room = RoomFactory.create(site=here.session.site)
    type(here.session).objects.filter(pk=here.session.pk).update(room=room)

    services.assign_devices_of_room(session=here.session.public_id, by=here.clinician, at=later(5))

    assert not here.session.device_assignments.filter(during__contains=later(6)).exists()


def test_the_watch_releases_the_devices_of_a_finished_session_and_ends_its_alarms() -> None:
    here = bed()
    by_hand(here, 5, "165", "95")
    type(here.session).objects.filter(pk=here.session.pk).update(state=SessionState.ENDED)
    assert sessions_to_watch() == [here.session.public_id]

    Watch(now=lambda: later(60)).step()

    assert not here.session.device_assignments.filter(during__contains=later(61)).exists()
    assert not Alarm.objects.filter(ended_at=None, priority="medium").exists()


def test_one_broken_session_does_not_keep_the_others_unwatched(
    course: dict[int, InfusionCourse],
) -> None:
    broken, healthy = bed(), bed()
    course[broken.session.pk] = InfusionCourse(stopped=AT)  # stopped, and never started
    course[healthy.session.pk] = InfusionCourse()

    Watch(now=lambda: later(30)).step()

    assert Alarm.objects.filter(session=healthy.session, condition="MONITOR_SILENT").exists()


def test_the_grid_shows_what_was_taken_in_each_window_and_carries_nothing_forward(
    course: dict[int, InfusionCourse],
) -> None:
    here = bed()
    course[here.session.pk] = InfusionCourse(started=later(0), planned_stop=later(40))
    by_hand(here, 10, "120")

    rows = queries.grid(here.session, at=later(25))

    with_values = [row.slot.due_at for row in rows if row.values]
    assert with_values == [later(10)]
