"""Who is said to be the second source of a sign: two monitors serve one session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from afterglow.apps.devices.models import DeviceKind
from afterglow.apps.monitoring.lines import oldest_id
from afterglow.apps.monitoring.models import SECOND_CHANNEL, DeviceAssignment, VitalSign
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Source
from afterglow.core.monitoring.technical import DeviceFacts
from afterglow.db import months

# For so long a second source is said to be one after its last word.
SECOND_FOR = timedelta(minutes=1)


def note_second_sources(
    found: dict[int, list[DeviceFacts]], serving: Iterable[DeviceAssignment], at: datetime
) -> None:
    """Say which device gives a sign that another one is charted for."""
    monitors: dict[int, list[DeviceAssignment]] = defaultdict(list)
    for row in serving:
        if row.device.kind == DeviceKind.MONITOR:
            monitors[row.session_id].append(row)
    for session in [key for key, rows in monitors.items() if len(rows) > 1]:
        kept = dict(
            VitalSign.objects.filter(
                months.since(oldest_id([session])),
                session=session,
                # The whole of the index by line: the flag alone is looked for in every row.
                source=Source.DEVICE,
                code__in=list(VitalSignCode),
                flag=SECOND_CHANNEL,
                taken_at__gt=at - SECOND_FOR,
                taken_at__lte=at,
            )
            .order_by("-taken_at", "-pk")
            .values_list("code", "device_id")
        )
        found[session] = [
            replace(
                device,
                second_for=tuple(
                    (code, device.expected_since)
                    for code, of in sorted(kept.items())
                    if of == device.key
                ),
            )
            for device in found[session]
        ]
