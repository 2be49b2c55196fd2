"""What Afterglow costs beside the barest thing that does the same, measured in one run.

Sides take turns, three rounds each; a row is a ratio of medians first and milliseconds second,
because the machine's own speed wanders and the ratio does not.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import statistics
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from afterglow.config.folder import free_port
from afterglow.config.live_access import Kind
from afterglow.config.postgres import Role
from afterglow.web import clock
from bench import sides
from bench.measuring import Run, median, percentile, pss_mib
from bench.stand import Server, Stand, standing
from support.clinic_messages import PULSE, SPO2, bed, oru
from support.database import DatabaseUrl
from support.infusion_day import TO_START, infusing, ready, take_vitals
from support.live import cookie_of

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
PAGE = HERE.parents[1] / "docs" / "reference" / "performance.md"
ROUNDS = 3
REQUESTS = 40
STARTS = 6
TOKEN = "b" * 32
MARKS = 40
CONNECTIONS, MESSAGES = 16, 25
BEGIN, END = "<!-- numbers: written by just bench -->", "<!-- end of numbers -->"
Numbers = dict[str, Any]


def test_what_it_costs_beside_the_barest_thing(database_url: DatabaseUrl, tmp_path: Path) -> None:
    now = clock.now()
    day = infusing(at=now - timedelta(minutes=45))
    for minute in range(1, 15):
        take_vitals(day, at=day.minute(minute))
    beds = [bed(at=now - timedelta(minutes=5)) for _ in range(CONNECTIONS)]
    cookie = cookie_of(day.clinician)
    to_start = ready_sessions()  # before the stand copies the rows
    with standing(database_url(Role.OWNER), tmp_path, settings.SECRET_KEY) as stand:
        ours = stand.web("afterglow.config.asgi:application", "afterglow.config.settings")
        bare = stand.web("bench.bare_asgi:application", "bench.bare_settings")
        rows = {
            "start": measure_start(ours, bare, to_start),
            "mark": measure_write(ours, bare, day.id, cookie),
            "infusion page": measure_page(ours, bare, day.id, cookie),
            "stream": measure_stream(stand, ours, bare, day.id, cookie),
            "memory": {"ours_mib": pss_mib(ours.pid), "bare_mib": pss_mib(bare.pid)},
            "gateway": measure_gateway(stand, [one.monitor for one in beds]),
        }
    numbers = {"machine": machine(), "rows": rows}
    BASELINE.write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
    write_page(numbers)

    assert all(row["ratio"] > 0 for row in rows.values() if "ratio" in row)


def measure_start(ours: Server, bare: Server, sessions: list[tuple[str, str]]) -> Numbers:
    """Start infusions that nothing stands in the way of, beside one bare insert each."""
    waiting = iter(sessions)
    return compare(
        lambda: sides.starts(ours, list(itertools.islice(waiting, STARTS)), TOKEN),
        lambda: sides.requests(bare, STARTS, "POST", "/insert/"),
    )


def ready_sessions() -> list[tuple[str, str]]:
    """Walk as many sessions as the rounds start, up to the start; return addresses and cookies."""
    arrived = clock.now() - TO_START
    days = [ready(at=arrived) for _ in range((ROUNDS + 1) * STARTS)]
    return [(reverse("treatment:start", args=[day.id]), cookie_of(day.clinician)) for day in days]


def measure_write(ours: Server, bare: Server, session: uuid.UUID, cookie: str) -> Numbers:
    """One clinical write with lock, policy, audit and event, beside one bare insert."""
    path = reverse("treatment:infusion-mark", args=[session])
    signed = {"Cookie": f"{cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}

    def our_round() -> Run:
        return sides.requests(
            ours,
            REQUESTS,
            "POST",
            path,
            headers={**signed, "HX-Request": "true"},
            body=lambda: {"key": str(uuid.uuid4())},
        )

    def bare_round() -> Run:
        return sides.requests(bare, REQUESTS, "POST", "/insert/")

    return compare(our_round, bare_round)


def measure_page(ours: Server, bare: Server, session: uuid.UUID, cookie: str) -> Numbers:
    """The infusion page, beside a bare read of the rows it shows."""
    path = reverse("treatment:infusion", args=[session])
    return compare(
        lambda: sides.requests(ours, REQUESTS, "GET", path, headers={"Cookie": cookie}),
        lambda: sides.requests(bare, REQUESTS, "GET", f"/read/{session}/"),
    )


def compare(our_round: Any, bare_round: Any) -> Numbers:
    """Warm both sides, let them take turns, and keep the medians."""
    our_round(), bare_round()
    runs = [(our_round(), bare_round()) for _ in range(ROUNDS)]
    ours, bare = median([run[0] for run in runs]), median([run[1] for run in runs])
    return {
        "ratio": ours.cpu_ms / bare.cpu_ms,
        "ours_cpu_ms": ours.cpu_ms,
        "bare_cpu_ms": bare.cpu_ms,
        "ours_p50_ms": ours.wall_ms,
        "bare_p50_ms": bare.wall_ms,
        "ours_spread_ms": spread([run[0].wall_ms for run in runs]),
        "bare_spread_ms": spread([run[1].wall_ms for run in runs]),
    }


def spread(values: list[float]) -> list[float]:
    return [min(values), max(values)]


def measure_stream(
    stand: Stand, ours: Server, bare: Server, session: uuid.UUID, cookie: str
) -> Numbers:
    """Commit to socket on 200 screens, beside a stream that passes bare notices on."""
    path = f"/live/{Kind('sessions').value}/{session}/"
    our_marks = sides.marks_in_the_outbox(stand.url, session)
    bare_marks = sides.bare_marks(stand.url)
    found: dict[str, list[list[float]]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        found["ours"].append(sides.stream(ours, path, cookie, our_marks, MARKS))
        found["bare"].append(sides.stream(bare, "/stream/", "", bare_marks, MARKS))
    p50, p99 = (
        {
            side: statistics.median(percentile(run, share) for run in runs)
            for side, runs in found.items()
        }
        for share in (0.5, 0.99)
    )
    return {
        "ratio": p50["ours"] / p50["bare"],
        "ours_p50_ms": p50["ours"],
        "bare_p50_ms": p50["bare"],
        "ours_p99_ms": p99["ours"],
        "bare_p99_ms": p99["bare"],
        "screens": sides.STREAM_CLIENTS,
        "events_per_s": sides.EVENTS_PER_S,
    }


def measure_gateway(stand: Stand, monitors: list[Any]) -> Numbers:
    """Messages acknowledged after they are on disk, beside a bare group commit of their bytes."""
    port, other = free_port(), free_port()
    gateway = stand.program(port, "-m", "afterglow.config.cli", "gateway", "--port", str(port))
    script = str(HERE / "bare_gateway.py")
    bare = stand.program(other, script, str(other), url=stand.owner_url)
    counter = iter(range(10**9))

    def batch() -> list[list[bytes]]:
        return [
            [
                oru(
                    monitor,
                    {SPO2: str(90 + n % 10), PULSE: str(60 + n % 40)},
                    at=clock.now(),
                    control_id=f"bench-{next(counter)}",
                )
                for n in range(MESSAGES)
            ]
            for monitor in monitors
        ]

    def our_round() -> Run:
        return sides.messages(gateway, batch())

    def bare_round() -> Run:
        return sides.messages(bare, batch())

    row = compare(our_round, bare_round)
    return row | {
        "ours_per_s": 1000 / row["ours_p50_ms"],
        "bare_per_s": 1000 / row["bare_p50_ms"],
        "connections": CONNECTIONS,
        "gateway_mib": pss_mib(gateway.pid),
    }


def machine() -> Numbers:
    """Where this ran, and how busy it was: numbers mean little without it."""
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2),
        "on": clock.now().date().isoformat(),
    }


def write_page(numbers: Numbers) -> None:
    """Put the numbers into the reference page, between its marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(numbers)}\n{END}{after}")


def table(numbers: Numbers) -> str:
    """The rows as Markdown, ratios first."""
    here, rows = numbers["machine"], numbers["rows"]
    lines = [
        f"{here['on']}, {here['system']}, {here['cores']} cores, Python {here['python']}; "
        f"load average at the end of the run {here['load_1_min']}.",
        "",
        "| What | Ratio | Afterglow | Bare reference |",
        "|---|---|---|---|",
    ]
    for name, words in (
        ("start", "Start an infusion (POST)"),
        ("mark", "Mark a moment (POST)"),
        ("infusion page", "Infusion page (GET)"),
    ):
        row = rows[name]
        lines.append(
            f"| {words} | {row['ratio']:.1f} × CPU "
            f"| {row['ours_cpu_ms']:.1f} ms CPU, p50 {row['ours_p50_ms']:.1f} ms "
            f"| {row['bare_cpu_ms']:.1f} ms CPU, p50 {row['bare_p50_ms']:.1f} ms |"
        )
    row = rows["stream"]
    lines.append(
        f"| Commit to socket, {row['screens']} screens, {row['events_per_s']} events/s "
        f"| {row['ratio']:.1f} × p50 "
        f"| p50 {row['ours_p50_ms']:.1f} ms, p99 {row['ours_p99_ms']:.1f} ms "
        f"| p50 {row['bare_p50_ms']:.1f} ms, p99 {row['bare_p99_ms']:.1f} ms |"
    )
    row = rows["gateway"]
    lines.append(
        f"| Messages on disk before the answer, {row['connections']} connections "
        f"| {row['ratio']:.1f} × CPU | {row['ours_per_s']:.0f}/s, {row['ours_cpu_ms']:.2f} ms CPU "
        f"| {row['bare_per_s']:.0f}/s, {row['bare_cpu_ms']:.2f} ms CPU |"
    )
    row = rows["memory"]
    lines.append(
        f"| Memory of the web server (PSS) | {row['ours_mib'] / row['bare_mib']:.1f} × "
        f"| {row['ours_mib']:.0f} MiB | {row['bare_mib']:.0f} MiB |"
    )
    return "\n".join(lines) + "\n"
