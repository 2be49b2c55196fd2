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
from afterglow.apps.monitoring.models import ReviewItem, ReviewReason, ReviewState
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services.reviews import SettledGroup
from afterglow.core.monitoring.device_profile import Trust
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
    ReviewReason.DEMONSTRATION: gettext_lazy("The device shows a demonstration"),
    ReviewReason.CODE_DISAGREES: gettext_lazy("Number and name of a code disagree"),
    ReviewReason.LONG_PAST: gettext_lazy("A reading is more than a day old"),
    ReviewReason.ADDRESS_NOT_ALLOWED: gettext_lazy("It came from an address not allowed"),
    ReviewReason.NOT_AN_OBSERVATION: gettext_lazy("This kind of message is not read"),
}

STATES = {
    ReviewState.OPEN: gettext_lazy("It waits"),
    ReviewState.ASSIGNED: gettext_lazy("Charted by a person"),
    ReviewState.REJECTED: gettext_lazy("Rejected"),
    ReviewState.REREAD: gettext_lazy("Charted after it was read again"),
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
    data = form.cleaned_data
    trust = Trust(data["trust"]) if data["trust"] else None
    call = {"item": item, "session": data["session"], "by": request.user, "at": clock.now()}
    if data["all_alike"]:
        group = services.assign_group(**call, trust=trust)
        return _settled_group(request, row, group)
    outcome = services.assign_review(**call, trust=trust, seen=data["seen"])
    if isinstance(outcome, Refused):
        return _page(request, row, assign=form, refused=outcome, status=409)
    messages.success(request, _("Charted: %(count)s readings.") % {"count": outcome.readings})
    return _next(request)


@login_required
@require_POST
def reject(request: StaffRequest, item: UUID) -> HttpResponse:
    """Settle the message as nobody's."""
    row = _item(request, item)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _page(request, row, reject=form, status=422)
    data = form.cleaned_data
    call = {"item": item, "reason": data["reason"], "by": request.user, "at": clock.now()}
    if data["all_alike"]:
        return _settled_group(request, row, services.reject_group(**call))
    outcome = services.reject_review(**call, seen=data["seen"])
    if isinstance(outcome, Refused):
        return _page(request, row, reject=form, refused=outcome, status=409)
    messages.success(request, _("Rejected. The message stays on file."))
    return _next(request)


@login_required
@require_POST
def reread(request: StaffRequest, item: UUID) -> HttpResponse:
    """Read the messages of this line again, by the device and its profile as they are now."""
    row = _item(request, item)
    group = services.reread_group(item=item, by=request.user, at=clock.now())
    return _settled_group(request, row, group)


def _settled_group(request: StaffRequest, row: ReviewItem, group: SettledGroup) -> HttpResponse:
    """Say what became of a line of the queue; what waits on is shown with its reason."""
    if not group.settled:
        row.refresh_from_db()
        return _page(request, row, refused=group.refused, status=409)
    messages.success(
        request,
        _("%(settled)s messages settled, %(readings)s readings charted; %(left)s wait on.")
        % {"settled": group.settled, "readings": group.readings, "left": group.left},
    )
    return _next(request)


def _next(request: StaffRequest) -> HttpResponse:
    """Go on with the next line of the queue, or to the queue when nothing waits."""
    groups = queries.open_reviews(accounts.my_sites(request))
    if groups:
        return redirect("monitoring:review", item=groups[0].newest.public_id)
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
        "alike": len(services.group_of(row.public_id)) if row.state == ReviewState.OPEN else 0,
        "after": queries.review_after(row, accounts.my_sites(request)),
        "asks_trust": row.reason == ReviewReason.CODE_DISAGREES,
        "state_word": STATES[ReviewState(row.state)],
        "site": row.site or accounts.current_site(request),
    }
    return render(request, "monitoring/review.html", context, status=status)
