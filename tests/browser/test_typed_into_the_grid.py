"""What is typed into the grid: never lost, never taken for charted, and saved by one Enter."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, Route, expect

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import charting
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.web import clock
from support.clinic_morning import site_at_noon
from support.front import Front
from support.infusion_day import TO_START, Day, infusing

AtScreen = Callable[..., Page]
AtTablet = Callable[..., Page]
Look = Callable[..., None]


def room(page: Page, day: Day) -> Page:
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    return page


def ran_for(minutes: float) -> Day:
    at = clock.now() - TO_START - dt.timedelta(minutes=minutes)
    return infusing(at=at, site=site_at_noon(at))


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion that has run for six minutes, its last observation whole: nothing is due."""
    return observed(ran_for(6), moaas="5")


@pytest.fixture
def due_day(front: Front) -> Day:
    """An observation is due, and its numbers were charted: MOAA/S is what it still lacks."""
    return observed(ran_for(11))


def observed(day: Day, moaas: str = "") -> Day:
    at = clock.now()
    charted = charting.chart_observations(
        session=day.id,
        readings={
            VitalSignCode.SYSTOLIC: Decimal(124),
            VitalSignCode.DIASTOLIC: Decimal(78),
            VitalSignCode.HEART_RATE: Decimal(72),
            VitalSignCode.SPO2: Decimal(97),
            VitalSignCode.RESPIRATORY_RATE: Decimal(14),
        },
        scales={"moaas": {"response": int(moaas)}} if moaas else {},
        taken_at=at,
        by=day.clinician,
        at=at,
        key=uuid.uuid4(),
    )
    assert isinstance(charted, Done)
    return day


def typed_by_hand(day: Day, code: str) -> list[str]:
    return [
        f"{each.value.normalize():f}"
        for each in VitalSign.objects.filter(session=day.session, code=code, source="hand")
        .order_by("taken_at")
        .exclude(value__in=[124, 78, 72])  # what was charted before
    ]


def test_a_pressure_between_two_readings_looks_unsaved_until_one_enter_has_saved_it(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    page = room(at_screen(day.clinician), day)

    page.keyboard.type("192118")  # nothing is due and no field has the cursor

    expect(page.get_by_label("BP now")).to_have_value("192/118")
    said = page.locator("[data-grid-unsaved]")
    expect(said).to_have_text("Not saved: BP 192/118. Enter saves.")
    expect(page.locator("[data-grid-heard]")).to_have_text("Not saved: BP 192/118. Enter saves.")
    expect(page.locator("thead th.is-open")).to_have_text("not saved", use_inner_text=True)
    assert typed_by_hand(day, "systolic") == []
    look(page, "typed-and-not-saved")

    page.get_by_label("HR now").focus()  # where the cursor went by itself
    page.keyboard.press("Enter")

    expect(page.locator(".vital-pressure [data-value]")).to_have_text("192/118")
    expect(said).to_be_hidden()
    expect(page.locator("thead th.is-open")).to_have_text("now", use_inner_text=True)
    assert typed_by_hand(day, "systolic") == ["192"]
    assert typed_by_hand(day, "diastolic") == ["118"]


def test_a_pressure_that_is_typed_into_a_scale_stands_there_whole_and_is_wrong_at_once(
    due_day: Day, at_screen: AtScreen, look: Look
) -> None:
    page = room(at_screen(due_day.clinician), due_day)
    expect(page.get_by_role("button", name="Due: MOAA")).to_be_visible()
    scale = page.get_by_label("MOAA/S 0–5 now")

    page.keyboard.type("13284")

    expect(scale).to_have_value("13284")
    expect(scale).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-grid-unsaved]")).to_contain_text(
        "MOAA/S 0–5: 13284 cannot be; write a whole number from 0 to 5. Nothing is saved yet."
    )
    expect(scale).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator(".grid-errors")).to_contain_text("13284")
    expect(scale).to_be_focused()
    expect(scale).to_be_in_viewport(ratio=1)
    look(page, "typed-and-wrong")

    scale.fill("")
    expect(page.locator(".grid-errors")).to_have_count(0)  # it was said of what stood there
    page.keyboard.type("5.5")
    expect(page.locator("[data-grid-unsaved]")).to_contain_text("“5.5” is no value")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-errors")).to_contain_text("“5.5” for MOAA/S 0–5")

    assert not Assessment.objects.filter(
        session=due_day.session,
        instrument_key="moaas",
        at__gt=clock.now() - dt.timedelta(minutes=2),
    ).exists()
    assert not SessionEvent.objects.filter(session=due_day.session).exists()  # nothing was marked


def test_what_is_typed_while_a_column_is_on_its_way_is_kept_and_saved_by_its_own_enter(
    day: Day, at_screen: AtScreen
) -> None:
    page = room(at_screen(day.clinician), day)

    held: list[Route] = []
    page.route("**/infusion/observations/", lambda route: held.append(route), times=1)
    page.get_by_label("BP now").focus()
    page.keyboard.type("13181")
    with page.expect_request("**/infusion/observations/"):
        page.keyboard.press("Enter")
    page.keyboard.type("77")
    page.keyboard.press("Enter")  # nothing has arrived at the server yet
    assert typed_by_hand(day, "systolic") == []
    held[0].continue_()

    expect(page.locator(".vital-pressure [data-value]")).to_have_text("131/81")
    expect(page.locator(".vital-heart [data-value]")).to_have_text("77")
    expect(page.locator("[data-grid-unsaved]")).to_be_hidden()
    assert typed_by_hand(day, "systolic") == ["131"]
    assert typed_by_hand(day, "heart_rate") == ["77"]


HELD_WRITES = """() => {
  const held = new Promise((release) => { window.releaseWrites = release; });
  const { set } = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "oncomplete");
  Object.defineProperty(IDBTransaction.prototype, "oncomplete", {
    set(done) { set.call(this, (...all) => held.then(() => done(...all))); },
  });
}"""
"""The tablet's disk says that it has written only when the story lets it."""


def test_what_is_typed_while_the_tablet_writes_down_a_column_is_no_part_of_it(
    day: Day, at_tablet: AtTablet
) -> None:
    page = at_tablet(day, day.clinician)
    page.evaluate(HELD_WRITES)
    page.get_by_label("BP now").focus()
    page.keyboard.type("13181")
    page.keyboard.press("Enter")  # it is being written down
    page.keyboard.type("7")
    page.evaluate("releaseWrites()")
    page.keyboard.type("7")
    page.keyboard.press("Enter")

    expect(page.locator(".vital-pressure [data-value]")).to_have_text("131/81")
    expect(page.locator(".vital-heart [data-value]")).to_have_text("77")
    expect(page.locator("[data-grid-unsaved]")).to_be_hidden()
    assert typed_by_hand(day, "systolic") == ["131"]
    assert typed_by_hand(day, "heart_rate") == ["77"]


def test_a_column_that_never_left_keeps_no_later_one_back(day: Day, at_screen: AtScreen) -> None:
    page = room(at_screen(day.clinician), day)
    page.evaluate(
        """() => {
          const form = document.getElementById("observation");
          const detail = { said: new FormData(form) };
          form.dispatchEvent(new CustomEvent("infusion:taken", { bubbles: true, detail }));
        }"""
    )  # it was written down, and its form was drawn anew before it went
    page.get_by_label("BP now").focus()
    page.keyboard.type("13181")
    page.keyboard.press("Enter")
    expect(page.locator("[data-grid-unsaved]")).to_be_visible()
    assert typed_by_hand(day, "systolic") == []

    page.evaluate(
        "const now = performance.now.bind(performance); performance.now = () => now() + 16_000"
    )
    page.keyboard.press("Enter")

    expect(page.locator(".vital-pressure [data-value]")).to_have_text("131/81")
    assert typed_by_hand(day, "systolic") == ["131"]
