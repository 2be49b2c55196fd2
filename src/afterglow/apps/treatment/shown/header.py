"""Who is treated, with what, and how long it has run: the line at the top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import Infusion, InfusionOrder, PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.pages import patient_card
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import completes_at
from afterglow.core.quantities import Dose
from afterglow.web.cards import PatientCard


@dataclass(frozen=True, slots=True)
class Header:
    """The header. ``runs_since`` is None while the drip is paused or over; ``ran_s`` counts up
    to then. ``ends_at`` is when the bag is empty if nothing changes."""

    patient: PatientCard
    order: InfusionOrder | None
    drawn: Dose | None
    started_at: datetime | None
    ended_at: datetime | None
    is_paused: bool
    runs_since: datetime | None
    ran_s: int
    ends_at: datetime | None
    next_due_at: datetime | None


def header(session: TreatmentSession, *, at: datetime) -> Header:
    """Return the header of a session's infusion screen at ``at``."""
    infusion = queries.infusion_of(session)
    actions = queries.actions_of(infusion) if infusion else ()
    ran, since = ran_for(actions)
    due = monitoring.next_reading_due(session, at=at)
    return Header(
        patient=patient_card(session),
        order=infusion.preparation.order if infusion else queries.order_in_force(session),
        drawn=infusion.preparation.drawn_mg if infusion else None,
        started_at=infusion.started_at if infusion else None,
        ended_at=infusion.ended_at if infusion else None,
        is_paused=bool(actions) and actions[-1].kind == PumpActionKind.PAUSE,
        runs_since=since,
        ran_s=int(ran.total_seconds()),
        ends_at=_empty_at(infusion, actions, at),
        next_due_at=due.due_at if due else None,
    )


def ran_for(actions: Sequence[PumpAction]) -> tuple[timedelta, datetime | None]:
    """Return how long the drip ran in stretches that are over, and since when it runs now."""
    total, since = timedelta(), None
    for action in actions:
        if action.kind in (PumpActionKind.START, PumpActionKind.RESUME):
            since = action.at
        elif action.kind in (PumpActionKind.PAUSE, PumpActionKind.STOP) and since is not None:
            total, since = total + (action.at - since), None
    return total, since


def _empty_at(
    infusion: Infusion | None, actions: Sequence[PumpAction], at: datetime
) -> datetime | None:
    if infusion is None or infusion.ended_at is not None:
        return None
    course = queries.course_of(actions)
    return completes_at(bag_of(infusion.preparation), course, at=at)
