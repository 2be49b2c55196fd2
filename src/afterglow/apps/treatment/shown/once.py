"""A refusal says each thing once: two rule lists may have found the same."""

from __future__ import annotations

from collections.abc import Mapping

from afterglow.core.decisions import Decision, Overrider

_SAID_BY: Mapping[str, frozenset[str]] = {
    "STRENGTH_MISMATCH": frozenset({"STRENGTH_DIFFERS", "STRENGTH_TENFOLD"}),
    "WEIGHT_MAY_BE_POUNDS": frozenset({"WEIGHT_NEEDS_SECOND_READING"}),
}
"""What is left out where one of the others says it. The record keeps every one."""


def said_once(decision: Decision) -> Decision:
    """Return the decision without what another of its reasons already says. It decides the same."""
    codes = set(decision.codes)
    return Decision(tuple(r for r in decision if not _SAID_BY.get(r.code, frozenset()) & codes))


def may_be_overridden(decision: Decision) -> bool:
    """Whether overriding would lift everything that stops: one that nobody may lift stays."""
    stops = decision.blockers
    return bool(stops) and all(r.overridable_by is not Overrider.NOBODY for r in stops)
