"""Which definition holds at a moment, and whether a director approved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterglow.apps.definitions.models import (
    ApprovalAct,
    Definition,
    DefinitionApproval,
    DefinitionKind,
)
from afterglow.core.cited import Cited, leaves


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a version stands at a moment."""

    approved: bool = False
    retired: bool = False
    approval: DefinitionApproval | None = None

    @property
    def proposed(self) -> bool:
        """Neither approved nor retired: usable, and shown as "proposed, not approved"."""
        return not (self.approved or self.retired)


def standing(definition: Definition, at: datetime) -> Standing:
    """Return where a version stands: the last act in effect at ``at`` decides."""
    last = (
        definition.approvals.filter(at__lte=at, effective_from__lte=at)
        .order_by("-effective_from", "-pk")
        .first()
    )
    if last is None:
        return Standing()
    if last.act == ApprovalAct.RETIRED:
        return Standing(retired=True, approval=last)
    ended = last.effective_to is not None and last.effective_to <= at
    return Standing(approved=not ended, retired=ended, approval=last)


def is_approved(definition: Definition, at: datetime) -> bool:
    """Whether a medical director's approval of this version is in effect at ``at``."""
    return standing(definition, at).approved


def in_force(kind: DefinitionKind, key: str, at: datetime) -> Definition | None:
    """Return the version to use at ``at``: the newest approved one, else the newest proposed one.

    None when no version exists or all are retired. A version not yet created at ``at`` is not
    looked at.
    """
    proposed: Definition | None = None
    versions = Definition.objects.filter(kind=kind, key=key, created_at__lte=at)
    for version in versions.order_by("-version"):
        now = standing(version, at)
        if now.approved:
            return version
        if now.proposed and proposed is None:
            proposed = version
    return proposed


@dataclass(frozen=True, slots=True)
class DefinitionLine:
    """One line of the definitions page."""

    definition: Definition
    standing: Standing
    unconfirmed: int
    total: int


def all_definitions(at: datetime) -> list[DefinitionLine]:
    """Return every version of every definition with where it stands, newest version first."""
    lines = []
    for definition in Definition.objects.order_by("kind", "key", "-version"):
        cited = cited_leaves(definition)
        lines.append(
            DefinitionLine(
                definition,
                standing(definition, at),
                sum(leaf.status.needs_approval for leaf in cited),
                len(cited),
            )
        )
    return lines


def cited_leaves(definition: Definition) -> list[Cited]:
    """Return every cited leaf of a definition, in order."""
    return list(leaves(definition.body))
