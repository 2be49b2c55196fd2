"""Every other step of an appointment's life: confirmed, late, arrived, in session, over."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.scheduling import facts
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.outcomes import Booked, NotBooked
from afterglow.apps.scheduling.services.telling import lock_appointment, tell
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.roles import Action
from afterglow.core.scheduling import booking
from afterglow.core.scheduling.appointments import (
    APPOINTMENT,
    AppointmentAction,
    AppointmentState,
)

_EXPECTED = (AppointmentState.BOOKED, AppointmentState.CONFIRMED)


def _step(
    row: Appointment,
    action: AppointmentAction,
    what: str,
    *,
    by: Account | None,
    at: dt.datetime,
    seen: int | None = None,
    reason: str | None = None,
) -> Appointment:
    before = AppointmentState(row.state)
    row.state = APPOINTMENT.step(before, action)
    if reason is not None:
        row.ended_reason = reason.strip()
    row.save_version(seen=seen)
    detail = {"changed": {"state": [str(before), str(row.state)]}}
    tell(what, appointment=row, by=by, at=at, detail=detail)
    return row


@transaction.atomic
def confirm_appointment(*, appointment: UUID, by: Account, at: dt.datetime) -> Appointment:
    """Note that the patient confirmed. Confirming twice confirms once."""
    row = lock_appointment(appointment, by=by, at=at)
    if row.state == AppointmentState.CONFIRMED:
        return row
    return _step(row, AppointmentAction.CONFIRM, "appointment-confirmed", by=by, at=at)


@transaction.atomic
def cancel_appointment(
    *, appointment: UUID, seen: int, reason: str, by: Account, at: dt.datetime
) -> Appointment:
    """Cancel an appointment, with a reason. Cancelling twice cancels once."""
    row = lock_appointment(appointment, by=by, at=at)
    if row.state == AppointmentState.CANCELLED:
        return row
    if not reason.strip():
        raise InvalidValue("Say why it is cancelled: the reason stays in the record.")
    return _step(
        row,
        AppointmentAction.CANCEL,
        "appointment-cancelled",
        by=by,
        at=at,
        seen=seen,
        reason=reason,
    )


@transaction.atomic
def mark_no_show(
    *, appointment: UUID, seen: int, by: Account, at: dt.datetime, reason: str = ""
) -> Appointment:
    """Note that the patient did not come. Raises InvalidValue before the appointment began."""
    row = lock_appointment(appointment, by=by, at=at)
    if row.state == AppointmentState.NO_SHOW:
        return row
    if at < row.during.lower:
        begins = row.during.lower.astimezone(row.site.zone)
        raise InvalidValue(
            "The appointment begins at %(begins)s; it is not missed yet.",
            begins=f"{begins:%H:%M}",
        )
    return _step(
        row,
        AppointmentAction.MARK_NO_SHOW,
        "appointment-missed",
        by=by,
        at=at,
        seen=seen,
        reason=reason,
    )


@transaction.atomic
def expect_late(
    *, appointment: UUID, seen: int, until: dt.datetime, by: Account, at: dt.datetime
) -> Appointment:
    """Note that the patient rang: expected at ``until``. Room and clinician stay as booked.

    Raises InvalidValue for a time before the start or after the end.
    """
    row = lock_appointment(appointment, by=by, at=at)
    if row.state not in _EXPECTED:
        raise IllegalTransition(
            "The patient is not expected any more: %(state)s.",
            state=row.state,
        )
    if not row.during.lower <= until < row.during.upper:
        zone = row.site.zone
        raise InvalidValue(
            "%(until)s is outside the appointment, %(lower)s to %(upper)s. Move the "
            "appointment instead.",
            until=f"{until.astimezone(zone):%H:%M}",
            lower=f"{row.during.lower.astimezone(zone):%H:%M}",
            upper=f"{row.during.upper.astimezone(zone):%H:%M}",
        )
    before = row.expected_late_until
    row.expected_late_until = until
    row.save_version(seen=seen)
    detail = {
        "changed": {"expected_late_until": [before and before.isoformat(), until.isoformat()]}
    }
    tell("appointment-late", appointment=row, by=by, at=at, detail=detail)
    return row


@transaction.atomic
def record_arrival(*, appointment: UUID, by: Account, at: dt.datetime) -> Booked | NotBooked:
    """Note that the patient is here. Arriving twice is arriving once.

    Somebody marked as not come is let in, unless room, clinician or patient were given away.
    """
    row = lock_appointment(appointment, by=by, at=at)
    if row.state == AppointmentState.ARRIVED:
        return Booked(row)
    try:
        with transaction.atomic():
            arrived = _step(row, AppointmentAction.ARRIVE, "appointment-arrived", by=by, at=at)
            return Booked(arrived)
    except IntegrityError:
        decision = booking.assess(
            facts.booking(
                course=row.course,
                room=row.room,
                clinician=row.clinician,
                starts=row.during.lower,
                ends=row.during.upper,
                at=at,
                besides=row,
            )
        )
        return NotBooked(decision)


@transaction.atomic
def begin_session(*, appointment: UUID, by: Account, at: dt.datetime) -> Appointment:
    """Note that check-in made a session of it; an expected patient arrives on the way."""
    row = lock_appointment(appointment, by=by, at=at, action=Action.CHECK_IN)
    if row.state == AppointmentState.IN_SESSION:
        return row
    if row.state != AppointmentState.ARRIVED:
        row = _step(row, AppointmentAction.ARRIVE, "appointment-arrived", by=by, at=at)
    return _step(row, AppointmentAction.BEGIN_SESSION, "appointment-began", by=by, at=at)


@transaction.atomic
def finish_appointment(*, appointment: UUID, by: Account | None, at: dt.datetime) -> Appointment:
    """Note that the session is over. Called when it is discharged or ended; twice is once."""
    row = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("site", "patient")
        .get(public_id=appointment)
    )
    if row.state == AppointmentState.DONE:
        return row
    return _step(row, AppointmentAction.FINISH, "appointment-finished", by=by, at=at)
