"""Ask a rule list about a session, overrides applied. Pages and services ask the same."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.treatment.facts.overrides import apply_overrides
from afterglow.apps.treatment.facts.readiness import readiness as readiness_facts
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.treatment import readiness

READINESS = "readiness"


def readiness_decision(session: TreatmentSession, *, at: datetime) -> Decision:
    """Decide whether the infusion may start now, with every reason, overrides applied."""
    rules = rules_of(session.protocol_id).session
    raw = readiness.assess(readiness_facts(session, at=at), rules)
    return apply_overrides(raw, session, gate=READINESS, at=at)


def decision_at(session: TreatmentSession, gate: str, *, at: datetime) -> Decision:
    """Decide one gate by name: ``readiness``."""
    if gate == READINESS:
        return readiness_decision(session, at=at)
    raise ValueError(f"{gate!r} is not a gate.")
