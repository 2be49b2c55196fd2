"""One believed reading from each of many lines, in one query.

A line is one sign of one session from one source. Device readings come every second, so nothing
that is asked often may read them all: every question here is an index probe a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from afterglow.core.monitoring.catalogue import BLOOD_PRESSURE, VitalSignCode
from afterglow.core.monitoring.readings import Reading, Source
from afterglow.db import months
from afterglow.db.looks import read_once

STORED_SINCE = months.bound("v")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Line(NamedTuple):
    """Which line, and the stretch of device time to look in: ``since`` included, ``until`` not."""

    session: int
    source: str
    code: str
    since: datetime
    until: datetime


class Found(NamedTuple):
    """One reading that is neither flagged nor marked as an artefact."""

    line: Line
    pk: int
    value: Decimal
    unit: str
    taken_at: datetime
    arrived_at: datetime
    device: int | None
    by: int | None
    batch: UUID

    @property
    def reading(self) -> Reading:
        """The reading as rules want it."""
        source = Source(self.line.source)
        entered_at = self.arrived_at if source is Source.HAND else None
        return Reading(self.line.code, self.value, self.taken_at, source, entered_at=entered_at)


# Whether the last mark on a reading says that it is an artefact.
MARKED = (
    "COALESCE((SELECT m.is_artefact FROM monitoring_artefactmark m WHERE m.vital_sign_id = v.id "
    "ORDER BY m.at DESC, m.id DESC LIMIT 1), FALSE)"
)

_SQL = """
SELECT w.n, v.id, v.value, v.unit, v.taken_at, v.arrived_at, v.device_id, v.by_id,
       v.batch
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
     WITH ORDINALITY AS w(session_id, source, code, since, until, n)
CROSS JOIN LATERAL (
    SELECT * FROM monitoring_vitalsign v
    WHERE v.session_id = w.session_id AND v.source = w.source AND v.code = w.code
      AND {since}
      AND v.taken_at >= w.since AND v.taken_at < w.until AND v.flag = ''
      AND NOT {marked}
    ORDER BY v.taken_at {order}, v.id {order} LIMIT 1
) v ORDER BY w.n
"""


def last_of(lines: Iterable[Line]) -> list[Found]:
    """Return the last believed reading of each line that has one, in the order of the lines."""
    return _one_each(list(lines), "DESC")


def first_of(lines: Iterable[Line]) -> list[Found]:
    """Return the first believed reading of each line that has one, in the order of the lines."""
    return _one_each(list(lines), "ASC")


class Window(NamedTuple):
    """A stretch of device time of one session: ``since`` included, ``until`` not."""

    since: datetime
    until: datetime


_IN_WINDOWS = f"""
SELECT w.n, k.source, k.code, v.id, v.value, v.unit, v.taken_at, v.arrived_at, v.device_id,
       v.by_id, v.batch
FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS w(since, until, n)
CROSS JOIN (
    -- The lines that the session has at all: an index skip, not a read of every row.
    SELECT s.source, c.code FROM unnest(%s::text[]) s(source) CROSS JOIN unnest(%s::text[]) c(code)
    WHERE EXISTS (SELECT 1 FROM monitoring_vitalsign e
                  WHERE e.session_id = %s AND e.source = s.source AND e.code = c.code
                    AND {months.bound("e")})
) k
CROSS JOIN LATERAL (
    SELECT * FROM monitoring_vitalsign v
    WHERE v.session_id = %s AND v.source = k.source AND v.code = k.code
      AND {STORED_SINCE}
      AND v.taken_at >= w.since AND v.taken_at < w.until AND v.flag = ''
      AND NOT {MARKED}
    ORDER BY v.taken_at, v.id LIMIT 1
) v ORDER BY w.n
"""  # noqa: S608 - constants only; keys and times are parameters


def first_in(session: int, windows: Sequence[Window]) -> list[Found]:
    """Return the first believed reading of every line of a session in each of many windows."""
    if not windows:
        return []
    asked: list[Any] = [
        [window.since for window in windows],
        [window.until for window in windows],
        [str(source) for source in Source],
        [str(code) for code in VitalSignCode],
        session,
        oldest_id([session]),
        session,
        oldest_id([session]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_IN_WINDOWS, asked)
        return [
            Found(Line(session, source, code, *windows[n - 1]), *row)
            for n, source, code, *row in cursor.fetchall()
        ]


_BY_HAND = f"""
SELECT v.code, v.value, v.taken_at, v.arrived_at FROM monitoring_vitalsign v
WHERE v.session_id = %s AND v.source = 'hand' AND {STORED_SINCE}
  AND v.taken_at >= %s AND v.taken_at < %s AND v.flag = '' AND NOT {MARKED}
ORDER BY v.taken_at, v.id
"""  # noqa: S608 - constants only; keys and times are parameters


def by_hand_in(session: int, window: Window) -> list[Reading]:
    """Return every believed reading by hand of a session in a window, each with both its times."""
    with connection.cursor() as cursor:
        asked: list[Any] = [session, oldest_id([session]), window.since, window.until]
        cursor.execute(_BY_HAND, asked)
        return [
            Reading(code, value, taken_at, Source.HAND, entered_at=entered_at)
            for code, value, taken_at, entered_at in cursor.fetchall()
        ]


_LAST_SETS = f"""
SELECT w.n, v.source, v.code, v.id, v.value, v.unit, v.taken_at, v.arrived_at, v.device_id,
       v.by_id, v.batch, v.of, v.low, v.high
FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS w(since, until, n)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (v.source, v.code) v.*, count(*) OVER line AS of,
           min(v.value) OVER line AS low, max(v.value) OVER line AS high
    FROM monitoring_vitalsign v
    WHERE v.session_id = %s AND {STORED_SINCE} AND (v.source = 'hand' OR v.code = ANY(%s))
      AND v.taken_at >= w.since AND v.taken_at < w.until AND v.flag = ''
      AND NOT {MARKED}
    WINDOW line AS (PARTITION BY v.source, v.code)
    ORDER BY v.source, v.code, v.taken_at DESC, v.id DESC
) v ORDER BY w.n
"""  # noqa: S608 - constants only; keys and times are parameters


class Sets(NamedTuple):
    """How many readings of one kind a window holds, and the lowest and highest among them."""

    how_many: int
    low: Decimal
    high: Decimal


def last_sets_in(session: int, windows: Sequence[Window]) -> list[tuple[Found, Sets]]:
    """Return the last believed hand reading and cuff reading of each sign in each window.

    Beside it stands what the window holds of its kind. Continuous signs of a device are not
    among them: see :func:`spread_in`.
    """
    if not windows:
        return []
    asked: list[Any] = [
        [window.since for window in windows],
        [window.until for window in windows],
        session,
        oldest_id([session]),
        [str(code) for code in BLOOD_PRESSURE],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_LAST_SETS, asked)
        return [
            (Found(Line(session, source, code, *windows[n - 1]), *row), Sets(of, low, high))
            for n, source, code, *row, of, low, high in cursor.fetchall()
        ]


# The marks are read once, not once a reading: a continuous sign has one of them every second.
_SPREAD = f"""
SELECT w.n, v.code, min(v.value), max(v.value), count(*)
FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS w(since, until, n)
JOIN monitoring_vitalsign v
  ON v.session_id = %s AND v.source = 'device' AND v.code = ANY(%s) AND {STORED_SINCE}
 AND v.taken_at >= w.since AND v.taken_at < w.until AND v.flag = ''
LEFT JOIN (
    SELECT DISTINCT ON (vital_sign_id) vital_sign_id, is_artefact FROM monitoring_artefactmark
    WHERE session_id = %s ORDER BY vital_sign_id, at DESC, id DESC
) m ON m.vital_sign_id = v.id
WHERE NOT COALESCE(m.is_artefact, FALSE)
GROUP BY w.n, v.code
"""  # noqa: S608 - constants only; keys and times are parameters


def spread_in(
    session: int, windows: Sequence[Window]
) -> list[tuple[Window, str, Decimal, Decimal, int]]:
    """Return lowest, highest and count of what devices said of each continuous sign, by window."""
    if not windows:
        return []
    codes = [str(code) for code in VitalSignCode if code not in BLOOD_PRESSURE]
    asked: list[Any] = [[w.since for w in windows], [w.until for w in windows], session, codes]
    asked += [oldest_id([session]), session]
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, asked)
        return [(windows[n - 1], *row) for n, *row in cursor.fetchall()]


def every_line(
    sessions: Iterable[int],
    *,
    until: datetime,
    since: datetime = LONG_AGO,
    sources: Sequence[Source] = tuple(Source),
) -> list[Line]:
    """Return every line that some sessions could have."""
    return [
        Line(session, source, code, since, until)
        for session in sessions
        for source in sources
        for code in VitalSignCode
    ]


@read_once
def oldest_id(sessions: Sequence[int]) -> int:
    """Return an id below those of all readings of some sessions: older months are not planned for.

    Only to be asked for with :data:`STORED_SINCE` or its like, which lets rows without months in.
    A bound that the database must look up itself would spare the reading and not the planning.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT afterglow_stored_since(min(checked_in_at)) FROM visits_treatmentsession "
            "WHERE id = ANY(%s)",
            [list(set(sessions))],
        )
        (oldest,) = cursor.fetchone()
    return int(oldest or 0)


def stored(session: int) -> Q:
    """Return the bound of a query for readings of a session: months before it are not touched."""
    return months.since(oldest_id([session]))


def _one_each(lines: list[Line], order: str) -> list[Found]:
    if not lines:
        return []
    columns = [list(column) for column in zip(*lines, strict=True)]
    columns[1:3] = [[str(word) for word in column] for column in columns[1:3]]
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL.format(marked=MARKED, since=STORED_SINCE, order=order),
            [*columns, oldest_id(columns[0])],
        )
        return [Found(lines[row[0] - 1], *row[1:]) for row in cursor.fetchall()]
