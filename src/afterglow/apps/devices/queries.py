"""Devices with where they stand and when they were last heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from afterglow.apps.devices.models import Device, DevicePlacement, RawMessage
from afterglow.apps.places.models import Room, Site


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device, its room, and how it is doing."""

    device: Device
    room: Room | None
    last_heard_at: datetime | None
    clock_ahead_s: Decimal | None
    today: date

    @property
    def clock_behind_s(self) -> Decimal | None:
        """Seconds that its clock is behind ours; None when it is not behind."""
        ahead = self.clock_ahead_s
        return -ahead if ahead is not None and ahead < 0 else None

    @property
    def service_is_overdue(self) -> bool:
        """Whether it should have been serviced by today."""
        due = self.device.service_due_on
        return due is not None and due < self.today

    def silent_for(self, at: datetime) -> timedelta | None:
        """How long nothing was heard; None when nothing ever was."""
        return at - self.last_heard_at if self.last_heard_at else None


def devices_of(sites: Sequence[Site], *, at: datetime) -> tuple[DeviceView, ...]:
    """Return the devices of some sites, those in use first, by name."""
    rows = (
        Device.objects.filter(site__in=sites)
        .select_related("site", "status")
        .order_by("-is_active", "site__name", "name")
    )
    rooms = {
        placement.device_id: placement.room
        for placement in DevicePlacement.objects.filter(
            device__site__in=sites, during__contains=at
        ).select_related("room")
    }
    return tuple(_view(row, rooms.get(row.pk), at) for row in rows)


def room_of(device: Device, *, at: datetime) -> Room | None:
    """Return the room a device stands in."""
    placement = (
        DevicePlacement.objects.filter(device=device, during__contains=at)
        .select_related("room")
        .first()
    )
    return placement.room if placement else None


def device_of(device: Device, *, at: datetime) -> DeviceView:
    """Return one device with where it stands and how it is doing."""
    return _view(device, room_of(device, at=at), at)


def lately_heard(device: Device, *, limit: int = 10) -> list[RawMessage]:
    """Return the last messages of a device, newest first, without what they say."""
    return list(
        RawMessage.objects.filter(device=device).order_by("-received_at").defer("content")[:limit]
    )


def _view(device: Device, room: Room | None, at: datetime) -> DeviceView:
    status = getattr(device, "status", None)
    return DeviceView(
        device=device,
        room=room,
        last_heard_at=status.last_heard_at if status else None,
        clock_ahead_s=status.clock_ahead_s if status else None,
        today=device.site.local_date(at),
    )
