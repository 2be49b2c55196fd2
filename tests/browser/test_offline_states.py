"""Where a tablet cannot be as one would wish: no https, two tabs of one session, no room left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import OfflineEntry, PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from support.chromium import find_chromium
from support.database import DatabaseUrl
from support.infusion_day import Day
from support.live import web_server
from support.lone_tablet import (
    ENTRIES,
    banner,
    column,
    is_back,
    is_cut,
    mark,
    open_infusion,
    running_day,
    signed_in,
    tab,
    waits,
)
from support.wire import Wire, wire_to

AHEAD = "() => { const now = Date.now; Date.now = () => now() + 3000; }"
"""Two tabs take the server's clock from two answers: they differ."""
IS_FULL = """() => new Promise((resolve) => {
  const asked = indexedDB.open("probe-of-room", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("rows", {autoIncrement: true});
  asked.onerror = () => resolve(true);
  asked.onsuccess = () => {
    const db = asked.result;
    const writing = db.transaction("rows", "readwrite");
    writing.objectStore("rows").add("x".repeat(1000));
    writing.oncomplete = () => { db.close(); resolve(false); };
    writing.onabort = () => { db.close(); resolve(true); };
  };
})"""
"""Whether the browser refuses a write; it looks at the room left once in half a minute."""

AtTablet = Callable[..., Page]
Look = Callable[..., None]
CLINIC = "clinic.test"


@pytest.fixture
def day(transactional_db: None) -> Day:
    """An infusion that runs."""
    return running_day()


# -- no https ------------------------------------------------------------------------------------


@pytest.fixture
def plain_http(
    transactional_db: None, database_url: DatabaseUrl, browser: Browser
) -> Iterator[tuple[Page, Wire]]:
    """A tablet that came by a name and plain http, as no browser trusts it."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("AFTERGLOW_HOSTS", CLINIC)
        wire = stack.enter_context(wire_to(stack.enter_context(web_server(database_url()))))
        program = browser.browser_type.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {CLINIC} 127.0.0.1"],
        )
        stack.callback(program.close)
        yield tab(program.new_context(base_url=f"http://{CLINIC}:{wire.port}")), wire


def test_a_page_that_came_by_plain_http_says_paper_and_charts_while_it_can(
    plain_http: tuple[Page, Wire], day: Day, look: Look
) -> None:
    page, wire = plain_http
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    signed_in(page, f"http://{CLINIC}:{wire.port}", day.clinician)

    page.goto(f"/sessions/{day.id}/infusion/", timeout=60_000)

    assert page.evaluate("[isSecureContext, 'serviceWorker' in navigator]") == [False, False]
    expect(banner(page)).to_contain_text("Without a connection this tablet does NOT record")
    expect(banner(page)).to_contain_text("did not come over https")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    column(page, "127/81", "78")
    mark(page)
    expect(page.locator(".event-strip")).to_contain_text("Mark")
    taken = VitalSign.objects.get(session=day.session, code="systolic", value=127)
    assert taken.by == day.clinician
    look(page, "room-plain-http")

    wire.pull()
    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    page.locator("#entry-pressure").fill("140/90")
    page.locator("[data-grid-save]").click()
    expect(page.locator("#messages")).to_contain_text("Nothing was saved")
    expect(page.locator("#entry-pressure")).to_have_value("140/90")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Record pump stopped").click()
    expect(page.locator("#messages")).to_contain_text("Stop the pump by hand")
    expect(page.locator("#messages")).to_contain_text(re.compile(r"NOT recorded: Pump stopped \d"))
    assert faults == []


# -- two tabs ------------------------------------------------------------------------------------


def test_two_tabs_of_one_session_are_one_tablet(day: Day, wire: Wire, at_tablet: AtTablet) -> None:
    first = at_tablet(day, day.clinician)
    second = open_infusion(tab(first.context), day)
    wire.pull()
    is_cut(first)
    is_cut(second)
    second.evaluate(AHEAD)

    mark(first)
    waits(second, 1)
    second.get_by_role("button", name=re.compile("^Pause")).click()
    expect(first.get_by_role("button", name=re.compile("^Resume"))).to_be_visible()
    first.get_by_role("button", name=re.compile("^Resume")).click()
    waits(second, 3)
    second.get_by_role("button", name="Record pump stopped").click()
    waits(first, 4)
    first.get_by_role("button", name="Record pump stopped").click()
    expect(first.locator("#messages")).to_contain_text("The stop was recorded here at")
    wire.plug_in()
    is_back(first)
    is_back(second)

    charted = PumpAction.objects.filter(infusion=day.infusion).order_by("sequence")
    assert [str(each.kind) for each in charted] == ["start", "pause", "resume", "stop"]
    assert SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).count() == 1
    assert set(OfflineEntry.objects.values_list("outcome", flat=True)) == {"charted"}
    assert first.evaluate(ENTRIES) == []


# -- no room left --------------------------------------------------------------------------------


def test_a_tablet_that_runs_full_in_mid_session_says_what_is_on_no_record_and_loses_nothing(
    day: Day, wire: Wire, at_tablet: AtTablet, look: Look
) -> None:
    page = at_tablet(day, day.clinician)
    browser = page.context.new_cdp_session(page)
    wire.pull()
    is_cut(page)
    mark(page)
    waits(page, 1)

    browser.send("Storage.overrideQuotaForOrigin", {"origin": wire.url, "quotaSize": 1000})
    for _ in range(45):
        if page.evaluate(IS_FULL):
            break
        page.wait_for_timeout(1000)
    page.locator("#entry-pressure").fill("133/85")
    page.locator("[data-grid-save]").click()
    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    expect(banner(page)).to_contain_text("There is no room left on this tablet")
    expect(banner(page)).to_contain_text(re.compile(r"On no record: Readings 133/85 \d\d:\d\d"))
    expect(banner(page)).to_contain_text("1 entry waits here")
    expect(page.locator("#entry-pressure")).to_have_value("133/85")
    look(page, "room-full")

    browser.send("Storage.overrideQuotaForOrigin", {"origin": wire.url})
    is_cut(page)
    waits(page, 2)
    expect(page.locator("#entry-pressure")).to_have_value("")

    wire.plug_in()
    is_back(page)

    kept = OfflineEntry.objects.order_by("happened_at")
    assert [(each.kind, each.outcome) for each in kept] == [
        *(("note", "charted"), ("readings", "charted")),
    ]
    taken = VitalSign.objects.get(session=day.session, code="systolic", value=Decimal(133))
    assert taken.taken_at == kept[1].happened_at
    assert page.evaluate(ENTRIES) == []
