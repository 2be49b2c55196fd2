"""Ask a rule list about a session, overrides applied. Pages and services ask the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring import facts as monitoring_facts
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.facts.discharge import discharge as discharge_facts
from afterglow.apps.treatment.facts.overrides import apply_overrides
from afterglow.apps.treatment.facts.readiness import readiness as readiness_facts
from afterglow.apps.treatment.facts.sign import sign as sign_facts
from afterglow.apps.treatment.outcomes import from_json
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.treatment import discharge, readiness, sign
from afterglow.core.treatment.endings import SessionEnding

READINESS = "readiness"
DRAW = "draw"
DISCHARGE = "discharge"
SIGN = "sign"


def readiness_decision(session: TreatmentSession, *, at: datetime) -> Decision:
    """Decide whether the infusion may start now, with every reason, overrides applied."""
    rules = rules_of(session.protocol_id).session
    raw = readiness.assess(readiness_facts(session, at=at), rules)
    return apply_overrides(raw, session, gate=READINESS, at=at)


def draw_decision(session: TreatmentSession, *, at: datetime) -> Decision:
    """Decide the draw as it was last refused, overrides applied.

    A draw is judged on what somebody holds in their hands, so there is nothing to judge before an
    attempt; an attempt older than an override may live is history.
    """
    last = session.refusals.filter(attempted="prepare", at__lte=at).order_by("-at", "-pk").first()
    valid = rules_of(session.protocol_id).session.override_valid
    if last is None or at - last.at > valid:
        return Decision()
    return apply_overrides(from_json(last.reasons, overridden=False), session, gate=DRAW, at=at)


def discharge_decision(
    session: TreatmentSession,
    *,
    ending: SessionEnding,
    at: datetime,
    fields: Mapping[str, Any] | None = None,
    agreed_by: Account | None = None,
) -> Decision:
    """Decide whether the session may end now in the way named, overrides applied.

    ``agreed_by`` is who decides the ending, or the prescriber who signed in for it beside them.
    """
    facts = discharge_facts(session, ending=ending, fields=fields or {}, at=at, agreed_by=agreed_by)
    raw = discharge.assess(facts, rules_of(session.protocol_id).session)
    return apply_overrides(raw, session, gate=DISCHARGE, at=at)


def sign_decision(session: TreatmentSession, *, at: datetime) -> Decision:
    """Decide whether the record may be signed now, overrides applied."""
    unread = len(monitoring_facts.owed_reasons(monitoring_facts.schedule(session, at)))
    facts = sign_facts(session, slots_unread=unread, at=at)
    raw = sign.assess(facts, rules_of(session.protocol_id).session)
    return apply_overrides(raw, session, gate=SIGN, at=at)


def decision_at(session: TreatmentSession, gate: str, *, at: datetime) -> Decision:
    """Decide one gate by name. Discharge is judged as going home."""
    if gate == READINESS:
        return readiness_decision(session, at=at)
    if gate == DRAW:
        return draw_decision(session, at=at)
    if gate == DISCHARGE:
        return discharge_decision(session, ending=queries.way_home(session), at=at)
    if gate == SIGN:
        return sign_decision(session, at=at)
    raise ValueError(f"{gate!r} is not a gate.")
