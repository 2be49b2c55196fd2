"""The infusion room in the states it can be in, each looked at by phone, tablet and desk.

With ``AFTERGLOW_LOOK`` set, the pictures are kept in test-results.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.monitoring.services import record_vital_signs_by_hand
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.services import infusions
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock
from support.clinic_morning import site_at_noon
from support.front import Front
from support.infusion_day import Day, signed
from support.long_infusion import lively_infusion

AtScreen = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion of 26 minutes with a rate change, a bolus, a mark, a note and an artefact."""
    return lively_infusion(now=clock.now())


def open_room(page: Page, day: Day) -> Page:
    """Open the room and wait until it has drawn itself."""
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    expect(page.locator(".trend canvas")).to_be_visible()
    return page


def says(day: Day, at: dt.datetime, **values: int) -> None:
    """Chart readings by hand."""
    record_vital_signs_by_hand(
        session=day.id,
        readings={VitalSignCode(code): Decimal(value) for code, value in values.items()},
        taken_at=at,
        by=day.clinician,
        at=at,
        key=uuid.uuid4(),
    )


def test_the_calm_room_looks_back_and_comes_back_to_now(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    page = open_room(at_screen(day.clinician), day)
    expect(page.locator("#panel-drug")).to_contain_text("Ondansetron", ignore_case=True)
    expect(page.locator(".bolus-antiemetic")).to_have_text("4")
    look(page, "room-calm")

    graph = page.locator(".trend")
    # A hand that counts 71 in the minute in which the monitor says 96 makes a point of its own.
    told = graph.evaluate(
        """host => {
            const at = new Date((Math.floor(Date.now() / 60000) - 200) * 60000);
            const tell = (source, value, s) => {
                const detail = { sign: "heart", source, value };
                detail.at = new Date(+at + s * 1000).toISOString();
                document.body.dispatchEvent(new CustomEvent("live:reading", { detail }));
            };
            tell("device", "96", 5);
            tell("hand", "71", 10);
            tell("device", "98", 15);
            tell("hand", "71", 10);
            return host.trend.points.heart.filter(p => p.x >= at / 1000 && p.x < at / 1000 + 60)
                .map(p => [p.source, p.low, p.high, p.y]).sort();
        }"""
    )
    assert told == [["device", 96, 98, 98], ["hand", 71, 71, 71]]
    graph.focus()
    page.keyboard.press("-")
    expect(page.locator("[data-trend-window]")).to_have_text("2 h")
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("[data-trend-window]")).to_have_text("30 min")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Back to now")).to_be_visible()
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("button", name="Back to now")).to_be_hidden()

    page.locator(".chart-grid a.cell").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("by hand", ignore_case=True)
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_focused()
    look(page, "room-raw")
    page.get_by_role("dialog").get_by_role(
        "link", name=re.compile("^Mark as artefact")
    ).last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("From, if it is a stretch")).to_be_visible()
    expect(dialog).not_to_contain_text("mm[Hg]")
    look(page, "room-artefact")


def test_amber_then_red_then_paused(day: Day, at_screen: AtScreen, look: Look) -> None:
    page = open_room(at_screen(day.clinician), day)
    says(day, clock.now(), systolic=168, diastolic=96, heart_rate=88)
    expect(page.locator(".alarm-band.alarm-amber").first).to_be_visible()
    look(page, "room-amber")
    says(day, clock.now(), spo2=84)
    expect(page.locator(".alarm-band.alarm-red").first).to_be_visible()
    look(page, "room-red")
    infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        by=day.clinician,
        at=clock.now(),
        key=uuid.uuid4(),
        seen_sequence=2,
    )
    expect(page.locator(".infusion-clock")).to_contain_text("paused")
    look(page, "room-paused")


def test_recovery_keeps_the_room_readable(day: Day, at_screen: AtScreen, look: Look) -> None:
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_CLINICIAN,
        by=day.clinician,
        at=clock.now(),
        key=uuid.uuid4(),
    )
    page = open_room(at_screen(day.clinician), day)
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    look(page, "room-recovery")


def test_a_signed_record_is_shown_whole_and_still(
    front: Front, at_screen: AtScreen, look: Look
) -> None:
    at = clock.now() - dt.timedelta(hours=3)
    day = signed(at=at, site=site_at_noon(at))
    page = open_room(at_screen(day.clinician), day)
    expect(page.get_by_text("This record is signed and locked.")).to_be_visible()
    look(page, "room-signed")


def test_the_questions_walk_the_cursor_and_a_favourite_is_one_tap(
    day: Day, at_screen: AtScreen
) -> None:
    page = open_room(at_screen(day.clinician), day)
    page.locator("#main").focus()
    page.keyboard.press("q")
    expect(page.locator("[data-macro-hint]")).to_contain_text("Call the name")
    for answer in ("5", "3", "0", "2"):
        page.keyboard.type(answer)
        page.keyboard.press("Enter")
    expect(page.locator("[data-grid-save]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Readings charted")
    page.get_by_role("button", name="Oxygen on").click()
    expect(page.locator("#panel-events")).to_contain_text("Oxygen on")


def test_a_rehearsal_answers_what_is_done_and_a_playback_is_not_live(
    front: Front, at_screen: AtScreen, look: Look
) -> None:
    at = clock.now() - dt.timedelta(hours=3)
    day = signed(at=at, site=site_at_noon(at))
    page = at_screen(day.clinician)
    page.goto("/rehearsal/free-flow/")
    page.locator("[data-rehearsal-speed]").select_option("20")
    page.locator("[data-rehearsal-toggle]").click()
    expect(page.locator("[data-rehearsal-alarms]")).to_contain_text("600 mL/h")
    expect(page.locator("[data-rehearsal-sound]")).to_have_attribute("data-sound-level", "red")
    look(page, "room-rehearsal")
    page.get_by_role("button", name="Silence 2 min").click()
    expect(page.locator("[data-rehearsal-sound]")).to_have_attribute("data-sound-level", "")
    expect(page.locator("[data-rehearsal-log]")).to_contain_text(
        "told to the other screens", timeout=30_000
    )
    page.keyboard.press("c")
    expect(page.locator("[data-rehearsal-rate]")).to_have_text("0")
    expect(page.locator("[data-rehearsal-log]")).to_contain_text("Clamp the line")

    page.goto(f"/sessions/{day.id}/playback/")
    expect(page.get_by_text("Nothing here is live")).to_be_visible()
    page.locator("[data-playback-toggle]").click()
    expect(page.locator("[data-playback-rate]")).to_have_text("75", timeout=30_000)
    look(page, "room-playback")
