"""The months of the tables that are stored by month: made ahead, and watched."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection

from afterglow.apps.monitoring.models import ArchiveAct, ReadingsArchive
from afterglow.db import months


def make_months(*, at: datetime, ahead: int = months.MONTHS_AHEAD) -> int:
    """Make the months from now to ``ahead`` months on that are missing; return how many tables."""
    now = months.number_of(at.date())
    return make_between(months.first_day_of(now), months.first_day_of(now + ahead))


def make_between(since: date, until: date) -> int:
    """Make the missing months between two days, for rows that come from elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT afterglow_make_months(%s, %s)", [since, until])
        return int(cursor.fetchone()[0])


def default_rows() -> list[str]:
    """Return the tables with rows that no month has: a clock was wrong, or nobody made months."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM afterglow_rows_without_month()")
        return [table for (table,) in cursor.fetchall()]


def archived_files(session: int) -> list[str]:
    """Return the names of the files that hold readings of a session and have not come back."""
    last: dict[str, ReadingsArchive] = {}
    for row in ReadingsArchive.objects.filter(sessions__contains=[session]).order_by("pk"):
        last[row.part] = row
    return [row.file_name for row in last.values() if row.act == ArchiveAct.ARCHIVED]
