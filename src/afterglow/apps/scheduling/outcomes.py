"""What the services of scheduling give back."""

from __future__ import annotations

from dataclasses import dataclass, field

from afterglow.apps.scheduling.models import Appointment
from afterglow.core.decisions import Decision


@dataclass(frozen=True, slots=True)
class Booked:
    """The appointment stands; ``decision`` holds the cautions that were seen."""

    appointment: Appointment
    decision: Decision = field(default_factory=Decision)


@dataclass(frozen=True, slots=True)
class NotBooked:
    """Nothing was saved. Blockers cannot be passed; cautions only need to be seen."""

    decision: Decision

    @property
    def needs_a_look(self) -> bool:
        """Whether the same again with ``cautions_seen`` would stand."""
        return not self.decision.blockers
