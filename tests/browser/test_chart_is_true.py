"""The room says what is true: whose number it is, who is there, what was written, what is heard."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.monitoring.services import record_vital_signs_by_hand
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.web import clock
from support.clinic_morning import site_at_noon
from support.front import SPO2, Front
from support.infusion_day import TO_START, Day, infusing

AtScreen = Callable[..., Page]
Look = Callable[..., None]
PULSE = "MDC_PULS_OXIM_PULS_RATE"
WORDS = "Call the husband first, he waits in the car park by the river; then the sister. " * 3


def ran_for(minutes: float) -> Day:
    at = clock.now() - TO_START - dt.timedelta(minutes=minutes)
    return infusing(at=at, site=site_at_noon(at))


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion that has run for three minutes, in real time."""
    return ran_for(3)


def room(page: Page, day: Day) -> Page:
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    return page


def test_a_typed_rate_makes_no_screen_deaf_to_the_pulse_and_a_note_is_never_cut_or_lost(
    day: Day, front: Front, at_screen: AtScreen, look: Look
) -> None:
    page = room(at_screen(day.clinician), day)
    heart = page.locator(".vital-heart")
    record_vital_signs_by_hand(
        session=day.id,
        readings={VitalSignCode.HEART_RATE: Decimal(72)},
        taken_at=clock.now() - dt.timedelta(seconds=2),  # a device says whole seconds
        by=day.clinician,
        at=clock.now(),
        key=uuid.uuid4(),
    )
    expect(heart.locator("[data-value]")).to_have_text("72")
    expect(heart.locator("[data-detail]")).to_have_text("by hand")

    front.says(day.monitor, {PULSE: "128", SPO2: "97"})

    expect(heart.locator("[data-value]")).to_have_text("128")
    expect(heart.locator("[data-detail]")).to_have_text("")

    note = page.get_by_role("region", name="Actions").get_by_role("link", name="Note")
    note.click()
    page.get_by_role("dialog").get_by_label("Note").fill(WORDS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    note.click()
    expect(page.get_by_role("dialog").get_by_label("Note")).to_have_value(WORDS)
    page.get_by_role("dialog").get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator(".event-words", has_text="Note").click()
    expect(page.get_by_role("dialog")).to_contain_text(WORDS.strip())
    page.keyboard.press("Escape")
    note.click()
    expect(page.get_by_role("dialog").get_by_label("Note")).to_have_value("")
    page.keyboard.press("Escape")

    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="EtCO2").click()
    field = page.locator("#entry-etco2")
    expect(field).to_be_focused()
    field.fill("41")
    page.get_by_role("button", name="Save readings").click()
    expect(page.locator("tr", has_text="EtCO2").locator("a.cell")).to_have_text("41")
    look(page, "room-rows-on-demand")


def test_the_room_asks_who_is_there_and_one_key_answers(
    front: Front, at_screen: AtScreen, look: Look
) -> None:
    day = ran_for(20.2)
    page = room(at_screen(day.clinician), day)
    asked = page.locator(".presence-question")
    expect(asked).to_contain_text(f"Is {day.clinician.get_short_name()} with the patient?")
    look(page, "room-presence")

    page.keyboard.press("h")

    expect(asked).to_have_count(0)
    said = SessionEvent.objects.get(session=day.session, kind=EventKind.PRESENCE_CONFIRMED)
    assert said.by == day.clinician


def test_in_tablet_portrait_who_and_how_long_stay_while_the_grid_scrolls(
    day: Day, at_screen: AtScreen
) -> None:
    page = at_screen(day.clinician)
    page.set_viewport_size({"width": 768, "height": 1024})
    room(page, day)

    page.mouse.move(384, 850)
    page.mouse.wheel(0, 900)

    for part in (".patient-banner", ".infusion-clock", ".vital-heart", ".infusion-actions"):
        expect(page.locator(part)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
    page.screenshot(path="test-results/room-portrait.png")


def test_each_screen_is_heard_for_itself(day: Day, at_screen: AtScreen) -> None:
    first = room(at_screen(day.clinician), day)
    first.get_by_role("button", name="Test the sound").click()
    first.get_by_role("button", name="Heard", exact=True).click()
    expect(first.locator(".sound-strip")).to_be_hidden()
    first.reload()
    first.locator(".infusion-clock").click()  # a browser plays nothing before a tap
    expect(first.locator(".sound-strip")).to_be_hidden()

    second = room(at_screen(day.second), day)

    expect(second.locator(".sound-strip")).to_be_visible()
