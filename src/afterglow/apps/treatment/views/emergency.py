"""The emergency page: time zero, the call, one-tap timed steps and drugs, the hand-over sheet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts.middleware import acts_when_locked, visible_when_locked
from afterglow.apps.audit import services as audit
from afterglow.apps.documents.views import give
from afterglow.apps.medicines.models import Product
from afterglow.apps.treatment import emergencies, handover
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import emergency as services
from afterglow.apps.treatment.services import helping
from afterglow.apps.treatment.services.unsigned import Press, press_unsigned
from afterglow.apps.treatment.shown import drug as shown_drug
from afterglow.apps.treatment.shown import events, header, vitals
from afterglow.apps.treatment.tickets import acts_on_ticket, outlives_sign_in
from afterglow.apps.treatment.views.asking import find_session, is_htmx, refused
from afterglow.apps.treatment.views.infusion import key_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.quantities import Dose
from afterglow.core.roles import Action
from afterglow.core.treatment.calls import CallAct
from afterglow.web import clock
from afterglow.web.cards import Words
from afterglow.web.requests import StaffRequest


@acts_when_locked
@acts_on_ticket
@require_POST
def declare(request: StaffRequest, session: UUID) -> HttpResponse:
    """Stop the drip, set time zero, and show what to do. It asks nothing."""
    at, key = clock.now(), key_of(request)
    if getattr(request, "signed_out", False):
        outcome = press_unsigned(
            session=session, press=Press.EMERGENCY, ticket_of=request.user, at=at, key=key
        )
        if isinstance(outcome, Refused):
            row = find_session(request, session, action=Action.VIEW_CHART)
            return refused(request, row, _("Emergency"), outcome.decision)
    else:
        services.declare_emergency(session=session, by=request.user, at=at, key=key)
    return _to_page(request, session)


@visible_when_locked
@outlives_sign_in
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show the emergency with everything timed so far."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    return render(request, "treatment/emergency.html", _context(request, row, clock.now()))


@acts_when_locked
@login_required
@require_POST
def step(request: StaffRequest, session: UUID) -> HttpResponse:
    """Time one step."""
    code = request.POST.get("code", "")
    label = {each.code: each.label for each in emergencies.step_buttons()}.get(code)
    words = request.POST.get("text", "").strip()
    if label is None and not words:
        raise Http404("There is no such step.")
    outcome = services.record_step(
        session=session,
        code=code if label else "OTHER",
        label=label or words[:120],
        by=request.user,
        at=clock.now(),
        key=key_of(request),
    )
    return _answer(request, session, outcome)


@acts_when_locked
@login_required
@require_POST
def drug(request: StaffRequest, session: UUID) -> HttpResponse:
    """Time one dose."""
    product = get_object_or_404(Product, public_id=_identifier(request.POST.get("product", "")))
    outcome = services.give_in_emergency(
        session=session,
        product=product.public_id,
        dose=_dose(request.POST.get("dose", "")),
        route=request.POST.get("route", "")[:20],
        by=request.user,
        at=clock.now(),
        key=key_of(request),
    )
    return _answer(request, session, outcome)


@acts_when_locked
@login_required
@require_POST
def over(request: StaffRequest, session: UUID) -> HttpResponse:
    """End it, with how it ended."""
    outcome = services.end_emergency(
        session=session,
        outcome=request.POST.get("outcome", ""),
        by=request.user,
        at=clock.now(),
        key=key_of(request),
    )
    if isinstance(outcome, Refused):
        return _answer(request, session, outcome)
    return redirect("treatment:infusion", session=session)


@visible_when_locked
@outlives_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def help_part(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show who comes; posted to, say that help is enough: that silences, so it wants a PIN."""
    if request.method == "POST":
        if getattr(request, "signed_out", False):
            return HttpResponse(status=401)  # the page stays as it is and asks to sign in
        return _judge_help(request, session, CallAct.ENOUGH_HELP)
    row = find_session(request, session, action=Action.VIEW_CHART)
    context = {"session": row, "site": row.site, **_help(request, row)}
    return render(request, "treatment/infusion/_emergency_help.html", context)


@acts_when_locked
@login_required
@require_POST
def more_help(request: StaffRequest, session: UUID) -> HttpResponse:
    """Call everybody again. That never waits for a PIN."""
    return _judge_help(request, session, CallAct.MORE_HELP)


def _judge_help(request: StaffRequest, session: UUID, act: CallAct) -> HttpResponse:
    outcome = helping.judge_help(
        session=session, act=act, by=request.user, at=clock.now(), key=key_of(request)
    )
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.CHART)
        return refused(request, row, _("Emergency"), outcome.decision)
    return redirect(
        "treatment:emergency-help" if is_htmx(request) else "treatment:emergency", session=session
    )


@login_required
@require_safe
def sheet(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show the hand-over sheet, ready to print; that it was read is on record, as of its file."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    at = clock.now()
    page = render(request, "treatment/emergency_sheet.html", handover.sheet(row, at=at))
    audit.record_document_read(document=row, patient=row.patient.public_id, by=request.user, at=at)
    return page


@login_required
@require_safe
def sheet_pdf(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the hand-over sheet as a file; each one that was handed out is kept."""
    row = find_session(request, session, action=Action.CHART)
    at = clock.now()
    document = handover.keep_sheet(row, by=request.user, at=at)
    return give(request, document, at=at, name="hand-over.pdf")


def _help(request: StaffRequest, session: TreatmentSession) -> dict[str, Any]:
    """Return what the part about who comes shows."""
    signed_out = getattr(request, "signed_out", False)
    return {
        "emergency": emergencies.emergency_of(session),
        "locked": getattr(request, "screen_locked", False) or signed_out,
        "signed_out": signed_out,
        "help_key": new_key(),
    }


def _context(request: StaffRequest, session: TreatmentSession, at: datetime) -> dict[str, Any]:
    part = _help(request, session)
    found, locked = part["emergency"], part["locked"]
    groups: dict[str, list[tuple[emergencies.StepButton, UUID]]] = {}
    for button in emergencies.step_buttons():
        groups.setdefault(button.group, []).append((button, new_key()))
    since = found.time_zero if found else None
    told = events.as_locked(events.entries(session)) if locked else events.entries(session)
    return {
        "session": session,
        "site": session.site,
        **part,
        "header": header.header(session, at=at),
        "groups": [(GROUPS[name], buttons) for name, buttons in groups.items()],
        "drugs": [(button, new_key()) for button in emergencies.drug_buttons()],
        "vitals": vitals.vital_cards(session, at=at),
        "drug": shown_drug.drug_row(session, at=at),
        "since": [e for e in reversed(told) if since and e.at >= since],
        "over_key": new_key(),
        "declare_key": new_key(),
        "other_key": new_key(),
    }


GROUPS: dict[str, Words] = {
    "call": gettext_lazy("Call"),
    "airway": gettext_lazy("Airway and breathing"),
    "heart": gettext_lazy("Circulation"),
    "other": gettext_lazy("Other"),
}


def _answer(request: StaffRequest, session: UUID, outcome: Any) -> HttpResponse:
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.CHART)
        return refused(request, row, _("Emergency"), outcome.decision)
    if is_htmx(request):
        row = find_session(request, session, action=Action.CHART)
        context = _context(request, row, clock.now())
        return render(request, "treatment/infusion/_emergency_log.html", context)
    return redirect("treatment:emergency", session=session)


def _to_page(request: StaffRequest, session: UUID) -> HttpResponse:
    url = reverse("treatment:emergency", args=[session])
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _dose(text: str) -> Dose:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise Http404("There is no such dose.") from None
    return Dose.mg(amount) if amount.is_finite() and amount >= 0 else Dose.mg(0)


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
