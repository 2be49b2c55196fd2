"""Who is with the patient, and whether the sound was tested, for any page of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import template

from afterglow.apps.treatment import coverages, queries
from afterglow.apps.treatment.facts.coverage import PHASE, candidates
from afterglow.apps.treatment.models import Coverage, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.coverage import Candidate
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock

register = template.Library()


@dataclass(frozen=True, slots=True)
class CoverageNow:
    """Who is with a patient. ``row`` None while watched: nobody, since ``nobody_since``."""

    watched: bool
    one_to_one: bool
    row: Coverage | None
    nobody_since: datetime | None


@register.simple_tag
def coverage_now(session: TreatmentSession) -> CoverageNow:
    """Return who is with the patient of a session now."""
    watched = session.state in PHASE
    row = coverages.open_coverage(session) if watched else None
    last = None
    if watched and row is None:
        last = Coverage.objects.filter(session=session).order_by("during").last()
    return CoverageNow(
        watched=watched,
        one_to_one=session.state == "infusing",
        row=row,
        nobody_since=last.during.upper if last else None,
    )


@register.simple_tag
def sound_was_heard(session: TreatmentSession) -> bool:
    """Return whether the last sound test of this session was heard; over sessions need none."""
    last = (
        SessionEvent.objects.filter(session=session, kind=EventKind.SOUND_TEST)
        .order_by("-at", "-pk")
        .first()
    )
    return session.state not in PHASE or (last is not None and bool(last.data.get("heard")))


@register.simple_tag
def who_could_instead(session: TreatmentSession) -> tuple[Candidate, ...]:
    """Return who could watch a session whose clinician has a running infusion; else nobody."""
    if session.clinician_id is None or session.state != SessionState.READY:
        return ()
    if not queries.running_infusions(session.clinician_id):
        return ()
    return candidates(session, at=clock.now())
