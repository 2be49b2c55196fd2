"""A site's alarms of a month: how many an hour, how soon seen, how often something was done.

Counted by the database from the rows themselves: every alarm raised after the start of an infusion
that began in that month, and what was charted within a few minutes after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.db import connection

from afterglow.apps.places.models import Site
from afterglow.apps.treatment.reports.months import Month
from afterglow.core.cited import Section

FILE: Final = Path(__file__).resolve().parents[3] / "data" / "reports" / "alarms.json"


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What counts as an action after an alarm, and when a limit is said to cry wolf."""

    action_within: timedelta
    cries_wolf_from: int
    cries_wolf_up_to_percent: Decimal

    @property
    def minutes(self) -> int:
        """Within how many minutes an action follows an alarm."""
        return int(self.action_within.total_seconds() // 60)


@lru_cache(maxsize=1)
def rules() -> ReportRules:
    """Return the report's numbers, as the data file gives them."""
    body = Section("alarm_report", json.loads(FILE.read_text(encoding="utf-8")))
    return ReportRules(
        timedelta(minutes=float(body.number("action_within", unit="min"))),
        int(body.number("cries_wolf_from", unit="count")),
        body.number("cries_wolf_up_to", unit="%"),
    )


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition of the month. Times in seconds; None where nothing was acknowledged."""

    condition: str
    kind: str
    alarms: int
    high: int
    medium: int
    low: int
    acknowledged: int
    median_s: float | None
    slow_s: float | None
    """Nine of ten were acknowledged sooner."""
    acted: int
    told_site: int
    told_prescriber: int

    @property
    def acted_percent(self) -> float:
        """How many were followed by an action, in percent."""
        return 100 * self.acted / self.alarms

    @property
    def acted_text(self) -> str:
        """How many, and in percent: as exact as it takes, so that none reads as the limit's 10."""
        percent = f"{self.acted_percent:.1f}"
        if percent.endswith(".0"):
            percent = f"{self.acted_percent:.3f}".rstrip("0").rstrip(".")
        return f"{self.acted} ({percent} %)"

    @property
    def median_text(self) -> str:
        """After how long half of them were acknowledged."""
        return _span(self.median_s)

    @property
    def slow_text(self) -> str:
        """After how long nine of ten were acknowledged."""
        return _span(self.slow_s)

    @property
    def cries_wolf(self) -> bool:
        """Whether it alarms often and hardly anything is done."""
        return (
            self.alarms >= rules().cries_wolf_from
            and self.acted_percent <= rules().cries_wolf_up_to_percent
        )


@dataclass(frozen=True, slots=True)
class AlarmMonth:
    """A site's month: one row a condition, and the hours they are counted over."""

    site: Site
    month: Month
    sessions: int
    hours: float
    """From the start of each infusion until the patient left."""
    rows: tuple[ConditionRow, ...]
    total: ConditionRow | None

    @property
    def hours_text(self) -> str:
        """The hours with one decimal."""
        return f"{self.hours:.1f} h"

    @property
    def rate_text(self) -> str:
        """Alarms an hour with two decimals."""
        return "–" if self.per_hour is None else f"{self.per_hour:.2f}"

    @property
    def per_hour(self) -> float | None:
        """How many alarms an hour of watching; None when nobody was watched."""
        return self.total.alarms / self.hours if self.total and self.hours else None


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


_WATCHED = """
WITH watched AS (
  SELECT s.id AS session, min(i.started_at) AS began, coalesce(s.ended_at, %(at)s) AS ends
  FROM treatment_infusion i JOIN visits_treatmentsession s ON s.id = i.session_id
  WHERE s.site_id = %(site)s AND i.started_at >= %(begins)s AND i.started_at < %(ends)s
  GROUP BY s.id
)
"""
_ROWS = f"""{_WATCHED},
raised AS (
  SELECT a.id, a.session_id, a.condition, a.kind, a.highest_priority AS priority, a.raised_at,
    (SELECT min(x.at) FROM monitoring_alarmact x
      WHERE x.alarm_id = a.id AND x.act = 'acknowledged') AS seen_at,
    EXISTS (SELECT 1 FROM monitoring_alarmact x
      WHERE x.alarm_id = a.id AND x.act = 'told_site') AS told_site,
    EXISTS (SELECT 1 FROM monitoring_alarmact x
      WHERE x.alarm_id = a.id AND x.act = 'told_prescriber') AS told_prescriber
  FROM monitoring_alarm a JOIN watched w ON w.session = a.session_id AND a.raised_at >= w.began
),
judged AS (
  SELECT r.*, extract(epoch FROM r.seen_at - r.raised_at) AS waited,
    EXISTS (SELECT 1 FROM treatment_pumpaction p JOIN treatment_infusion i ON i.id = p.infusion_id
      WHERE i.session_id = r.session_id AND p.kind <> 'start'
        AND NOT (p.kind = 'stop' AND i.ending = 'completed')
        AND p.at >= r.raised_at AND p.at <= r.raised_at + %(within)s)
    OR EXISTS (SELECT 1 FROM treatment_medicinegiven m WHERE m.session_id = r.session_id
        AND m.at >= r.raised_at AND m.at <= r.raised_at + %(within)s)
    OR EXISTS (SELECT 1 FROM treatment_sessionevent e WHERE e.session_id = r.session_id
        AND e.kind IN ('hand_over', 'emergency_called', 'emergency_step', 'adverse_event')
        AND e.at >= r.raised_at AND e.at <= r.raised_at + %(within)s) AS acted
  FROM raised r
)
SELECT condition, kind, count(*), count(*) FILTER (WHERE priority = 'high'),
  count(*) FILTER (WHERE priority = 'medium'), count(*) FILTER (WHERE priority = 'low'),
  count(waited), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY waited), count(*) FILTER (WHERE acted),
  count(*) FILTER (WHERE told_site), count(*) FILTER (WHERE told_prescriber)
FROM judged GROUP BY GROUPING SETS ((condition, kind), ())
HAVING count(*) > 0
ORDER BY condition IS NULL, count(*) DESC, condition
"""  # noqa: S608 (constants)
_HOURS = f"""{_WATCHED}
SELECT count(*), coalesce(sum(extract(epoch FROM ends - began)), 0) / 3600 FROM watched
"""  # noqa: S608 (constants)


def month(site: Site, of: Month, *, at: datetime) -> AlarmMonth:
    """Return a site's month: two queries, whatever the number of alarms."""
    asked: dict[str, Any] = {
        "site": site.pk,
        "begins": of.begins,
        "ends": of.ends,
        "at": at,
        "within": rules().action_within,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, asked)
        sessions, hours = cursor.fetchone()
        cursor.execute(_ROWS, asked)
        found = [
            ConditionRow(
                row[0] or "",
                row[1] or "",
                *row[2:7],
                *(None if each is None else float(each) for each in row[7:9]),
                *row[9:],
            )
            for row in cursor.fetchall()
        ]
    return AlarmMonth(
        site=site,
        month=of,
        sessions=sessions,
        hours=float(hours),
        rows=tuple(row for row in found if row.condition),
        total=next((row for row in found if not row.condition), None),
    )


HEAD = (
    "condition",
    "kind",
    "alarms",
    "high",
    "medium",
    "low",
    "per_hour",
    "acknowledged",
    "median_s_to_acknowledge",
    "p90_s_to_acknowledge",
    "followed_by_action",
    "told_site",
    "told_prescriber",
    "cries_wolf",
)
"""The columns of the file, in order."""


def lines(report: AlarmMonth) -> Iterator[tuple[object, ...]]:
    """Yield the file's lines, the head first."""
    yield HEAD
    for row in report.rows:
        yield (
            row.condition,
            row.kind,
            row.alarms,
            row.high,
            row.medium,
            row.low,
            f"{row.alarms / report.hours:.3f}" if report.hours else "",
            row.acknowledged,
            "" if row.median_s is None else f"{row.median_s:.0f}",
            "" if row.slow_s is None else f"{row.slow_s:.0f}",
            row.acted,
            row.told_site,
            row.told_prescriber,
            "yes" if row.cries_wolf else "no",
        )
