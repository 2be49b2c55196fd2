"""What devices told of a session beside its readings: secondary notifications, never primary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from afterglow.apps.monitoring.models import DeviceNotification, NotificationKind
from afterglow.apps.monitoring.models.chartings import notifications_taken_back
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.technical import event_words

LINES = 8


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm or event of a device, in words. ``is_over``: the device said that it has ended."""

    at: datetime
    device: str
    words: str
    is_alarm: bool
    is_over: bool


def told(session: TreatmentSession, *, lines: int = LINES) -> tuple[Told, ...]:
    """Return what devices told last of a session, the newest first: alarms and pump events."""
    rows = (
        DeviceNotification.objects.filter(session=session)
        .exclude(pk__in=notifications_taken_back([session.pk]))
        .select_related("device")
        .order_by("-at", "-pk")[:lines]
    )
    return tuple(
        Told(
            row.at,
            row.device.name,
            ", ".join(filter(None, (_words(row.event), _words(row.about), row.seen))),
            row.kind == NotificationKind.ALARM,
            row.is_over,
        )
        for row in rows
    )


def _words(refid: str) -> str:
    return event_words(refid) if refid else ""
