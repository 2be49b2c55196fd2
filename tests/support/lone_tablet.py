"""A tablet in a browser: what a person does at it, and a browser that ends as a battery does."""

from __future__ import annotations

import datetime as dt
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import infusions
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock
from support.chromium import find_chromium
from support.clinic_morning import site_at_noon, with_pin
from support.infusion_day import TO_START, Day, infusing
from support.live import cookie_of

ENTRIES = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("afterglow-offline");
  request.onsuccess = () => {
    const rows = request.result.transaction("entries").objectStore("entries").getAll();
    rows.onsuccess = () => {
      request.result.close();
      const waits = rows.result.filter(({state}) => state !== "probe");
      resolve(waits.map(({key, state}) => ({key, state})));
    };
  };
  request.onerror = () => reject(request.error);
})"""
"""A script that gives what waits on the tablet, without the probe that asks whether it keeps."""


def running_day() -> Day:
    """Return an infusion that has run for three minutes, in real time; both nurses have a PIN."""
    at = clock.now() - TO_START - dt.timedelta(minutes=3)
    day = infusing(at=at, site=site_at_noon(at))
    with_pin(day.clinician, clock.now())
    with_pin(day.second, clock.now())
    return day


def recovering_day() -> Day:
    """Return a day whose pump was just stopped; both nurses have a PIN."""
    day = running_day()
    stopped = infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=clock.now(),
        key=uuid.uuid4(),
    )
    assert isinstance(stopped, Done), stopped.decision
    return day


def signed_in(page: Page, url: str, account: Account) -> Page:
    """Sign somebody in at a page's browser."""
    name, _, value = cookie_of(account).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": url}])
    return page


def open_infusion(page: Page, day: Day) -> Page:
    """Open the infusion page and wait until it is live and could record by itself."""
    page.goto(f"/sessions/{day.id}/infusion/", timeout=60_000)  # the server's first page is slow
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    can_record(page)
    return page


def can_record(page: Page) -> None:
    """Wait until the page says that this tablet can record."""
    line = page.locator("[data-recording-line]")
    expect(line).to_contain_text("This tablet can record", timeout=60_000)


def banner(page: Page) -> Locator:
    """The band that says what this tablet does."""
    return page.locator("#recording")


def is_cut(page: Page) -> None:
    """Wait until the tablet says that it goes on alone."""
    expect(banner(page)).to_contain_text("Connection lost: still recording here")


def is_back(page: Page) -> None:
    """Wait until all is sent and said."""
    expect(page.locator("body")).to_have_attribute("data-live", "connected", timeout=30_000)
    expect(banner(page)).to_be_hidden(timeout=30_000)


def column(page: Page, pressure: str, heart: str, oxygen: str = "97") -> None:
    """Type one column of the grid and save it."""
    page.locator("#entry-pressure").fill(pressure)
    page.locator("#entry-heart_rate").fill(heart)
    page.locator("#entry-spo2").fill(oxygen)
    page.locator("#entry-respiratory_rate").fill("14")
    page.locator("#entry-moaas").fill("5")
    page.locator("[data-grid-save]").click()
    expect(page.locator("#entry-pressure")).to_have_value("")


def note(page: Page, text: str) -> None:
    """Write a note."""
    page.get_by_role("link", name=re.compile("^Note")).click()
    page.get_by_role("dialog").get_by_label("Note", exact=True).fill(text)
    page.get_by_role("dialog").get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def rate(page: Page, value: str) -> None:
    """Chart a new rate."""
    page.get_by_role("link", name=re.compile("^Rate")).click()
    page.get_by_role("dialog").get_by_label("New rate").fill(value)
    page.get_by_role("dialog").get_by_role("button", name="Chart the new rate").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def mark(page: Page) -> None:
    """Mark now."""
    page.get_by_role("button", name="Mark now").click()


def waits(page: Page, count: int) -> None:
    """Wait until so many entries are said to wait."""
    words = "1 entry waits here" if count == 1 else f"{count} entries wait here"
    expect(banner(page)).to_contain_text(words)


def tab(context: BrowserContext) -> Page:
    """Open a page of the tablet's size in a browser of its own."""
    page = context.new_page()
    page.set_viewport_size({"width": 1024, "height": 768})
    page.emulate_media(reduced_motion="reduce")
    page.set_default_timeout(20_000)
    return page


class Killable:
    """A Chromium with a profile on the disk, that ends as a battery does."""

    def __init__(self, browser: Browser, profile: Path) -> None:
        self._kind, self._profile = browser.browser_type, profile
        self._program: subprocess.Popen[bytes] | None = None

    def start(self) -> BrowserContext:
        """Start it, the first time or again."""
        port_file = self._profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        self._program = subprocess.Popen(
            [
                str(find_chromium() or self._kind.executable_path),
                *flags,
                f"--user-data-dir={self._profile}",
                "--remote-debugging-port=0",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            if port_file.exists() and port_file.read_text().strip():
                break
            time.sleep(0.1)
        port = port_file.read_text().split()[0]
        connected = self._kind.connect_over_cdp(f"http://127.0.0.1:{port}")
        return connected.contexts[0]

    def kill(self) -> None:
        """End it at once."""
        assert self._program is not None
        self._program.send_signal(signal.SIGKILL)
        self._program.wait()
