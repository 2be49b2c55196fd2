"""What the page of a device shows of monitoring: whom it served and what it told, no names."""

from __future__ import annotations

from afterglow.apps.devices.extension import History, HistoryLine
from afterglow.apps.devices.models import Device
from afterglow.apps.monitoring.models import (
    DeviceAssignment,
    DeviceNotification,
    ReviewItem,
    ReviewState,
)

LINES = 20


def history(device: Device) -> History:
    """Return a device's assignments, its last alarms and events, and what of it waits."""
    rows = DeviceAssignment.objects.filter(device=device).select_related("session__room")
    told = DeviceNotification.objects.filter(device=device).order_by("-pk")[:LINES]
    return History(
        lines=tuple(
            HistoryLine(
                row.during.lower,
                row.during.upper,
                row.session.room.name if row.session.room else "–",
                row.release_reason,
            )
            for row in rows.order_by("-pk")[:LINES]
        ),
        waiting=ReviewItem.objects.filter(message__device=device, state=ReviewState.OPEN).count(),
        told=tuple(
            (row.at, " ".join(filter(None, (row.event, row.about, row.seen, row.phase))))
            for row in told
        ),
    )
