"""What a treatment service returns. A refusal is a value, on record with all its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from afterglow.core.decisions import Decision

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
