"""How much a pump delivered in one infusion, from a counter that knows nothing of patients.

A pump may still show the last patient's total when an infusion starts, and may be set back to
nothing in the middle of one or after it. Only what it counted since the start belongs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Max

from afterglow.apps.monitoring.lines import oldest_id
from afterglow.apps.monitoring.models import PumpReading
from afterglow.apps.monitoring.models.chartings import not_taken_back, pumps_taken_back
from afterglow.core.quantities import Rate, Volume
from afterglow.db import months


class Counted(NamedTuple):
    """One report to subtract from: whose pump, which one, and when the infusion started."""

    session: int
    device: int
    started: datetime


class Reported(NamedTuple):
    """What pumps said they run at: each rate, all pumps together, from when on; and the last word.

    Repeats are left out. ``until`` is None when no pump told a rate.
    """

    rates: tuple[tuple[datetime, Rate], ...]
    until: datetime | None


# The row of each pump with its last total at the start, then everything after it. A fall by more
# than the tolerance is a counter set back; what it counts from there on is added.
_STORED_SINCE = months.bound("r", "%(oldest)s")
_SINCE = f"""
WITH base AS (
    SELECT DISTINCT ON (device_id) device_id, taken_at, id, delivered_ml, TRUE AS at_start
    FROM monitoring_pumpreading r
    WHERE session_id = %(session)s AND delivered_ml IS NOT NULL AND taken_at <= %(since)s
      AND {_STORED_SINCE} AND {not_taken_back("r")}
    ORDER BY device_id, taken_at DESC, id DESC
), told AS (
    SELECT * FROM base UNION ALL
    SELECT device_id, taken_at, id, delivered_ml, FALSE FROM monitoring_pumpreading r
    WHERE session_id = %(session)s AND delivered_ml IS NOT NULL AND {_STORED_SINCE}
      AND taken_at > %(since)s AND taken_at <= %(at)s AND {not_taken_back("r")}
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
      AND r.taken_at <= w.started AND r.delivered_ml IS NOT NULL AND {not_taken_back("r")}
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
    reported = PumpReading.objects.filter(
        months.since(oldest_id([session_pk])),
        session_id=session_pk,
        delivered_ml__isnull=False,
        taken_at__gt=since,
        taken_at__lte=at,
    ).exclude(pk__in=pumps_taken_back([session_pk]))
    told: datetime | None = reported.aggregate(last=Max("taken_at"))["last"]
    return told


_RATES = f"""
SELECT device_id, taken_at, rate_ml_per_h, is_last FROM (
    SELECT device_id, taken_at, rate_ml_per_h, id,
           lag(rate_ml_per_h) OVER one_pump AS before,
           lead(id) OVER one_pump IS NULL AS is_last
    FROM monitoring_pumpreading r
    WHERE session_id = %(session)s AND rate_ml_per_h IS NOT NULL AND {_STORED_SINCE}
      AND taken_at >= %(since)s AND taken_at <= %(at)s AND {not_taken_back("r")}
    WINDOW one_pump AS (PARTITION BY device_id ORDER BY taken_at, id)
) told WHERE is_last OR before IS DISTINCT FROM rate_ml_per_h ORDER BY taken_at, id
"""  # noqa: S608 - constants only; keys and times are parameters


def rates_since(
    session_pk: int, *, since: datetime, at: datetime, silent_after: timedelta
) -> Reported:
    """Return the rate that a session's pumps reported, added up, and until when they spoke.

    A pump runs at what it last said. One that fell silent while another spoke on for longer than
    ``silent_after`` was taken away: it ran until its last word. Of two words of one pump for one
    moment the later written counts.
    """
    with connection.cursor() as cursor:
        oldest = oldest_id([session_pk])
        cursor.execute(_RATES, {"session": session_pk, "oldest": oldest, "since": since, "at": at})
        rows = cursor.fetchall()
    if not rows:
        return Reported((), None)
    until = max(taken for _device, taken, _rate, _last in rows)
    present: dict[int, Decimal] = {}
    course: dict[datetime, Decimal] = {}
    for device, taken, rate, is_last in rows:
        gone = is_last and until - taken > silent_after
        present[device] = Decimal(0) if gone else rate
        course[taken] = sum(present.values(), Decimal(0))
    kept: list[tuple[datetime, Rate]] = []
    for taken, total in course.items():
        if not kept or kept[-1][1].value != total:
            kept.append((taken, Rate.ml_per_h(total)))
    return Reported(tuple(kept), until)


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
