"""Alarms of other rooms that nobody answers, on every screen of the site; nobody is named."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.middleware import visible_when_locked
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.services import helping
from afterglow.apps.treatment.shown import elsewhere as shown
from afterglow.apps.treatment.tickets import outlives_sign_in
from afterglow.apps.treatment.views.asking import find_session, is_htmx
from afterglow.apps.treatment.views.infusion import key_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.core.treatment.calls import ANSWERS, CallAct
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@visible_when_locked
@require_safe
def elsewhere(request: StaffRequest) -> HttpResponse:
    """Show the emergencies and unanswered alarms of the site's other rooms: room, word, since when.

    A locked screen shows them too: they say nothing of who the patient is. Signed out, a page keeps
    what it showed: a room's page asks for ``room_elsewhere``.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    return _rows(request, request.site, here=_here(request))


@visible_when_locked
@outlives_sign_in
@require_safe
def room_elsewhere(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show the same on a room's page, which goes on when its sign-in has ended."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    return _rows(request, row.site, here=str(session))


def _rows(request: StaffRequest, site: Site | None, *, here: str) -> HttpResponse:
    now = clock.now()
    signed_out = getattr(request, "signed_out", False)
    locked = getattr(request, "screen_locked", False)
    context: dict[str, Any] = {"site": site, "here": here, "locked": locked}
    if site is not None and policies.can(
        Action.VIEW_BOARD, by=request.user, site=site, on=site.local_date(now)
    ):
        screen = shown.Screen(
            person=None if signed_out else request.user,
            here=here,
            draws=_drawn_on(request, here),
            is_locked=locked,
        )
        called = shown.calls(site, screen, at=now)
        found = shown.alarms(site, screen, at=now)
        context |= {
            "emergencies": called,
            "alarms": found,
            "sounds": shown.sound_of(called, found),
            "is_called": any(each.sounds for each in called),
            "may_view": not locked
            and policies.can(
                Action.VIEW_CHART, by=request.user, site=site, on=site.local_date(now)
            ),
        }
    return render(request, "treatment/_elsewhere.html", context)


def _here(request: StaffRequest) -> str:
    """Return the session whose page asks; nothing where the address names none that could be."""
    try:
        return str(UUID(request.GET.get("except", "")))
    except ValueError:
        return ""


def _drawn_on(request: StaffRequest, here: str) -> frozenset[str]:
    """Return the session whose emergency the asking page shows itself: its room and its page."""
    if not here:
        return frozenset()
    pages = {reverse(f"treatment:{page}", args=[here]) for page in ("emergency", "infusion")}
    shows = urlsplit(request.headers.get("HX-Current-URL", "")).path in pages
    return frozenset({here} if shows else ())


@login_required
@require_POST
def answer(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record what whoever is signed in does about an emergency, and show what stands now."""
    helping.answer_call(
        session=session, act=_act(request), by=request.user, at=clock.now(), key=key_of(request)
    )
    if not is_htmx(request):
        return redirect("visits:board")
    # The rows of the emergency's own site, from which it was answered, wherever the person works.
    # Where it was refused because it is over meanwhile, they show that nothing is open.
    site = TreatmentSession.objects.select_related("site").get(public_id=session).site
    return _rows(request, site, here=_here(request))


def _act(request: StaffRequest) -> CallAct:
    found = next((act for act in ANSWERS if act == request.POST.get("code", "")), None)
    if found is None:
        raise Http404("There is no such answer.")
    return found


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
