"""What the rows of messages are compared with before they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from afterglow.apps.devices.models import RawMessage
from afterglow.apps.monitoring.models import DeviceAssignment, NoValue, VitalSign
from afterglow.apps.monitoring.services import charting
from afterglow.apps.monitoring.services.channels import channels_of
from afterglow.apps.monitoring.services.no_values import open_no_values, row_of
from afterglow.apps.monitoring.services.sources import with_two_monitors
from afterglow.core.errors import AfterglowError
from afterglow.db import months
from afterglow.db.copying import next_keys
from afterglow.db.pipelines import rows_of
from afterglow.web import clock

_STORED = f"""
SELECT v.session_id, v.device_id, v.code, v.taken_at, v.value FROM monitoring_vitalsign v
WHERE v.session_id = ANY(%s::bigint[]) AND v.source = 'device' AND v.code = ANY(%s::text[])
  AND v.taken_at = ANY(%s::timestamptz[]) AND {months.bound("v")}
"""  # noqa: S608 (constants)

_SERVING = """
SELECT id, lower(during), upper(during) FROM monitoring_deviceassignment
WHERE id = ANY(%s::bigint[]) ORDER BY id
"""

Identity = tuple[int, int | None, str, datetime, Decimal]
"""What makes two readings of a device the same: session, device, sign, device time and value."""


class AssignmentsMoved(AfterglowError):
    """A device was released while its messages waited for the session: they are read anew."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the rows of some messages are compared with before they are written.

    ``stored``: readings that are there already. ``shared``: sessions that two monitors serve.
    ``channels``: which probe of a device gives each sign. ``without_value``: the stretches without
    a value that are open. ``keys``: numbers for the messages that are to be stored.
    """

    stored: frozenset[Identity]
    shared: frozenset[int]
    channels: Mapping[charting.SignOf, str]
    without_value: tuple[NoValue, ...]
    keys: tuple[int, ...] = ()


def asked_before(
    outcomes: Sequence[charting.Charted],
    served: Iterable[DeviceAssignment] = (),
    *,
    to_store: int = 0,
) -> Before:
    """Ask all of it in one trip; the caller has locked the sessions.

    ``served``: the assignments by which it was decided whose readings they are, read before the
    lock. Whoever ends one holds its session's lock, so they are looked at once more: raises
    AssignmentsMoved where one has changed since.
    """
    known = {row.pk: (row.during.lower, row.during.upper) for row in served}
    signs = [row for charted in outcomes for row in charted.vital_signs]
    lacks = any(charted.had or charted.lacked for charted in outcomes)
    asked: list[tuple[str, Sequence[Any]]] = []
    if signs:
        at = max(row.arrived_at for row in signs)
        reached = {row.session_id for row in signs}
        asked = [_same_again(signs), with_two_monitors(reached, at), channels_of(reached)]
    if lacks:
        asked.append(open_no_values(outcomes))
    if to_store:
        asked.append(next_keys(RawMessage, to_store))
    if known:
        asked.append((_SERVING, [sorted(known)]))
    found = rows_of(*asked) if asked else []
    if known and {row[0]: (row[1], row[2]) for row in found.pop()} != known:
        raise AssignmentsMoved("A device was released meanwhile.")
    keys = tuple(row[0] for row in found.pop()) if to_store else ()
    stored, shared, channels = found[:3] if signs else ([], [], [])
    return Before(
        frozenset(stored),
        frozenset(row[0] for row in shared),
        {charting.SignOf(*sign): channel for *sign, channel in channels},
        tuple(map(row_of, found[-1] if lacks else ())),
        keys,
    )


def _same_again(rows: Sequence[VitalSign]) -> tuple[str, Sequence[Any]]:
    """Return what asks for stored readings that some new ones may only repeat."""
    times = {row.taken_at for row in rows}
    return _STORED, [
        sorted({row.session_id for row in rows}),
        sorted({str(row.code) for row in rows}),
        sorted(times),
        months.stored_since(min(times), now=clock.now()),
    ]


def new_readings(rows: Sequence[VitalSign], stored: Collection[Identity]) -> list[VitalSign]:
    """Drop what a monitor only said again: same sign, device, device time and value.

    A monitor repeats its last cuff pressure, with its time, in every message until the next one.
    """
    seen = set(stored)
    kept = []
    for row in rows:
        identity = (row.session_id, row.device_id, row.code, row.taken_at, row.value)
        if identity not in seen:
            seen.add(identity)
            kept.append(row)
    return kept
