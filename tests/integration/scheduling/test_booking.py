"""Appointments: a room, a clinician and a patient, none of them twice at once."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.scheduling import queries, services
from afterglow.apps.scheduling.models import Appointment, StaffShift
from afterglow.apps.scheduling.outcomes import Booked, NotBooked
from afterglow.apps.scheduling.services.shifts import AlreadyWorks
from afterglow.apps.scheduling.times import day_bounds, instant
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.roles import Role
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.db.models import StaleRow
from factories import (
    AT,
    AppointmentFactory,
    CourseFactory,
    PatientFactory,
    RoomFactory,
    SiteFactory,
    staff,
)

HOUR = dt.timedelta(hours=1)


def book(
    course: Any,
    room: Any,
    clinician: Any,
    by: Any,
    *,
    starts: dt.datetime = AT + HOUR,
    hours: int = 2,
    **more: Any,
) -> Any:
    return services.book_appointment(
        key=more.pop("key", uuid4()),
        course=course.public_id,
        room=room.public_id,
        clinician=clinician.public_id,
        starts=starts,
        ends=starts + hours * HOUR,
        by=by,
        at=AT,
        **more,
    )


@pytest.fixture
def place(db: None) -> Any:
    """A site with a room, a clinician, the front desk and a course."""
    course = CourseFactory.create()
    site = course.site
    return (
        course,
        RoomFactory.create(site=site, name="Room 1"),
        staff(Role.MONITOR, site=site, given_name="Ada", family_name="Okafor"),
        staff(Role.FRONT_DESK, site=site),
    )


def test_a_booking_writes_row_audit_and_event_together(place: Any) -> None:
    course, room, clinician, desk = place

    outcome = book(course, room, clinician, desk)

    assert isinstance(outcome, Booked)
    row = outcome.appointment
    assert row.patient == course.patient
    assert AuditEntry.objects.get(subject=row.public_id).action == "appointment-booked"
    assert OutboxEvent.objects.filter(topic=course.site.public_id, subject=row.public_id).exists()


def test_the_same_key_books_once(place: Any) -> None:
    course, room, clinician, desk = place
    key = uuid4()

    first = book(course, room, clinician, desk, key=key)
    again = book(course, room, clinician, desk, key=key)

    assert isinstance(first, Booked)
    assert isinstance(again, Booked)
    assert first.appointment == again.appointment
    assert Appointment.objects.count() == 1


def test_each_collision_says_who_what_and_when(place: Any) -> None:
    course, room, clinician, desk = place
    book(course, room, clinician, desk)
    name = course.patient.full_name

    outcome = book(course, room, clinician, desk, starts=AT + 2 * HOUR)

    assert isinstance(outcome, NotBooked)
    assert set(outcome.decision.codes) == {"ROOM_TAKEN", "CLINICIAN_TAKEN", "PATIENT_TAKEN"}
    room_sentence = next(r.sentence for r in outcome.decision if r.code == "ROOM_TAKEN")
    assert room_sentence == (
        f"Room 1 is taken at that time: {name} (MRN {course.patient.mrn}) in Room 1 "
        "with A. Okafor, 23 Nov 2026, 14:00 to 16:00."
    )
    refused = AuditEntry.objects.get(action="booking-refused")
    assert name not in str(refused.detail)


def test_a_cancelled_appointment_frees_the_place(place: Any) -> None:
    course, room, clinician, desk = place
    first = book(course, room, clinician, desk).appointment
    services.cancel_appointment(
        appointment=first.public_id, seen=1, reason="Patient is ill", by=desk, at=AT
    )

    assert isinstance(book(course, room, clinician, desk), Booked)


def test_one_appointment_may_begin_when_another_ends(place: Any) -> None:
    course, room, clinician, desk = place
    book(course, room, clinician, desk)

    assert isinstance(book(course, room, clinician, desk, starts=AT + 3 * HOUR), Booked)


@pytest.mark.parametrize("same", ["room", "clinician", "patient"])
def test_the_database_itself_refuses_two_at_once(same: str, db: None) -> None:
    first = AppointmentFactory.create()
    values = {
        "room": RoomFactory.create(site=first.site),
        "clinician": staff(Role.MONITOR, site=first.site),
        "patient": PatientFactory.create(),
    }
    values[same] = getattr(first, same)

    with pytest.raises(IntegrityError, match=f"a_{same}_h"), transaction.atomic():
        Appointment.objects.create(
            site=first.site,
            course=first.course,
            during=DateTimeTZRange(AT + HOUR, AT + 3 * HOUR),
            booked_by=first.booked_by,
            booked_at=AT,
            **values,
        )


def test_the_database_refuses_an_appointment_without_length_and_an_unknown_state(db: None) -> None:
    row = AppointmentFactory.create()

    with pytest.raises(IntegrityError, match="lasts_some_time"), transaction.atomic():
        Appointment.objects.filter(pk=row.pk).update(during=DateTimeTZRange(AT, AT))
    with pytest.raises(IntegrityError, match="appointment_state_is_known"), transaction.atomic():
        Appointment.objects.filter(pk=row.pk).update(state="maybe")


def test_a_closed_or_paused_course_is_not_booked(place: Any) -> None:
    course, room, clinician, desk = place
    course.is_paused = True
    course.save()
    assert book(course, room, clinician, desk).decision.codes == ("BOOKING_COURSE_PAUSED",)

    course.phase = CoursePhase.CLOSED
    course.save()
    assert book(course, room, clinician, desk).decision.codes == ("BOOKING_COURSE_CLOSED",)


def test_outside_opening_hours_needs_a_second_look_and_then_stands(place: Any) -> None:
    course, room, clinician, desk = place
    course.site.hours.create(weekday=0, opens=dt.time(8), closes=dt.time(15))

    first = book(course, room, clinician, desk)
    assert isinstance(first, NotBooked)
    assert first.needs_a_look
    assert "08:00 to 15:00" in first.decision.reasons[0].sentence

    assert isinstance(book(course, room, clinician, desk, cautions_seen=True), Booked)


def test_yesterday_is_refused_with_both_days(place: Any) -> None:
    course, room, clinician, desk = place

    outcome = book(course, room, clinician, desk, starts=AT - 24 * HOUR)

    assert outcome.decision.codes == ("BOOKING_IN_THE_PAST",)
    assert "22 Nov 2026" in outcome.decision.reasons[0].sentence
    assert "23 Nov 2026" in outcome.decision.reasons[0].sentence


@pytest.mark.parametrize(("hours", "limit"), [(0, "at least 15"), (11, "at most 600")])
def test_the_length_has_limits(place: Any, hours: int, limit: str) -> None:
    course, room, clinician, desk = place

    outcome = book(course, room, clinician, desk, hours=hours)

    assert isinstance(outcome, NotBooked)
    assert limit in outcome.decision.reasons[0].sentence


def test_moving_keeps_where_it_was_and_asks_to_confirm_again(place: Any) -> None:
    course, room, clinician, desk = place
    row = book(course, room, clinician, desk).appointment
    services.confirm_appointment(appointment=row.public_id, by=desk, at=AT)

    outcome = services.reschedule_appointment(
        appointment=row.public_id,
        seen=2,
        room=room.public_id,
        clinician=clinician.public_id,
        starts=AT + 4 * HOUR,
        ends=AT + 6 * HOUR,
        reason="Traffic",
        by=desk,
        at=AT,
    )

    assert isinstance(outcome, Booked)
    assert outcome.appointment.state == AppointmentState.BOOKED
    move = outcome.appointment.moves.get()
    assert move.from_during.lower == AT + HOUR
    audit = AuditEntry.objects.get(action="appointment-moved")
    assert audit.detail["changed"]["starts"] == [
        (AT + HOUR).isoformat(),
        (AT + 4 * HOUR).isoformat(),
    ]


def test_two_screens_cannot_move_one_appointment_over_each_other(place: Any) -> None:
    course, room, clinician, desk = place
    row = book(course, room, clinician, desk).appointment
    move: dict[str, Any] = {
        "appointment": row.public_id,
        "seen": 1,
        "room": room.public_id,
        "clinician": clinician.public_id,
        "reason": "",
        "by": desk,
        "at": AT,
    }
    services.reschedule_appointment(starts=AT + 4 * HOUR, ends=AT + 5 * HOUR, **move)

    with pytest.raises(StaleRow, match="saw version 1, it is now version 2"):
        services.reschedule_appointment(starts=AT + 6 * HOUR, ends=AT + 7 * HOUR, **move)


def test_who_did_not_come_is_let_in_later_unless_the_room_was_given_away(place: Any) -> None:
    course, room, clinician, desk = place
    row = book(course, room, clinician, desk).appointment
    services.mark_no_show(appointment=row.public_id, seen=1, by=desk, at=AT + 2 * HOUR)
    other = CourseFactory.create(patient__home_site=course.site)
    book(other, room, staff(Role.MONITOR, site=course.site), desk)

    outcome = services.record_arrival(appointment=row.public_id, by=desk, at=AT + 2 * HOUR)

    assert isinstance(outcome, NotBooked)
    assert outcome.decision.codes == ("ROOM_TAKEN",)
    row.refresh_from_db()
    assert row.state == AppointmentState.NO_SHOW


def test_a_no_show_before_the_start_is_refused_with_the_time(place: Any) -> None:
    course, room, clinician, desk = place
    row = book(course, room, clinician, desk).appointment

    with pytest.raises(InvalidValue, match="begins at 14:00"):
        services.mark_no_show(appointment=row.public_id, seen=1, by=desk, at=AT)


def test_late_counts_from_when_the_patient_said(place: Any) -> None:
    course, room, clinician, desk = place
    row = book(course, room, clinician, desk).appointment
    after = AT + HOUR + dt.timedelta(minutes=15)
    assert queries.late(row, at=after)

    row = services.expect_late(
        appointment=row.public_id, seen=1, until=AT + HOUR * 3 / 2, by=desk, at=AT
    )

    assert not queries.late(row, at=after)
    assert queries.late(row, at=AT + 2 * HOUR)


def test_an_arrived_patient_is_not_moved(place: Any) -> None:
    course, room, clinician, desk = place
    row = book(course, room, clinician, desk).appointment
    services.record_arrival(appointment=row.public_id, by=desk, at=AT)

    with pytest.raises(IllegalTransition):
        services.reschedule_appointment(
            appointment=row.public_id,
            seen=2,
            room=room.public_id,
            clinician=clinician.public_id,
            starts=AT + 4 * HOUR,
            ends=AT + 5 * HOUR,
            reason="",
            by=desk,
            at=AT,
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_bookings_at_the_same_moment_one_stands_and_the_other_hears_why() -> None:
    course = CourseFactory.create()
    other = CourseFactory.create(patient__home_site=course.site)
    room = RoomFactory.create(site=course.site)
    clinician = staff(Role.MONITOR, site=course.site)
    desk = staff(Role.FRONT_DESK, site=course.site)
    outcomes: list[object] = []
    together = threading.Barrier(2)

    def one(which: Any) -> None:
        together.wait()
        try:
            outcomes.append(book(which, room, clinician, desk))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(c,)) for c in (course, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    lost = [each for each in outcomes if isinstance(each, NotBooked)]
    assert len([each for each in outcomes if isinstance(each, Booked)]) == 1
    assert len(lost) == 1
    assert set(lost[0].decision.codes) == {"ROOM_TAKEN", "CLINICIAN_TAKEN"}
    assert Appointment.objects.count() == 1


def test_a_day_has_23_or_25_hours_when_the_clocks_change(db: None) -> None:
    zone = SiteFactory.create(time_zone="America/New_York").zone

    spring = day_bounds(dt.date(2026, 3, 8), zone)
    autumn = day_bounds(dt.date(2026, 11, 1), zone)

    assert spring[1] - spring[0] == 23 * HOUR
    assert autumn[1] - autumn[0] == 25 * HOUR


def test_a_time_that_the_clocks_skip_is_refused_by_name(db: None) -> None:
    zone = SiteFactory.create(time_zone="America/New_York").zone

    with pytest.raises(InvalidValue, match=r"02:30 does not occur on 08 Mar 2026.*03:30"):
        instant(dt.date(2026, 3, 8), dt.time(2, 30), zone)
    first = instant(dt.date(2026, 11, 1), dt.time(1, 30), zone)
    assert first == dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC)


def test_an_appointment_across_the_change_lasts_its_real_length(db: None) -> None:
    course = CourseFactory.create()
    desk = staff(Role.FRONT_DESK, site=course.site)
    starts = instant(dt.date(2027, 3, 14), dt.time(1, 30), course.site.zone)

    outcome = book(
        course,
        RoomFactory.create(site=course.site),
        staff(Role.MONITOR, site=course.site),
        desk,
        starts=starts,
        hours=1,
    )

    assert isinstance(outcome, Booked)
    local_end = outcome.appointment.during.upper.astimezone(course.site.zone)
    assert local_end.time() == dt.time(3, 30)
    listed = queries.appointments_between(course.site, dt.date(2027, 3, 14), dt.date(2027, 3, 14))
    assert listed == [outcome.appointment]


def test_one_person_works_one_shift_at_a_time(db: None) -> None:
    site, other = SiteFactory.create(), SiteFactory.create(name="Elsewhere")
    person = staff(Role.MONITOR)
    boss = staff(Role.ADMINISTRATOR)
    plan: dict[str, Any] = {
        "account": person.public_id,
        "starts": AT,
        "ends": AT + 8 * HOUR,
        "by": boss,
        "at": AT,
    }
    services.plan_shift(key=uuid4(), site=site, **plan)

    outcome = services.plan_shift(key=uuid4(), site=other, **plan)

    assert isinstance(outcome, AlreadyWorks)
    assert outcome.shift.site == site
    assert StaffShift.objects.count() == 1


def test_a_shift_longer_than_a_day_is_refused_with_its_length(db: None) -> None:
    site = SiteFactory.create()
    boss = staff(Role.ADMINISTRATOR)

    with pytest.raises(InvalidValue, match=r"25\.0 hours"):
        services.plan_shift(
            key=uuid4(),
            site=site,
            account=boss.public_id,
            starts=AT,
            ends=AT + 25 * HOUR,
            by=boss,
            at=AT,
        )
