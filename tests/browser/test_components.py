"""The design system in a browser: themes, keyboard, dialogs, the infusion room's frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from afterglow.web.middleware import CONTENT_SECURITY_POLICY

Check = Callable[..., None]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _demo(settings: Settings) -> None:
    """The style guide exists in demo only."""
    settings.DEMO = True
    settings.AFTERGLOW_SHELL = ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/design/", "/design/infusion/"])
def test_every_component_can_be_used_by_everyone(
    live_server: Any,
    open_screen: Callable[..., Page],
    assert_accessible: Check,
    path: str,
    scheme: str,
) -> None:
    page = open_screen(live_server.url, color_scheme=scheme)

    page.goto(path)

    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    assert_accessible(page)


@pytest.mark.parametrize("path", ["/design/", "/design/infusion/"])
def test_nothing_is_wider_than_a_phone(
    live_server: Any, open_screen: Callable[..., Page], path: str
) -> None:
    page = open_screen(live_server.url, viewport=PHONE)

    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_everything_one_can_tap_is_large_enough_for_a_gloved_thumb(
    live_server: Any, open_screen: Callable[..., Page]
) -> None:
    page = open_screen(live_server.url, viewport=PHONE, has_touch=True, is_mobile=True)

    page.goto("/design/")

    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .button, select, summary, .choice")]
            .filter((e) => e.checkVisibility())
            .map((e) => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44)
            .map(([words, box]) => `${words}: ${box.width} × ${box.height}`)"""
    )
    assert small == []


def test_the_night_button_is_remembered_by_the_next_page(page: Page) -> None:
    page.goto("/design/")

    page.get_by_role("button", name="Night").click()
    page.goto("/design/")

    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    expect(page.get_by_role("button", name="Night")).to_have_attribute("aria-pressed", "true")


def test_the_page_speaks_spanish_after_one_press(page: Page) -> None:
    page.goto("/design/")

    page.get_by_role("button", name="Español").click()

    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_text("Nadie puede autorizar una excepción").first).to_be_visible()


def test_escape_closes_a_dialog_and_focus_comes_back(page: Page) -> None:
    page.goto("/design/")
    opener = page.get_by_role("button", name="Open a dialog")

    opener.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_slash_finds_the_patient_search_and_typing_sets_off_no_shortcut(page: Page) -> None:
    page.goto("/design/")
    page.evaluate("""() => {
        window.presses = 0;
        document.querySelector('[data-key="s"]').addEventListener("click", (event) => {
            event.preventDefault();  // the press is counted, the page stays
            window.presses++;
        });
    }""")
    page.locator("body").click(position={"x": 2, "y": 300})

    page.keyboard.press("/")
    expect(page.get_by_label("Find a patient")).to_be_focused()
    page.keyboard.type("sss")
    while_typing = page.evaluate("window.presses")
    page.keyboard.press("Escape")
    page.keyboard.press("s")

    assert while_typing == 0
    assert page.evaluate("window.presses") == 1


def test_a_column_of_readings_is_entered_without_leaving_the_digits(page: Page) -> None:
    page.goto("/design/infusion/")
    page.get_by_label("BP now").focus()

    page.keyboard.type("14288")
    page.keyboard.press("Enter")
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    page.keyboard.type("9x")

    expect(page.get_by_label("BP now")).to_have_value("142/88")
    expect(page.get_by_label("HR now")).to_have_value("90")
    expect(page.get_by_label("SpO2 now")).to_have_value("9x")  # nothing typed is taken away
    expect(page.get_by_label("SpO2 now")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("HR now")).to_be_focused()


def test_a_temperature_is_not_left_before_its_point(page: Page) -> None:
    page.goto("/design/infusion/")
    page.get_by_label("HR now").evaluate(
        """(field) => {
            field.dataset.entry = "decimal";  // as the row of temperatures, opened on demand
            field.dataset.most = "45";
        }"""
    )
    page.get_by_label("HR now").focus()

    page.keyboard.type("36.5")

    expect(page.get_by_label("HR now")).to_have_value("36.5")
    expect(page.get_by_label("SpO2 now")).to_have_value("")


def test_a_low_systolic_takes_its_slash_before_the_third_digit(page: Page) -> None:
    page.goto("/design/infusion/")
    page.get_by_label("BP now").focus()

    page.keyboard.type("9560")

    expect(page.get_by_label("BP now")).to_have_value("95/60")


def test_a_reading_that_arrives_changes_its_number_and_an_older_one_does_not(page: Page) -> None:
    page.goto("/design/infusion/")
    send = """(value, at) => document.body.dispatchEvent(new CustomEvent("live:reading",
        {detail: {sign: "heart", value, at: new Date(Date.now() + at).toISOString()}}))"""

    page.evaluate(f"({send})(101, 3000)")
    page.evaluate(f"({send})(55, -60000)")

    expect(page.locator(".vital-heart [data-value]")).to_have_text("101")


def test_the_infusion_room_fits_its_first_screen_with_stop_in_sight(page: Page) -> None:
    page.goto("/design/infusion/")

    fits = page.evaluate("document.documentElement.scrollHeight <= innerHeight")

    assert fits
    expect(page.get_by_role("button", name="Stop")).to_be_in_viewport(ratio=1)
    expect(page.locator("canvas")).to_be_visible()


def test_pages_carry_the_policy_that_no_foreign_script_runs(page: Page) -> None:
    response = page.goto("/design/")

    assert response is not None
    assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.usefixtures("live_server")
def test_the_style_guide_is_not_there_outside_the_demo(page: Page, settings: Settings) -> None:
    settings.DEMO = False

    response = page.goto("/design/")

    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
