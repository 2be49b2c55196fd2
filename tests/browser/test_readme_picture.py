"""The picture in the README is taken here, of a real running infusion, when somebody asks for it.

``AFTERGLOW_PICTURES=1 .venv/bin/python -m pytest tests/browser/test_readme_picture.py`` writes it;
an ordinary run only proves that it is there and what it is.
"""

from __future__ import annotations

import datetime as dt
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from afterglow.core.roles import Role
from afterglow.simulator.main import RoomConfig, SimulatedRoom
from afterglow.simulator.monitor import MonitorSettings
from afterglow.simulator.pump import Charted
from afterglow.web import clock
from factories import staff
from support.clinic_messages import arrive
from support.clinic_morning import site_at_noon
from support.front import Front
from support.infusion_day import TO_START, Day, infusing, on_shift, take_vitals

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "infusion.png"
WIDE, HIGH = 1440, 900
ASKED = bool(os.environ.get("AFTERGLOW_PICTURES"))


def test_the_readme_shows_a_picture_of_the_size_it_was_taken_in() -> None:
    content = PICTURE.read_bytes()

    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (WIDE, HIGH)
    assert 20_000 < len(content) < 300_000
    readme = PICTURE.parents[2] / "README.md"
    assert "docs/images/infusion.png" in readme.read_text(encoding="utf-8")


def bedside(day: Day) -> None:
    """Let the simulated patient, monitor and pump live through the session up to now."""
    begin = day.arrived + dt.timedelta(minutes=10)
    room = SimulatedRoom(
        RoomConfig(
            name="Room 1",
            monitor_eui64=day.monitor.eui64,
            pump_eui64=day.pump.eui64,
            seed=7,
            monitor=MonitorSettings(
                numerics_every=dt.timedelta(seconds=20), pressure_every=dt.timedelta(minutes=5)
            ),
            pump_every=dt.timedelta(seconds=20),
        ),
        now=begin,
    )
    bag = day.infusion.preparation
    runs = Charted(
        key=str(day.id),
        rate_ml_per_h=bag.rate_ml_per_h.value,
        volume_ml=bag.to_be_infused_ml.value,
        mg_per_ml=bag.concentration_mg_per_ml.value,
    )
    at = begin
    while at < clock.now():
        room.follow(runs if at >= day.started else None)
        for message in room.step(at):
            arrive(message, at=at)
        at += dt.timedelta(seconds=5)


@pytest.mark.skipif(not ASKED, reason="AFTERGLOW_PICTURES is not set; the picture stays as it is")
def test_take_the_picture(front: Front, at_screen: Callable[..., Page]) -> None:
    at = clock.now() - TO_START - dt.timedelta(minutes=18, seconds=30)
    site = site_at_noon(at)
    nurse = on_shift(staff(Role.MONITOR, site=site, family_name="Okafor"), site, at=at)
    day = infusing(
        at=at,
        site=site,
        clinician=nurse,
        patient={"given_name": "Dana", "family_name": "Rivera", "mrn": "000123"},
    )
    for minute in (0.5, 10):
        take_vitals(day, at=day.minute(minute))
    bedside(day)
    page = at_screen(day.clinician, viewport={"width": WIDE, "height": HIGH})

    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    expect(page.locator(".trend canvas")).to_be_visible()
    page.wait_for_timeout(1500)  # the graph draws itself once the fonts are there

    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE)
    assert 20_000 < PICTURE.stat().st_size < 300_000
