"""Who is with the patient, and whether the sound was tested, for any page of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import template

from afterglow.apps.monitoring import extension
from afterglow.apps.monitoring.protocol import rules_of as monitoring_rules
from afterglow.apps.treatment import coverages, queries
from afterglow.apps.treatment.facts.coverage import PHASE, candidates
from afterglow.apps.treatment.models import Coverage, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.presence import Question, question
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
    question: Question | None = None
    """What the room asks about whoever is on record; None while nothing speaks against it."""

    @property
    def unanswered(self) -> bool:
        """Whether the question waited too long: the room counts as empty."""
        return self.question is not None and self.question.answer_by <= clock.now()


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
        question=_question(session) if row else None,
    )


def _question(session: TreatmentSession) -> Question | None:
    at = clock.now()
    known = extension.presence_of([session.pk], at).get(session.pk)
    rules = monitoring_rules(session).technical.presence
    return question(known, rules, at=at) if known else None


@register.simple_tag
def screens_that_were_heard(session: TreatmentSession) -> str:
    """Return the names of the screens whose last sound test in this session was heard.

    A screen's name is one that its browser made up; the page's script knows its own. One that was
    never tested here, or not heard, asks for its test.
    """
    tests = SessionEvent.objects.filter(session=session, kind=EventKind.SOUND_TEST)
    last = {
        str(test.data.get("screen", "")): bool(test.data.get("heard"))
        for test in tests.order_by("at", "pk")
    }
    return " ".join(sorted(name for name, heard in last.items() if heard and name))


@register.simple_tag
def needs_no_sound_test(session: TreatmentSession) -> bool:
    """Whether nobody is watched any more, so that no screen is to sound."""
    return session.state not in PHASE


@register.simple_tag
def who_could_instead(session: TreatmentSession) -> tuple[Candidate, ...]:
    """Return who could watch a session whose clinician has a running infusion; else nobody."""
    if session.clinician_id is None or session.state != SessionState.READY:
        return ()
    if not queries.running_infusions(session.clinician_id):
        return ()
    return candidates(session, at=clock.now())
