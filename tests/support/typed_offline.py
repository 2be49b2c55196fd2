"""Entries as a tablet without a connection keeps them, and their way to the server."""

from __future__ import annotations

import uuid
from typing import Any

from afterglow.apps.treatment.models import OfflineEntry
from afterglow.apps.treatment.services import offline
from support.infusion_day import Day

TABLET = uuid.UUID(int=99)


def typed(day: Day, minute: float, kind: str, /, **body: Any) -> offline.Typed:
    """Return one entry of the day's clinician, typed so many minutes after the start."""
    return offline.Typed(
        key=uuid.uuid4(),
        kind=kind,
        body=body,
        happened_at=day.minute(minute),
        typed_by=day.clinician.public_id,
    )


def pressure(day: Day, minute: float, systolic: int = 131) -> offline.Typed:
    """Return a set of readings."""
    values = {"systolic": str(systolic), "diastolic": "80", "spo2": "97"}
    return typed(day, minute, "readings", readings=values, scales={"moaas": {"response": 5}})


def sent(day: Day, *entries: offline.Typed, minute: float = 20) -> list[OfflineEntry]:
    """Send entries by the second clinician's sign-in; return what the server kept of each."""
    kept = offline.take_in(
        session=day.id, tablet=TABLET, entries=entries, by=day.second, at=day.minute(minute)
    )
    return list(kept.values())
