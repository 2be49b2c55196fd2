"""Stories of the predicted level: two plans at the desk, a strip at the chair, a public page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.places.models import Site
from afterglow.web import clock
from support import pk_definitions
from support.clinic_morning import site_at_noon
from support.evidence import AT
from support.front import Front
from support.frontdoor import LATER
from support.infusion_day import TO_START, Day, infusing

AtScreen = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion that has run for ten minutes, in real time."""
    pk_definitions.seed()
    at = clock.now() - TO_START - dt.timedelta(minutes=10)
    return infusing(at=at, site=site_at_noon(at))


def test_the_strip_follows_a_rate_and_the_stop_and_a_site_may_hide_it(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    page = at_screen(day.clinician)
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    strip = page.locator("#predicted")
    expect(strip).to_contain_text("Modelled, secondary")
    expect(strip).to_contain_text("predicted now")
    expect(strip.locator("summary").get_by_text("outside the model's data")).to_be_visible()
    band = strip.locator(".pk-band.pk-plasma-first")
    before = band.get_attribute("d")
    look(page, "predicted-strip")

    page.get_by_role("link", name=re.compile("^Rate")).click()
    page.get_by_role("dialog").get_by_label("New rate").fill("40")
    page.get_by_role("dialog").get_by_role("button", name="Chart the new rate").click()
    expect(page.locator("#panel-drug")).to_contain_text("40 mL/h")
    expect(band).not_to_have_attribute("d", before or "")
    slower = band.get_attribute("d")
    strip.locator("summary").first.click()
    expect(strip.get_by_text("If everything stopped now")).to_be_visible()
    expect(strip.get_by_text("effect site, 5 to 95 % (its delay is a proposal)")).to_be_visible()
    inside = strip.locator(".predicted-inside").bounding_box()
    actions = page.locator("#infusion-actions").bounding_box()
    assert inside is not None
    assert actions is not None
    assert inside["y"] + inside["height"] <= actions["y"]  # Stop stays one tap away
    page.get_by_role("button", name="Record pump stopped").click(trial=True)
    look(page, "predicted-open")

    page.get_by_role("button", name="Record pump stopped").click()
    expect(strip).to_contain_text("after the stop")
    expect(band).not_to_have_attribute("d", slower or "")

    Site.objects.filter(pk=day.site.pk).update(shows_predicted_level=False)
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("#panel-drug")).to_be_visible()
    expect(page.locator("#predicted")).to_have_count(0)


def test_a_prescriber_lays_two_plans_side_by_side(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    page = at_screen(day.prescriber)
    page.goto(f"/sessions/{day.id}/plan/")
    expect(page.locator("#predicted-plan .pk-chart")).to_be_visible()
    look(page, "predicted-plan")
    page.get_by_role("link", name="Compare with another plan").click()
    page.get_by_label("Dose of the second plan").fill("0.75")
    page.get_by_label("Minutes of the second plan").fill("40")
    page.get_by_role("button", name="Predict").click()

    expect(page.locator(".pk-band")).to_have_count(2)
    expect(page.get_by_text("times the first's")).to_be_visible()
    look(page, "predicted-compare")
    page.get_by_label("Dose of the second plan").fill("2")
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_text("Nothing is drawn for 2 mg/kg over 40 min")).to_be_visible()
    expect(page.locator(".pk-band")).to_have_count(1)


def test_a_visitor_without_script_tries_a_dose_on_the_model(
    open_screen: Callable[..., Page], live_server: Any, transactional_db: None, look: Look
) -> None:
    pk_definitions.seed(AT)
    with clock.fixed(LATER):
        screen = open_screen(live_server.url, java_script_enabled=False)
        screen.goto("/simulation/")
        expect(screen.locator(".mech-spark")).to_have_count(7)
        screen.get_by_role("textbox", name="Dose").fill("1")
        screen.get_by_role("button", name="Draw it").click()
        expect(screen.get_by_text("given 1 mg/kg over 40 min")).to_be_visible()
        screen.get_by_role("textbox", name="Dose").fill("5")
        screen.get_by_role("button", name="Draw it").click()
        expect(screen.get_by_text("1 mg/kg").first).to_be_visible()

        seen = open_screen(live_server.url)
        seen.goto("/es/simulation/?dose=0.5&minutes=40")
        look(seen, "public-simulation")
