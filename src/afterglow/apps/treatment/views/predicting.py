"""The predicted level: of a session's plan, two plans side by side, and under the vital signs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from afterglow.apps.accounts.middleware import visible_when_locked
from afterglow.apps.pharmacology import queries as pharmacology
from afterglow.apps.pharmacology.forms import PlansForm
from afterglow.apps.pharmacology.shown import Asked, Sheet, sheet
from afterglow.apps.treatment import pages, planning
from afterglow.apps.treatment.planning import DosePlan
from afterglow.apps.treatment.predicting import body_of
from afterglow.apps.treatment.shown.predicted import predicted
from afterglow.apps.treatment.tickets import outlives_sign_in
from afterglow.apps.treatment.views.asking import find_session
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.formats import number
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def compare(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show a session's plan and any second one side by side. Nothing is written."""
    row = pages.open_session(request, session)
    at = clock.now()
    planned = planning.dose_plan(row, at=at)
    form = PlansForm(request.GET) if request.GET else PlansForm(initial=_usual(planned))
    page: dict[str, Any] = {
        **pages.frame(row, step=pages.PLAN, at=at),
        "planned": planned,
        "form": form,
        "sheet": None,
    }
    if form.is_bound and form.is_valid():
        page["sheet"] = sheet_of(row, planned, form.plans)
    elif not form.is_bound:
        page["sheet"] = sheet_of_order(row, planned)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "treatment/predicted.html", page, status=status)


@visible_when_locked
@outlives_sign_in
@require_safe
def slot(request: StaffRequest, session: UUID) -> HttpResponse:
    """Fill the slot under the vital signs; empty where the site hides it."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    shown = predicted(row, at=clock.now()) if row.site.shows_predicted_level else None
    context = {"session": row, "site": row.site, "predicted": shown}
    return render(request, "treatment/infusion/_predicted_level.html", context)


def sheet_of_order(session: TreatmentSession, planned: DosePlan) -> Sheet | None:
    """Return the sheet of the order in force, by the milligrams drawn; None without an order."""
    if planned.plan is None:
        return None
    minutes = planned.plan.prescription.over.in_minutes
    words = _words(planned.plan.prescription.dose_per_mass.value, minutes)
    return _sheet(session, planned, [Asked(words, float(planned.plan.drawn.value), float(minutes))])


def sheet_of(
    session: TreatmentSession, planned: DosePlan, plans: list[tuple[Decimal, Decimal]]
) -> Sheet | None:
    """Return the sheet of plans typed in; milligrams by the dosing mass of today."""
    if planned.mass is None:
        return None
    mass = planned.plan.dosing_mass if planned.plan else planned.mass.mass_kg
    asked = [
        Asked(_words(dose, minutes), float(dose * mass.value), float(minutes))
        for dose, minutes in plans
    ]
    return _sheet(session, planned, asked)


def _sheet(session: TreatmentSession, planned: DosePlan, plans: list[Asked]) -> Sheet | None:
    stands_on = pharmacology.parameters(at=clock.now())
    if stands_on is None or planned.mass is None:
        return None
    return sheet(stands_on, body_of(session, planned.mass), plans)


def _words(dose: Decimal, minutes: Decimal) -> str:
    return _("%(dose)s mg/kg over %(minutes)s min") % {
        "dose": number(dose),
        "minutes": number(minutes),
    }


def _usual(planned: DosePlan) -> dict[str, Any]:
    order = planned.order
    return {"dose": order.dose_mg_per_kg, "minutes": order.minutes} if order else {}
