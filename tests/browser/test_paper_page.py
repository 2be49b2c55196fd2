"""Copying a paper back in a browser: after a refused save one stands at what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from support.infusion_day import Day, infusing
from support.lone_tablet import signed_in
from support.wire import Wire

OpenScreen = Callable[..., Page]


@pytest.fixture
def day(transactional_db: None) -> Day:
    """A drip that runs."""
    return infusing()


def test_after_a_refused_save_one_stands_at_the_summary_and_what_was_typed_stays(
    day: Day, wire: Wire, open_screen: OpenScreen
) -> None:
    page = signed_in(open_screen(wire.url), wire.url, day.clinician)
    page.goto(f"/sessions/{day.id}/from-paper/", timeout=60_000)
    time, pressure = page.locator("#id_r0-when"), page.locator("#id_r0-pressure")

    time.fill("2500")
    pressure.press_sequentially("abc")
    page.locator("#id_r1-spo2").fill("97")
    expect(pressure).to_have_value("abc")  # also after the field was left
    page.get_by_role("button", name="Save what the paper says").click()

    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Nothing is saved yet")
    expect(pressure).to_have_value("abc")
    summary.get_by_role("link", name="Readings, line 2, Time on paper").click()
    expect(page.locator("#id_r1-when")).to_be_focused()
