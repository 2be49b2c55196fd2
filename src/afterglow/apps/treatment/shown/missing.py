"""What an observation still lacks, in the reader's words."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.limits import sign_name
from afterglow.core.monitoring.schedule import Slot
from afterglow.web.sentences import name_words


def slot_words(slot: Slot) -> str:
    """Return what a slot lacks: "MOAA/S", or "heart rate or pulse rate, MOAA/S"."""
    groups = (" / ".join(name_words(sign_name(s)) for s in g.split("/")) for g in slot.lacking)
    return ", ".join(groups)


def lacking_words(session: TreatmentSession, due: datetime | None, *, at: datetime) -> str:
    """Return what was not taken of the observation that was due then; nothing for another time."""
    slots = monitoring.schedule(session, at=at)
    slot = next((each for each in slots if each.due_at == due), None)
    return slot_words(slot) if slot else ""
