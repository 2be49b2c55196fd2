"""Which signs have no value now, by what the devices of a session say themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from afterglow.apps.devices.models import DeviceKind
from afterglow.apps.monitoring.models import DeviceAssignment, NoValue
from afterglow.apps.monitoring.windows import Signal
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.limits import plain
from afterglow.core.monitoring.technical import DeviceFacts


def with_no_values(
    found: dict[int, list[DeviceFacts]],
    serving: Iterable[DeviceAssignment],
    signals: Mapping[int, Sequence[Signal]],
) -> None:
    """Say which device has no value for a sign that it gave before.

    A sign that never had one in the session has no probe on: a set that is due asks for it. One
    that another device gives meanwhile has a value: it came after the word by either clock, so
    that a clock that was set back hides nothing.
    """
    serves = {
        (row.session_id, row.device_id) for row in serving if row.device.kind == DeviceKind.MONITOR
    }
    if not serves:
        return
    last = {(session, each.code): each.taken_at for session, had in signals.items() for each in had}
    rows = NoValue.objects.filter(session_id__in={session for session, _ in serves}, until=None)
    for row in rows.order_by("pk"):
        had = last.get((row.session_id, row.code))
        if (row.session_id, row.device_id) not in serves or had is None:
            continue
        if had > max(row.since, row.told_at):
            continue
        devices = found[row.session_id]
        found[row.session_id] = [_noted(d, row) if d.key == row.device_id else d for d in devices]


def _noted(device: DeviceFacts, row: NoValue) -> DeviceFacts:
    """The device with a sign that has no value, from when that arrived here."""
    sign = VitalSignCode(row.code)
    if row.seen is None or row.settled_at is not None:
        return replace(device, probes_off=(*device.probes_off, (sign, row.told_at)))
    seen = f"{plain(row.seen)} {definition(sign).shown_unit}"
    return replace(device, unclear=(*device.unclear, (sign, row.told_at, seen)))
