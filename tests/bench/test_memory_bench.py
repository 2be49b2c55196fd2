"""What eight hours of streaming leave in the infusion page: heap, nodes and listeners.

The page's own event source is given the stream's own frames, one a second of each sign and of the
pump, as fast as the page takes them, and its clock goes along. Panels look again over HTTP,
a dialog is opened and closed, and every half hour what is left after a forced collection is read.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page

from afterglow.web import clock
from bench.room_screen import a_browser, a_screen
from bench.test_bench import machine
from support.clinic_morning import site_at_noon
from support.database import DatabaseUrl
from support.front import served
from support.long_infusion import long_infusion

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "performance.md"
BEGIN, END = "<!-- memory: written by just bench -->", "<!-- end of memory -->"
HALF_HOURS = int(os.environ.get("AFTERGLOW_MEMORY_HALF_HOURS", "16"))
SETTLED = 2
"""Half hours before the slope is taken: code is compiled and caches are filled by then."""
KEPT = ("JSHeapUsedSize", "Nodes", "JSEventListeners", "Documents", "LayoutObjects")

CATCH = """window.EventSource = class extends EventSource {
  constructor(...given) { super(...given); window.stream = this; }
};"""
STREAM = """async ({ from, seconds }) => {
  const say = (name, data) =>
    window.stream.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  for (let s = 0; s < seconds; s += 1) {
    const taken_at = new Date(from + s * 1000).toISOString();
    const wave = (s % 9) - 4;
    const values = { systolic: 126 + wave, diastolic: 78, mean: 94, heart_rate: 74 + wave,
                     pulse_rate: 74 + wave, spo2: 97, respiratory_rate: 14, etco2: 37 };
    if (s % 10 === 0) say("beat", { now: taken_at, reading: true });
    say("vital-signs", { readings: Object.entries(values).map(([code, value]) =>
      ({ code, value: String(value), taken_at, source: "device", flag: "" })) });
    say("pump", { rate_ml_per_h: "75", delivered_ml: "50", taken_at });
    if (s % 300 === 299) say("assessment-recorded", {});
    if (s % 30 === 29) await new Promise((done) => requestAnimationFrame(done));
  }
}"""


def test_eight_hours_of_streaming_leave_nothing_behind(database_url: DatabaseUrl) -> None:
    now = clock.now()
    day = long_infusion(now=now, hours=1, site=site_at_noon(now))
    rows = []
    with served(database_url()) as front, a_browser() as browser:
        page = a_screen(browser, front, day.clinician)
        page.add_init_script(CATCH)
        page.goto(f"/sessions/{day.id}/infusion/")
        page.wait_for_function("() => document.querySelector('.trend')?.trend && window.stream")
        page.wait_for_function("() => document.body.dataset.live === 'connected'")
        page.evaluate("window.stream.close()")
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        cdp.send("HeapProfiler.enable")
        begin = int(now.timestamp() * 1000)
        for number in range(HALF_HOURS):
            page.evaluate(STREAM, {"from": begin + number * 1_800_000, "seconds": 1800})
            look_about(page)
            rows.append(sample(page, cdp))
            sys.stdout.write(f"{(number + 1) / 2} h {rows[-1]}\n")
    write_page(rows)

    # What eight hours may cost: the points that the graph keeps, by the minute, and nothing else.
    assert abs(slope(rows, "Nodes")) < 50
    assert abs(slope(rows, "JSEventListeners")) < 25
    assert slope(rows, "JSHeapUsedSize") < 1_000_000


def look_about(page: Page) -> None:
    """Open and close a dialog, mark a moment, and let every panel look again."""
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("Note").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("dialog").wait_for(state="hidden")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('infusion:refresh'))")
    page.wait_for_timeout(1500)


def sample(page: Page, cdp: CDPSession) -> dict[str, Any]:
    """What is in the page once nothing more can be collected."""
    for _ in range(3):
        cdp.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
    points = page.evaluate(
        "Object.values(document.querySelector('.trend').trend.points).flat().length"
    )
    return {**{name: int(found[name]) for name in KEPT}, "points": points}


def slope(rows: Sequence[dict[str, Any]], name: str) -> float:
    """How much of it an hour adds, once settled: the line of least squares."""
    settled = rows[SETTLED:]
    hours = [number / 2 for number in range(len(settled))]
    return statistics.linear_regression(hours, [row[name] for row in settled]).slope


def write_page(rows: Sequence[dict[str, Any]]) -> None:
    """Put the numbers between the page's marks."""
    here = machine()
    lines = [
        f"{here['on']}, {here['system']}; {len(rows) / 2:g} hours of one-second frames.",
        "",
        "| After | Heap | Nodes | Listeners | Points kept |",
        "|---|---|---|---|---|",
    ]
    for number, row in enumerate(rows, 1):
        if number in (1, 2, len(rows)) or number % 4 == 0:
            lines.append(
                f"| {number / 2:g} h | {row['JSHeapUsedSize'] / 2**20:.2f} MiB | {row['Nodes']} "
                f"| {row['JSEventListeners']} | {row['points']} |"
            )
    heap, nodes, listeners, points = (
        slope(rows, name) for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners", "points")
    )
    lines += [
        "",
        f"From {SETTLED / 2 + 0.5:g} h on an hour adds {heap / 1024:.0f} KiB of heap, "
        f"{nodes:.1f} nodes, {listeners:.1f} listeners and {points:.0f} points.",
    ]
    before, rest = DOCS.read_text().split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    DOCS.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")
