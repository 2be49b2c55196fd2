"""Pages of the review queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import queries as accounts
from afterglow.apps.monitoring import queries, services
from afterglow.apps.monitoring.forms import AssignForm, InSpiteForm, RejectForm, TakeBackForm
from afterglow.apps.monitoring.models import ReviewItem, ReviewReason, ReviewState
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.review_page import (
    ReviewPage,
    chartings_of,
    choice_of,
    review_page,
    settled_lately,
)
from afterglow.apps.monitoring.services.reviews import Settled, SettledGroup
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


LATELY = timedelta(days=7)
"""So long the queue shows what was settled: a mistake is found within the week."""


@login_required
@require_safe
def reviews(request: StaffRequest) -> HttpResponse:
    """List what waits for a person, and what people settled lately."""
    site = accounts.current_site(request)
    check(Action.REVIEW_MESSAGES, by=request.user, site=site, on=clock.today(site))
    mine = accounts.my_sites(request)
    groups = [(group, REASONS[group.reason]) for group in queries.open_reviews(mine)]
    settled = [
        (row, REASONS[ReviewReason(row.reason)], STATES[ReviewState(row.state)])
        for row in settled_lately(mine, since=clock.now() - LATELY)
    ]
    context = {"groups": groups, "settled": settled, "site": site}
    return render(request, "monitoring/reviews.html", context)


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
    """Chart the message into a session whose patient it does not put in doubt."""
    row = _item(request, item)
    form = AssignForm(request.POST, choices=review_page(row).sure)
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
    _say_charted(request, outcome)
    return _next(request)


@login_required
def assign_in_spite(request: StaffRequest, item: UUID, session: UUID) -> HttpResponse:
    """The second step: chart a message whose patient is not proved, with a reason and a name."""
    row = _item(request, item)
    page = review_page(row)
    choice = choice_of(page, str(session)) if row.state == ReviewState.OPEN else None
    if choice is None:
        return redirect("monitoring:review", item=item)
    form = InSpiteForm(request.POST or None, initial={"seen": row.row_version})
    refused = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        outcome = services.assign_review(
            item=item,
            session=session,
            by=request.user,
            at=clock.now(),
            seen=data["seen"],
            in_spite=services.InSpite(data["reason"], data["record_number"]),
        )
        if not isinstance(outcome, Refused):
            _say_charted(request, outcome)
            return redirect("monitoring:review", item=item)
        refused = outcome
    elif request.method == "GET":
        services.note_review_read(item=row, by=request.user, at=clock.now())
    context = _frame(request, row, page) | {"form": form, "choice": choice, "refused": refused}
    status = 409 if refused else 422 if form.errors else 200
    return render(request, "monitoring/review_in_spite.html", context, status=status)


@login_required
@require_POST
def take_back(request: StaffRequest, item: UUID) -> HttpResponse:
    """Say that what was charted from the queue was another patient's."""
    row = _item(request, item)
    form = TakeBackForm(request.POST)
    if not form.is_valid():
        return _page(request, row, take_back=form, status=422)
    outcome = services.take_back_charting(
        item=item, reason=form.cleaned_data["reason"], by=request.user, at=clock.now()
    )
    if isinstance(outcome, Refused):
        return _page(request, row, take_back=form, refused=outcome, status=409)
    messages.success(
        request,
        _("Marked as another patient's. Its readings count no more, and the message waits again."),
    )
    return redirect("monitoring:review", item=item)


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
    messages.success(request, _("Rejected. The message stays on file, under Settled lately."))
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


def _say_charted(request: StaffRequest, outcome: Settled) -> None:
    """Say how much was charted and where: by room, because a message may lie in a cookie."""
    session = outcome.item.session
    room = session.room.name if session is not None and session.room else "–"
    words = ngettext(
        "%(count)s reading charted to the session in %(room)s.",
        "%(count)s readings charted to the session in %(room)s.",
        outcome.readings,
    )
    messages.success(request, words % {"count": outcome.readings, "room": room})


def _item(request: StaffRequest, item: UUID) -> ReviewItem:
    row = get_object_or_404(
        ReviewItem.objects.select_related(
            "message", "message__device", "site", "session", "settled_by"
        ),
        public_id=item,
    )
    check(Action.REVIEW_MESSAGES, by=request.user, site=row.site, on=clock.today(row.site))
    return row


def _frame(request: StaffRequest, row: ReviewItem, page: ReviewPage) -> dict[str, Any]:
    """What every page about one message shows."""
    site = page.site or accounts.current_site(request)
    return {
        "item": row,
        "page": page,
        "reason": REASONS[ReviewReason(row.reason)],
        "site": site,
        "zone": clock.local(row.message.received_at, site).tzname(),
    }


def _page(
    request: StaffRequest,
    row: ReviewItem,
    *,
    assign: AssignForm | None = None,
    reject: RejectForm | None = None,
    take_back: TakeBackForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    page = review_page(row)
    seen = {"seen": row.row_version}
    context = _frame(request, row, page) | {
        "segments": queries.segments_of(row.message),
        "assign": assign or AssignForm(initial=seen, choices=page.sure),
        "reject": reject or RejectForm(initial=seen),
        "take_back": take_back or TakeBackForm(),
        "chartings": chartings_of(row),
        "refused": refused,
        "alike": len(services.group_of(row.public_id)) if row.state == ReviewState.OPEN else 0,
        "after": queries.review_after(row, accounts.my_sites(request)),
        "asks_trust": row.reason == ReviewReason.CODE_DISAGREES,
        "state_word": STATES[ReviewState(row.state)],
    }
    return render(request, "monitoring/review.html", context, status=status)
