"""The infusion page, its panels, and what one tap does."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts.middleware import acts_when_locked, visible_when_locked
from afterglow.apps.events import outbox
from afterglow.apps.monitoring import months as stored
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.favourites import name_of_favourite
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.apps.treatment.models import PumpAction
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.pages import open_session
from afterglow.apps.treatment.services import charting, infusions
from afterglow.apps.treatment.services.rooms import note_room_shown
from afterglow.apps.treatment.services.unsigned import Press, press_unsigned
from afterglow.apps.treatment.shown import (
    grid_html,
    trend,
    vitals,
)
from afterglow.apps.treatment.tickets import acts_on_ticket, outlives_sign_in
from afterglow.apps.treatment.views.asking import (
    find_session,
    instant_of,
    is_htmx,
    last_pump_action,
    refused,
    said,
)
from afterglow.apps.treatment.views.panels import (
    PANELS,
    grid_parts,
    hide_free_words,
    observation_form,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.db.looks import looking
from afterglow.db.models import StaleRow
from afterglow.web import clock, formats
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words, name_words, sentence_of


@visible_when_locked
@outlives_sign_in
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show one infusion on one screen. Before the start it leads to where the day stands."""
    place = outbox.position()
    signed_out = getattr(request, "signed_out", False)
    if signed_out:  # nothing of the patient is shown, so no chart is opened
        row = find_session(request, session, action=Action.VIEW_CHART)
    else:
        row = open_session(request, session)
    at = clock.now()
    infusion = queries.infusion_of(row)
    if infusion is None and row.state in BEFORE_START:
        return redirect("treatment:session", session=session)
    locked = getattr(request, "screen_locked", False)
    context = whole_page(row, at, locked=locked, signed_out=signed_out)
    return render(request, "treatment/infusion.html", context | {"live_after": str(place)})


def whole_page(
    row: TreatmentSession,
    at: datetime,
    *,
    locked: bool,
    kept: bool = False,
    signed_out: bool = False,
) -> dict[str, Any]:
    """Return what the page shows. ``kept``: the page that opens without a connection."""
    infusion = queries.infusion_of(row)
    context: dict[str, Any] = {
        "session": row,
        "site": row.site,
        "locked": locked,
        "kept": kept,
        "signed_out": signed_out,
        "triggers": {name: each.trigger for name, each in PANELS.items()},
        "observed_until": row.ended_at,
        "archived": stored.archived_files(row.pk) if row.state == SessionState.SIGNED else [],
    }
    with looking():
        started = infusion.started_at if infusion else None
        context["trend"] = trend.script_element(
            "trend-data", trend.trend(row, started=started, at=at)
        )
        for each in PANELS.values():
            context |= each.build(row, at)
        hide_free_words(context)
        grid_html.draw(context)
    return context


@visible_when_locked
@outlives_sign_in
@require_safe
def panel(request: StaffRequest, session: UUID, name: str) -> HttpResponse:
    """Show one part of the page again.

    Whoever asks for the alarms shows the room: each screen does, by itself, twice a minute.
    """
    if name not in PANELS:
        raise Http404(f"There is no panel {name!r}.")
    row = find_session(request, session, action=Action.VIEW_CHART)
    context = {
        "session": row,
        "site": row.site,
        "locked": getattr(request, "screen_locked", False),
        "signed_out": getattr(request, "signed_out", False),
        "keyless": "keyless" in request.GET,
    }
    if name == "alarms":
        note_room_shown(row, at=clock.now())
    with looking():
        context |= PANELS[name].build(row, clock.now())
        hide_free_words(context)
        grid_html.draw(context)
    return render(request, f"treatment/infusion/_{name}.html", context)


@visible_when_locked
@outlives_sign_in
@require_safe
def readings(request: StaffRequest, session: UUID) -> JsonResponse:
    """Give the readings after a time, for a screen whose stream is lost."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    at = clock.now()
    since = instant_of(request.GET.get("after", "")) or row.checked_in_at
    found = monitoring.believed_readings(row, since=max(since, row.checked_in_at), until=at)
    return JsonResponse({"now": at.isoformat(), "readings": list(vitals.marks(found))})


@acts_when_locked
@acts_on_ticket
@require_POST
def stop(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record that the pump was stopped. It asks nothing; why can be said afterwards."""
    at, key = clock.now(), key_of(request)
    signed_out = getattr(request, "signed_out", False)
    outcome: Done[PumpAction] | Refused
    if signed_out:
        outcome = press_unsigned(
            session=session, press=Press.STOP, ticket_of=request.user, at=at, key=key
        )
    else:
        outcome = infusions.record_pump_stopped(
            session=session, ending=_ending_now(session, at), by=request.user, at=at, key=key
        )
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.STOP_INFUSION)
        return refused(request, row, _("Stop"), outcome.decision)
    site = outcome.row.infusion.session.site
    words = _("Pump recorded stopped at %(time)s. Look at the pump itself.") % {
        "time": formats.clock_seconds(outcome.row.at, site)
    }
    words = " ".join([words, *(sentence_of(reason) for reason in outcome.decision)])
    more = "" if signed_out else reverse("treatment:infusion-explain", args=[session])
    return said(request, session, words, more=more)


def _ending_now(session: UUID, at: datetime) -> InfusionEnding:
    row = TreatmentSession.objects.filter(public_id=session).first()
    return queries.ending_of_a_stop(row, at=at) if row else InfusionEnding.STOPPED_BY_CLINICIAN


@login_required
@require_POST
def mark(request: StaffRequest, session: UUID) -> HttpResponse:
    """Stamp this moment; a name can come after."""
    chosen = name_of_favourite(session, request.POST.get("favourite", ""))
    if chosen is None:
        raise Http404("The protocol has no such favourite.")
    outcome = charting.record_event(
        session=session,
        kind=EventKind.MARK,
        label=chosen,
        by=request.user,
        at=clock.now(),
        key=key_of(request),
    )
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.CHART)
        return refused(request, row, _("Mark"), outcome.decision)
    event = outcome.row
    time = formats.clock_seconds(event.at, event.session.site)
    words = _("Marked at %(time)s.") % {"time": time}
    if event.label:
        words = _("%(what)s at %(time)s.") % {"what": name_words(event.label), "time": time}
    arguments = [session, event.public_id]
    return said(
        request,
        session,
        words,
        undo=reverse("treatment:infusion-undo", args=arguments),
        more=reverse("treatment:infusion-name", args=arguments),
    )


@login_required
@require_POST
def pause(request: StaffRequest, session: UUID) -> HttpResponse:
    """Chart a pause."""
    return _act(request, session, PumpActionKind.PAUSE)


@login_required
@require_POST
def resume(request: StaffRequest, session: UUID) -> HttpResponse:
    """Chart that the drip runs again at the last rate."""
    return _act(request, session, PumpActionKind.RESUME)


def _act(request: StaffRequest, session: UUID, kind: PumpActionKind) -> HttpResponse:
    title = _("Pause") if kind is PumpActionKind.PAUSE else _("Resume")
    try:
        outcome = infusions.act_on_pump(
            session=session,
            kind=kind,
            by=request.user,
            at=clock.now(),
            key=key_of(request),
            seen_sequence=_number(request, "seen_sequence"),
        )
    except StaleRow as stale:
        row = find_session(request, session, action=Action.RUN_INFUSION)
        context = {
            "session": row,
            "site": row.site,
            "title": title,
            "stale": error_words(stale),
            "last": last_pump_action(row),
            "url": request.path,
            "key": new_key(),
            "part": "treatment/infusion/_stale.html",
        }
        template = "_stale.html" if is_htmx(request) else "ask_page.html"
        return render(request, f"treatment/infusion/{template}", context, status=409)
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.RUN_INFUSION)
        return refused(request, row, title, outcome.decision)
    action = outcome.row
    time = formats.clock_seconds(action.at, action.infusion.session.site)
    words = (
        _("Paused at %(time)s.") % {"time": time}
        if kind is PumpActionKind.PAUSE
        else _("Running again at %(rate)s mL/h since %(time)s.")
        % {"rate": formats.number(action.rate_ml_per_h), "time": time}
    )
    undo = reverse("treatment:infusion-pump-error", args=[session, action.public_id])
    return said(request, session, words, undo=undo)


@login_required
@require_POST
def observe(request: StaffRequest, session: UUID) -> HttpResponse:
    """Chart one column of the grid: all of it, or nothing and why."""
    row = find_session(request, session, action=Action.CHART)
    at = clock.now()
    form = observation_form(row, at, request.POST)
    decision = None
    status = 422
    if form.is_valid():
        outcome = charting.chart_observations(
            session=session,
            readings=form.readings,
            scales=form.scales,
            taken_at=form.happened_at or at,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if not isinstance(outcome, Refused):
            column = form.cleaned_data["key"]
            undo = reverse("treatment:infusion-undo-entry", args=[session, column])
            return said(request, session, _("Readings charted."), undo=undo)
        decision, status = outcome.decision, 409
    context = {
        "session": row,
        "site": row.site,
        **grid_parts(row, at),
        "entry": form,
        "decision": decision,
    }
    grid_html.draw(context)
    response = render(request, "treatment/infusion/_grid.html", context, status=status)
    response["HX-Retarget"] = "#panel-grid"
    return response


def key_of(request: StaffRequest) -> UUID:
    """Return the form's key. A stop is never refused for want of one, so one is made."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return new_key()


def _number(request: StaffRequest, name: str) -> int:
    """Return a whole number of the form; 0, which nobody has seen, when there is none."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
