"""What a treatment service returns. A refusal is a value, on record with all its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from afterglow.core.decisions import Decision, Overrider, Reason, Severity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """It is done (or was, by an earlier call with the same key). ``decision`` may hold cautions."""

    row: T
    decision: Decision
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It was refused, and the refusal is on record."""

    decision: Decision


def as_json(decision: Decision) -> list[dict[str, Any]]:
    """Return a decision's reasons as the record keeps them."""
    return [
        {
            "code": reason.code,
            "severity": str(reason.severity),
            "sentence": reason.sentence,
            "seen": reason.seen,
            "limit": reason.limit,
            "overridable_by": str(reason.overridable_by),
            "overridden": reason.overridden,
            **({"facts": dict(reason.facts)} if reason.facts else {}),
        }
        for reason in decision
    ]


def from_json(reasons: Iterable[Mapping[str, Any]], *, overridden: bool) -> Decision:
    """Return the decision that :func:`as_json` kept, with the overrides of that time or without."""
    return Decision.from_reasons(
        Reason(
            code=row["code"],
            severity=Severity(row["severity"]),
            sentence=row["sentence"],
            seen=row["seen"],
            limit=row["limit"],
            overridable_by=Overrider(row["overridable_by"]),
            overridden=overridden and row["overridden"],
            facts=tuple(row.get("facts", {}).items()),
        )
        for row in reasons
    )
