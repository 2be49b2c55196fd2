"""The evidence library in the browser: a text from draft to flagged and back, and every page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.web import clock
from support.evidence import AT, Library, open_library

SIZES = ((390, 844), (1024, 768), (1440, 900))
PICTURES = Path(__file__).resolve().parents[2] / "test-results"
LATER = AT + dt.timedelta(hours=1)


@pytest.fixture
def library(transactional_db: None) -> Iterator[Library]:
    """The whole library, an hour after it was imported."""
    with clock.fixed(LATER):
        yield open_library()


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> Callable[[Account], None]:
    """Give the browser the session of an account, as after the sign-in page."""

    def one(account: Account) -> None:
        client = Client()
        client.force_login(account)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return one


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_text_is_reviewed_published_flagged_by_a_change_and_signed_again(
    page: Page, library: Library, sign_in: Callable[[Account], None], live_server: Any
) -> None:
    library.approve("P01")
    text = library.text(
        "Response with ketamine [[P01#response-ketamine]], with saline [[P01#response-saline]]."
    )
    address = f"{live_server.url}/evidence/texts/{text.public_id}/"

    sign_in(library.author)
    page.goto(address)
    press(page, "Hand to medical review")
    expect(page.get_by_text("In medical review")).to_be_visible()

    sign_in(library.reviewer)
    page.goto(address)
    press(page, "Sign as medically reviewed")
    expect(page.get_by_text("27.4")).to_be_visible()

    sign_in(library.director)
    page.goto(address)
    press(page, "Publish")
    expect(page.locator(".chip", has_text="Published")).to_be_visible()

    sign_in(library.reviewer)
    page.goto(f"{live_server.url}/evidence/records/{library.record('P01').public_id}/edit/")
    page.get_by_label("Scope").fill("adults with unipolar depression, 24 hours")
    page.get_by_label("What changed, and why").fill("Wording of the review itself.")
    press(page, "Save the new version")
    expect(page.get_by_text("It is published nowhere until it is approved.")).to_be_visible()

    sign_in(library.director)
    page.reload()
    press(page, "Approve version 2")
    page.goto(address)
    expect(page.get_by_text("P01 is now version 2")).to_be_visible()

    sign_in(library.reviewer)
    page.goto(address)
    press(page, "Sign again after reading")
    expect(page.get_by_text("P01 is now version 2")).to_have_count(0)


def test_seventy_five_against_thirty_is_refused_with_its_reasons(
    page: Page, library: Library, sign_in: Callable[[Account], None], live_server: Any
) -> None:
    text = library.text("IV ketamine 75 % versus SSRIs 30 %")
    library.submit(text)

    sign_in(library.reviewer)
    page.goto(f"{live_server.url}/evidence/texts/{text.public_id}/")
    press(page, "Sign as medically reviewed")

    refused = page.get_by_role("alert").first
    expect(refused).to_contain_text("75 %")
    expect(refused).to_contain_text("stands in the text without a record behind it")


def test_a_record_is_translated_again_and_checked_by_somebody_else(
    page: Page, library: Library, sign_in: Callable[[Account], None], live_server: Any
) -> None:
    library.approve("C11")
    library.change("C11", corrected_wording="Off-label since 2000, and for 2 disorders.")
    library.approve("C11")
    address = f"{live_server.url}/evidence/records/{library.record('C11').public_id}/"

    sign_in(library.author)
    page.goto(f"{address}translations/es/")
    expect(page.get_by_text("Visitors read this record in English")).to_be_visible()
    words = page.get_by_label("Off-label since 2000, and for 2 disorders.")
    words.fill("Off-label desde 2000, y para 3 trastornos.")
    press(page, "Save the translation")
    expect(page.get_by_role("alert").first).to_contain_text("does not state the numbers")
    words.fill("Off-label desde 2000, y para 2 trastornos.")
    press(page, "Save the translation")
    expect(page.get_by_text("Visitors read this record in English")).to_be_visible()

    sign_in(library.reviewer)
    page.goto(f"{live_server.url}/evidence/translations/es/?standing=waiting")
    page.get_by_role("link", name=library.version("C11").title).click()
    press(page, "I read both: it says the same")
    expect(page.get_by_text("Visitors read this record in English")).to_have_count(0)
    expect(page.get_by_text(f"Checked by {library.reviewer.full_name}")).to_be_visible()


@pytest.mark.slow
def test_every_page_is_accessible_and_fits_at_every_size(
    page: Page,
    library: Library,
    sign_in: Callable[[Account], None],
    live_server: Any,
    assert_accessible: Callable[[Page], None],
) -> None:
    library.approve("P01", "P02", "C01", "C24")
    text = library.published("Response [[P01#response-ketamine]] against [[P01#response-saline]].")
    library.change("P01", scope="adults")
    library.approve("P01")
    sign_in(library.director)
    places = {
        "library": "evidence/?kind=claim",
        "claim": f"evidence/records/{library.record('C24').public_id}/",
        "trial": f"evidence/records/{library.record('T17').public_id}/",
        "estimate": f"evidence/records/{library.record('P01').public_id}/",
        "edit": f"evidence/records/{library.record('T17').public_id}/edit/",
        "due": "evidence/due/",
        "syntheses": "evidence/syntheses/",
        "synthesis": "evidence/syntheses/all-ketamine-iv/",
        "refused": "evidence/syntheses/early-crossovers/",
        "network": "evidence/networks/ketamine-and-its-controls/",
        "translations": "evidence/translations/es/",
        "translation": f"evidence/records/{library.record('P01').public_id}/translations/es/",
        "texts": "evidence/texts/",
        "text": f"evidence/texts/{text.public_id}/",
    }
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for name, path in places.items():
            page.goto(f"{live_server.url}/{path}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} wide on a screen of {width}"
            if width == SIZES[0][0]:
                assert_accessible(page)
            page.screenshot(path=PICTURES / f"evidence-{name}-{width}.png", full_page=True)
