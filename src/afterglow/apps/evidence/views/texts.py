"""Pages of texts that cite: the list, one text with its citations, and each signed step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.evidence import facts, queries, services
from afterglow.apps.evidence.forms import NoteForm, ReasonForm, ScheduleForm
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.services import Refused
from afterglow.apps.evidence.views.shell import tabs
from afterglow.core.decisions import Decision
from afterglow.core.errors import IllegalTransition
from afterglow.core.evidence.publishing import (
    PUBLICATION,
    PublicationAct,
    PublicationState,
    judge_text,
)
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest

NEEDS = {
    PublicationAct.SUBMITTED: Action.WRITE_PAGE,
    PublicationAct.RETURNED: Action.REVIEW_PAGE,
    PublicationAct.REVIEWED: Action.REVIEW_PAGE,
    PublicationAct.RE_REVIEWED: Action.REVIEW_PAGE,
    PublicationAct.PUBLISHED: Action.PUBLISH_PAGE,
    PublicationAct.WITHDRAWN: Action.PUBLISH_PAGE,
}


@login_required
@require_safe
def texts(request: StaffRequest) -> HttpResponse:
    """List the texts that cite records, flagged ones first."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    context = {"lines": queries.text_lines(on=today), "tabs": tabs(request, "texts")}
    return render(request, "evidence/texts.html", context)


@login_required
@require_safe
def text(request: StaffRequest, text: UUID) -> HttpResponse:
    """Show one text as it cites, what speaks against it, and who signed."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    return _page(request, get_object_or_404(Publication, public_id=text))


@login_required
@require_POST
def submit(request: StaffRequest, text: UUID) -> HttpResponse:
    """Hand a draft to the medical reviewer."""
    return _step(request, text, services.submit, _("Handed to medical review."))


@login_required
@require_POST
def review(request: StaffRequest, text: UUID) -> HttpResponse:
    """Sign as medically reviewed."""
    return _noted(request, text, services.review, _("Signed. It can be published now."))


@login_required
@require_POST
def re_review(request: StaffRequest, text: UUID) -> HttpResponse:
    """Sign a published text again."""
    return _noted(request, text, services.re_review, _("Signed again. Its flags are cleared."))


@login_required
@require_POST
def publish(request: StaffRequest, text: UUID) -> HttpResponse:
    """Publish now or later."""
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _page(request, get_object_or_404(Publication, public_id=text), status=422)
    at = form.cleaned_data["publish_at"]
    said = _("It goes out at its time.") if at else _("Published.")
    return _step(request, text, services.publish, said, publish_at=at)


@login_required
@require_POST
def give_back(request: StaffRequest, text: UUID) -> HttpResponse:
    """Return to the author with a reason."""
    return _reasoned(request, text, services.return_to_author, _("Returned to the author."))


@login_required
@require_POST
def withdraw(request: StaffRequest, text: UUID) -> HttpResponse:
    """Take a text back."""
    return _reasoned(request, text, services.withdraw_publication, _("Withdrawn."))


def _noted(request: StaffRequest, text: UUID, verb: Callable[..., Any], said: str) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, get_object_or_404(Publication, public_id=text), status=422)
    return _step(request, text, verb, said, note=form.cleaned_data["note"])


def _reasoned(
    request: StaffRequest, text: UUID, verb: Callable[..., Any], said: str
) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        row = get_object_or_404(Publication, public_id=text)
        return _page(request, row, form=form, status=422)
    return _step(request, text, verb, said, why=form.cleaned_data["note"])


def _step(
    request: StaffRequest, text: UUID, verb: Callable[..., Any], said: str, **more: Any
) -> HttpResponse:
    row = get_object_or_404(Publication, public_id=text)
    try:
        outcome = verb(
            publication=text,
            by=request.user,
            at=clock.now(),
            on=clock.today(request.site),
            **more,
        )
    except IllegalTransition as no:
        messages.error(request, str(no))
        return redirect("evidence:text", text=text)
    if isinstance(outcome, Refused):
        return _page(request, row, refused=outcome.decision, status=409)
    messages.success(request, said)
    return redirect("evidence:text", text=text)


def _page(
    request: StaffRequest,
    row: Publication,
    *,
    refused: Decision | None = None,
    form: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = clock.today(request.site)
    row.refresh_from_db()
    known = facts.publication_facts(row, reviewing=True)
    state = PublicationState(row.state)
    allowed = {
        act.name.lower(): PUBLICATION.can(state, act)
        and request.user.may(action, site=None, on=today).allowed
        for act, action in NEEDS.items()
    }
    context = {
        "text": row,
        "blocks": queries.shown_blocks(row),
        "judged": Decision.from_reasons(judge_text(known.blocks, on=today)),
        "flags": queries.open_flags(row),
        "signatures": row.signatures.all(),
        "may": allowed,
        "refused": refused,
        "note_form": NoteForm(),
        "reason_form": form or ReasonForm(),
        "schedule_form": ScheduleForm(),
        "tabs": tabs(request, "texts"),
    }
    return render(request, "evidence/text.html", context, status=status)
