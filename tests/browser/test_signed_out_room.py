"""A room's screen whose sign-in has ended hears the next room, and stops and calls by itself."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.models import PumpAction
from afterglow.apps.treatment.services import emergency
from afterglow.web import clock
from support.clinic_morning import site_at_noon
from support.front import Front
from support.infusion_day import TO_START, Day, infusing

AtScreen = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion that has run for three minutes, in real time."""
    at = clock.now() - TO_START - dt.timedelta(minutes=3)
    return infusing(at=at, site=site_at_noon(at))


def test_it_shows_the_next_rooms_emergency_and_stops_and_calls_with_nobody_signed_in(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    other = infusing(at=day.arrived, site=day.site)
    assert other.session.room is not None
    page = at_screen(day.clinician)
    page.goto(f"/sessions/{day.id}/infusion/", timeout=60_000)  # the server's first page is slow
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    page.context.clear_cookies(name="sessionid")
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    expect(page.get_by_role("link", name="Sign in to act")).to_be_visible()

    emergency.declare_emergency(
        session=other.id, by=other.clinician, at=clock.now(), key=uuid.uuid4()
    )

    band = page.locator("#alarms-elsewhere .elsewhere-emergency")
    expect(band).to_contain_text(f"EMERGENCY: {other.session.room.name}")
    expect(band).not_to_contain_text(other.session.patient.family_name)
    expect(band.get_by_role("button")).to_have_count(0)
    expect(page.locator("#alarms-elsewhere [data-sound-level=red]")).to_have_count(1)
    look(page, "room-signed-out-emergency-elsewhere")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(band).to_be_in_viewport()
    page.set_viewport_size({"width": 1024, "height": 768})

    page.keyboard.press("s")
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    assert PumpAction.objects.filter(infusion=day.infusion, kind="stop").count() == 1

    page.get_by_role("button", name="Emergency").click()
    expect(page.locator(".emergency-call")).to_contain_text(f"Call {day.site.emergency_number}")
    expect(page.get_by_role("link", name="Sign in to time the steps")).to_be_visible()
    look(page, "emergency-signed-out")
    called = emergency_of(day.session)
    assert called is not None
    assert called.is_unsigned
