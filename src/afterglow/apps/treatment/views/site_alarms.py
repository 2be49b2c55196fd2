"""Alarms of other rooms that nobody answers, on every screen of the site; nobody is named."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.middleware import visible_when_locked
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import unanswered
from afterglow.apps.treatment.shown.alarms import GONE, level_of, word_of
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@visible_when_locked
@login_required
@require_safe
def elsewhere(request: StaffRequest) -> HttpResponse:
    """Show the unanswered alarms of the site's other rooms: room, word, since when.

    A locked screen shows them too: they say nothing of who the patient is.
    """
    site, now = request.site, clock.now()
    found: list[dict[str, object]] = []
    if site is not None and policies.can(
        Action.VIEW_BOARD, by=request.user, site=site, on=site.local_date(now)
    ):
        rows = (
            unanswered()
            .filter(session__site=site, told_site_at__isnull=False)
            .select_related("session__room")
            .order_by("waits_since", "pk")
        )
        found = [
            {
                "row": row,
                "level": level_of(row),
                "is_gone": row.condition_gone_at is not None,
                "word": word_of(row),
                "unheard_since": row.since if row.condition == "ROOM_NOT_HEARD" else None,
                "room": row.session.room.name if row.session.room else "",
                "is_silenced": row.silenced_until is not None and row.silenced_until > now,
            }
            for row in rows
            if str(row.session.public_id) != request.GET.get("except", "")
        ]
        found.sort(key=lambda each: (each["level"] != "red", each["is_gone"]))
    context = {
        "alarms": found,
        # Whoever silenced one is there: it is drawn here, and sounds in no room until it may again.
        "sounds": next(
            (
                GONE if each["is_gone"] else each["level"]
                for each in found
                if not each["is_silenced"]
            ),
            "",
        ),
        "site": site,
        "locked": getattr(request, "screen_locked", False),
    }
    return render(request, "treatment/_elsewhere.html", context)


@login_required
@require_safe
def alarm_of(request: StaffRequest, alarm: UUID) -> HttpResponse:
    """Lead to the room of an alarm, such as from a task about it."""
    found = Alarm.objects.select_related("session").filter(public_id=alarm).first()
    if found is None:
        raise Http404("There is no such alarm.")
    return redirect("treatment:infusion", session=found.session.public_id)
