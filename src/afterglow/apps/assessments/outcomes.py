"""What recording an assessment returns."""

from __future__ import annotations

from dataclasses import dataclass

from afterglow.apps.assessments.models import Assessment
from afterglow.core.decisions import Decision, Reason


@dataclass(frozen=True, slots=True)
class Recorded:
    """It is on record. ``safety`` holds what a person must act on at once."""

    row: Assessment
    safety: tuple[Reason, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written but the audit of the refusal."""

    decision: Decision
