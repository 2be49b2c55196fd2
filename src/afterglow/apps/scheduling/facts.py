"""What one booking rests on: who and what is taken, the site's hours, the clinician's shifts."""

from __future__ import annotations

import datetime as dt

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import Appointment, StaffShift
from afterglow.apps.scheduling.times import day_bounds, span_words
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.scheduling.booking import BookingFacts, Taken

FREES_PLACE = (AppointmentState.CANCELLED, AppointmentState.NO_SHOW)


def booking(
    *,
    course: Course,
    room: Room,
    clinician: Account,
    starts: dt.datetime,
    ends: dt.datetime,
    at: dt.datetime,
    besides: Appointment | None = None,
) -> BookingFacts:
    """Gather the facts; ``besides`` is the appointment that is being moved."""
    site = course.site
    today = site.local_date(at)
    colliding = Appointment.objects.none()
    if ends > starts:
        colliding = Appointment.objects.exclude(state__in=FREES_PLACE).filter(
            during__overlap=DateTimeTZRange(starts, ends)
        )
    if besides is not None:
        colliding = colliding.exclude(pk=besides.pk)
    hits = list(
        colliding.filter(Q(room=room) | Q(clinician=clinician) | Q(patient=course.patient))
        .select_related("patient", "room__site", "clinician", "site")
        .order_by("during")
    )
    within, hours = opening(site, starts, ends)
    return BookingFacts(
        starts=starts,
        ends=ends,
        starts_words=span_words(starts, ends, site.zone),
        day_begins=day_bounds(today, site.zone)[0],
        today_words=f"{today.day} {today:%b %Y}",
        course_phase=CoursePhase(course.phase),
        course_paused=course.is_paused,
        room_name=room.name,
        site_name=site.name,
        room_is_of_site=room.site_id == site.pk,
        room_active=room.is_active,
        within_hours=within,
        hours_words=hours,
        clinician_name=clinician.full_name,
        clinician_on_shift=on_shift(clinician, site, starts, ends),
        room_taken=_first(hits, "room_id", room.pk, room.name),
        clinician_taken=_first(hits, "clinician_id", clinician.pk, clinician.full_name),
        patient_taken=_first(hits, "patient_id", course.patient_id, course.patient.full_name),
    )


def _first(hits: list[Appointment], column: str, wanted: int, who: str) -> Taken | None:
    for hit in hits:
        if getattr(hit, column) == wanted:
            return Taken(who=who, by=appointment_words(hit))
    return None


def appointment_words(appointment: Appointment) -> str:
    """Return who, where and when of an appointment, on its own site's clock."""
    when = span_words(appointment.during.lower, appointment.during.upper, appointment.site.zone)
    patient = appointment.patient
    return (
        f"{patient.full_name} (MRN {patient.mrn}) in {appointment.room.name} "
        f"with {appointment.clinician.get_short_name()}, {when}"
    )


def opening(site: Site, starts: dt.datetime, ends: dt.datetime) -> tuple[bool, str]:
    """Return whether a span lies within the opening hours of its day, and the hours in words.

    A site without any hours on record is not judged.
    """
    if not site.hours.exists():
        return True, "not on record"
    first, last = starts.astimezone(site.zone), ends.astimezone(site.zone)
    hours = site.hours.filter(weekday=first.weekday()).first()
    if hours is None:
        return False, "closed"
    words = f"{hours.opens:%H:%M} to {hours.closes:%H:%M}"
    same_day = first.date() == last.date()
    return same_day and first.time() >= hours.opens and last.time() <= hours.closes, words


def on_shift(clinician: Account, site: Site, starts: dt.datetime, ends: dt.datetime) -> bool:
    """Whether one shift covers the whole span. A site without any shift that day is not judged."""
    begin, end = day_bounds(starts.astimezone(site.zone).date(), site.zone)
    that_day = StaffShift.objects.filter(site=site, during__overlap=DateTimeTZRange(begin, end))
    if not that_day.exists() or ends <= starts:
        return True
    return that_day.filter(
        account=clinician, during__contains=DateTimeTZRange(starts, ends)
    ).exists()
