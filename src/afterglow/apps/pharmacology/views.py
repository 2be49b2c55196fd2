"""The planner without a patient: a body, one plan or two, and what the model makes of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from afterglow.apps.pharmacology import explainer, queries
from afterglow.apps.pharmacology.forms import BodyForm
from afterglow.apps.pharmacology.shown import Asked, sheet
from afterglow.core.permission import check
from afterglow.core.pharmacology import Patient
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.formats import number
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def planner(request: StaffRequest) -> HttpResponse:
    """Compare two plans for a body that is nobody's. Nothing is written."""
    at = clock.now()
    check(Action.VIEW_CHART, by=request.user, site=request.site, on=clock.today(request.site))
    stands_on = queries.parameters(at=at)
    form = BodyForm(request.GET) if request.GET else BodyForm(initial=_usual(at))
    page: dict[str, Any] = {"form": form, "sheet": None, "in_force": stands_on is not None}
    if form.is_bound and form.is_valid() and stands_on is not None:
        weight = form.cleaned_data["weight"]
        body = Patient(weight_kg=float(weight), age_years=float(form.cleaned_data["age"]))
        plans = [
            Asked(
                _("%(dose)s mg/kg over %(minutes)s min")
                % {"dose": number(dose), "minutes": number(minutes)},
                float(dose * weight),
                float(minutes),
            )
            for dose, minutes in form.plans
        ]
        page["sheet"] = sheet(stands_on, body, plans)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "pharmacology/planner.html", page, status=status)


def _usual(at: Any) -> dict[str, Any]:
    found = explainer.controls_in_force(at=at)
    return {} if found is None else {"dose": found.dose, "minutes": found.minutes}
