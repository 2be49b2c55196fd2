"""Where the milliseconds go between a device's socket and 200 screens, stage by stage."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from afterglow.config.folder import free_port
from afterglow.config.live_access import Kind
from afterglow.config.postgres import Role
from afterglow.web import clock
from bench.measuring import percentile
from bench.stand import standing
from bench.test_screen_bench import HERE, PAGE, READINGS, follow
from support.clinic_messages import bed
from support.database import DatabaseUrl
from support.live import cookie_of

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

BEGIN, FINISH = "<!-- stages: written by just bench -->", "<!-- end of stages -->"
ROUNDS = 3
STAGES = (
    "taken",
    "on disk",
    "seen by the charter",
    "written",
    "charted",
    "heard by the stream",
    "framed",
)


def test_where_the_milliseconds_go(database_url: DatabaseUrl, tmp_path: Path) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    cookie = cookie_of(here.clinician)
    path = f"/live/{Kind('sessions').value}/{here.session.public_id}/"
    port, folder = free_port(), tmp_path / "stages"
    folder.mkdir()
    steps: dict[str, list[float]] = defaultdict(list)
    with standing(database_url(Role.OWNER), tmp_path, settings.SECRET_KEY) as stand:
        stand.environment["AFTERGLOW_STAGES"] = str(folder)
        web = stand.web("bench.staged:application", "afterglow.config.settings")
        stand.program(port, str(HERE / "staged.py"), "gateway", "--port", str(port))
        stand.beside(str(HERE / "staged.py"), "charter")
        stand.beside("-m", "afterglow.config.cli", "judge")
        for number in range(ROUNDS + 1):
            sent: dict[bytes, float] = {}
            times = follow(here.monitor, port, web.port, path, cookie, READINGS * number, sent=sent)
            if number:  # the first round only warms up
                steps["in all, every screen"] += times
                for stage, ms in told(folder, sent):
                    steps[stage] += ms
    rows = [
        f"| {stage} | {percentile(ms, 0.5):.1f} | {percentile(ms, 0.99):.1f} |"
        for stage, ms in steps.items()
    ]
    said = "\n".join(["| Until | p50 ms | p99 ms |", "|---|---|---|", *rows]) + "\n"
    sys.stdout.write(said)
    write_page(said)

    assert set(STAGES) < set(steps)


def told(folder: Path, sent: dict[bytes, float]) -> list[tuple[str, list[float]]]:
    """Return how long each stage took after the one before it, for every number sent."""
    at: dict[str, dict[bytes, float]] = defaultdict(dict)
    for file in folder.glob("*.txt"):
        for line in file.read_text().splitlines():
            stage, value, moment = line.rsplit(maxsplit=2)
            at[stage].setdefault(value.encode(), float(moment))
    found, before = [], sent
    for stage in STAGES:
        found.append((stage, [1000 * (at[stage][v] - before[v]) for v in sent]))
        before = at[stage]
    return found


def write_page(said: str) -> None:
    """Put the table into the reference page, between its marks."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n{FINISH}{rest.partition(FINISH)[2]}")
