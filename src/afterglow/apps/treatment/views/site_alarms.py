"""Alarms of other rooms that nobody answers, on every screen of the site; nobody is named."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.middleware import visible_when_locked
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import unanswered
from afterglow.apps.treatment.emergencies import open_emergencies
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.services import helping
from afterglow.apps.treatment.shown.alarms import GONE, level_of, word_of
from afterglow.apps.treatment.views.infusion import key_of
from afterglow.apps.visits.models import TreatmentSession
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
    called: list[dict[str, object]] = []
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
        there = TreatmentSession.objects.filter(site=site, state__in=WATCHED)
        called = [
            {
                "session": session,
                "room": session.room.name if session.room else "",
                "since": one.time_zero,
                "by": one.called.by.get_short_name(),
                "coming": [step.by.get_short_name() for step in one.coming()],
                "is_mine": one.coming().filter(by=request.user).exists(),
            }
            for session, one in open_emergencies(there.select_related("room"))
            if not _is_open_on(request, session)
        ]
        found.sort(key=lambda each: (each["level"] != "red", each["is_gone"]))
    context = {
        "alarms": found,
        "emergencies": called,
        "key": new_key(),
        "may_help": site is not None
        and policies.can(Action.CHART, by=request.user, site=site, on=site.local_date(now)),
        # Whoever silenced one is there: it is drawn here, and sounds in no room until it may again.
        "sounds": "red"
        if any(not each["coming"] for each in called)
        else next(
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


def _is_open_on(request: StaffRequest, session: TreatmentSession) -> bool:
    """Whether the screen that asks shows the emergency itself, or its room, which leads there."""
    shown = {
        reverse(f"treatment:{page}", args=[session.public_id]) for page in ("emergency", "infusion")
    }
    return urlsplit(request.headers.get("HX-Current-URL", "")).path in shown


@login_required
@require_POST
def coming(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record that whoever is signed in goes to help, and show what stands now."""
    helping.say_coming(session=session, by=request.user, at=clock.now(), key=key_of(request))
    return redirect("treatment:alarms-elsewhere")


@login_required
@require_safe
def emergency_of(request: StaffRequest, event: UUID) -> HttpResponse:
    """Lead to the emergency that was called, such as from a task about it."""
    found = SessionEvent.objects.select_related("session").filter(public_id=event).first()
    if found is None:
        raise Http404("There is no such emergency.")
    return redirect("treatment:emergency", session=found.session.public_id)


@login_required
@require_safe
def alarm_of(request: StaffRequest, alarm: UUID) -> HttpResponse:
    """Lead to the room of an alarm, such as from a task about it."""
    found = Alarm.objects.select_related("session").filter(public_id=alarm).first()
    if found is None:
        raise Http404("There is no such alarm.")
    return redirect("treatment:infusion", session=found.session.public_id)
