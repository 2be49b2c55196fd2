"""Overrides given in a session, applied to a decision."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.treatment.models import Override
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider
from afterglow.core.reason_codes import reason_code


def apply_overrides(
    decision: Decision, session: TreatmentSession, *, gate: str, at: datetime
) -> Decision:
    """Return the decision after the overrides in force for this gate.

    An override fades with the protocol's time, and where its code binds the value it holds only
    for the value that was seen when it was given: a pressure of 164 is not one of 186.
    """
    valid = rules_of(session.protocol_id).session.override_valid
    given: dict[str, Overrider] = {}
    seen = {reason.code: reason.seen for reason in decision.blockers}
    for row in Override.objects.filter(session=session, gate=gate, at__lte=at).order_by("at"):
        if at - row.at > valid:
            continue
        if reason_code(row.code).binds_value and row.seen != seen.get(row.code):
            continue
        given[row.code] = Overrider(row.role)
    return decision.overriding(given)
