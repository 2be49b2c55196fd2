"""Pages of appointments: a day or a week, book, move, cancel, late, here, did not come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.courses import queries as courses
from afterglow.apps.courses.models import Course
from afterglow.apps.people import access
from afterglow.apps.people.cards import patient_card
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling import queries, services
from afterglow.apps.scheduling.agenda import agenda, week_of
from afterglow.apps.scheduling.forms import BookingForm, CancelForm, LateForm
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.outcomes import Booked, NotBooked
from afterglow.apps.scheduling.times import instant, span_words
from afterglow.apps.scheduling.words import CHIP, STATE
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.roles import Action
from afterglow.core.scheduling.appointments import (
    APPOINTMENT,
    AppointmentAction,
    AppointmentState,
)
from afterglow.db.models import new_public_id
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

both = require_http_methods(["GET", "POST"])
USUAL_MINUTES = 120


@login_required
@require_safe
def appointments(request: StaffRequest) -> HttpResponse:
    """Show a day or a week of the site one works at."""
    site: Site | None = request.site
    if site is None:
        raise Http404("No site.")
    today = site.local_date(clock.now())
    accounts.check(Action.VIEW_BOARD, by=request.user, site=site, on=today)
    day = _day(request.GET.get("day"), today)
    week = request.GET.get("view") == "week"
    first, last = week_of(day) if week else (day, day)
    step = dt.timedelta(days=7 if week else 1)
    context = {
        "site": site,
        "day": day,
        "today": today,
        "week": week,
        "days": agenda(site, first, last, at=clock.now()),
        "before": day - step,
        "after": day + step,
    }
    return render(request, "scheduling/appointments.html", context)


def _day(text: str | None, today: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return today


@login_required
@both
def book(request: StaffRequest, course: UUID) -> HttpResponse:
    """Book an infusion for a course, or say who, what and when collides."""
    try:
        row = courses.course_of(course)
    except Course.DoesNotExist:
        raise Http404("No such course.") from None
    access.open_patient(row.patient.public_id, by=request.user, at=clock.now())
    site, today = row.site, row.site.local_date(clock.now())
    accounts.check(Action.BOOK_APPOINTMENT, by=request.user, site=site, on=today)
    initial = {"key": new_public_id(), "day": today, "minutes": USUAL_MINUTES}
    people = queries.clinicians_of(site, on=today)
    form = BookingForm(request.POST or None, initial=initial, site=site, clinicians=people)

    def act() -> str | Mapping[str, Any]:
        outcome = services.book_appointment(
            key=form.cleaned_data["key"] or new_public_id(),
            course=course,
            by=request.user,
            at=clock.now(),
            **form.place,
        )
        return _after(request, form, outcome)

    page = {
        "title": _("Book an infusion"),
        "back": reverse("courses:course", args=[course]),
        "patient": patient_card(row.patient, on=today),
        "site": site,
        "save_word": _("Book"),
        "decision_title": _("May it stand"),
    }
    return editing.save(request, form, act, page=page)


def _after(
    request: StaffRequest, form: BookingForm, outcome: Booked | NotBooked
) -> str | Mapping[str, Any]:
    if isinstance(outcome, NotBooked):
        if outcome.needs_a_look:
            form.ask_about_cautions()
        return {"decision": outcome.decision}
    row = outcome.appointment
    when = span_words(row.during.lower, row.during.upper, row.site.zone)
    messages.success(request, _("Booked: %(when)s.") % {"when": when})
    return reverse("scheduling:appointment", args=[row.public_id])


def _appointment(request: StaffRequest, public_id: UUID) -> Appointment:
    try:
        row = queries.appointment_of(public_id)
    except Appointment.DoesNotExist:
        raise Http404("No such appointment.") from None
    access.open_patient(row.patient.public_id, by=request.user, at=clock.now())
    return row


def _page(row: Appointment, title: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "back": reverse("scheduling:appointment", args=[row.public_id]),
        "patient": patient_card(row.patient, on=row.site.local_date(clock.now())),
        "site": row.site,
        **more,
    }


@login_required
@require_safe
def appointment(request: StaffRequest, appointment: UUID) -> HttpResponse:
    """Show one appointment, what may be done with it, and where it was before."""
    row = _appointment(request, appointment)
    today = row.site.local_date(clock.now())
    state = AppointmentState(row.state)
    may = accounts.can(Action.BOOK_APPOINTMENT, by=request.user, site=row.site, on=today)
    can = {action.value: may and APPOINTMENT.can(state, action) for action in AppointmentAction}
    context = _page(
        row,
        _("Appointment"),
        appointment=row,
        state=STATE[row.state],
        chip=CHIP[row.state],
        late=queries.late(row, at=clock.now()),
        moves=row.moves.select_related("from_room", "from_clinician", "by").order_by("-at"),
        can=can,
    )
    return render(request, "scheduling/appointment.html", context)


@login_required
@both
def move(request: StaffRequest, appointment: UUID) -> HttpResponse:
    """Move an appointment."""
    row = _appointment(request, appointment)

    def values() -> dict[str, Any]:
        now = queries.appointment_of(appointment)
        begins = now.during.lower.astimezone(now.site.zone)
        length = now.during.upper - now.during.lower
        return {
            "seen": now.row_version,
            "day": begins.date(),
            "clock": begins.time(),
            "minutes": int(length.total_seconds() // 60),
            "room": str(now.room.public_id),
            "clinician": str(now.clinician.public_id),
        }

    form = BookingForm(
        request.POST or None,
        initial=values(),
        site=row.site,
        clinicians=queries.clinicians_of(row.site, on=row.site.local_date(clock.now())),
        moving=True,
    )

    def act() -> str | Mapping[str, Any]:
        outcome = services.reschedule_appointment(
            appointment=appointment,
            seen=form.cleaned_data["seen"] or row.row_version,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=clock.now(),
            **form.place,
        )
        return _after(request, form, outcome)

    page = _page(row, _("Move the appointment"), save_word=_("Move"))
    return editing.save(request, form, act, page=page, current=values)


@login_required
@both
def cancel(request: StaffRequest, appointment: UUID) -> HttpResponse:
    """Cancel an appointment, with a reason."""
    row = _appointment(request, appointment)
    form = CancelForm(request.POST or None, initial={"seen": row.row_version})

    def act() -> str:
        services.cancel_appointment(
            appointment=appointment, by=request.user, at=clock.now(), **form.cleaned_data
        )
        return reverse("scheduling:appointment", args=[appointment])

    page = _page(row, _("Cancel the appointment"), danger=True, save_word=_("Cancel it"))
    return editing.save(request, form, act, page=page)


@login_required
@both
def late(request: StaffRequest, appointment: UUID) -> HttpResponse:
    """Note when the patient said they would come."""
    row = _appointment(request, appointment)
    form = LateForm(request.POST or None, initial={"seen": row.row_version})

    def act() -> str:
        day = row.site.local_date(row.during.lower)
        services.expect_late(
            appointment=appointment,
            seen=form.cleaned_data["seen"],
            until=instant(day, form.cleaned_data["until"], row.site.zone),
            by=request.user,
            at=clock.now(),
        )
        return reverse("scheduling:appointment", args=[appointment])

    return editing.save(request, form, act, page=_page(row, _("The patient is late")))


@login_required
@require_POST
def step(request: StaffRequest, appointment: UUID, action: str) -> HttpResponse:
    """Take a step that asks nothing: confirm, here, did not come."""
    row = _appointment(request, appointment)
    by, at = request.user, clock.now()
    try:
        match action:
            case "confirm":
                services.confirm_appointment(appointment=appointment, by=by, at=at)
            case "no-show":
                services.mark_no_show(appointment=appointment, seen=row.row_version, by=by, at=at)
            case _:
                outcome = services.record_arrival(appointment=appointment, by=by, at=at)
                if isinstance(outcome, NotBooked):
                    context = {"decision": outcome.decision}
                    return render(request, "409.html", context, status=409)
    except (IllegalTransition, InvalidValue) as problem:
        return render(request, "409.html", {"message": error_words(problem)}, status=409)
    return redirect(_back(request, appointment))


def _back(request: StaffRequest, appointment: UUID) -> str:
    if request.POST.get("next") == "board":
        return reverse("visits:board")
    return reverse("scheduling:appointment", args=[appointment])
