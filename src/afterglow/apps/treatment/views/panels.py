"""The panels of the infusion page: what each shows, and what makes it look again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from afterglow.apps.assessments import queries as assessments
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.told import told
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.favourites import favourites_for, macros_for
from afterglow.apps.treatment.forms.infusion import ObservationForm, new_key
from afterglow.apps.treatment.shown import alarms, drug, events, grid, header, vitals
from afterglow.apps.treatment.views.asking import READINGS, REFRESH, last_pump_action
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.lifecycles import InfusionState, SessionState

PUMP_EVENTS = (
    "infusion-started",
    "rate-changed",
    "infusion-paused",
    "infusion-resumed",
    "infusion-stopped",
    "infusion-stop-explained",
    "pump-agreed",
    "pump-agreement-taken-back",
    "pump-entry-taken-back",
    "charting-taken-back",
)
CHART_EVENTS = (
    "event-recorded",
    "event-withdrawn",
    "medicine-given",
    "medicine-taken-back",
    "clinician-changed",
    "presence-confirmed",
    "emergency-declared",
    "emergency-step-recorded",
    "emergency-ended",
)
READING_EVENTS = (
    "assessment-recorded",
    "assessment-corrected",
    "assessment-taken-back",
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
    shows_readings: bool = False

    @property
    def trigger(self) -> str:
        """When htmx fetches it again."""
        heard = [f"live:{name} from:body" for name in self.events]
        if self.every_s:
            heard.append(f"every {self.every_s}s")
        if self.shows_readings:
            heard.append(f"{READINGS} from:body")
        return ", ".join([*heard, f"{REFRESH} from:body"])


PANELS: dict[str, Panel] = {
    "header": Panel(
        lambda session, at: _header(session, at),
        (
            *PUMP_EVENTS,
            *READING_EVENTS,
            "body-mass-recorded",
            "medicine-given",
            "medicine-taken-back",
            "clinician-changed",
            "presence-confirmed",
            "alarms",
        ),
        every_s=30,
        shows_readings=True,
    ),
    "alarms": Panel(
        lambda session, at: {"strip": alarms.alarm_strip(session, at=at)}, ("alarms",), every_s=30
    ),
    "numbers": Panel(
        lambda session, at: _numbers(session, at),
        ("alarms", *READING_EVENTS, *PUMP_EVENTS, "medicine-given", "medicine-taken-back"),
        every_s=60,
        shows_readings=True,
    ),
    "events": Panel(lambda session, at: _events(session), (*PUMP_EVENTS, *CHART_EVENTS)),
    "drug": Panel(
        lambda session, at: {
            "drug": drug.drug_row(session, at=at),
            "urgent_unsettled": drug.urgent_unsettled(session),
        },
        (
            *PUMP_EVENTS,
            "medicine-given",
            "medicine-taken-back",
            "pump-difference-resolved",
            "offline-entry-taken-in",
            "offline-entry-settled",
        ),
        every_s=15,
    ),
    "told": Panel(lambda session, at: {"told": told(session)}, ("device-notified",)),
    "grid": Panel(
        lambda session, at: grid_parts(session, at),
        (*READING_EVENTS, *PUMP_EVENTS, "medicine-given", "medicine-taken-back"),
        every_s=30,
        shows_readings=True,
    ),
    "actions": Panel(lambda session, at: _actions(session), (*PUMP_EVENTS, *CHART_EVENTS)),
}


def observation_form(session: TreatmentSession, at: datetime, data: Any = None) -> ObservationForm:
    """Return the open column's form: a field for each sign and each scale in use."""
    known = assessments.instruments_in_use(tuple(grid.SCALES), at=at)
    return ObservationForm(
        data,
        lines=grid.lines_of(at=at),
        instruments={key: instrument for key, (_row, instrument) in known.items()},
        site=session.site,
        at=at,
        since=session.checked_in_at,
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
    return _shown_events(events.entries(session))


def _shown_events(found: tuple[events.Entry, ...]) -> dict[str, Any]:
    marks = json.dumps(events.axis_marks(found), cls=DjangoJSONEncoder)
    return {"entries": found, "axis_marks": marks}


def hide_free_words(context: dict[str, Any]) -> None:
    """Take what people typed out of what a locked, signed-out or kept screen is drawn from."""
    if (context["locked"] or context["signed_out"]) and "entries" in context:
        context |= _shown_events(events.as_locked(context["entries"]))


def grid_parts(session: TreatmentSession, at: datetime) -> dict[str, Any]:
    """Return what the grid is drawn from."""
    entry = observation_form(session, at)
    return {
        "grid": grid.grid(session, at=at),
        "entry": entry,
        "favourites": [(each, new_key()) for each in favourites_for(session.protocol).marks],
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
        "fourth_key": new_key(),
    }
