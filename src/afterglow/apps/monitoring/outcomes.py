"""What a monitoring service answers when it is not a plain row."""

from __future__ import annotations

from dataclasses import dataclass

from afterglow.core.decisions import Decision


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule said no. Nothing was written but the audit of the refusal."""

    decision: Decision
