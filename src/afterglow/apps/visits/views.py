"""The board of a site and the chart of a patient."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.accounts.policies import Forbidden
from afterglow.apps.people import access, policies
from afterglow.apps.people.cards import patient_card
from afterglow.apps.places.models import Site
from afterglow.apps.visits.board import board as board_of
from afterglow.apps.visits.chart import chart as chart_of
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest

EVENTS: Final = (
    "appointment-booked",
    "appointment-moved",
    "appointment-cancelled",
    "appointment-confirmed",
    "appointment-arrived",
    "appointment-missed",
    "appointment-late",
    "appointment-began",
    "appointment-finished",
    "patient-checked-in",
    "place-assigned",
    "clinician-changed",
    "infusion-prepared",
    "preparation-checked",
    "preparation-discarded",
    "infusion-started",
    "infusion-paused",
    "infusion-resumed",
    "infusion-stopped",
    "emergency-declared",
    "emergency-ended",
    "patient-called-back",
    "session-ended",
    "record-signed",
    "alarm-raised",
    "alarm-changed",
    "alarm-escalated",
    "alarm-reminded",
    "alarm-acknowledged",
    "alarm-ended",
    "alarm-passed-on",
    "site-alarm",
    "equipment-checked",
    "task-opened",
    "task-done",
    "task-cancelled",
)
"""What makes the board fetch itself again; every half minute it does so anyway."""


@login_required
@require_safe
def board(request: StaffRequest) -> HttpResponse:
    """Show the day of the site one works at."""
    return render(request, "visits/board.html", _board(request))


@login_required
@require_safe
def board_panel(request: StaffRequest) -> HttpResponse:
    """Show the part of the board that changes."""
    return render(request, "visits/_board.html", _board(request))


def _board(request: StaffRequest) -> dict[str, Any]:
    site: Site | None = request.site
    at = clock.now()
    if site is None:
        accounts.check(Action.VIEW_BOARD, by=request.user, site=None, on=at.date())
        raise Http404("No site.")
    today = site.local_date(at)
    accounts.check(Action.VIEW_BOARD, by=request.user, site=site, on=today)
    try:
        day = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = today

    def can(action: Action) -> bool:
        return accounts.can(action, by=request.user, site=site, on=today)

    return {
        "board": board_of(site, day=day, at=at),
        "site": site,
        "today": today,
        "before": day - dt.timedelta(days=1),
        "after": day + dt.timedelta(days=1),
        "at": at,
        "events": EVENTS,
        "may_check_in": can(Action.CHECK_IN),
        "may_book": can(Action.BOOK_APPOINTMENT),
        "may_check_equipment": can(Action.CHECK_EQUIPMENT),
        "may_print_paper": can(Action.CHART),
    }


@login_required
@require_safe
def chart(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Show a patient's chart; opening it is written down. Outside one's sites: break the glass."""
    at, by = clock.now(), request.user
    try:
        row = access.open_patient(patient, by=by, at=at)
    except Forbidden as refused:
        may_break = accounts.can(Action.BREAK_GLASS, by=by, site=None, on=at.date())
        context = {"decision": refused.decision, "patient_id": patient, "may_break": may_break}
        return render(request, "visits/chart_closed.html", context, status=403)
    today = row.home_site.local_date(at)

    def can(action: Action) -> bool:
        return policies.can(action, patient=row, by=by, at=at)

    context = {
        "chart": chart_of(row, at=at),
        "row": row,
        "patient": patient_card(row, on=today),
        "site": row.home_site,
        "may_read": access.may_read(row, by=by, at=at),
        "may_edit": can(Action.EDIT_PATIENT),
        "may_list": can(Action.EDIT_ALLERGIES),
        "may_team": can(Action.EDIT_CARE_TEAM),
        "may_course": can(Action.EDIT_COURSE),
        "may_book": can(Action.BOOK_APPOINTMENT),
        "may_consent": can(Action.RECORD_CONSENT),
    }
    return render(request, "visits/chart.html", context)
