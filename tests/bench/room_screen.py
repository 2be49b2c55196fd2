"""A browser at the infusion room while a monitor speaks, a bare page beside it, the trace read.

The bare page listens to the same stream and writes one number; nothing can draw less.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device
from afterglow.interop.hl7v2.client import MllpSender
from afterglow.web import clock
from bench.measuring import percentile
from support.chromium import find_chromium
from support.clinic_messages import oru
from support.front import BREATH, DELIVERED, DIASTOLIC, HEART, MEAN, RATE, SPO2, SYSTOLIC, Front
from support.infusion_day import Day
from support.live import cookie_of

CO2 = "MDC_AWAY_CO2_ET"
CATEGORIES = [
    *("devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"),
    "disabled-by-default-devtools.timeline.frame",
]
SCRIPTING = frozenset(
    {
        *("EvaluateScript", "FunctionCall", "FireAnimationFrame", "TimerFire", "EventDispatch"),
        *("RunMicrotasks", "v8.run", "MinorGC", "MajorGC", "XHRReadyStateChange", "XHRLoad"),
    }
)
DRAWING = frozenset(
    {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit", "ParseHTML"}
)
BEAT_MS = 1000 / 60
BARE = """<!doctype html><html lang="en"><title>bare</title><p id="number">-</p><script>
window.told = 0;
const source = new EventSource("{stream}");
source.addEventListener("vital-signs", (event) => {{
  for (const reading of JSON.parse(event.data).readings)
    if (reading.code === "heart_rate")
      document.getElementById("number").textContent = reading.value;
  window.told += 1;
}});
</script></html>"""
# Something that moves by itself asks for every frame, as a hand that drags does.
MOVES = """() => {
  const dot = document.createElement("i");
  dot.id = "moves";
  Object.assign(dot.style, {position: "fixed", left: "0", bottom: "0", width: "4px", height: "4px",
                            background: "#888", zIndex: 99, willChange: "transform"});
  document.body.append(dot);
  let n = 0;
  const step = () => { dot.style.transform = `translateX(${n = (n + 1) % 60}px)`;
                       window.moving = requestAnimationFrame(step); };
  step();
}"""
COUNTS = """() => {
  window.told = 0;
  document.body.addEventListener("live:vital-signs", () => { window.told += 1; });
}"""


class Monitor:
    """A monitor and a pump that say everything they measure once a second, until closed."""

    def __init__(self, front: Front, day: Day) -> None:
        self.front, self.day = front, day
        self.said = 0
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Monitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
        if self._failed:
            raise self._failed[0]

    def _run(self) -> None:
        try:
            asyncio.run(self._speak())
        except BaseException as problem:
            self._failed.append(problem)

    async def _speak(self) -> None:
        async with MllpSender("127.0.0.1", self.front.gateway_port, window=8) as sender:
            loop = asyncio.get_running_loop()
            next_at = loop.time()
            while not self._stop.is_set():
                await sender.send(_message(self.day.monitor, signs_of(self.said)))
                await sender.send(_message(self.day.pump, {RATE: "75", DELIVERED: "50"}))
                self.said += 1
                next_at += 1
                await asyncio.sleep(max(0.0, next_at - loop.time()))
            assert await sender.flush(20), "the gateway did not acknowledge"
            assert not sender.tally.rejected, sender.tally.last_rejection


def _message(device: Device, values: dict[str, str | None]) -> bytes:
    return oru(device, values, at=clock.now(), control_id=uuid.uuid4().hex[:18])


def signs_of(second: int) -> dict[str, str | None]:
    """What a monitor with every module says in one second: each sign, the pressure too."""
    wave = second % 9 - 4
    return {
        SYSTOLIC: str(126 + wave),
        DIASTOLIC: str(78 + wave // 2),
        MEAN: str(94 + wave // 2),
        HEART: str(74 + wave),
        SPO2: str(97 - abs(wave) // 2),
        BREATH: str(14 + wave // 3),
        CO2: str(37 + wave // 2),
    }


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Open Chromium for a bench; Django may be asked meanwhile."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=[*flags, "--js-flags=--expose-gc"]
            )
            yield browser
            browser.close()
    finally:
        if before is None:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def a_screen(browser: Browser, front: Front, account: Account) -> Page:
    """Open a tablet at the chair with somebody signed in."""
    context = browser.new_context(base_url=front.url, viewport={"width": 1024, "height": 768})
    name, _, value = cookie_of(account).partition("=")
    context.add_cookies([{"name": name, "value": value, "url": front.url}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def open_bare(page: Page, day: Day) -> None:
    """Open the page that draws one number a second through the same stream."""
    words = BARE.format(stream=f"/live/sessions/{day.id}/")
    page.route("**/bare/", lambda route: route.fulfill(body=words, content_type="text/html"))
    page.goto("/bare/")
    page.wait_for_function("() => window.told > 1")


def open_room(page: Page, day: Day) -> None:
    """Open the infusion page and wait until the monitor speaks on it."""
    page.goto(f"/sessions/{day.id}/infusion/")
    page.wait_for_function("() => document.querySelector('.trend')?.trend")
    page.evaluate(COUNTS)
    page.wait_for_function("() => window.told > 1")


def slowed(page: Page, times: int) -> CDPSession:
    """Slow the page's main thread down, as a cheap tablet's is."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": times})
    return session


@dataclass(frozen=True)
class Frames:
    """What a trace says of a stretch; all times in ms, as the slowed page took them."""

    seconds: float
    drawn: int
    missed: int
    """Beats of the screen, 60 a second, that passed without a frame though one was wanted."""
    intervals: tuple[float, float, float]
    longest_task: float
    tasks_over_50: int
    busy_share: float
    scripting: float
    drawing: float
    messages: int

    @property
    def per_second(self) -> float:
        """Frames drawn a second."""
        return self.drawn / self.seconds

    @property
    def scripting_per_message(self) -> float:
        return self.scripting / max(1, self.messages)


def traced(browser: Browser, page: Page, *, seconds: float, during: Any = None) -> Frames:
    """Trace a page for a while; ``during()`` is what a hand does meanwhile."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    before = page.evaluate("performance.mark('bench-begin'), window.told")
    began = clock.now()
    while (clock.now() - began).total_seconds() < seconds:
        if during is None:
            page.wait_for_timeout(500)
        else:
            during()
    told = page.evaluate("performance.mark('bench-end'), window.told") - before
    raw = browser.stop_tracing()
    if where := os.environ.get("AFTERGLOW_TRACE"):  # for whoever wants to see why
        Path(f"{where}-{page.url.rsplit('/', 2)[-2]}-{told}.json").write_bytes(raw)
    events: list[dict[str, Any]] = json.loads(raw)["traceEvents"]
    return read_trace(events, messages=told)


def read_trace(events: Sequence[dict[str, Any]], *, messages: int) -> Frames:
    """Count frames and add up tasks between the page's two marks."""
    marks = {e["name"]: e for e in events if str(e.get("name", "")).startswith("bench-")}
    begin, end = marks["bench-begin"], marks["bench-end"]
    process, thread = begin["pid"], begin["tid"]
    inside = [e for e in events if e["pid"] == process and begin["ts"] <= e["ts"] <= end["ts"]]
    main = [e for e in inside if e["tid"] == thread and e.get("ph") == "X"]
    drawn = sorted(e["ts"] for e in inside if e["name"] == "DrawFrame")
    gaps = [(b - a) / 1000 for a, b in pairwise(drawn)]
    tasks = [e["dur"] / 1000 for e in main if e["name"] == "RunTask"]
    return Frames(
        seconds=(end["ts"] - begin["ts"]) / 1e6,
        drawn=len(drawn),
        missed=sum(max(0, round(gap / BEAT_MS) - 1) for gap in gaps),
        intervals=(percentile(gaps, 0.5), percentile(gaps, 0.95), percentile(gaps, 0.99)),
        longest_task=max(tasks),
        tasks_over_50=sum(task > 50 for task in tasks),
        busy_share=sum(tasks) * 1000 / (end["ts"] - begin["ts"]),
        scripting=_covered(main, SCRIPTING),
        drawing=_covered(main, DRAWING),
        messages=messages,
    )


def _covered(events: Sequence[dict[str, Any]], names: frozenset[str]) -> float:
    """Milliseconds that are inside at least one event of these names; nested ones count once."""
    total, reached = 0.0, 0.0
    for event in sorted((e for e in events if e["name"] in names), key=lambda e: e["ts"]):
        start, stop = max(event["ts"], reached), event["ts"] + event["dur"]
        if stop > start:
            total += stop - start
            reached = stop
    return total / 1000
