"""The public face in a browser: no script, readable everywhere, and the staff's whole way."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.frontdoor.files import page_files
from afterglow.apps.frontdoor.queries import LOCATION
from afterglow.apps.frontdoor.shown import address_of
from afterglow.apps.places.models import Site, SiteHours
from afterglow.config.demo.cast import PLACES
from afterglow.config.demo.pages import seed_pages
from afterglow.web import clock
from factories import SiteFactory
from support import htmlcs, pk_definitions
from support.evidence import AT, ON, Library, open_library
from support.frontdoor import LATER, approve_protocol
from support.lighthouse import audit

TEN = (
    "",
    "what-is-ketamine/",
    "how-it-works/",
    "compared/",
    "our-approach/",
    "locations/",
    "decide/",
    "costs/",
    "refer/",
    "es/for-providers/",
)
ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "reference" / "performance.md"
PICTURES = ROOT / "test-results" / "public"
BEGIN, END = "<!-- lighthouse -->", "<!-- end of lighthouse -->"
PARTS = 4
"""Each is some minutes; the machine is shared."""
TIMED = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
HEAD = (
    "| Page | Accessibility | Best practices | SEO | Performance | First paint, s | "
    "Largest paint, s | Blocked, s | Shift | kB |\n|---|---|---|---|---|---|---|---|---|---|"
)
AT_LEAST = {"accessibility": 0.95, "best-practices": 0.95, "seo": 0.95}


@pytest.fixture
def library(transactional_db: None) -> Iterator[Library]:
    with clock.fixed(LATER):
        found = open_library()
        for place in PLACES:
            SiteFactory.create(code=place.code, name=place.name, address=place.address)
        for row in Site.objects.all():
            for weekday in range(5):
                SiteHours.objects.create(
                    site=row, weekday=weekday, opens=dt.time(8), closes=dt.time(18)
                )
        pk_definitions.seed(AT)
        approve_protocol(found.director)
        seed_pages(
            author=found.author, reviewer=found.reviewer, director=found.director, at=AT, on=ON
        )
        yield found


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


def every_path() -> list[str]:
    """Return the address of every page that comes with Afterglow, in both languages."""
    found = [
        address_of(f"page:{page.slug}", page.language)
        for page in page_files()
        if page.slug != LOCATION
    ]
    found += ["/simulation/", "/es/simulation/"]
    return [*found, f"/locations/{PLACES[0].code}/", f"/es/locations/{PLACES[1].code}/"]


def test_a_page_is_written_refused_mended_published_flagged_and_signed_again(
    page: Page, library: Library, sign_in: Callable[[Account], None], live_server: Any
) -> None:
    at = live_server.url
    sign_in(library.author)
    page.goto(f"{at}/frontdoor/pages/new/")
    page.get_by_label("Address").fill("news")
    press(page, "Make the page")
    page.get_by_label("Title").fill("What is new")
    page.get_by_label("Words").nth(1).fill("It helps 75 % of people.")
    press(page, "Save and preview")
    expect(page.get_by_text("stands in the text without a record behind it")).to_be_visible()

    page.get_by_role("link", name="Go on writing").click()
    page.get_by_label("Words").nth(0).fill(
        "Ketamine [[P01#response-ketamine]], saline [[P01#response-saline]]."
    )
    press(page, "Save and preview")
    expect(page.get_by_text("Nothing stands against publishing these words.")).to_be_visible()
    page.get_by_role("link", name="Review and publish").click()
    text = page.url
    press(page, "Hand to medical review")
    sign_in(library.reviewer)
    page.goto(text)
    press(page, "Sign as medically reviewed")
    sign_in(library.director)
    page.goto(text)
    press(page, "Publish")

    page.context.clear_cookies()
    page.goto(f"{at}/news/")
    expect(page.locator(".pub-hero .cited").first).to_contain_text("27.4")
    expect(page.get_by_text("Medically reviewed by")).to_be_visible()
    expect(page.locator(".pub-sources")).to_contain_text("version 1")

    sign_in(library.reviewer)
    page.goto(f"{at}/evidence/records/{library.record('P01').public_id}/edit/")
    page.get_by_label("Scope").fill("adults with unipolar depression, 24 hours")
    page.get_by_label("What changed, and why").fill("Wording of the review itself.")
    press(page, "Save the new version")
    sign_in(library.director)
    page.reload()
    press(page, "Approve version 2")
    page.goto(f"{at}/frontdoor/pages/")
    link = page.get_by_role("link", name="news", exact=True)
    news = page.get_by_role("row").filter(has=link)
    expect(news).to_contain_text("Review again")
    sign_in(library.reviewer)
    page.goto(text)
    expect(page.get_by_text("P01 is now version 2")).to_be_visible()
    press(page, "Sign again after reading")
    page.goto(f"{at}/frontdoor/pages/")
    expect(news).not_to_contain_text("Review again")
    page.context.clear_cookies()
    page.goto(f"{at}/news/")
    expect(page.locator(".pub-sources")).to_contain_text("version 2")


def test_a_visitor_without_script_asks_for_a_call_and_reaches_the_crisis_page(
    open_screen: Callable[..., Page], library: Library, live_server: Any
) -> None:
    screen = open_screen(live_server.url, java_script_enabled=False)
    screen.goto("/")
    screen.get_by_text("Menu").click()
    screen.get_by_role("link", name="Is it for me?").click()
    expect(screen.get_by_role("heading", level=1)).to_contain_text("Who should think about it")
    screen.get_by_role("banner").get_by_role("link", name="Ask for a call").click()
    screen.get_by_label("Yes").check()
    screen.get_by_role("button", name="Send").click()

    expect(screen.get_by_role("heading", level=1)).to_have_text("Help now")
    expect(screen.get_by_role("link", name="Call 988")).to_be_visible()


def test_ten_pages_are_accessible_and_fit_at_every_size(
    page: Page, library: Library, look: Callable[..., None], live_server: Any
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in TEN:
        page.goto(f"{live_server.url}/{path}")
        look(page, f"public-{path.strip('/').replace('/', '-') or 'home'}")
        assert htmlcs.breaches(page) == [], path
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


@pytest.mark.slow
def test_every_page_passes_both_accessibility_engines(
    page: Page, library: Library, assert_accessible: Callable[[Page], None], live_server: Any
) -> None:
    for path in every_path():
        page.goto(f"{live_server.url}{path}")
        keep_pictures(page, path.strip("/").replace("/", "-") or "home")
        assert_accessible(page)
        assert htmlcs.breaches(page) == [], path


def keep_pictures(page: Page, name: str) -> None:
    """With ``AFTERGLOW_LOOK``: phone and desk, by day and by night, and on paper, to be seen."""
    if not os.environ.get("AFTERGLOW_LOOK"):
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(
                path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True, caret="initial"
            )
    page.emulate_media(color_scheme="light")
    page.pdf(path=PICTURES / f"{name}.pdf", format="Letter", print_background=False)
    if size:
        page.set_viewport_size(size)


def too_low(told: dict[str, Any]) -> list[str]:
    """Return what stands against a page, in words; nothing when every score is high enough."""
    if told["error"]:
        return [f"{told['address']}: {told['error']}"]
    return [
        f"{told['address']}: {name} {told['scores'][name]}; {told['failed']}"
        for name, least in AT_LEAST.items()
        if (told["scores"].get(name) or 0) < least
    ]


def test_lighthouse_finds_nothing_to_mend_on_two_pages(library: Library, live_server: Any) -> None:
    found = audit([f"{live_server.url}{path}" for path in ("/", "/es/decide/")])

    assert len(found) == 2
    assert [why for told in found for why in too_low(told)] == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_lighthouse_finds_nothing_to_mend_on_any_page(
    library: Library, live_server: Any, part: int
) -> None:
    paths = every_path()[part::PARTS]
    found = dict(zip(paths, audit([f"{live_server.url}{path}" for path in paths]), strict=True))
    # A busy machine may paint nothing in time: such a page is measured once more.
    unmeasured = [path for path in paths if found[path]["scores"].get("performance") is None]
    again = audit([f"{live_server.url}{path}" for path in unmeasured]) if unmeasured else []
    found |= dict(zip(unmeasured, again, strict=True))
    write_report(found)

    assert [why for told in found.values() for why in too_low(told)] == []


def write_report(found: dict[str, dict[str, Any]]) -> None:
    """Put what Lighthouse measured into the reference page, between its marks.

    A page that was not measured in this run keeps its row; one that is gone loses it.
    """
    before, _, rest = REPORT.read_text(encoding="utf-8").partition(BEGIN)
    kept, _, after = rest.partition(END)
    rows = dict(re.findall(r"^\| `([^`]+)` \|(.*)\|$", kept, flags=re.MULTILINE))
    rows |= {path: row_of(told) for path, told in found.items()}
    lines = [f"| `{path}` |{rows[path]}|" for path in every_path() if path in rows]
    text = "\n".join([HEAD, *lines])
    REPORT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def row_of(told: dict[str, Any]) -> str:
    """Return the scores of one page out of 100, then seconds, shift, and bytes of a first visit."""
    scores, times = told["scores"], told["timings"]
    cells = [
        *(_of_hundred(scores.get(name)) for name in (*AT_LEAST, "performance")),
        *(_seconds(times.get(name)) for name in TIMED),
        f"{times.get('cumulative-layout-shift') or 0:.3f}",
        f"{(told['bytes'] or 0) / 1000:.0f}",
    ]
    return " " + " | ".join(cells) + " "


def _of_hundred(score: float | None) -> str:
    return "–" if score is None else f"{score * 100:.0f}"


def _score(part: float | None) -> str:
    return "–" if part is None else f"{part * 100:.0f}"


def _seconds(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds / 1000:.2f}"
