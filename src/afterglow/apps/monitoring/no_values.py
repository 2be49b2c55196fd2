"""Which signs have no value now, by what the devices of a session say themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from afterglow.apps.devices.models import DeviceKind
from afterglow.apps.monitoring.models import DeviceAssignment, NoValue
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.limits import plain
from afterglow.core.monitoring.technical import DeviceFacts

Signals = Mapping[int, Sequence[tuple[str, datetime | None]]]


def note_no_values(
    found: dict[int, list[DeviceFacts]], serving: Iterable[DeviceAssignment], signals: Signals
) -> None:
    """Say which device has no value for a sign that it gave before.

    A sign that never had one in the session has no probe on: a set that is due asks for it. One
    that another device gives meanwhile has a value.
    """
    names = {
        (row.session_id, row.device_id): row.device.name
        for row in serving
        if row.device.kind == DeviceKind.MONITOR
    }
    if not names:
        return
    last = {
        (session, sign): at
        for session, of_one in signals.items()
        for sign, at in of_one
        if at is not None
    }
    rows = NoValue.objects.filter(session_id__in={session for session, _ in names}, until=None)
    for row in rows.order_by("pk"):
        name, had = names.get((row.session_id, row.device_id)), last.get((row.session_id, row.code))
        if name is None or had is None or had > row.since:
            continue
        devices = found[row.session_id]
        found[row.session_id] = [_noted(d, row) if d.name == name else d for d in devices]


def _noted(device: DeviceFacts, row: NoValue) -> DeviceFacts:
    sign = VitalSignCode(row.code)
    if row.seen is None or row.settled_at is not None:
        return replace(device, probes_off=(*device.probes_off, (sign, row.since)))
    seen = f"{plain(row.seen)} {definition(sign).shown_unit}"
    return replace(device, unclear=(*device.unclear, (sign, row.since, seen)))
