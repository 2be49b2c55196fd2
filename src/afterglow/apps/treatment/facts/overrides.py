"""Overrides given in a session, applied to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from afterglow.apps.treatment.models import Override
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider, Reason, Severity, may_override
from afterglow.core.reason_codes import reason_code

SEEN_KEPT = 80
"""How much of the value seen an override's row keeps."""
BEFORE_THE_START = ("readiness", "draw")
"""Two gates of one road: what was accepted for one is accepted for the other, while it holds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An override that was given, and until when it holds."""

    override: Override
    until: datetime
    lapsed: bool


def overrides_given(session: TreatmentSession, *, gate: str, at: datetime) -> Sequence[Standing]:
    """Return the overrides of a gate, newest first, each with the time it lapses."""
    valid = rules_of(session.protocol_id).session.override_valid
    gates = BEFORE_THE_START if gate in BEFORE_THE_START else (gate,)
    rows = (
        Override.objects.filter(session=session, gate__in=gates, at__lte=at)
        .select_related("by")
        .order_by("-at", "-pk")
    )
    return [Standing(row, row.at + valid, lapsed=at - row.at > valid) for row in rows]


def apply_overrides(
    decision: Decision, session: TreatmentSession, *, gate: str, at: datetime
) -> Decision:
    """Return the decision after the overrides in force for this gate.

    An override fades with the protocol's time, and where its code binds the value it holds only
    for the value that was seen when it was given: a pressure of 164 is not one of 186.
    """
    given = [
        each.override for each in overrides_given(session, gate=gate, at=at) if not each.lapsed
    ]
    return Decision(
        tuple(
            replace(reason, overridden=True)
            if reason.severity is Severity.BLOCKER and any(_covers(row, reason) for row in given)
            else reason
            for reason in decision
        )
    )


def _covers(row: Override, reason: Reason) -> bool:
    if row.code != reason.code or not may_override(Overrider(row.role), reason):
        return False
    return not reason_code(row.code).binds_value or row.seen == reason.seen[:SEEN_KEPT]
