"""Check-in: open the session from the board, and write down what is said at the door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from afterglow.apps.accounts import policies
from afterglow.apps.people.models import ListState
from afterglow.apps.treatment import pages, planning, queries
from afterglow.apps.treatment.facts.day import suicide_awaits_assessment
from afterglow.apps.treatment.forms.arrival import CheckInForm, initial_of
from afterglow.apps.treatment.models import CheckIn
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import arrival, checkin
from afterglow.apps.treatment.shown.once import said_once
from afterglow.core.quantities import BodyMass
from afterglow.core.roles import Action
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of

both = require_http_methods(["GET", "POST"])


@login_required
@require_POST
def begin(request: StaffRequest, appointment: UUID) -> HttpResponse:
    """Check the patient of an appointment in; pressing twice finds the same session."""
    done = checkin.check_in(appointment=appointment, by=request.user, at=clock.now())
    if isinstance(done, Refused):
        for why in done.decision.blockers:
            messages.error(request, sentence_of(why))
        return redirect("visits:board")
    return redirect("treatment:check-in", session=done.row.public_id)


@login_required
@both
def check_in(request: StaffRequest, session: UUID) -> HttpResponse:
    """Ask everything of the door; blank means not asked yet."""
    row = pages.open_session(request, session)
    at = clock.now()

    def values() -> Mapping[str, Any]:
        mass = queries.mass_today(row)
        return initial_of(
            CheckIn.objects.get(session=row),
            queries.medicines_today(row),
            mass.mass_kg.value if mass else None,
            assessing=suicide_awaits_assessment(row),
        )

    form = CheckInForm(
        request.POST if request.method == "POST" else None,
        initial=values(),
        site=row.site,
        at=at,
        medicines=list(row.patient.medicines.filter(state=ListState.ACTIVE).order_by("name")),
        pregnancy_due=row.patient.could_be_pregnant,
    )

    def act() -> str | Mapping[str, Any]:
        outcome = arrival.save_arrival(
            session=session,
            answers=form.answers,
            seen_version=form.cleaned_data["seen"] or 0,
            mass=form.mass,
            confirmed_unusual=form.cleaned_data["weighed_twice"],
            medicines=[
                arrival.MedicineAnswer(each.public_id, taken)
                for each, taken in form.said_of_medicines
            ],
            by=request.user,
            at=at,
        )
        if isinstance(outcome, Refused):
            form.ask_to_weigh_again()
            editing.again(form, seen=CheckIn.objects.get(session=row).row_version)
            return {
                **pages.frame(row, step=pages.CHECK_IN, at=at),
                "decision": said_once(outcome.decision),
            }
        messages.success(request, _("Check-in saved."))
        for caution in outcome.decision.cautions:
            messages.warning(request, sentence_of(caution))
        if pages.missing_by_step(pages.readiness(row, at=at)).get(pages.CHECK_IN):
            return reverse("treatment:check-in", args=[session])
        return reverse("treatment:plan", args=[session])

    page: dict[str, Any] = {
        **pages.frame(row, step=pages.CHECK_IN, at=at),
        "earlier_masses": queries.earlier_masses(row),
        "may_act": policies.can(
            Action.CHECK_IN, by=request.user, site=row.site, on=row.site.local_date(at)
        ),
    }
    if form.is_bound and not form.is_valid() and (mass := form.cleaned_data.get("weight_kg")):
        # What the rules say of the kilograms is said with the other mistakes, not a save later.
        judged = planning.weight_decision(row, BodyMass.kg(mass), at=at)
        page |= {"decision": judged} if judged.reasons else {}
    return editing.save(
        request, form, act, page=page, current=values, template="treatment/check_in.html"
    )
