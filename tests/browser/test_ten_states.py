"""The room in its ten states, at the tablet, in the hand, on the wall and upright.

In each: nothing runs out sideways, the numbers can be read from afar, a gloved finger finds the
actions, and every number has a name for who cannot see it. With ``AFTERGLOW_LOOK`` set the
pictures are kept in test-results, and a person looks at them.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.services import infusions
from afterglow.web import clock
from browser.test_infusion_states import open_room, says
from support.clinic_morning import site_at_noon, with_pin
from support.front import Front
from support.infusion_day import Day, signed
from support.lone_tablet import can_record
from support.long_infusion import lively_infusion

AtScreen = Callable[..., Page]
SHAPES = {"tablet": (1024, 768), "phone": (390, 844), "wide": (1440, 900), "upright": (768, 1024)}
VITAL_PX = {"tablet": 52, "phone": 44, "wide": 52, "upright": 40}
"""The least size of a vital number's type; a pressure, which is two numbers, may have 0.75."""
TOUCH = 48
BELOW_TOUCH = """(least) => [...document.querySelectorAll(
    "#infusion-actions .button, #panel-alarms .button, .grid-foot .button, .trend-tools .button")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([words, box]) => `${words} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
NUMBERS = """() => [...document.querySelectorAll(".vital")].map((tile) => ({
    sign: tile.dataset.sign,
    px: parseFloat(getComputedStyle(tile.querySelector("[data-value]")).fontSize),
    wide: tile.scrollWidth > tile.clientWidth + 1,
}))"""
SETTLED = """() => new Promise((done) => requestAnimationFrame(() =>
  requestAnimationFrame(() => setTimeout(done, 120))))"""
"""The graph and the lists measure themselves anew when the screen has another shape."""
ROWS = 4
CUT = """() => {
  const inside = (e, box, ...sides) => {
    const [a, b] = [e.getBoundingClientRect(), box.getBoundingClientRect()];
    return sides.every((s) => ({ top: a.top >= b.top - 1, bottom: a.bottom <= b.bottom + 1,
      left: a.left >= b.left - 1, right: a.right <= b.right + 1 })[s]);
  };
  const found = [];
  const panel = document.querySelector(".infusion-numbers");
  for (const tile of panel.querySelectorAll(".vital"))
    if (!inside(tile, panel, "top", "bottom")) found.push(`${tile.dataset.sign} is cut`);
  const scroll = document.querySelector(".grid-scroll");
  const rows = [...scroll.querySelectorAll("tbody tr:not([hidden])")]
    .filter((row) => inside(row, scroll, "top", "bottom"));
  found.push(`${rows.length} rows of the grid`);
  const line = document.querySelector(".favourites");
  const { top: a, bottom: b } = line?.getBoundingClientRect() ?? {};
  for (const button of line?.querySelectorAll(".button") ?? []) {
    const box = button.getBoundingClientRect();
    if (box.bottom <= a + 1 || box.top >= b - 1) continue; // on a line of its own, behind "More"
    if (!inside(button, line, "left", "right", "top", "bottom"))
      found.push(`${button.textContent.trim()} is cut`);
  }
  const graph = document.querySelector(".trend");
  const [canvas, host] = [graph.querySelector("canvas"), graph]
    .map((e) => e.getBoundingClientRect());
  if (Math.abs(canvas.width - host.width) > 2) found.push("the graph has another shape's width");
  const { share, plot } = graph.trend;
  if (Math.abs(plot.scales.vent.max - 60 / (share.call(graph.trend) || 1)) > 0.1)
    found.push("breaths and pressures are drawn on another height's scale");
  found.push(`the graph is ${Math.round(host.height)} px high`);
  for (const band of document.querySelectorAll(".alarm-band"))
    if (band.scrollWidth > band.clientWidth + 1) found.push("an alarm runs out");
  return found;
}"""
GRAPH = {"tablet": 80, "wide": 160, "upright": 90, "phone": 150}
"""The least height of the graph with every alarm that the states have, in CSS pixels."""
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@dataclass(frozen=True)
class Looker:
    """Looks at a page in each shape."""

    keep: bool

    def __call__(self, page: Page, state: str) -> None:
        """Look at one state; fail with everything that a clinician would stumble over."""
        wrong: list[str] = []
        for shape, (width, height) in SHAPES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(SETTLED)
            if (over := page.evaluate(TOO_WIDE)) > 0:
                wrong.append(f"{shape}: {over} px too wide")
            if state != "emergency":
                for number in page.evaluate(NUMBERS):
                    least = VITAL_PX[shape] * (0.75 if number["sign"] == "pressure" else 1)
                    if number["px"] < least or number["wide"]:
                        wrong.append(f"{shape}: {number} wants {least} px")
                wrong += [f"{shape}: {each}" for each in page.evaluate(BELOW_TOUCH, TOUCH)]
                wrong += [f"{shape}: {each}" for each in cut(page, shape)]
            if self.keep:
                page.screenshot(path=f"test-results/state-{state}-{shape}.png", caret="initial")
        page.set_viewport_size({"width": 1024, "height": 768})
        assert wrong == [], f"{state}:\n" + "\n".join(wrong)


def cut(page: Page, shape: str) -> list[str]:
    """What of the room cannot be seen whole; the rows of a phone's grid scroll with its page."""
    wrong = []
    for each in page.evaluate(CUT):
        if (rows := re.fullmatch(r"(\d+) rows of the grid", each)) is not None:
            if int(rows[1]) >= ROWS or shape == "phone":
                continue
        elif (high := re.fullmatch(r"the graph is (\d+) px high", each)) is not None:
            if int(high[1]) >= GRAPH[shape]:
                continue
        elif shape == "phone" and each.endswith("is cut"):
            continue
        wrong.append(each)
    return wrong


@pytest.fixture
def looks() -> Looker:
    """Look in every shape, and keep pictures when asked to."""
    return Looker(bool(os.environ.get("AFTERGLOW_LOOK")))


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion of 26 minutes with a rate change, a bolus, a mark, a note and an artefact."""
    return lively_infusion(now=clock.now())


def test_calm_and_night_amber_red_paused_and_locked(
    day: Day, at_screen: AtScreen, looks: Looker
) -> None:
    page = open_room(at_screen(day.clinician), day)
    looks(page, "calm")
    every_number_has_a_name(page)
    page.emulate_media(color_scheme="dark")
    looks(page, "night")
    page.emulate_media(color_scheme="light")
    says(day, clock.now(), systolic=168, diastolic=96, heart_rate=88)
    expect(page.locator(".alarm-band.alarm-amber").first).to_be_visible()
    looks(page, "amber")
    says(day, clock.now(), spo2=84)
    expect(page.locator(".alarm-band.alarm-red").first).to_be_visible()
    looks(page, "red")
    infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        by=day.clinician,
        at=clock.now(),
        key=uuid.uuid4(),
        seen_sequence=2,
    )
    expect(page.locator(".infusion-clock")).to_contain_text("paused")
    looks(page, "paused")
    with_pin(day.clinician, clock.now())
    page.get_by_role("button", name="Lock this screen").click()
    expect(page.get_by_role("link", name="Unlock to act")).to_be_visible()
    looks(page, "locked")


def test_offline_then_emergency_then_recovery(day: Day, at_screen: AtScreen, looks: Looker) -> None:
    page = open_room(at_screen(day.clinician), day)
    can_record(page)
    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("body")).to_have_attribute("data-live", "lost")
    looks(page, "offline")
    page.context.set_offline(False)
    expect(page.locator("body")).to_have_attribute("data-live", "connected")

    page.get_by_role("button", name="Emergency").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Emergency")
    looks(page, "emergency")

    open_room(page, day)
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    looks(page, "recovery")


def test_signed(front: Front, at_screen: AtScreen, looks: Looker) -> None:
    at = clock.now() - dt.timedelta(hours=3)
    day = signed(at=at, site=site_at_noon(at))
    page = open_room(at_screen(day.clinician), day)
    expect(page.get_by_text("This record is signed and locked.")).to_be_visible()
    looks(page, "signed")


def test_nothing_moves_for_who_asked_for_less_motion(day: Day, at_screen: AtScreen) -> None:
    page = open_room(at_screen(day.clinician, reduced_motion="reduce"), day)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((e) => {
            const style = getComputedStyle(e);
            const longest = (text) => Math.max(...text.split(",").map(parseFloat));
            return longest(style.transitionDuration) > 0.01 || (style.animationName !== "none"
              && longest(style.animationDuration) > 0.01);
        }).map((e) => `${e.tagName}.${e.className}`)"""
    )
    assert moving == []


def every_number_has_a_name(page: Page) -> None:
    """A screen reader says sign, value and unit of a number, and sign and time of a cell."""
    for name, unit in (("HR", "/min"), ("BP", "mmHg"), ("SpO2", "%"), ("RR", "/min")):
        tile = page.get_by_role("group", name=name, exact=True)
        expect(tile).to_have_text(re.compile(rf"{name}.*\d+.*{unit}", re.DOTALL))
    table = page.get_by_role("table", name="Readings by the protocol's schedule")
    expect(table.get_by_role("rowheader").first).to_contain_text("BP")
    expect(table.get_by_role("columnheader").nth(1)).to_have_text(re.compile(r"\d\d:\d\d"))
