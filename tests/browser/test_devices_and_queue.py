"""The review queue by keys alone, and the pages of devices and their profiles."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.models import ReviewItem, ReviewState, VitalSign
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import AT, DeviceFactory, staff
from support.clinic_messages import PULSE, SPO2, arrive, bed, later, oru

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = ((390, 844), (1024, 768), (1440, 900))
SHOTS = os.environ.get("AFTERGLOW_SHOTS", "")


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> Callable[[Account], None]:
    """Give the browser the session of an account, as after the sign-in page."""

    def one(account: Account) -> None:
        client = Client()
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return one


def picture(page: Page, name: str) -> None:
    """Take pictures in three sizes when a folder is named; nothing may run off the side."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px wider than {width}"
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def test_the_queue_is_settled_by_keys_alone(
    page: Page,
    live_server: Any,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[[Page], None],
) -> None:
    with clock.fixed(AT + timedelta(minutes=8)):
        here = bed()
        wrong = oru(here.monitor, {PULSE: "61"}, at=later(5), control_id="1")
        arrive(
            wrong.replace(b"149530^MDC_PULS_OXIM_PULS_RATE", b"150456^MDC_PULS_OXIM_PULS_RATE"),
            at=later(5),
        )
        demo = oru(here.monitor, {SPO2: "97"}, at=later(6), control_id="2")
        arrive(demo.replace(b"|||||R|||", b"||DEMO|||R|||"), at=later(6))
        sign_in(here.clinician)

        page.goto(live_server.url + reverse("monitoring:reviews"))
        picture(page, "queue")
        page.keyboard.press("1")
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "The device shows a demonstration"
        )
        picture(page, "review-demo")
        assert_accessible(page)
        page.keyboard.press("x")
        page.keyboard.type("a demonstration")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Number and name of a code disagree"
        )
        picture(page, "review-code")
        page.keyboard.press("1")
        page.get_by_label("Which is right").select_option("name")
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        expect(page.get_by_text("Nothing waits")).to_be_visible()

    assert set(ReviewItem.objects.values_list("state", flat=True)) == {
        ReviewState.ASSIGNED,
        ReviewState.REJECTED,
    }
    assert VitalSign.objects.get().code == "pulse_rate"


def test_an_engineer_tries_a_message_on_a_profile(
    page: Page,
    live_server: Any,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[[Page], None],
) -> None:
    with clock.fixed(AT + timedelta(minutes=8)):
        here = bed()
        raw = oru(here.monitor, {SPO2: "97", PULSE: "61"}, at=later(5), control_id="1")
        arrive(raw, at=later(5))
        sign_in(staff(Role.ADMINISTRATOR, site=here.session.site))

        page.goto(live_server.url + reverse("monitoring:new-profile"))
        page.get_by_label("Short name").fill("acme-m3")
        page.get_by_label("Make and model").fill("Acme M3")
        page.get_by_label("Where this is known from").fill("its manual")
        page.get_by_label("A message to try it on").fill(
            raw.decode().replace("\r", "\n").replace("150456^MDC_PULS_OXIM_SAT_O2^MDC", "S1^S^99X")
        )
        page.get_by_label("Codes of its own").fill("S1^ = spo2")
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_text("Oxygen saturation 97 %")).to_be_visible()
        picture(page, "profile")
        assert_accessible(page)
        page.get_by_role("button", name="Save as a new version").click()
        page.get_by_role("button", name="Approve version 1").click()
        expect(page.get_by_text("Approved").first).to_be_visible()

        page.goto(live_server.url + reverse("monitoring:profiles"))
        picture(page, "profiles")
        page.goto(live_server.url + reverse("devices:devices"))
        picture(page, "devices")
        page.goto(live_server.url + reverse("devices:device", args=[here.monitor.public_id]))
        picture(page, "device")
        assert_accessible(page)


def test_an_engineer_waits_for_the_next_message_of_a_new_monitor(
    page: Page,
    live_server: Any,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[[Page], None],
) -> None:
    with clock.fixed(AT + timedelta(minutes=8)):
        here = bed()
        sign_in(staff(Role.ADMINISTRATOR, site=here.session.site))
        page.goto(live_server.url + reverse("monitoring:new-profile"))
        page.get_by_label("Short name").fill("acme-m3")
        page.get_by_label("Make and model").fill("Acme M3")
        page.get_by_label("Where this is known from").fill("its manual")
        page.get_by_label("Codes of its own").fill("S1^ = spo2")

        page.get_by_role("button", name="Wait for the next message").click()
        expect(page.get_by_text("Waiting for the next message")).to_be_visible()
        picture(page, "waiting")
        new = DeviceFactory.build(eui64="0011AAFFFE99AA99")
        raw = oru(new, {SPO2: "93"}, at=later(6), control_id="1")
        arrive(raw.replace(b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"S1^S^99X"), at=later(6))
        expect(page.get_by_text("has come at")).to_be_visible()
        picture(page, "captured")
        assert_accessible(page)
        page.get_by_role("button", name="Try it").click()

        expect(page.get_by_text("Oxygen saturation 93 %")).to_be_visible()
        expect(page.get_by_text("has come at")).to_be_visible()
