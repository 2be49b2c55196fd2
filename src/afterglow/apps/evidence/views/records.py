"""Pages of records: the list, one record, its new version, what is due."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.evidence import facts, queries, services
from afterglow.apps.evidence.forms import LibraryForm, NoteForm, ReasonForm, RecordForm
from afterglow.apps.evidence.models import Record, RecordVersion
from afterglow.apps.evidence.services import Refused
from afterglow.apps.evidence.views.shell import tabs
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import may_approve
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

FILTERS = ("kind", "verdict", "status", "standing", "words")


@login_required
@require_safe
def library(request: StaffRequest) -> HttpResponse:
    """List the records that match the filters."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    form = LibraryForm(request.GET or None)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    lines = queries.library(on=today, **{name: asked.get(name, "") for name in FILTERS})
    context = {
        "form": form,
        "lines": lines,
        "total": Record.objects.count(),
        "tabs": tabs(request, "library"),
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "evidence/library.html", context, status=status)


@login_required
@require_safe
def due(request: StaffRequest) -> HttpResponse:
    """List what is due to be read again."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    lines = queries.due_for_review(on=today)
    context = {"lines": lines, "tabs": tabs(request, "due"), "today": today}
    return render(request, "evidence/due.html", context)


@login_required
@require_safe
def record(request: StaffRequest, record: UUID) -> HttpResponse:
    """Show one record: what it says, on what, who checked and signed it, who cites it."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    row = get_object_or_404(Record.objects.select_related("current__record"), public_id=record)
    return _page(request, row)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, record: UUID) -> HttpResponse:
    """Write the next version of a record."""
    today = clock.today(request.site)
    check(Action.EDIT_EVIDENCE, by=request.user, site=None, on=today)
    row = get_object_or_404(Record, public_id=record)
    newest = row.versions.select_related("record")[0]
    form = RecordForm(request.POST or None, version=newest)
    if form.is_valid():
        try:
            body, curation = form.content()
            services.write_version(
                record=record,
                title=form.cleaned_data["record_title"],
                body=body,
                curation=curation,
                by=request.user,
                at=clock.now(),
                on=today,
                note=form.cleaned_data["change_note"],
                seen=form.cleaned_data["seen"],
            )
            messages.success(request, _("Saved. It is published nowhere until it is approved."))
            return redirect("evidence:record", record=record)
        except InvalidValue as problem:
            form.add_error(None, error_words(problem))
    context = {"form": form, "record": row, "newest": newest}
    status = 422 if request.method == "POST" else 200
    return render(request, "evidence/edit.html", context, status=status)


@login_required
@require_POST
def approve(request: StaffRequest, version: UUID) -> HttpResponse:
    """Put a version in force."""
    row = get_object_or_404(RecordVersion.objects.select_related("record"), public_id=version)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, row.record, form=form, status=422)
    outcome = services.approve_version(
        version=version,
        by=request.user,
        at=clock.now(),
        on=clock.today(request.site),
        note=form.cleaned_data["note"],
    )
    if isinstance(outcome, Refused):
        return _page(request, row.record, refused=outcome.decision, status=409)
    messages.success(request, _("Approved. Texts may be published on this version from now on."))
    return redirect("evidence:record", record=row.record.public_id)


@login_required
@require_POST
def confirm(request: StaffRequest, version: UUID) -> HttpResponse:
    """Record that the version was read against its sources."""
    row = get_object_or_404(RecordVersion.objects.select_related("record"), public_id=version)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, row.record, form=form, status=422)
    made = services.confirm_check(
        version=version,
        by=request.user,
        at=clock.now(),
        on=clock.today(request.site),
        note=form.cleaned_data["note"],
    )
    said = _("Recorded. The next review is due on %(day)s.")
    messages.success(request, said % {"day": f"{made.next_review_on:%d %b %Y}"})
    return redirect("evidence:record", record=row.record.public_id)


@login_required
@require_POST
def withdraw(request: StaffRequest, record: UUID) -> HttpResponse:
    """Withdraw a record."""
    row = get_object_or_404(Record, public_id=record)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form=form, status=422)
    services.withdraw_record(
        record=record,
        reason=form.cleaned_data["note"],
        by=request.user,
        at=clock.now(),
        on=clock.today(request.site),
    )
    messages.success(request, _("Withdrawn. Every text that cites it is flagged."))
    return redirect("evidence:record", record=record)


def _page(
    request: StaffRequest,
    row: Record,
    *,
    refused: Decision | None = None,
    form: NoteForm | ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = clock.today(request.site)
    versions = list(row.versions.select_related("record", "created_by").prefetch_related("checks"))
    newest = versions[0]

    def may(action: Action) -> bool:
        return bool(request.user.may(action, site=None, on=today).allowed)

    waits = newest.pk != row.current_id
    judged = may_approve(facts.version_facts(newest, row), approver=str(request.user.public_id))
    context = {
        "record": row,
        "newest": newest,
        "versions": versions,
        "waits": waits,
        "signatures": queries.signatures_of(row),
        "checks": queries.checks_of(row),
        "texts": queries.texts_citing(row),
        "due": row.next_review_on <= today and not row.is_withdrawn,
        "may_edit": may(Action.EDIT_EVIDENCE) and not row.is_withdrawn,
        "may_approve": may(Action.APPROVE_EVIDENCE) and waits and not row.is_withdrawn,
        "may_withdraw": may(Action.APPROVE_EVIDENCE) and not row.is_withdrawn,
        "approval": judged,
        "languages": services.other_languages() if newest.public_words else [],
        "refused": refused,
        "note_form": NoteForm(),
        "reason_form": form or ReasonForm(),
        "tabs": tabs(request, "library"),
    }
    return render(request, "evidence/record.html", context, status=status)
