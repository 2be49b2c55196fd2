"""Two devices that measure the same sign at once: one is the sign, the other is kept beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from afterglow.apps.devices.models import DeviceKind
from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.models import SECOND_CHANNEL, VitalSign
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.readings import Source

_TWO_MONITORS = """
SELECT a.session_id FROM monitoring_deviceassignment a JOIN devices_device d ON d.id = a.device_id
WHERE a.session_id = ANY(%s::bigint[]) AND a.during @> %s::timestamptz AND d.kind = %s
GROUP BY a.session_id HAVING count(*) > 1
"""


def keep_sources_apart(
    signs: Sequence[VitalSign],
    sessions: Mapping[int, TreatmentSession],
    *,
    shared: Collection[int],
) -> None:
    """Flag what a second monitor says of a sign that another one already gives.

    ``shared`` are the sessions that two monitors serve.
    Whoever gave the sign first goes on giving it, until nothing usable came from it for as long as
    the protocol calls a lost signal; then the other takes over. Two devices never make one line.
    """
    ours = [row for row in signs if row.session_id in shared and not row.flag]
    if not ours:
        return
    until = max(row.taken_at for row in ours)
    speaks: dict[tuple[int, str], tuple[int | None, datetime]] = {
        (found.line.session, found.line.code): (found.device, found.taken_at)
        for found in lines.last_of(
            lines.every_line(sorted(shared), until=until, sources=(Source.DEVICE,))
        )
    }
    for row in sorted(ours, key=lambda one: one.taken_at):
        allowed = rules_of(sessions[row.session_id]).technical.signal_lost_after.get(row.code)
        if allowed is None:
            continue
        line = (row.session_id, str(row.code))
        device, last = speaks.get(line, (row.device_id, row.taken_at))
        if device != row.device_id and row.taken_at - last <= allowed:
            row.flag = SECOND_CHANNEL
        else:
            speaks[line] = (row.device_id, max(last, row.taken_at))


def with_two_monitors(sessions: Iterable[int], at: datetime) -> tuple[str, Sequence[Any]]:
    """Return what asks which of some sessions two monitors or more serve at ``at``."""
    return _TWO_MONITORS, [sorted(set(sessions)), at, DeviceKind.MONITOR.value]
