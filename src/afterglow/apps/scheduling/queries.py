"""Read appointments and shifts, a day or a week of one site at a time."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account, RoleGrant
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.models import Appointment, StaffShift
from afterglow.apps.scheduling.times import day_bounds
from afterglow.core.roles import CLINICAL
from afterglow.core.scheduling.appointments import AppointmentState, is_late

LATE_AFTER = dt.timedelta(minutes=10)


def appointment_of(public_id: UUID) -> Appointment:
    """Return one appointment with what its page shows. Raises DoesNotExist."""
    return Appointment.objects.select_related(
        "site", "room", "clinician", "patient__home_site", "course__site", "booked_by"
    ).get(public_id=public_id)


def appointments_between(site: Site, first: dt.date, last: dt.date) -> list[Appointment]:
    """Return a site's appointments from one day to another, both included, in order."""
    span = DateTimeTZRange(day_bounds(first, site.zone)[0], day_bounds(last, site.zone)[1])
    return list(
        Appointment.objects.filter(site=site, during__overlap=span)
        .select_related("room", "clinician", "patient", "session")
        .order_by("during", "pk")
    )


def appointments_of(patient: Patient, *, at: dt.datetime) -> list[Appointment]:
    """Return a patient's appointments that are to come or were today's, soonest first."""
    return list(
        Appointment.objects.filter(patient=patient, during__endswith__gte=at - dt.timedelta(days=1))
        .select_related("site", "room", "clinician", "course")
        .order_by("during", "pk")
    )


def shifts_between(site: Site, first: dt.date, last: dt.date) -> list[StaffShift]:
    """Return a site's shifts from one day to another, both included, in order."""
    span = DateTimeTZRange(day_bounds(first, site.zone)[0], day_bounds(last, site.zone)[1])
    return list(
        StaffShift.objects.filter(site=site, during__overlap=span)
        .select_related("account__staff")
        .order_by("during", "pk")
    )


def clinicians_of(site: Site, *, on: dt.date) -> list[Account]:
    """Return who may run an infusion at a site on a day, by name."""
    grants = RoleGrant.objects.filter(role__in=[str(r) for r in CLINICAL], starts_on__lte=on)
    here = grants.exclude(ends_on__lt=on)
    accounts = {g.account_id for g in here if g.site_id is None or g.site_id == site.pk}
    return list(
        Account.objects.filter(pk__in=accounts, is_active=True).order_by(
            "family_name", "given_name"
        )
    )


def late(appointment: Appointment, *, at: dt.datetime) -> bool:
    """Whether the patient is overdue, counting from the time they rang to say."""
    expected = appointment.expected_late_until or appointment.during.lower
    state = AppointmentState(appointment.state)
    return is_late(state, starts_at=expected, at=at, grace=LATE_AFTER)
