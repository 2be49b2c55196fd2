"""Baseline, the readiness panel with every reason, overrides, and the start."""

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
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import queries as people
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.events import outbox
from afterglow.apps.treatment import pages, queries
from afterglow.apps.treatment.facts.readiness import baseline_readings
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.apps.treatment.forms.starting import BaselineForm, OverrideForm, PlaceForm
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services import charting, checkin, infusions, overrides
from afterglow.apps.treatment.services.deciding import (
    DISCHARGE,
    DRAW,
    READINESS,
    SIGN,
    decision_at,
)
from afterglow.apps.treatment.shown import vitals
from afterglow.apps.treatment.views.infusion import key_of
from afterglow.apps.treatment.views.preparing import second_signs
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider
from afterglow.core.roles import CLINICAL, Action
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest

both = require_http_methods(["GET", "POST"])
TEMPLATE = "treatment/ready.html"
GATES = {
    READINESS: (gettext_lazy("Override: readiness"), "treatment:ready"),
    DRAW: (gettext_lazy("Override: the draw"), "treatment:prepare"),
    DISCHARGE: (gettext_lazy("Override: discharge"), "treatment:recovery"),
    SIGN: (gettext_lazy("Override: signature"), "treatment:sign"),
}


@login_required
@require_safe
def ready(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show every reason for and against the start, the baseline, room and clinician."""
    row = pages.open_session(request, session)
    if row.state not in BEFORE_START:
        return redirect("treatment:session", session=session)
    at = clock.now()
    context = {
        **_page(row, at),
        "baseline_form": _baseline_form(row, at),
        "place_form": _place(row, at),
    }
    part = request.headers.get("HX-Request") == "true"
    return render(request, "treatment/_ready.html" if part else TEMPLATE, context)


@login_required
@require_POST
def baseline(request: StaffRequest, session: UUID) -> HttpResponse:
    """Chart one set of vital signs by hand."""
    row = pages.open_session(request, session)
    at = clock.now()
    form = _baseline_form(row, at, request.POST)

    def act() -> str | Mapping[str, Any]:
        outcome = charting.chart_observations(
            session=session,
            readings=form.readings,
            scales=form.scales,
            taken_at=at,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Readings charted."))
        return reverse("treatment:ready", args=[session])

    page = {**_page(row, at), "baseline_form": form, "place_form": _place(row, at)}
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_POST
def place(request: StaffRequest, session: UUID) -> HttpResponse:
    """Choose room and clinician."""
    row = pages.open_session(request, session)
    at = clock.now()
    form = _place(row, at, request.POST)

    def act() -> str | Mapping[str, Any]:
        data = form.cleaned_data
        outcome = checkin.assign_place(
            session=session,
            room=UUID(data["room"]),
            clinician=UUID(data["clinician"]),
            seen_version=data["seen"],
            by=request.user,
            at=at,
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Room and clinician saved."))
        return reverse("treatment:ready", args=[session])

    page = {**_page(row, at), "baseline_form": _baseline_form(row, at), "place_form": form}
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_POST
def start(request: StaffRequest, session: UUID) -> HttpResponse:
    """Start the infusion, or show every reason why not."""
    at = clock.now()
    outcome = infusions.start_infusion(session=session, by=request.user, at=at, key=key_of(request))
    if isinstance(outcome, Refused):
        row = pages.open_session(request, session)
        if row.state not in BEFORE_START:  # somebody else started it, or the back button was used
            messages.warning(request, _("This infusion was started before; nothing was done."))
            return redirect("treatment:session", session=session)
        context = {
            **_page(row, at),
            "refused": outcome.decision,
            "baseline_form": _baseline_form(row, at),
            "place_form": _place(row, at),
        }
        return render(request, TEMPLATE, context, status=409)
    return redirect("treatment:infusion", session=session)


@login_required
@both
def override(request: StaffRequest, session: UUID, gate: str) -> HttpResponse:
    """Override reasons of one gate, in one's own right or with the prescriber beside."""
    if gate not in GATES:
        raise Http404(f"There is no gate {gate!r}.")
    row = pages.open_session(request, session)
    at = clock.now()
    decision = decision_at(row, gate, at=at)
    standing = [each for each in decision.blockers if each.overridable_by is not Overrider.NOBODY]
    own = [
        each
        for each in standing
        if overrides.overridable_by(each, session=row, by=request.user, at=at)
    ]
    form = OverrideForm(
        request.POST if request.method == "POST" else None,
        standing=standing,
        own_right=bool(own),
        initial={"codes": [each.code for each in standing] if len(standing) == 1 else []},
    )
    title, back = GATES[gate]

    def act() -> str | Mapping[str, Any]:
        by, signature = request.user, None
        if form.cleaned_data["username"]:
            second = second_signs(
                request,
                row,
                form.second,
                act=overrides.OVERRIDES,
                subject=row,
                action=Action.CHART,
                at=at,
            )
            if isinstance(second, Decision):
                return {"decision": second}
            by, signature = second.account, second
        outcome = overrides.override_reasons(
            session=session,
            gate=gate,
            codes=form.cleaned_data["codes"],
            reason=form.cleaned_data["reason"],
            by=by,
            at=at,
            countersignature=signature,
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Overridden. Rule, override and reason stay in the record."))
        return reverse(back, args=[session])

    page = {
        **pages.frame(row, step=GATE_STEP[gate], at=at),
        "title": title,
        "standing": standing,
        "whole": decision,
        "back": reverse(back, args=[session]),
    }
    return editing.save(request, form, act, page=page, template="treatment/override.html")


GATE_STEP = {
    READINESS: pages.READY,
    DRAW: pages.PREPARE,
    DISCHARGE: pages.RECOVERY,
    SIGN: pages.SIGN,
}


def _page(session: TreatmentSession, at: datetime) -> dict[str, Any]:
    rules = rules_of(session.protocol_id).session
    return {
        **pages.frame(session, step=pages.READY, at=at),
        "in_use": queries.preparation_in_use(session),
        "sittings": list(reversed(baseline_readings(session, at=at)))[:6],
        "vitals": vitals.vital_cards(session, at=at),
        "rules": rules,
        "start_key": new_key(),
        "is_ready_state": session.state == SessionState.READY,
        "live_after": str(outbox.position()),
    }


def _baseline_form(row: TreatmentSession, at: datetime, data: Any = None) -> BaselineForm:
    known = assessments.instruments_in_use(("moaas",), at=at)
    return BaselineForm(
        data,
        moaas=known["moaas"][1] if "moaas" in known else None,
        told=vitals.told_by_device(row, at=at),
    )


def _place(session: TreatmentSession, at: datetime, data: Any = None) -> PlaceForm:
    site = session.site
    return PlaceForm(
        data,
        initial={
            "seen": session.row_version,
            "room": str(session.room.public_id) if session.room else "",
            "clinician": str(session.clinician.public_id) if session.clinician else "",
        },
        rooms=[(str(r.public_id), r.name) for r in site.rooms.filter(is_active=True)],
        people=[
            (str(each.public_id), each.full_name)
            for each in people.who_holds(CLINICAL, site=site, on=site.local_date(at))
        ],
    )
