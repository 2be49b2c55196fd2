"""The infusion page, its panels, and what one tap does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
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
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.events import outbox
from afterglow.apps.monitoring import months as stored
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.told import told
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.favourites import favourites_of, macros_for, name_of_favourite
from afterglow.apps.treatment.forms.infusion import ObservationForm, new_key
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.pages import open_session
from afterglow.apps.treatment.services import charting, infusions
from afterglow.apps.treatment.shown import (
    alarms,
    drug,
    events,
    grid,
    grid_html,
    header,
    trend,
    vitals,
)
from afterglow.apps.treatment.views.asking import (
    REFRESH,
    find_session,
    instant_of,
    is_htmx,
    last_pump_action,
    refused,
    said,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import BEFORE_START, InfusionState, SessionState
from afterglow.db.looks import looking
from afterglow.db.models import StaleRow
from afterglow.web import clock, formats
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words, name_words, sentence_of

PUMP_EVENTS = (
    "infusion-started",
    "rate-changed",
    "infusion-paused",
    "infusion-resumed",
    "infusion-stopped",
    "infusion-stop-explained",
    "pump-agreed",
)
CHART_EVENTS = (
    "event-recorded",
    "event-withdrawn",
    "medicine-given",
    "clinician-changed",
    "emergency-declared",
    "emergency-step-recorded",
    "emergency-ended",
)
READING_EVENTS = (
    "assessment-recorded",
    "assessment-corrected",
    "missed-reading-recorded",
    "reading-marked-artefact",
    "artefact-mark-taken-back",
)

Builder = Callable[[TreatmentSession, datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page: what it shows, and which events make it look again."""

    build: Builder
    events: tuple[str, ...] = field(default=())
    every_s: int = 0

    @property
    def trigger(self) -> str:
        """When htmx fetches it again."""
        heard = [f"live:{name} from:body" for name in self.events]
        if self.every_s:
            heard.append(f"every {self.every_s}s")
        return ", ".join([*heard, f"{REFRESH} from:body"])


PANELS: dict[str, Panel] = {
    "header": Panel(
        lambda session, at: _header(session, at),
        (
            *PUMP_EVENTS,
            *READING_EVENTS,
            "body-mass-recorded",
            "medicine-given",
            "clinician-changed",
        ),
        every_s=30,
    ),
    "alarms": Panel(
        lambda session, at: {"strip": alarms.alarm_strip(session, at=at)}, ("alarms",), every_s=30
    ),
    "numbers": Panel(
        lambda session, at: _numbers(session, at),
        ("alarms", *READING_EVENTS, *PUMP_EVENTS, "medicine-given"),
        every_s=60,
    ),
    "events": Panel(lambda session, at: _events(session), (*PUMP_EVENTS, *CHART_EVENTS)),
    "drug": Panel(
        lambda session, at: {"drug": drug.drug_row(session, at=at)},
        (*PUMP_EVENTS, "medicine-given", "pump-difference-resolved"),
        every_s=15,
    ),
    "told": Panel(lambda session, at: {"told": told(session)}, ("device-notified",)),
    "grid": Panel(
        lambda session, at: _grid(session, at),
        (*READING_EVENTS, *PUMP_EVENTS, "medicine-given"),
        every_s=30,
    ),
    "actions": Panel(lambda session, at: _actions(session), (*PUMP_EVENTS, *CHART_EVENTS)),
}


@visible_when_locked
@login_required
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show one infusion on one screen. Before the start it leads to where the day stands."""
    place = outbox.position()
    row = open_session(request, session)
    at = clock.now()
    infusion = queries.infusion_of(row)
    if infusion is None and row.state in BEFORE_START:
        return redirect("treatment:session", session=session)
    context = {
        "session": row,
        "site": row.site,
        "locked": getattr(request, "screen_locked", False),
        "live_after": str(place),
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
        grid_html.draw(context)
    return render(request, "treatment/infusion.html", context)


@visible_when_locked
@login_required
@require_safe
def panel(request: StaffRequest, session: UUID, name: str) -> HttpResponse:
    """Show one part of the page again."""
    if name not in PANELS:
        raise Http404(f"There is no panel {name!r}.")
    row = find_session(request, session, action=Action.VIEW_CHART)
    context = {
        "session": row,
        "site": row.site,
        "locked": getattr(request, "screen_locked", False),
    }
    with looking():
        context |= PANELS[name].build(row, clock.now())
        grid_html.draw(context)
    return render(request, f"treatment/infusion/_{name}.html", context)


@visible_when_locked
@login_required
@require_safe
def readings(request: StaffRequest, session: UUID) -> JsonResponse:
    """Give the readings after a time, for a screen whose stream is lost."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    at = clock.now()
    since = instant_of(request.GET.get("after", "")) or row.checked_in_at
    found = monitoring.believed_readings(row, since=max(since, row.checked_in_at), until=at)
    return JsonResponse({"now": at.isoformat(), "readings": list(vitals.marks(found))})


@acts_when_locked
@login_required
@require_POST
def stop(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record that the pump was stopped. It asks nothing; why can be said afterwards."""
    at = clock.now()
    outcome = infusions.record_pump_stopped(
        session=session,
        ending=_ending_now(session, at),
        by=request.user,
        at=at,
        key=key_of(request),
    )
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.STOP_INFUSION)
        return refused(request, row, _("Stop"), outcome.decision)
    site = outcome.row.infusion.session.site
    words = _("Pump recorded stopped at %(time)s. Look at the pump itself.") % {
        "time": formats.clock_seconds(outcome.row.at, site)
    }
    words = " ".join([words, *(sentence_of(reason) for reason in outcome.decision)])
    more = reverse("treatment:infusion-explain", args=[session])
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
    return said(request, session, words)


@login_required
@require_POST
def observe(request: StaffRequest, session: UUID) -> HttpResponse:
    """Chart one column of the grid: all of it, or nothing and why."""
    row = find_session(request, session, action=Action.CHART)
    at = clock.now()
    form = _observation_form(row, at, request.POST)
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
            undo = ""
            if outcome.row:
                undo = reverse(
                    "treatment:infusion-undo-entry", args=[session, outcome.row[0].batch]
                )
            return said(request, session, _("Readings charted."), undo=undo)
        decision, status = outcome.decision, 409
    context = {
        "session": row,
        "site": row.site,
        **_grid(row, at),
        "entry": form,
        "decision": decision,
    }
    grid_html.draw(context)
    response = render(request, "treatment/infusion/_grid.html", context, status=status)
    response["HX-Retarget"] = "#panel-grid"
    return response


def _observation_form(session: TreatmentSession, at: datetime, data: Any = None) -> ObservationForm:
    known = assessments.instruments_in_use(tuple(grid.SCALES), at=at)
    return ObservationForm(
        data,
        lines=grid.lines_of(at=at),
        instruments={key: instrument for key, (_row, instrument) in known.items()},
        site=session.site,
        at=at,
    )


def _header(session: TreatmentSession, at: datetime) -> dict[str, Any]:
    return {"header": header.header(session, at=at)}


def _numbers(session: TreatmentSession, at: datetime) -> dict[str, Any]:
    due = monitoring.next_reading_due(session, at=at)
    return {
        "vitals": vitals.vital_cards(session, at=at),
        "due": due,
        "reminders": grid.reminder_words(due),
    }


def _events(session: TreatmentSession) -> dict[str, Any]:
    found = events.entries(session)
    return {"entries": found, "axis_marks": json.dumps(events.axis_marks(found))}


def _grid(session: TreatmentSession, at: datetime) -> dict[str, Any]:
    entry = _observation_form(session, at)
    return {
        "grid": grid.grid(session, at=at),
        "entry": entry,
        "favourites": [(each, new_key()) for each in favourites_of(session.protocol.key).marks],
        "macros": macros_for(session, frozenset(entry.fields), at=at),
    }


def _actions(session: TreatmentSession) -> dict[str, Any]:
    infusion = queries.infusion_of(session)
    emergency = emergency_of(session)
    return {
        "infusion": infusion,
        "is_running": infusion is not None and infusion.state == InfusionState.RUNNING,
        "is_paused": infusion is not None and infusion.state == InfusionState.PAUSED,
        "is_signed": session.state == SessionState.SIGNED,
        "last": last_pump_action(session),
        "emergency": emergency,
        "key": new_key(),
        "second_key": new_key(),
        "third_key": new_key(),
    }


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
