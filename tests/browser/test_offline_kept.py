"""What lies on a tablet: it survives a kill, says paper when it cannot, and is erased."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import OfflineEntry
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import closing
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web import clock
from support.clinic_morning import PIN
from support.infusion_day import Day
from support.lone_tablet import (
    ENTRIES,
    Killable,
    banner,
    can_record,
    column,
    is_back,
    is_cut,
    mark,
    note,
    running_day,
    signed_in,
    tab,
    waits,
)
from support.wire import Wire

OpenScreen = Callable[..., Page]
Look = Callable[..., None]

STORED = """async () => {
  const names = (await indexedDB.databases()).map((each) => each.name);
  const caches_ = await caches.keys();
  const workers = (await navigator.serviceWorker.getRegistrations()).length;
  return {databases: names, caches: caches_, workers};
}"""
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
    """An infusion that runs."""
    return running_day()


@pytest.fixture
def killable(browser: Browser, tmp_path: Path) -> Iterator[Killable]:
    one = Killable(browser, tmp_path / "profile")
    (tmp_path / "profile").mkdir()
    yield one
    with contextlib.suppress(AssertionError):
        one.kill()


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
    note(page, "Hums of Ottilie.")
    waits(page, 3)
    # Hours later: the browser's own cache of files has nothing left that is fresh.
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")

    killable.kill()
    page = tab(killable.start())
    page.goto(address)

    expect(banner(page)).to_contain_text("Opened without a connection: this screen is locked")
    waits(page, 3)
    expect(page.get_by_text(day.session.patient.family_name)).to_have_count(0)
    expect(page.locator(".event-strip")).to_contain_text("Note")
    expect(page.get_by_text("Ottilie")).to_have_count(0)
    expect(page.locator("#panel-grid")).to_have_attribute("inert", "")
    expect(page.locator(".vital-pressure [data-value]")).to_have_text("124/78")
    expect(page.locator(".infusion-clock")).to_contain_text("elapsed")
    look(page, "room-kept")
    page.get_by_label("Your sign-in name").fill(day.second.username)
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Record here").click()
    column(page, "128/80", "74")
    note(page, "Awake and calm.")
    waits(page, 5)

    signed_in(page, wire.url, day.clinician)  # the cookie may have died with the browser
    wire.plug_in()

    is_back(page)
    expect(page.locator(".patient-banner")).to_contain_text(day.session.patient.family_name)
    kept = list(OfflineEntry.objects.order_by("happened_at"))
    assert [(each.kind, each.outcome) for each in kept] == [
        *(("readings", "charted"), ("note", "charted"), ("note", "charted")),
        *(("readings", "charted"), ("note", "charted")),
    ]
    assert [each.typed_by for each in kept] == [day.clinician] * 3 + [day.second] * 2
    hand = VitalSign.objects.filter(batch__in=[each.key for each in kept], code="systolic")
    assert list(hand.order_by("taken_at").values_list("value", "taken_at", "by")) == [
        (Decimal(131), kept[0].happened_at, day.clinician.pk),
        (Decimal(128), kept[3].happened_at, day.second.pk),
    ]
    assert page.evaluate(ENTRIES) == []


def test_a_kept_page_whose_script_does_not_run_says_so_itself(
    day: Day, wire: Wire, killable: Killable, look: Look
) -> None:
    address = f"{wire.url}/sessions/{day.id}/infusion/"
    page = signed_in(tab(killable.start()), wire.url, day.clinician)
    page.goto(address, timeout=60_000)
    can_record(page)
    wire.pull()
    is_cut(page)
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.evaluate(
        """async () => {
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const file of await cache.keys())
              if (file.url.endsWith(".js")) await cache.delete(file);
          }
        }"""
    )

    page.goto(address)

    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    expect(banner(page)).to_contain_text("has not started: no button here does anything")
    expect(page.locator("#panel-numbers [data-age]").first).to_be_hidden()
    look(page, "room-kept-asleep")


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
