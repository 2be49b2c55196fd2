"""The order and the dose plan with its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from afterglow.apps.accounts import policies
from afterglow.apps.courses import queries as courses
from afterglow.apps.courses.models import Course
from afterglow.apps.medicines.queries import prn_products, product_names
from afterglow.apps.people import access
from afterglow.apps.people.cards import patient_card
from afterglow.apps.stock import queries as stock
from afterglow.apps.treatment import pages, planning, queries
from afterglow.apps.treatment.forms.ordering import BASES, OrderForm
from afterglow.apps.treatment.models import InfusionOrder
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services import orders
from afterglow.apps.treatment.views import predicting
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.quantities import Concentration
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import BEFORE_START
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of

both = require_http_methods(["GET", "POST"])


@login_required
@both
def plan(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show what the order comes to today; who may sign orders signs or replaces it here."""
    row = pages.open_session(request, session)
    at = clock.now()
    today = row.site.local_date(at)
    may_sign = policies.can(Action.SIGN_ORDER, by=request.user, site=row.site, on=today)
    order = queries.order_in_force(row)
    form = OrderForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(order, row.course),
        products=prn_products(),
        day=row.local_date,
    )

    def act() -> str | Mapping[str, Any]:
        outcome = orders.sign_order(
            course=row.course.public_id, by=request.user, at=at, **form.order
        )
        if isinstance(outcome, Refused):
            return {"order_decision": outcome.decision}
        messages.success(request, _("Order signed."))
        return reverse("treatment:plan", args=[session])

    strength_here = None if queries.preparation_in_use(row) else strength_on_hand(row)
    planned = planning.dose_plan(row, at=at, strength=strength_here)
    page = {
        **pages.frame(row, step=pages.PLAN, at=at),
        "planned": planned,
        "sheet": predicting.sheet_of_order(row, planned),
        "strength_here": strength_here,
        "basis_words": dict(BASES).get(order.mass_basis, "") if order else "",
        "in_use": queries.preparation_in_use(row),
        "protocol": rules_of(row.protocol_id),
        "may_sign": may_sign and row.state in BEFORE_START,
        "products": {each.key: each.name for each in prn_products()},
        "prn": product_names(order.prn) if order else [],
    }
    return editing.save(request, form, act, page=page, template="treatment/plan.html")


@login_required
@both
def order_new(request: StaffRequest, course: UUID) -> HttpResponse:
    """Write an order for a day of a course, before anybody has come."""
    try:
        row = courses.course_of(course)
    except Course.DoesNotExist:
        raise Http404("No such course.") from None
    access.open_patient(row.patient.public_id, by=request.user, at=clock.now())
    at = clock.now()
    today = row.site.local_date(at)
    policies.check(Action.SIGN_ORDER, by=request.user, site=row.site, on=today)
    form = OrderForm(
        request.POST if request.method == "POST" else None,
        initial={**_initial(orders.in_force(row, today), row), "for_date": today},
        products=prn_products(),
    )

    def act() -> str | Mapping[str, Any]:
        wanted = form.order
        wanted["seen_order"] = orders.seen_for(row, wanted["for_date"], wanted["seen_order"])
        outcome = orders.sign_order(course=course, by=request.user, at=at, **wanted)
        if isinstance(outcome, Refused):  # which says what stands: now it has been seen
            standing = orders.in_force(row, wanted["for_date"])
            form.saw(standing.public_id if standing else None)
            return {"decision": outcome.decision}
        messages.success(request, _("Order signed."))
        return reverse("courses:course", args=[course])

    page = {
        "title": _("Infusion order"),
        "back": reverse("courses:course", args=[course]),
        "patient": patient_card(row.patient, on=today),
        "site": row.site,
        "save_word": _("Sign the order"),
        "intro": _("An order of that day that is already signed is replaced, and stays on record."),
    }
    return editing.save(request, form, act, page=page)


@login_required
@require_POST
def cancel(request: StaffRequest, session: UUID) -> HttpResponse:
    """Take the day's order back, with a reason."""
    row = pages.open_session(request, session)
    order = queries.order_in_force(row)
    reason = request.POST.get("reason", "").strip()
    if order is None:
        return redirect("treatment:plan", session=session)
    outcome = orders.cancel_order(
        order=order.public_id, reason=reason[:400], by=request.user, at=clock.now()
    )
    if isinstance(outcome, Refused):
        for why in outcome.decision.blockers:
            messages.error(request, sentence_of(why))
    else:
        messages.success(request, _("Order cancelled."))
    return redirect("treatment:plan", session=session)


def strength_on_hand(session: TreatmentSession) -> Concentration | None:
    """Return the strength of the site's ketamine in date, or None where it has several or none."""
    vials = stock.open_vials(session.site).filter(
        product__medicine="ketamine", expires_on__gte=session.local_date
    )
    found = {each.strength_mg_per_ml for each in vials}
    return found.pop() if len(found) == 1 else None


def _initial(order: InfusionOrder | None, course: Course) -> Mapping[str, Any]:
    if order is not None:
        return {
            "seen_order": order.public_id,
            "dose": order.dose_mg_per_kg,
            "minutes": order.minutes,
            "basis": order.mass_basis,
            "prn": order.prn,
            "soft_limit_reason": order.soft_limit_reason,
            "instructions": order.instructions,
        }
    usual = rules_of(course.protocol_id).dosing.usual
    return {"dose": usual.start_dose.value, "minutes": usual.start_over.in_minutes}
