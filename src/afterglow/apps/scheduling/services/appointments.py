"""Book and move appointments: a room, a clinician and a patient, none of them twice at once."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.courses.models import Course
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room
from afterglow.apps.scheduling import facts
from afterglow.apps.scheduling.models import Appointment, AppointmentMove
from afterglow.apps.scheduling.outcomes import Booked, NotBooked
from afterglow.apps.scheduling.services.telling import lock_appointment, tell
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action
from afterglow.core.scheduling import booking
from afterglow.core.scheduling.appointments import (
    APPOINTMENT,
    AppointmentAction,
    AppointmentState,
)


def _stops(decision: Decision, cautions_seen: bool) -> bool:
    return decision.refused or (bool(decision.cautions) and not cautions_seen)


@transaction.atomic
def book_appointment(
    *,
    key: UUID,
    course: UUID,
    room: UUID,
    clinician: UUID,
    starts: dt.datetime,
    ends: dt.datetime,
    by: Account,
    at: dt.datetime,
    cautions_seen: bool = False,
) -> Booked | NotBooked:
    """Book an infusion appointment, or say who, what and when collides. Same key: same booking.

    Two bookings at the same moment cannot both stand: the database decides, and the one that loses
    gets the same sentences.
    """
    row = Course.objects.select_related("site", "patient").get(public_id=course)
    policies.check(Action.BOOK_APPOINTMENT, by=by, site=row.site, on=row.site.local_date(at))
    if existing := Appointment.objects.filter(public_id=key).first():
        if existing.course_id != row.pk:
            raise InvalidValue(
                "The key %(key)s was already used for another booking.",
                key=key,
            )
        return Booked(existing)
    where, who = _hold(room, clinician, row.patient_id)
    decision = _judge(row, where, who, starts, ends, at=at)
    if not _stops(decision, cautions_seen):
        try:
            with transaction.atomic():
                appointment = Appointment.objects.create(
                    public_id=key,
                    site=row.site,
                    room=where,
                    clinician=who,
                    patient=row.patient,
                    course=row,
                    during=DateTimeTZRange(starts, ends),
                    booked_by=by,
                    booked_at=at,
                )
        except IntegrityError:
            decision = _after_losing(row, where, who, starts, ends, at=at)
        else:
            detail = {"starts": starts.isoformat(), "ends": ends.isoformat(), **_ids(where, who)}
            tell("appointment-booked", appointment=appointment, by=by, at=at, detail=detail)
            return Booked(appointment, decision)
    audit.record(
        "booking-refused",
        subject=row,
        by=by,
        at=at,
        site=row.site,
        patient=row.patient,
        detail={"codes": list(decision.codes)},
    )
    return NotBooked(decision)


@transaction.atomic
def reschedule_appointment(
    *,
    appointment: UUID,
    seen: int,
    room: UUID,
    clinician: UUID,
    starts: dt.datetime,
    ends: dt.datetime,
    reason: str,
    by: Account,
    at: dt.datetime,
    cautions_seen: bool = False,
) -> Booked | NotBooked:
    """Move an appointment to another time, room or clinician; where it was before is kept.

    Raises IllegalTransition once the patient has arrived, StaleRow when another screen was first.
    """
    row = lock_appointment(appointment, by=by, at=at)
    after = APPOINTMENT.step(AppointmentState(row.state), AppointmentAction.RESCHEDULE)
    where, who = _hold(room, clinician, row.patient_id)
    course = row.course
    decision = _judge(course, where, who, starts, ends, at=at, besides=row)
    if not _stops(decision, cautions_seen):
        try:
            with transaction.atomic():
                before = _keep_move(row, reason=reason, by=by, at=at)
                row.room, row.clinician, row.state = where, who, after
                row.during = DateTimeTZRange(starts, ends)
                row.times_moved += 1
                row.expected_late_until = None
                row.save_version(seen=seen)
        except IntegrityError:
            decision = _after_losing(course, where, who, starts, ends, at=at, besides=row)
        else:
            now = {"starts": starts.isoformat(), "ends": ends.isoformat(), **_ids(where, who)}
            changed = {k: [before[k], now[k]] for k in now if before[k] != now[k]}
            tell("appointment-moved", appointment=row, by=by, at=at, detail={"changed": changed})
            return Booked(row, decision)
    detail = {"codes": list(decision.codes)}
    audit.record(
        "move-refused",
        subject=row,
        by=by,
        at=at,
        site=row.site,
        patient=row.patient,
        detail=detail,
    )
    return NotBooked(decision)


def _hold(room: UUID, clinician: UUID, patient_pk: int) -> tuple[Room, Account]:
    """Lock room, clinician and patient, always in this order: two bookings wait, none deadlock."""
    where = Room.objects.select_for_update(no_key=True).get(public_id=room)
    who = Account.objects.select_for_update(no_key=True).get(public_id=clinician)
    Patient.objects.select_for_update(no_key=True).get(pk=patient_pk)
    return where, who


def _judge(
    course: Course,
    room: Room,
    clinician: Account,
    starts: dt.datetime,
    ends: dt.datetime,
    *,
    at: dt.datetime,
    besides: Appointment | None = None,
) -> Decision:
    return booking.assess(
        facts.booking(
            course=course,
            room=room,
            clinician=clinician,
            starts=starts,
            ends=ends,
            at=at,
            besides=besides,
        )
    )


def _after_losing(*args: Any, **kwargs: Any) -> Decision:
    """Judge again after the database refused: the other booking is committed and visible now."""
    decision = _judge(*args, **kwargs)
    if decision.allowed:
        raise AssertionError("The database refused a booking that no rule objects to.")
    return decision


def _keep_move(row: Appointment, *, reason: str, by: Account, at: dt.datetime) -> dict[str, str]:
    AppointmentMove.objects.create(
        appointment=row,
        from_during=row.during,
        from_room=row.room,
        from_clinician=row.clinician,
        reason=reason.strip(),
        by=by,
        at=at,
    )
    return {
        "starts": row.during.lower.isoformat(),
        "ends": row.during.upper.isoformat(),
        **_ids(row.room, row.clinician),
    }


def _ids(room: Room, clinician: Account) -> dict[str, str]:
    return {"room": str(room.public_id), "clinician": str(clinician.public_id)}
