"""Stories of a tablet that loses its server: it records on, nothing is lost, nothing comes twice.

The network is a wire that is pulled; five minutes pass for the tablet's clock and the server's at
once; the browser is killed with SIGKILL.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import (
    MedicineGiven,
    OfflineEntry,
    PumpAction,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import closing
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web import clock
from support.chromium import find_chromium
from support.clinic_morning import PIN, site_at_noon, with_pin
from support.database import DatabaseUrl
from support.front import DIASTOLIC, HEART, SPO2, SYSTOLIC, Front, served
from support.infusion_day import TO_START, Day, infusing
from support.live import cookie_of
from support.whole_clinic import CLOCK_SEAM
from support.wire import Wire, wire_to

OpenScreen = Callable[..., Page]
Look = Callable[..., None]

STORED = """async () => {
  const names = (await indexedDB.databases()).map((each) => each.name);
  const caches_ = await caches.keys();
  const workers = (await navigator.serviceWorker.getRegistrations()).length;
  return {databases: names, caches: caches_, workers};
}"""
ENTRIES = """() => new Promise((resolve, reject) => {
  const request = indexedDB.open("afterglow-offline");
  request.onsuccess = () => {
    const rows = request.result.transaction("entries").objectStore("entries").getAll();
    rows.onsuccess = () => {
      request.result.close();
      resolve(rows.result.map(({key, state}) => ({key, state})));
    };
  };
  request.onerror = () => reject(request.error);
})"""
WENT = {
    "reason": "Chest pain.",
    "destination": "General Hospital",
    "handed_over_at": "12:10",
    "handed_over_to": "Crew 4",
    "contact_told": "sister, by telephone",
    "prescriber_told": "yes",
}
NOTHING_TEXT = '{"databases":[],"caches":[],"workers":0}'


@pytest.fixture
def day(transactional_db: None) -> Day:
    """An infusion that has run for three minutes, in real time."""
    at = clock.now() - TO_START - dt.timedelta(minutes=3)
    day = infusing(at=at, site=site_at_noon(at))
    with_pin(day.clinician, clock.now())
    with_pin(day.second, clock.now())
    return day


@pytest.fixture
def wire(front: Front) -> Iterator[Wire]:
    """The network between the tablets and the real servers."""
    with wire_to(front.port) as one:
        yield one


def signed_in(page: Page, url: str, account: Account) -> Page:
    name, _, value = cookie_of(account).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": url}])
    return page


@pytest.fixture
def at_tablet(open_screen: OpenScreen, wire: Wire) -> Callable[..., Page]:
    """Open the infusion page of a day at a tablet, and wait until it could record by itself."""

    def open_one(day: Day, account: Account, **options: Any) -> Page:
        page = signed_in(open_screen(wire.url, **options), wire.url, account)
        return open_infusion(page, day)

    return open_one


def open_infusion(page: Page, day: Day) -> Page:
    page.goto(f"/sessions/{day.id}/infusion/", timeout=60_000)  # the server's first page is slow
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    can_record(page)
    return page


def can_record(page: Page) -> None:
    line = page.locator("[data-recording-line]")
    expect(line).to_contain_text("This tablet can record", timeout=60_000)


def banner(page: Page) -> Any:
    return page.locator("#recording")


def is_cut(page: Page) -> None:
    expect(banner(page)).to_contain_text("Connection lost: still recording here")


def is_back(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-live", "connected", timeout=30_000)
    expect(banner(page)).to_be_hidden(timeout=30_000)


def column(page: Page, pressure: str, heart: str, oxygen: str = "97") -> None:
    page.locator("#entry-pressure").fill(pressure)
    page.locator("#entry-heart_rate").fill(heart)
    page.locator("#entry-spo2").fill(oxygen)
    page.locator("#entry-respiratory_rate").fill("14")
    page.locator("#entry-moaas").fill("5")
    page.locator("[data-grid-save]").click()
    expect(page.locator("#entry-pressure")).to_have_value("")


def note(page: Page, text: str) -> None:
    page.get_by_role("link", name=re.compile("^Note")).click()
    page.get_by_role("dialog").get_by_label("Note", exact=True).fill(text)
    page.get_by_role("dialog").get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def rate(page: Page, value: str) -> None:
    page.get_by_role("link", name=re.compile("^Rate")).click()
    page.get_by_role("dialog").get_by_label("New rate").fill(value)
    page.get_by_role("dialog").get_by_role("button", name="Chart the new rate").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def mark(page: Page) -> None:
    page.get_by_role("button", name="Mark now").click()


def waits(page: Page, count: int) -> None:
    words = "1 entry waits here" if count == 1 else f"{count} entries wait here"
    expect(banner(page)).to_contain_text(words)


# -- five minutes, twenty entries -----------------------------------------------------------------


@pytest.fixture
def ahead(
    transactional_db: None, database_url: DatabaseUrl, tmp_path: Path
) -> Iterator[tuple[Front, Callable[[float], None]]]:
    """Real servers whose clock a test can put ahead; says how many seconds."""
    file = tmp_path / "clock"
    file.write_text("0")

    def put(seconds: float) -> None:
        draft = tmp_path / "clock.new"
        draft.write_text(str(seconds))
        draft.rename(file)

    with pytest.MonkeyPatch.context() as seam, ExitStack() as stack:
        seam.setenv("PYTHONPATH", str(CLOCK_SEAM))
        seam.setenv("AFTERGLOW_TEST_CLOCK_FILE", str(file))
        front = stack.enter_context(served(database_url()))
        yield front, put


def test_five_minutes_without_a_server_and_twenty_entries_each_arrive_once_at_their_own_time(
    ahead: tuple[Front, Callable[[float], None]], day: Day, open_screen: OpenScreen
) -> None:
    front, put_clock = ahead
    with wire_to(front.port) as wire:
        page = signed_in(open_screen(wire.url), wire.url, day.clinician)
        page.context.clock.install()
        open_infusion(page, day)
        front.says(day.monitor, {HEART: "81", SPO2: "97", SYSTOLIC: "122", DIASTOLIC: "78"})
        expect(page.locator(".vital-heart [data-value]")).to_have_text("81")
        passed = 0.0
        began = clock.now()

        def later(seconds: float) -> None:
            nonlocal passed
            passed += seconds
            put_clock(passed)
            page.clock.fast_forward(int(seconds * 1000))

        wire.pull()
        is_cut(page)
        for minute in range(5):
            later(12)
            column(page, f"{120 + minute}/80", str(70 + minute))
            later(16)
            mark(page)
            later(16)
            if minute == 0:
                note(page, "Hums a tune.")
            elif minute == 1:
                rate(page, "50")
            elif minute == 2:
                page.get_by_role("link", name=re.compile("^Drug")).click()
                page.get_by_role("dialog").get_by_role("radio").first.check()
                page.get_by_role("dialog").get_by_label("Another dose").fill("4")
                page.get_by_role("dialog").get_by_role("button", name="Chart as given").click()
            elif minute == 3:
                page.get_by_role("button", name=re.compile("^Pause")).click()
            else:
                page.get_by_role("button", name=re.compile("^Resume")).click()
            waits(page, minute * 4 + 3)
            if minute == 1:  # the monitor goes on; its gateway is not on this wire
                front.says(
                    day.monitor,
                    {HEART: "93", SPO2: "96"},
                    at=clock.now() + dt.timedelta(seconds=passed),
                )
            later(16)
            if minute == 0:
                page.locator(".event-strip").get_by_role("button", name="Name it").first.click()
                page.get_by_role("dialog").get_by_label("What was it?").fill("First tears")
                page.get_by_role("dialog").get_by_role("button", name="Save").click()
            elif minute == 4:
                page.get_by_role("button", name="Record pump stopped").click()
            else:
                rate(page, str(45 + minute)) if minute == 2 else note(page, f"Note {minute}")
        waits(page, 20)
        expect(page.locator("#recording-stop")).to_contain_text("Stop the pump by hand")
        expect(page.locator("table[data-grid] thead .is-waiting")).to_have_count(5)
        expect(page.locator(".vital-heart")).to_have_class(re.compile("stale"))
        assert not OfflineEntry.objects.exists()

        wire.plug_in()

        is_back(page)
        expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
        assert page.evaluate(ENTRIES) == []
    kept = list(OfflineEntry.objects.order_by("happened_at"))
    amiss = [(each.kind, each.outcome, each.reasons) for each in kept if each.outcome != "charted"]
    assert amiss == []
    assert (len(kept), len({each.key for each in kept})) == (20, 20)
    apart = [later.happened_at - sooner.happened_at for sooner, later in pairwise(kept)]
    assert all(dt.timedelta(seconds=10) < each < dt.timedelta(seconds=120) for each in apart)
    assert kept[-1].happened_at - kept[0].happened_at > dt.timedelta(seconds=280)
    assert kept[0].happened_at - began > dt.timedelta(seconds=12)
    hand = VitalSign.objects.filter(
        session=day.session, code="systolic", source="hand", by=day.clinician, arrived_at__gt=began
    )
    by_time = [
        (each.happened_at, Decimal(each.body["readings"]["systolic"]))
        for each in kept
        if each.kind == "readings"
    ]
    assert list(hand.order_by("taken_at").values_list("taken_at", "value")) == by_time
    pump = PumpAction.objects.filter(infusion=day.infusion).order_by("sequence")
    assert [each.kind for each in pump] == [
        *("start", "change_rate", "change_rate", "pause", "resume", "stop")
    ]
    assert [each.at for each in pump][1:] == [
        each.happened_at for each in kept if each.kind == "pump"
    ]
    marks = SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK)
    named = SessionEvent.objects.get(session=day.session, kind=EventKind.NAME_MARK)
    assert (marks.count(), named.label, named.about_id) == (
        5,
        "First tears",
        marks.earliest("at").pk,
    )
    assert MedicineGiven.objects.filter(session=day.session).count() == 1
    device = VitalSign.objects.filter(session=day.session, source="device", code="heart_rate")
    assert [str(each.value.normalize()) for each in device.order_by("taken_at")] == ["81", "93"]


# -- one answer is lost ---------------------------------------------------------------------------


def test_what_was_charted_while_its_answer_was_lost_is_not_charted_twice(
    day: Day, wire: Wire, at_tablet: Callable[..., Page], look: Look
) -> None:
    page = at_tablet(day, day.clinician)

    wire.loses_answers = True
    mark(page)
    column(page, "131/84", "77")
    for _ in range(100):
        if SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).exists():
            break
        time.sleep(0.1)
    is_cut(page)
    wire.pull()
    page.get_by_role("button", name="Record pump stopped").click()
    waits(page, 3)
    look(page, "room-offline")
    wire.plug_in()
    is_back(page)

    assert SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).count() == 1
    taken = VitalSign.objects.filter(session=day.session, code="systolic", value=131)
    assert taken.count() == 1
    assert PumpAction.objects.filter(infusion=day.infusion, kind="stop").count() == 1
    outcomes = OfflineEntry.objects.values_list("outcome", flat=True)
    assert list(outcomes) == ["charted"] * 3
    assert page.evaluate(ENTRIES) == []


# -- two tablets ----------------------------------------------------------------------------------


def test_two_rates_of_two_tablets_stand_side_by_side_and_a_person_settles_them(
    day: Day, wire: Wire, front: Front, at_tablet: Callable[..., Page], open_screen: OpenScreen
) -> None:
    page = at_tablet(day, day.clinician)
    other = signed_in(open_screen(front.url), front.url, day.second)  # on a network of its own
    open_infusion(other, day)

    wire.pull()
    is_cut(page)
    rate(page, "50")
    rate(page, "40")
    rate(other, "60")
    expect(other.locator("#panel-drug")).to_contain_text("60 mL/h")
    wire.plug_in()

    expect(banner(page)).to_contain_text("2 entries typed without a connection were not charted")
    expect(banner(page)).to_contain_text("Another screen charted the pump")
    changes = PumpAction.objects.filter(infusion=day.infusion, kind="change_rate")
    assert [str(each.rate_ml_per_h.value.normalize()) for each in changes] == ["6E+1"]
    banner(page).get_by_role("link", name="Settle it").click()
    expect(page.get_by_text("The offline tablet says")).to_have_count(2)
    for choice in ("Keep it as a note", "Leave it out, for this reason"):
        first = page.locator("section.card form").first
        first.get_by_label("Reason").fill("The pump shows 60.")
        first.get_by_role("button", name=choice).click()
    expect(page.get_by_text("The offline tablet says")).to_have_count(0)
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    can_record(page)
    expect(banner(page)).to_be_hidden()
    assert page.evaluate(ENTRIES) == []


# -- the browser is killed ------------------------------------------------------------------------


class Killable:
    """A Chromium with a profile on the disk, that ends as a battery does."""

    def __init__(self, browser: Browser, profile: Path) -> None:
        self._kind, self._profile = browser.browser_type, profile
        self._program: subprocess.Popen[bytes] | None = None

    def start(self) -> BrowserContext:
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
        assert self._program is not None
        self._program.send_signal(signal.SIGKILL)
        self._program.wait()


@pytest.fixture
def killable(browser: Browser, tmp_path: Path) -> Iterator[Killable]:
    one = Killable(browser, tmp_path / "profile")
    (tmp_path / "profile").mkdir()
    yield one
    with contextlib.suppress(AssertionError):
        one.kill()


def tab(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": 1024, "height": 768})
    page.emulate_media(reduced_motion="reduce")
    page.set_default_timeout(20_000)
    return page


def test_a_browser_killed_without_a_connection_has_lost_nothing_when_it_is_opened_again(
    day: Day, wire: Wire, killable: Killable, look: Look
) -> None:
    address = f"{wire.url}/sessions/{day.id}/infusion/"
    page = signed_in(tab(killable.start()), wire.url, day.clinician)
    page.goto(address, timeout=60_000)
    can_record(page)
    wire.pull()
    is_cut(page)
    column(page, "131/84", "77")
    mark(page)
    waits(page, 2)

    killable.kill()
    page = tab(killable.start())
    page.goto(address)

    expect(banner(page)).to_contain_text("Opened without a connection: this screen is locked")
    waits(page, 2)
    expect(page.get_by_text(day.session.patient.family_name)).to_have_count(0)
    expect(page.locator("#panel-grid")).to_have_attribute("inert", "")
    expect(page.locator(".vital-pressure [data-value]")).to_have_text("124/78")
    expect(page.locator(".infusion-clock")).to_contain_text("elapsed")
    look(page, "room-kept")
    page.get_by_label("Your sign-in name").fill(day.second.username)
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Record here").click()
    column(page, "128/80", "74")
    note(page, "Awake and calm.")
    waits(page, 4)

    signed_in(page, wire.url, day.clinician)  # the cookie may have died with the browser
    wire.plug_in()

    is_back(page)
    expect(page.locator(".patient-banner")).to_contain_text(day.session.patient.family_name)
    kept = list(OfflineEntry.objects.order_by("happened_at"))
    assert [(each.kind, each.outcome) for each in kept] == [
        *(("readings", "charted"), ("note", "charted")),
        *(("readings", "charted"), ("note", "charted")),
    ]
    assert [each.typed_by for each in kept] == [day.clinician] * 2 + [day.second] * 2
    hand = VitalSign.objects.filter(batch__in=[each.key for each in kept], code="systolic")
    assert list(hand.order_by("taken_at").values_list("value", "taken_at", "by")) == [
        (Decimal(131), kept[0].happened_at, day.clinician.pk),
        (Decimal(128), kept[2].happened_at, day.second.pk),
    ]
    assert page.evaluate(ENTRIES) == []


# -- it says paper, and it leaves nothing ---------------------------------------------------------


def test_a_tablet_that_may_store_nothing_says_paper(
    day: Day, wire: Wire, open_screen: OpenScreen, look: Look
) -> None:
    page = signed_in(open_screen(wire.url), wire.url, day.clinician)
    browser = page.context.new_cdp_session(page)
    browser.send("Storage.overrideQuotaForOrigin", {"origin": wire.url, "quotaSize": 1000})

    page.goto(f"/sessions/{day.id}/infusion/", timeout=60_000)

    expect(banner(page)).to_contain_text("Without a connection this tablet does NOT record")
    expect(banner(page)).to_contain_text("no room left")
    expect(banner(page).get_by_role("link", name="Print the sheet")).to_be_visible()
    mark(page)  # with a connection all is as ever
    expect(page.locator(".event-strip")).to_contain_text("Mark")
    wire.pull()
    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    expect(banner(page)).to_contain_text("clock on the wall")
    look(page, "room-paper")
    mark(page)
    expect(page.locator("#messages")).to_contain_text("Nothing was saved")


def test_nothing_is_left_on_the_tablet_when_the_session_is_over(
    day: Day, wire: Wire, at_tablet: Callable[..., Page]
) -> None:
    page = at_tablet(day, day.clinician)
    stored = page.evaluate(STORED)
    assert (stored["databases"], stored["workers"]) == (["afterglow-offline"], 1)
    kept = page.evaluate(
        """async () => (await (await caches.open("afterglow-kept-pages")).keys())
            .map((request) => new URL(request.url).pathname)"""
    )
    assert kept == [f"/sessions/{day.id}/infusion/"]

    page.get_by_role("button", name="Record pump stopped").click()
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    went = closing.discharge(
        session=day.id,
        ending=SessionEnding.TRANSFERRED_TO_HOSPITAL,
        fields=WENT,
        by=day.prescriber,
        at=clock.now(),
        key=uuid.uuid4(),
    )
    assert isinstance(went, Done), went.decision
    page.goto("/board/")

    page.wait_for_function(f"async () => JSON.stringify(await ({STORED})()) === {NOTHING_TEXT!r}")


def test_nothing_is_left_on_the_tablet_after_signing_out(
    day: Day, wire: Wire, at_tablet: Callable[..., Page]
) -> None:
    page = at_tablet(day, day.clinician)

    page.goto("/accounts/logout/")
    page.get_by_role("button", name=re.compile("Sign out", re.I)).click()

    page.wait_for_function(f"async () => JSON.stringify(await ({STORED})()) === {NOTHING_TEXT!r}")
