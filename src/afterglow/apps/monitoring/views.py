"""Pages of the review queue."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import queries as accounts
from afterglow.apps.monitoring import queries, services
from afterglow.apps.monitoring.forms import AssignForm, RejectForm
from afterglow.apps.monitoring.models import ReviewItem, ReviewReason
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest

REASONS = {
    ReviewReason.UNKNOWN_DEVICE: gettext_lazy("The device is not known"),
    ReviewReason.NO_SESSION: gettext_lazy("The device serves no session"),
    ReviewReason.PATIENT_MISMATCH: gettext_lazy("Another patient is named"),
    ReviewReason.NOT_UNDERSTOOD: gettext_lazy("The message cannot be read"),
    ReviewReason.FUTURE_TIME: gettext_lazy("A time lies in the future"),
    ReviewReason.BAD_OBSERVATION: gettext_lazy("A value cannot be read"),
}


@login_required
@require_safe
def reviews(request: StaffRequest) -> HttpResponse:
    """List what waits for a person."""
    site = accounts.current_site(request)
    check(Action.REVIEW_MESSAGES, by=request.user, site=site, on=clock.today(site))
    groups = [
        (group, REASONS[group.reason]) for group in queries.open_reviews(accounts.my_sites(request))
    ]
    return render(request, "monitoring/reviews.html", {"groups": groups, "site": site})


@login_required
@require_safe
def review(request: StaffRequest, item: UUID) -> HttpResponse:
    """Show one message segment by segment, with whom it may belong to."""
    row = _item(request, item)
    services.note_review_read(item=row, by=request.user, at=clock.now())
    return _page(request, row)


@login_required
@require_POST
def assign(request: StaffRequest, item: UUID) -> HttpResponse:
    """Chart the message into a session."""
    row = _item(request, item)
    sessions = queries.sessions_for_review(row.site, at=row.message.received_at)
    form = AssignForm(request.POST, sessions=sessions)
    if not form.is_valid():
        return _page(request, row, assign=form, status=422)
    outcome = services.assign_review(
        item=item,
        session=form.cleaned_data["session"],
        by=request.user,
        at=clock.now(),
        seen=form.cleaned_data["seen"],
    )
    if isinstance(outcome, Refused):
        return _page(request, row, assign=form, refused=outcome, status=409)
    messages.success(request, _("Charted: %(count)s readings.") % {"count": outcome.readings})
    return redirect("monitoring:reviews")


@login_required
@require_POST
def reject(request: StaffRequest, item: UUID) -> HttpResponse:
    """Settle the message as nobody's."""
    row = _item(request, item)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _page(request, row, reject=form, status=422)
    outcome = services.reject_review(
        item=item,
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=clock.now(),
        seen=form.cleaned_data["seen"],
    )
    if isinstance(outcome, Refused):
        return _page(request, row, reject=form, refused=outcome, status=409)
    messages.success(request, _("Rejected. The message stays on file."))
    return redirect("monitoring:reviews")


def _item(request: StaffRequest, item: UUID) -> ReviewItem:
    row = get_object_or_404(
        ReviewItem.objects.select_related("message", "message__device", "site", "session"),
        public_id=item,
    )
    check(Action.REVIEW_MESSAGES, by=request.user, site=row.site, on=clock.today(row.site))
    return row


def _page(
    request: StaffRequest,
    row: ReviewItem,
    *,
    assign: AssignForm | None = None,
    reject: RejectForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    sessions = queries.sessions_for_review(row.site, at=row.message.received_at)
    seen = {"seen": row.row_version}
    context = {
        "item": row,
        "reason": REASONS[ReviewReason(row.reason)],
        "segments": queries.segments_of(row.message),
        "assign": assign or AssignForm(initial=seen, sessions=sessions),
        "reject": reject or RejectForm(initial=seen),
        "refused": refused,
        "site": row.site or accounts.current_site(request),
    }
    return render(request, "monitoring/review.html", context, status=status)
