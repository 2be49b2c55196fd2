"""Pages of staff shifts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.accounts.models import Account
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling import queries, services
from afterglow.apps.scheduling.agenda import week_of
from afterglow.apps.scheduling.forms import ShiftForm
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.scheduling.services.shifts import AlreadyWorks
from afterglow.apps.scheduling.times import span_words
from afterglow.core.roles import Action
from afterglow.db.models import new_public_id
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest


@login_required
@require_http_methods(["GET", "POST"])
def shifts(request: StaffRequest) -> HttpResponse:
    """Show a week of shifts and plan one more."""
    site: Site | None = request.site
    if site is None:
        raise Http404("No site.")
    today = site.local_date(clock.now())
    accounts.check(Action.VIEW_BOARD, by=request.user, site=site, on=today)
    may_plan = accounts.can(Action.EDIT_STAFF, by=request.user, site=site, on=today)
    try:
        day = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = today
    first, last = week_of(day)
    people = list(Account.objects.filter(staff__isnull=False, is_active=True))
    initial = {
        "key": new_public_id(),
        "day": day,
        "begins": dt.time(8),
        "ends": dt.time(17),
    }
    form = ShiftForm(request.POST or None, initial=initial, site=site, people=people)

    def act() -> str | Mapping[str, Any]:
        data = form.cleaned_data
        outcome = services.plan_shift(
            key=data["key"] or new_public_id(),
            site=site,
            account=UUID(data["account"]),
            starts=data["first"],
            ends=data["last"],
            by=request.user,
            at=clock.now(),
        )
        if isinstance(outcome, AlreadyWorks):
            other = outcome.shift
            when = span_words(other.during.lower, other.during.upper, other.site.zone)
            words = _("%(who)s already works at %(site)s: %(when)s.") % {
                "who": other.account.full_name,
                "site": other.site.name,
                "when": when,
            }
            return {"refused": words}
        return f"{reverse('scheduling:shifts')}?day={data['day'].isoformat()}"

    page = {
        "title": _("Staff shifts"),
        "site": site,
        "may_plan": may_plan,
        "shifts": queries.shifts_between(site, first, last),
        "first": first,
        "last": last,
        "before": day - dt.timedelta(days=7),
        "after": day + dt.timedelta(days=7),
    }
    return editing.save(request, form, act, page=page, template="scheduling/shifts.html")


@login_required
@require_POST
def remove_shift(request: StaffRequest, shift: UUID) -> HttpResponse:
    """Take a shift out of the plan."""
    row = get_object_or_404(StaffShift.objects.select_related("site"), public_id=shift)
    day = row.site.local_date(row.during.lower)
    services.remove_shift(
        shift=shift,
        seen=_seen(request.POST.get("seen", ""), row),
        by=request.user,
        at=clock.now(),
    )
    return redirect(f"{reverse('scheduling:shifts')}?day={day.isoformat()}")


def _seen(text: str, row: StaffShift) -> int:
    """The version the person saw; what is no version is one that nobody ever saw."""
    if not text:
        return row.row_version
    return int(text) if text.isdecimal() and len(text) < 10 else 0
