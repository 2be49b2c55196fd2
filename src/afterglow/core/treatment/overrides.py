"""Overrides: who accepted which reason, when, and for which value.

An override is given for the state that was seen. It lapses after the protocol's time, and where a
code binds its value (a pressure of 164) it does not cover another value (186).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from afterglow.core.decisions import Decision, Overrider, Reason, Severity, may_override
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import reason_code
from afterglow.core.treatment.rules import SessionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One override as it was given. ``seen`` is the reason's value at that moment."""

    code: str
    seen: str
    role: Overrider
    at: datetime
    why: str

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise InvalidValue(f"An override of {self.code} needs a reason.")


def covers(override: Override, reason: Reason, *, at: datetime, rules: SessionRules) -> bool:
    """Whether the override lifts this reason at ``at``: right, code, value and time."""
    return (
        override.code == reason.code
        and may_override(override.role, rules.tighten(reason))
        and override.at <= at <= override.at + rules.override_valid
        and (override.seen == reason.seen or not reason_code(reason.code).binds_value)
    )


def apply(
    decision: Decision, overrides: Iterable[Override], *, at: datetime, rules: SessionRules
) -> Decision:
    """Return the decision after the overrides that cover its blockers. NOBODY stays nobody."""
    given = tuple(overrides)
    return Decision(
        tuple(
            replace(reason, overridden=True)
            if reason.severity is Severity.BLOCKER
            and any(covers(each, reason, at=at, rules=rules) for each in given)
            else reason
            for reason in decision
        )
    )
