"""A published page beside a bare Django template of the same bytes, in one run."""

from __future__ import annotations

import http.client
import os
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from afterglow.config.demo.pages import seed_pages
from afterglow.config.postgres import Role
from afterglow.web import clock
from bench import sides
from bench.measuring import Run, median
from bench.stand import Server, standing
from support.database import DatabaseUrl
from support.evidence import open_library

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "performance.md"
BEGIN, END = "<!-- public pages: written by just bench -->", "<!-- end of public pages -->"
PATHS = {"/": "Home", "/decide/": "Making a decision"}
REQUESTS, ROUNDS, MOST = 200, 5, 1.5


def test_a_published_page_costs_at_most_one_and_a_half_bare_templates(
    database_url: DatabaseUrl, tmp_path: Path
) -> None:
    library, now = open_library(), clock.now()
    seed_pages(
        author=library.author,
        reviewer=library.reviewer,
        director=library.director,
        at=now,
        on=now.date(),
    )
    templates = tmp_path / "templates"
    templates.mkdir()
    with standing(database_url(Role.OWNER), tmp_path, settings.SECRET_KEY) as stand:
        ours = stand.web("afterglow.config.asgi:application", "afterglow.config.settings")
        bodies = {path: fetch(ours, path) for path in PATHS}
        for number, body in enumerate(bodies.values()):
            assert b"{%" not in body
            assert b"{{" not in body
            (templates / f"page-{number}.html").write_bytes(body)
        stand.environment["AFTERGLOW_BENCH_TEMPLATES"] = str(templates)
        bare = stand.web("bench.bare_asgi:application", "bench.bare_settings")
        rows = {
            path: measure(ours, bare, path, f"/page-{number}/") for number, path in enumerate(PATHS)
        }
        with psycopg.connect(stand.owner_url, autocommit=True) as rows_of:
            rows_of.execute("UPDATE places_site SET phone = phone")
        made_anew = sides.requests(ours, 1, "GET", "/decide/").wall_ms
        assert fetch(ours, "/decide/") == bodies["/decide/"]
    write_page(rows, {path: len(body) for path, body in bodies.items()}, made_anew)

    for path, (mine, theirs) in rows.items():
        assert mine.cpu_ms <= MOST * theirs.cpu_ms, (path, mine, theirs)


def fetch(server: Server, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers={"Host": "localhost"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status == 200, (path, response.status)
    return body


def measure(ours: Server, bare: Server, path: str, other: str) -> tuple[Run, Run]:
    """Let the sides take turns after one round that only warms up; return the medians."""
    rounds = [
        (sides.requests(ours, REQUESTS, "GET", path), sides.requests(bare, REQUESTS, "GET", other))
        for _round in range(ROUNDS + 1)
    ][1:]
    return median([each[0] for each in rounds]), median([each[1] for each in rounds])


def write_page(
    rows: dict[str, tuple[Run, Run]], sizes: dict[str, int], made_anew_ms: float
) -> None:
    """Put the numbers into the reference page, between its marks."""
    lines = [
        f"{clock.now().date().isoformat()}, {os.cpu_count()} cores; load average at the end of "
        f"the run {os.getloadavg()[0]:.1f}; {REQUESTS} requests a round, {ROUNDS} rounds.",
        "",
        "| Page | Size | Ratio | Afterglow | Bare template |",
        "|---|---|---|---|---|",
    ]
    for path, (ours, bare) in rows.items():
        ratio = ours.cpu_ms / bare.cpu_ms
        lines.append(
            f"| {PATHS[path]} | {sizes[path] / 1000:.0f} kB | {ratio:.2f} × CPU "
            f"| {ours.cpu_ms:.2f} ms CPU, p50 {ours.wall_ms:.2f} ms "
            f"| {bare.cpu_ms:.2f} ms CPU, p50 {bare.wall_ms:.2f} ms |"
        )
    lines += ["", f"The first visit after a record changed: {made_anew_ms:.0f} ms."]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")
