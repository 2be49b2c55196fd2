"""How much a pump delivered in one infusion, from a counter that knows nothing of patients.

A pump may still show the last patient's total when an infusion starts, and may be set back to
nothing in the middle of one or after it. Only what it counted since the start belongs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Max

from afterglow.apps.monitoring.lines import oldest_id
from afterglow.apps.monitoring.models import PumpReading
from afterglow.core.quantities import Rate, Volume
from afterglow.db import months


class Counted(NamedTuple):
    """One report to subtract from: whose pump, which one, and when the infusion started."""

    session: int
    device: int
    started: datetime


# The row of each pump with its last total at the start, then everything after it. A fall by more
# than the tolerance is a counter set back; what it counts from there on is added.
_STORED_SINCE = months.bound("r", "%(oldest)s")
_SINCE = f"""
WITH base AS (
    SELECT DISTINCT ON (device_id) device_id, taken_at, id, delivered_ml, TRUE AS at_start
    FROM monitoring_pumpreading r
    WHERE session_id = %(session)s AND delivered_ml IS NOT NULL AND taken_at <= %(since)s
      AND {_STORED_SINCE}
    ORDER BY device_id, taken_at DESC, id DESC
), told AS (
    SELECT * FROM base UNION ALL
    SELECT device_id, taken_at, id, delivered_ml, FALSE FROM monitoring_pumpreading r
    WHERE session_id = %(session)s AND delivered_ml IS NOT NULL AND {_STORED_SINCE}
      AND taken_at > %(since)s AND taken_at <= %(at)s
), stepped AS (
    SELECT *, lag(delivered_ml) OVER one_pump - delivered_ml > %(tolerance)s AS set_back
    FROM told WINDOW one_pump AS (PARTITION BY device_id ORDER BY taken_at, id)
), counted AS (
    SELECT *, count(*) FILTER (WHERE set_back) OVER
        (PARTITION BY device_id ORDER BY taken_at, id) AS stretch
    FROM stepped
), stretches AS (
    SELECT max(delivered_ml) - COALESCE(max(delivered_ml) FILTER (WHERE at_start), 0) AS ml,
           bool_or(NOT at_start) AS spoke
    FROM counted GROUP BY device_id, stretch
)
SELECT sum(ml) FILTER (WHERE spoke) FROM stretches
"""  # noqa: S608 - constants only; keys and times are parameters

_AT_START = f"""
SELECT w.n, p.delivered_ml
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[])
     WITH ORDINALITY AS w(session_id, device_id, started, n)
CROSS JOIN LATERAL (
    SELECT delivered_ml FROM monitoring_pumpreading r
    WHERE r.session_id = w.session_id AND r.device_id = w.device_id
      AND {months.bound("r")}
      AND r.taken_at <= w.started AND r.delivered_ml IS NOT NULL
    ORDER BY r.taken_at DESC, r.id DESC LIMIT 1
) p
"""  # noqa: S608 - constants only; keys and times are parameters


def delivered_since(
    session_pk: int, *, since: datetime, at: datetime, tolerance: Volume
) -> Volume | None:
    """Return what a session's pumps counted after ``since`` and up to ``at``; None: no report.

    A total that falls by more than ``tolerance`` was set back. What a pump counts after the
    charted stop still counts: it outranks the chart.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SINCE,
            {
                "session": session_pk,
                "oldest": oldest_id([session_pk]),
                "since": since,
                "at": at,
                "tolerance": tolerance.value,
            },
        )
        row = cursor.fetchone()
    return None if row is None or row[0] is None else Volume.ml(row[0])


def last_counted(session_pk: int, *, since: datetime, at: datetime) -> datetime | None:
    """Return when a session's pumps last told a total after ``since`` and up to ``at``."""
    told: datetime | None = PumpReading.objects.filter(
        months.since(oldest_id([session_pk])),
        session_id=session_pk,
        delivered_ml__isnull=False,
        taken_at__gt=since,
        taken_at__lte=at,
    ).aggregate(last=Max("taken_at"))["last"]
    return told


_RATES = f"""
SELECT taken_at, rate_ml_per_h FROM (
    SELECT taken_at, rate_ml_per_h, id,
           lag(rate_ml_per_h) OVER (PARTITION BY device_id ORDER BY taken_at, id) AS before
    FROM monitoring_pumpreading r
    WHERE session_id = %(session)s AND rate_ml_per_h IS NOT NULL AND {_STORED_SINCE}
      AND taken_at >= %(since)s AND taken_at <= %(at)s
) told WHERE before IS DISTINCT FROM rate_ml_per_h ORDER BY taken_at, id
"""  # noqa: S608 - constants only; keys and times are parameters


def rates_since(
    session_pk: int, *, since: datetime, at: datetime
) -> tuple[tuple[datetime, Rate], ...]:
    """Return each rate that a session's pumps reported, and from when on; repeats are left out."""
    with connection.cursor() as cursor:
        oldest = oldest_id([session_pk])
        cursor.execute(_RATES, {"session": session_pk, "oldest": oldest, "since": since, "at": at})
        return tuple((taken, Rate.ml_per_h(rate)) for taken, rate in cursor.fetchall())


def counted_at_start(pumps: Iterable[Counted]) -> Mapping[Counted, Decimal]:
    """Return the total (mL) that each pump already showed when its infusion started."""
    asked = list(dict.fromkeys(pumps))
    if not asked:
        return {}
    with connection.cursor() as cursor:
        oldest = oldest_id([one.session for one in asked])
        cursor.execute(_AT_START, [*(list(column) for column in zip(*asked, strict=True)), oldest])
        return {asked[number - 1]: total for number, total in cursor.fetchall()}


def less(total: Decimal, at_start: Decimal | None) -> Decimal:
    """Return what a total says of this infusion: less what it showed at the start.

    One below that start was set back since, and counts from nothing.
    """
    if at_start is None or total < at_start:
        return total
    return total - at_start
