"""What a reader pays for six years of months: the same question with and without its bound.

``pytest -m bench tests/bench/test_months_bench.py`` writes the table into
docs/reference/reliability.md. The question is the one that is asked most: the last believed reading
of every line of ten sessions of today.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.months import make_between
from afterglow.db import months
from afterglow.web import clock
from support.clinic_messages import PULSE, SPO2, arrive, bed, oru

pytestmark = [pytest.mark.bench, pytest.mark.django_db]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "reliability.md"
BEGIN, END = "<!-- numbers: written by the months bench -->", "<!-- end of months numbers -->"
YEARS, SESSIONS, ROUNDS, READINGS = 6, 10, 40, 120
BOUND = f"AND {lines.STORED_SINCE}"


def milliseconds(query: str, columns: list[Any]) -> float:
    """The median of some rounds, planning and fetching included."""
    took = []
    with connection.cursor() as cursor:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            cursor.execute(query, columns)
            assert len(cursor.fetchall()) == 2 * SESSIONS
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def test_what_months_cost_a_reader() -> None:
    today = clock.now()
    last = months.number_of(today.date())
    make_between(months.first_day_of(last - 12 * YEARS), months.first_day_of(last))
    beds = [bed(at=today - timedelta(minutes=30)) for _ in range(SESSIONS)]
    for n in range(READINGS):
        at = today - timedelta(seconds=READINGS - n)
        values: dict[str, str | None] = {PULSE: str(60 + n % 40), SPO2: str(90 + n % 8)}
        arrive(*(oru(b.monitor, values, at=at, control_id=f"{n}") for b in beds), at=at)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE TABLE plain (LIKE monitoring_vitalsign)")
        cursor.execute("INSERT INTO plain SELECT * FROM monitoring_vitalsign")
        cursor.execute("CREATE INDEX ON plain (session_id, source, code, taken_at)")
        cursor.execute("ANALYZE plain")
        cursor.execute("ANALYZE monitoring_vitalsign")
    asked = lines.every_line([b.session.pk for b in beds], until=today + timedelta(seconds=5))
    columns = [list(column) for column in zip(*asked, strict=True)]
    columns[1:3] = [[str(word) for word in column] for column in columns[1:3]]
    query = lines._SQL.format(marked=lines.MARKED, since=lines.STORED_SINCE, order="DESC")
    assert BOUND in query

    bound = milliseconds(query, [*columns, lines.oldest_id(columns[0])])
    unbound = milliseconds(query.replace(BOUND, ""), columns)
    plain = milliseconds(
        query.replace(BOUND, "").replace("FROM monitoring_vitalsign v", "FROM plain v"), columns
    )

    assert bound < unbound
    table = "\n".join(
        (
            f"{today:%d %b %Y}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}: the "
            f"last reading of every line of {SESSIONS} sessions ({len(asked)} lines), "
            f"{12 * YEARS} months beside today's; median of {ROUNDS}.",
            "",
            "| Stored | Milliseconds |",
            "|---|---|",
            f"| in one table without months | {plain:.1f} |",
            f"| by month, with the bound that the product uses | {bound:.1f} |",
            f"| by month, without it | {unbound:.1f} |",
        )
    )
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}")
