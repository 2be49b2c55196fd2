"""From a device's socket to 200 screens, beside one group commit and a bare stream, in one run."""

from __future__ import annotations

import asyncio
import gc
import re
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from afterglow.apps.devices.models import Device
from afterglow.config.folder import free_port
from afterglow.config.live_access import Kind
from afterglow.config.postgres import Role
from afterglow.interop.hl7v2.framing import END, frame
from afterglow.web import clock
from bench.measuring import percentile
from bench.stand import standing
from bench.test_gateway_bench import is_shared
from support.clinic_messages import PULSE, bed, oru
from support.database import DatabaseUrl
from support.live import cookie_of

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "performance.md"
BEGIN, FINISH = "<!-- screens: written by just bench -->", "<!-- end of screens -->"
SCREENS, READINGS_PER_S, READINGS, ROUNDS = 200, 20, 60, 3
VALUE = re.compile(rb"\b(7[0-9]\.[0-9]{3})\b")
GATE, AT_MOST = 0.7, 3.0


def test_from_the_devices_socket_to_the_screen(database_url: DatabaseUrl, tmp_path: Path) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    cookie = cookie_of(here.clinician)
    path = f"/live/{Kind('sessions').value}/{here.session.public_id}/"
    port, bare_port, bare_stream = free_port(), free_port(), free_port()
    found: dict[str, list[list[float]]] = {"ours": [], "bare": []}
    with standing(database_url(Role.OWNER), tmp_path, settings.SECRET_KEY) as stand:
        web = stand.web("afterglow.config.asgi:application", "afterglow.config.settings")
        stand.program(port, "-m", "afterglow.config.cli", "gateway", "--port", str(port))
        stand.beside("-m", "afterglow.config.cli", "charter")
        stand.beside("-m", "afterglow.config.cli", "judge")
        script = (str(HERE / "bare_screen.py"), str(bare_port), str(bare_stream))
        stand.program(bare_port, *script, url=stand.owner_url)
        for number in range(ROUNDS + 1):
            ours = follow(here.monitor, port, web.port, path, cookie, READINGS * (2 * number))
            bare = follow(
                here.monitor, bare_port, bare_stream, "/", "", READINGS * (2 * number + 1)
            )
            if number:  # the first round only warms up
                found["ours"].append(ours)
                found["bare"].append(bare)
    p50, p99 = (
        {
            side: statistics.median(percentile(r, share) for r in runs)
            for side, runs in found.items()
        }
        for share in (0.5, 0.99)
    )
    said = (
        f"device's socket to {SCREENS} screens at {READINGS_PER_S} readings/s: "
        f"p50 {p50['ours']:.1f} ms, p99 {p99['ours']:.1f} ms; bare commit and stream "
        f"p50 {p50['bare']:.1f} ms, p99 {p99['bare']:.1f} ms: "
        f"{p50['ours'] / p50['bare']:.1f} and {p99['ours'] / p99['bare']:.1f} times\n"
    )
    sys.stdout.write(said)
    write_page(said)

    ratio = p50["ours"] / p50["bare"] if is_shared() else p99["ours"] / p99["bare"]
    assert ratio <= AT_MOST / GATE


def follow(
    monitor: Device,
    port: int,
    stream_port: int,
    path: str,
    cookie: str,
    first: int,
    *,
    sent: dict[bytes, float] | None = None,
) -> list[float]:
    """Send readings while screens follow; return each screen's milliseconds, socket to socket.

    ``sent`` is filled with when each number was sent.
    """
    gc.collect()
    gc.freeze()  # a collection of all that a test run holds would stop either side's clock
    sent = {} if sent is None else sent
    return asyncio.run(_follow(monitor, port, stream_port, path, cookie, first, sent))


async def _follow(
    monitor: Device,
    port: int,
    stream_port: int,
    path: str,
    cookie: str,
    first: int,
    sent: dict[bytes, float],
) -> list[float]:
    times: list[float] = []
    ready = asyncio.Semaphore(0)

    async def screen() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", stream_port, limit=1 << 20)
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        assert b" 200 " in await reader.readline()
        ready.release()
        left = READINGS
        while left:
            line = await reader.readline()
            assert line, "the stream ended"
            for value in VALUE.findall(line) if line.startswith(b"data:") else ():
                if value in sent:
                    times.append(1000 * (time.perf_counter() - sent[value]))
                    left -= 1
        writer.close()

    screens = [asyncio.create_task(screen()) for _ in range(SCREENS)]
    for _ in screens:
        await asyncio.wait_for(ready.acquire(), 60)
    await asyncio.sleep(1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(first, first + READINGS):
        # Each reading is its own name; a last digit of nought would not be shown.
        value = f"{70 + (number // 9 * 10 + number % 9 + 1) / 1000:.3f}"
        at = clock.now()
        raw = oru(monitor, {PULSE: value}, at=at, control_id=f"screen-{number}")
        sent[value.encode()] = time.perf_counter()
        writer.write(frame(raw))
        await reader.readuntil(END)
        await asyncio.sleep(1 / READINGS_PER_S)
    await asyncio.wait_for(asyncio.gather(*screens), 120)
    writer.close()
    return times


def write_page(said: str) -> None:
    """Put the row into the reference page, between its marks."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n```\n{said}```\n\n{FINISH}{rest.partition(FINISH)[2]}")
