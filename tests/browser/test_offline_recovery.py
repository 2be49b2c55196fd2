"""The recovery page without a connection: readings, scores and criteria are typed and arrive."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import OfflineEntry, Recovery
from support.clinic_morning import PIN
from support.infusion_day import Day
from support.lone_tablet import (
    ENTRIES,
    banner,
    can_record,
    is_cut,
    recovering_day,
    signed_in,
    waits,
)
from support.wire import Wire

OpenScreen = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(transactional_db: None) -> Day:
    """A patient who recovers."""
    return recovering_day()


def aldrete(page: Page, value: str = "2") -> None:
    card = page.locator("#aldrete")
    for item in ("activity", "respiration", "circulation", "consciousness", "oxygen"):
        card.locator(f'input[name="aldrete-{item}"][value="{value}"]').check(force=True)
    card.get_by_role("button").last.click()


def answer(page: Page, name: str, value: str) -> None:
    page.locator(f'#criteria input[name="{name}"][value="{value}"]').check(force=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save what was found").click()


def test_what_is_typed_in_recovery_without_a_connection_arrives_at_its_own_time(
    day: Day, wire: Wire, open_screen: OpenScreen, look: Look
) -> None:
    page = signed_in(open_screen(wire.url), wire.url, day.clinician)
    page.goto(f"/sessions/{day.id}/recovery/", timeout=60_000)
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    can_record(page)
    wire.pull()
    is_cut(page)

    page.locator('input[name="set-pressure"]').fill("128/76")
    page.locator('input[name="set-heart_rate"]').fill("71")
    page.locator('input[name="set-spo2"]').fill("98")
    page.get_by_role("button", name="Chart readings").click()
    expect(page.locator('input[name="set-pressure"]')).to_have_value("")
    aldrete(page)
    answer(page, "oriented", "3")
    answer(page, "steady_gait", "no")
    save(page)
    waits(page, 3)
    answer(page, "steady_gait", "yes")
    page.wait_for_timeout(800)
    save(page)
    waits(page, 4)
    expect(page.locator(".recording-waits li")).to_have_count(4)
    expect(page.locator(".recording-waits")).to_contain_text("Walks steadily: Yes")
    look(page, "recovery-offline")

    page.reload()  # the kept page: locked, and it names nobody
    expect(banner(page)).to_contain_text("Opened without a connection: this screen is locked")
    waits(page, 4)
    expect(page.get_by_text(day.session.patient.family_name)).to_have_count(0)
    expect(page.locator(".recording-waits li")).to_have_count(4)
    expect(page.locator(".recording-waits")).not_to_contain_text("Walks steadily")
    expect(page.locator("#recovery-forms")).to_have_attribute("inert", "")
    page.get_by_label("Your sign-in name").fill(day.second.username)
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Record here").click()
    answer(page, "drank_fluid", "yes")
    save(page)
    waits(page, 5)
    look(page, "recovery-kept")
    wire.plug_in()

    expect(page.locator("#may-go")).to_be_visible(timeout=40_000)
    can_record(page)
    expect(banner(page)).to_be_hidden()
    kept = list(OfflineEntry.objects.order_by("happened_at"))
    assert [(each.kind, each.outcome, each.typed_by) for each in kept] == [
        *(("readings", "charted", day.clinician), ("readings", "charted", day.clinician)),
        *(("criteria", "charted", day.clinician), ("criteria", "charted", day.clinician)),
        ("criteria", "charted", day.second),
    ]
    taken = VitalSign.objects.get(session=day.session, code="systolic", batch=kept[0].key)
    assert (taken.value, taken.taken_at) == (Decimal(128), kept[0].happened_at)
    scored = Assessment.objects.get(session=day.session, instrument_key="aldrete")
    assert scored.at == kept[1].happened_at
    now = Recovery.objects.get(session=day.session)
    assert (now.oriented, now.steady_gait, now.drank_fluid) == (3, True, True)
    assert page.evaluate(ENTRIES) == []

    page.locator('input[name="set-heart_rate"]').fill("70")  # and with a connection as ever
    page.get_by_role("button", name="Chart readings").click()
    expect(page.locator("#messages")).to_contain_text("Readings charted")
    expect(banner(page)).to_be_hidden()
    assert page.evaluate(ENTRIES) == []
