"""Sign the record, lock it, print it, and add what is said afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.monitoring import facts as monitoring_facts
from afterglow.apps.treatment import pages, printed, queries
from afterglow.apps.treatment.facts.sign import alarms_to_acknowledge
from afterglow.apps.treatment.forms.closing import ENDING_WORDS, AddendumForm, CallBackForm
from afterglow.apps.treatment.models import Override, Signature
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import accounting, signing
from afterglow.apps.treatment.services.deciding import sign_decision
from afterglow.apps.treatment.views.asking import find_session
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest

TEMPLATE = "treatment/sign.html"


@login_required
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show what is still open, or the signed record with its hash and addenda."""
    row = pages.open_session(request, session)
    if row.state not in (SessionState.DISCHARGED, SessionState.ENDED, SessionState.SIGNED):
        return redirect("treatment:session", session=session)
    return render(request, TEMPLATE, _page(request, row, clock.now()))


@login_required
@require_POST
def sign(request: StaffRequest, session: UUID) -> HttpResponse:
    """Sign and lock, or show every reason why not."""
    at = clock.now()
    outcome = signing.sign_record(session=session, by=request.user, at=at)
    if isinstance(outcome, Refused):
        row = pages.open_session(request, session)
        context = {**_page(request, row, at), "refused": True, "decision": outcome.decision}
        return render(request, TEMPLATE, context, status=409)
    messages.success(request, _("Signed. The record is locked."))
    return redirect("treatment:sign", session=session)


@login_required
@require_POST
def addendum(request: StaffRequest, session: UUID) -> HttpResponse:
    """Add what is said after signing."""
    row = pages.open_session(request, session)
    at = clock.now()
    form = AddendumForm(request.POST)

    def act() -> str | Mapping[str, Any]:
        outcome = signing.add_addendum(
            session=session,
            text=form.cleaned_data["text"],
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Addendum added."))
        return reverse("treatment:sign", args=[session])

    context = {**_page(request, row, at), "addendum_form": form}
    return editing.save(request, form, act, page=context, template=TEMPLATE)


@login_required
@require_safe
def record_pdf(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the signed record as a file."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    signature = Signature.objects.filter(session=row).select_related("by").first()
    if signature is None:
        raise Http404("The record is not signed yet.")
    document = printed.keep_record(signature, by=request.user, at=clock.now())
    response = HttpResponse(bytes(document.content), content_type=document.media_type)
    response["Content-Disposition"] = 'inline; filename="record.pdf"'
    return response


def _page(request: StaffRequest, session: TreatmentSession, at: datetime) -> dict[str, Any]:
    infusion = queries.infusion_of(session)
    signature = Signature.objects.filter(session=session).select_related("by").first()
    today = session.site.local_date(at)
    return {
        **pages.frame(session, step=pages.SIGN, at=at),
        "infusion": infusion,
        "ending": ENDING_WORDS.get(session.ending, "") if session.ending else "",  # type: ignore[call-overload]  # a code
        "signature": signature,
        "decision": None if signature else sign_decision(session, at=at),
        "account": accounting.bag_account(infusion, at=at) if infusion else None,
        "told": queries.given(infusion, at=at) if infusion else None,
        "open_alarms": [] if signature else list(alarms_to_acknowledge(session)),
        "unread": []
        if signature
        else monitoring_facts.owed_reasons(monitoring_facts.schedule(session, at)),
        "overrides": Override.objects.filter(session=session).select_related("by").order_by("at"),
        "addenda": session.addenda.select_related("by").order_by("at"),
        "addendum_form": AddendumForm(),
        "call_back_form": CallBackForm()
        if session.state == SessionState.DISCHARGED
        and policies.can(Action.DISCHARGE, by=request.user, site=session.site, on=today)
        else None,
        "may_sign": policies.can(Action.SIGN_RECORD, by=request.user, site=session.site, on=today),
        "may_add": policies.can(Action.ADD_ADDENDUM, by=request.user, site=session.site, on=today),
    }
