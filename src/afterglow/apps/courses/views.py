"""Pages of a course: open, look, accept, pause, move on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.accounts.models import Account, RoleGrant
from afterglow.apps.courses import queries, services
from afterglow.apps.courses.forms import (
    AcceptForm,
    CourseForm,
    PauseForm,
    PhaseForm,
    ProtocolForm,
)
from afterglow.apps.courses.models import Course
from afterglow.apps.courses.outcomes import CourseRefused
from afterglow.apps.courses.words import PHASE
from afterglow.apps.people import access
from afterglow.apps.people.cards import patient_card
from afterglow.apps.places.models import Site
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.roles import Action, Role
from afterglow.db.models import new_public_id
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest

both = require_http_methods(["GET", "POST"])


def _course(request: StaffRequest, public_id: UUID) -> Course:
    try:
        row = queries.course_of(public_id)
    except Course.DoesNotExist:
        raise Http404("No such course.") from None
    access.open_patient(row.patient.public_id, by=request.user, at=clock.now())
    return row


def _url(course: Course) -> str:
    return reverse("courses:course", args=[course.public_id])


def _page(row: Course, title: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "back": _url(row),
        "patient": patient_card(row.patient, on=row.site.local_date(clock.now())),
        "site": row.site,
        **more,
    }


def _prescribers(site: Site) -> list[Account]:
    today = site.local_date(clock.now())
    roles = [Role.PRESCRIBER, Role.MEDICAL_DIRECTOR]
    grants = RoleGrant.objects.filter(role__in=[str(r) for r in roles], starts_on__lte=today)
    return [
        grant.account
        for grant in grants.exclude(ends_on__lt=today).select_related("account")
        if grant.site_id in (None, site.pk)
    ]


@login_required
@both
def open_course(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Open a course for a patient at the site one works at."""
    row = access.open_patient(patient, by=request.user, at=clock.now())
    site: Site = request.site or row.home_site
    accounts.check(Action.EDIT_COURSE, by=request.user, site=site, on=site.local_date(clock.now()))
    form = CourseForm(
        request.POST or None,
        initial={"key": new_public_id(), "planned_infusions": 6},
        at=clock.now(),
        prescribers=_prescribers(site),
    )

    def act() -> str:
        data = form.cleaned_data
        course = services.open_course(
            key=data["key"] or new_public_id(),
            patient=patient,
            site=site,
            indication=data["indication"],
            indication_code=data["indication_code"],
            protocol=UUID(data["protocol"]),
            planned_infusions=data["planned_infusions"],
            prescriber=data["prescriber"],
            by=request.user,
            at=clock.now(),
        )
        return _url(course)

    card = patient_card(row, on=site.local_date(clock.now()))
    page = {"title": _("Open a course"), "back": card.url, "patient": card, "site": site}
    return editing.save(request, form, act, page=page)


@login_required
@require_safe
def course(request: StaffRequest, course: UUID) -> HttpResponse:
    """Show one course: what it is for, its protocol, its phases."""
    row = _course(request, course)
    today = row.site.local_date(clock.now())

    def may(action: Action) -> bool:
        return accounts.can(action, by=request.user, site=row.site, on=today)

    context = _page(
        row,
        row.indication,
        course=row,
        phase=PHASE[row.phase],
        approved=queries.is_approved(row.protocol, at=clock.now()),
        changes=[
            (change, PHASE[change.from_phase], PHASE[change.to_phase])
            for change in row.phase_changes.select_related("by").order_by("-at")
        ],
        may_edit=may(Action.EDIT_COURSE) and row.phase != CoursePhase.CLOSED,
        may_decide=may(Action.ACCEPT_COURSE) and row.phase != CoursePhase.CLOSED,
        may_consent=may(Action.RECORD_CONSENT) and row.phase != CoursePhase.CLOSED,
        may_book=may(Action.BOOK_APPOINTMENT) and row.phase != CoursePhase.CLOSED,
    )
    return render(request, "courses/course.html", context)


@login_required
@both
def edit(request: StaffRequest, course: UUID) -> HttpResponse:
    """Change indication, plan or prescriber."""
    row = _course(request, course)

    def values() -> dict[str, Any]:
        now = queries.course_of(course)
        return {
            "seen": now.row_version,
            "indication": now.indication,
            "indication_code": now.indication_code,
            "planned_infusions": now.planned_infusions,
            "prescriber": now.prescriber and now.prescriber.public_id,
        }

    form = CourseForm(
        request.POST or None,
        initial=values(),
        at=clock.now(),
        prescribers=_prescribers(row.site),
        editing=True,
    )

    def act() -> str:
        data = form.cleaned_data
        services.edit_course(
            course=course,
            seen=data["seen"] or row.row_version,
            indication=data["indication"],
            indication_code=data["indication_code"],
            planned_infusions=data["planned_infusions"],
            prescriber=data["prescriber"],
            by=request.user,
            at=clock.now(),
        )
        return _url(row)

    return editing.save(request, form, act, page=_page(row, _("Edit course")), current=values)


@login_required
@both
def protocol(request: StaffRequest, course: UUID) -> HttpResponse:
    """Choose the protocol version."""
    row = _course(request, course)
    form = ProtocolForm(
        request.POST or None,
        initial={"seen": row.row_version, "protocol": str(row.protocol.public_id)},
        at=clock.now(),
    )

    def act() -> str:
        services.change_protocol(
            course=course,
            seen=form.cleaned_data["seen"],
            protocol=UUID(form.cleaned_data["protocol"]),
            by=request.user,
            at=clock.now(),
        )
        return _url(row)

    intro = _("Sessions already begun keep the version they began under.")
    return editing.save(request, form, act, page=_page(row, _("Dosing protocol"), intro=intro))


@login_required
@both
def accept(request: StaffRequest, course: UUID) -> HttpResponse:
    """Accept the course, or show every reason why not."""
    row = _course(request, course)
    today = row.site.local_date(clock.now())
    accounts.check(Action.ACCEPT_COURSE, by=request.user, site=row.site, on=today)
    form = AcceptForm(request.POST or None, initial={"seen": row.row_version})

    def act() -> str | Mapping[str, Any]:
        outcome = services.accept_course(
            course=course, by=request.user, at=clock.now(), **form.cleaned_data
        )
        if isinstance(outcome, CourseRefused):
            return {"decision": outcome.decision}
        messages.success(request, _("Accepted for treatment."))
        return _url(row)

    page = _page(
        row,
        _("Accept for treatment"),
        decision=services.judge_acceptance(row, eligible=True, at=clock.now()),
        decision_title=_("May the course be accepted"),
        save_word=_("Accept"),
    )
    return editing.save(request, form, act, page=page)


@login_required
@both
def pause(request: StaffRequest, course: UUID) -> HttpResponse:
    """Pause or resume the course, with a reason."""
    row = _course(request, course)
    form = PauseForm(request.POST or None, initial={"seen": row.row_version})
    verb = services.resume_course if row.is_paused else services.pause_course
    title = _("Resume the course") if row.is_paused else _("Pause the course")

    def act() -> str:
        verb(course=course, by=request.user, at=clock.now(), **form.cleaned_data)
        return _url(row)

    return editing.save(request, form, act, page=_page(row, title))


@login_required
@both
def phase(request: StaffRequest, course: UUID) -> HttpResponse:
    """Take the course to its next phase or close it, with a reason."""
    row = _course(request, course)
    form = PhaseForm(
        request.POST or None,
        initial={"seen": row.row_version},
        phase=CoursePhase(row.phase),
    )

    def act() -> str:
        services.change_phase(course=course, by=request.user, at=clock.now(), **form.cleaned_data)
        return _url(row)

    return editing.save(request, form, act, page=_page(row, _("Change the phase")))
