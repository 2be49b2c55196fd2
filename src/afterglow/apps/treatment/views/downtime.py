"""Paper for when the system cannot be reached: print the sheets, copy them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.queries import clinicians_of
from afterglow.apps.treatment import downtime, pages, queries
from afterglow.apps.treatment.forms.from_paper import PaperForm
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services import from_paper as services
from afterglow.apps.treatment.shown.grid import SCALES, lines_of
from afterglow.apps.treatment.views.asking import find_session, last_pump_action
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action
from afterglow.db.models import StaleRow
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of


@login_required
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Show whose sheets would be printed now, and whose paper can be copied back."""
    site, at = _site(request)
    return render(
        request,
        "treatment/downtime.html",
        {
            "site": site,
            "at": at,
            "sessions": downtime.sessions_today(site, at=at),
            "awaited": downtime.awaited_today(site, at=at),
        },
    )


@login_required
@require_POST
def sheets(request: StaffRequest) -> HttpResponse:
    """Give the sheets of everybody of today as one file."""
    site, at = _site(request)
    return _pdf(downtime.print_sheets(site, by=request.user, at=at))


@login_required
@require_POST
def sheet(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give one session's sheet."""
    row = find_session(request, session, action=Action.CHART)
    at = clock.now()
    return _pdf(downtime.print_sheets(row.site, only=row, by=request.user, at=at))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def from_paper(request: StaffRequest, session: UUID) -> HttpResponse:
    """Copy a paper back: what is wrong is said at its line, and nothing typed is lost."""
    row = find_session(request, session, action=Action.CHART)
    at = clock.now()
    if request.method != "POST":
        pages.open_session(request, session)
        return _draw(request, row, _form(row, at))
    form = _form(row, at, request.POST)
    if not form.is_valid():
        against = services.against_the_lines(
            session=session, lines=form.lines(), unread=form.unread, by=request.user, at=at
        )
        form.refuse(_said(row, against))
        return _draw(request, row, form, status=422)
    head = form.head.cleaned_data
    try:
        outcome = services.copy_from_paper(
            session=session,
            lines=form.lines(),
            kept_by=form.head.keeper,
            by=request.user,
            at=at,
            key=head["key"],
            seen_sequence=head["seen_sequence"],
            sheet=head["sheet"],
            sheet_unknown=form.head.is_unknown,
        )
    except StaleRow as stale:
        form.head.data = {**request.POST.dict(), "seen_sequence": str(stale.current)}
        return _draw(request, row, form, status=409, stale=stale)
    if isinstance(outcome, services.RefusedAt):
        form.refuse(_said(row, outcome.every))
        return _draw(request, row, form, status=409)
    if isinstance(outcome, Refused):
        return _draw(request, row, form, status=409, decision=outcome.decision)
    messages.success(request, _("Copied from paper. Every line shows as entered late."))
    for caution in outcome.decision.cautions:
        messages.warning(request, sentence_of(caution))
    return redirect("treatment:session", session=session)


def _said(row: TreatmentSession, against: Mapping[int, Decision]) -> dict[int, list[str]]:
    """Return what stands against each line in words, and what may be done where there is a way."""
    return {
        line: [
            f"{sentence_of(why, row.site)} {_WAYS.get(why.code, '')}".strip()
            for why in decision.blockers
        ]
        for line, decision in against.items()
    }


_WAYS = {
    "RATE_ABOVE_HARD_LIMIT": gettext_lazy(
        "If the pump really ran so, tick it at the end of the line and say why: it is charted as a "
        "deviation, with an alarm and a task for the prescriber."
    )
}


def _site(request: StaffRequest) -> tuple[Site, datetime]:
    at = clock.now()
    site: Site | None = request.site
    policies.check(
        Action.CHART, by=request.user, site=site, on=site.local_date(at) if site else at.date()
    )
    if site is None:
        raise Http404("No site.")
    return site, at


def _form(row: TreatmentSession, at: datetime, data: Any = None) -> PaperForm:
    last = last_pump_action(row)
    today = clinicians_of(row.site, on=row.local_date)
    clinicians = [*([row.clinician] if row.clinician else []), *today]
    return PaperForm(
        data,
        site=row.site,
        at=at,
        people=list({one.pk: one for one in clinicians}.values()),
        lines=lines_of(at=at),
        instruments={
            key: found[1]
            for key, found in assessments.instruments_in_use(tuple(SCALES), at=at).items()
        },
        products=queries.medicines_by_need(row),
        symptoms={
            code: rule.name for code, rule in rules_of(row.protocol_id).monitoring.symptoms.items()
        },
        whose=lambda code: downtime.whose_sheet(code, row.patient, at=at),
        since=row.checked_in_at,
        initial={"seen_sequence": last.sequence if last else 0},
    )


def _draw(
    request: StaffRequest, row: TreatmentSession, form: PaperForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "session": row,
        "site": row.site,
        "patient_card": pages.patient_card(row),
        "form": form,
        "lines": lines_of(at=clock.now()),
        "last": last_pump_action(row),
        **more,
    }
    return render(request, "treatment/from_paper.html", context, status=status)


def _pdf(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="paper.pdf"'
    return response
