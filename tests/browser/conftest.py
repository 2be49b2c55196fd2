"""A real browser before a real server: fixtures for every story.

``page`` opens Chromium (the system's, or Playwright's own) at ``live_server``; ``screen`` opens one
more, for a second person. ``assert_accessible(page)`` runs axe. Nothing here is a stand-in.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from afterglow.apps.accounts.models import Account
from afterglow.web.assets import axe_script
from support.database import DatabaseUrl
from support.front import Front, served
from support.infusion_day import Day
from support.live import cookie_of
from support.lone_tablet import open_infusion, signed_in
from support.wire import Wire, wire_to

ARTEFACTS = Path(__file__).resolve().parents[2] / "test-results"
TABLET = ViewportSize(width=1024, height=768)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

SIZES = ((390, 844), (1024, 768), (1440, 900))
"""A phone in the hand, the tablet at the chair, the desk."""

WHOLE: Any = {"full_page": True, "caret": "initial"}
"""A hidden caret would need a style that the page's content policy forbids."""

OpenScreen = Callable[..., Page]
expect.set_options(timeout=20_000)  # a busy machine is slow, and slow is not wrong


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium() -> str | None:
    """Return the system's Chromium; None means the one Playwright brought."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of stories.

    Not for the whole run: while Playwright's synchronous interface is open, this thread counts as
    inside an event loop, and a later test of the same process could not ``asyncio.run``.
    """
    # Playwright's synchronous interface runs inside an event loop; Django would refuse its queries.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def open_screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a screen of its own: ``open_screen(base_url, viewport=…, color_scheme="dark")``.

    The test fails if any page threw a script error or broke the content security policy.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on(
            "console",
            lambda line: (
                faults.append(line.text) if "Content Security Policy" in line.text else None
            ),
        )

    def open_one(base_url: str, **options: Any) -> Page:
        options = {"viewport": TABLET, "locale": "en-US", "reduced_motion": "reduce"} | options
        context = browser.new_context(base_url=base_url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        watch(page)
        return page

    yield open_one
    failed = getattr(request.node, "failed_in_call", False)
    for number, context in enumerate(contexts):
        if failed and context.pages:
            ARTEFACTS.mkdir(exist_ok=True)
            context.pages[-1].screenshot(path=ARTEFACTS / f"{request.node.name}-{number}.png")
        context.close()
    assert faults == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """Remember whether the test failed, so that its screens are kept."""
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]  # pytest sends the report back
        item.failed_in_call = report.failed  # type: ignore[attr-defined]
    return report


@pytest.fixture
def page(open_screen: OpenScreen, live_server: Any) -> Page:
    """One screen at the test server, 1024 × 768."""
    return open_screen(live_server.url)


@pytest.fixture(scope="session")
def _front_of_the_run(django_db_setup: None) -> Iterator[Callable[[str], Front]]:
    """Starts the product's servers when the first story asks, and stops them after the last."""
    with ExitStack() as stack:
        started: list[Front] = []

        def start(database: str) -> Front:
            if not started:
                started.append(stack.enter_context(served(database)))
            return started[0]

        yield start


@pytest.fixture
def front(
    transactional_db: None,
    database_url: DatabaseUrl,
    _front_of_the_run: Callable[[str], Front],
) -> Front:
    """The real web server with its streams, and the real gateway, on the test database."""
    return _front_of_the_run(database_url())


@pytest.fixture
def wire(front: Front) -> Iterator[Wire]:
    """A network between a tablet and the real servers, that a story can pull."""
    with wire_to(front.port) as one:
        yield one


@pytest.fixture
def at_tablet(open_screen: OpenScreen, wire: Wire) -> Callable[..., Page]:
    """Open the infusion page of a day at a tablet, and wait until it could record by itself."""

    def open_one(day: Day, account: Account, **options: Any) -> Page:
        page = signed_in(open_screen(wire.url, **options), wire.url, account)
        return open_infusion(page, day)

    return open_one


@pytest.fixture
def at_screen(open_screen: OpenScreen, front: Front) -> Callable[..., Page]:
    """Open a screen of the real front with somebody signed in: ``at_screen(nurse)``."""

    def open_one(account: Account, **options: Any) -> Page:
        page = open_screen(front.url, **options)
        name, _, value = cookie_of(account).partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": front.url}])
        return page

    return open_one


@pytest.fixture
def look() -> Callable[..., None]:
    """Look at a page by phone, tablet and desk, by day and by night: all of it can be used."""
    return look_at


TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("main *, header *")]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5)
        .filter((e) => !e.closest(".table-scroll table, .steps li, .header-nav ul, .grid-scroll *"))
        .map((e) => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right}`).slice(-4)"""


def look_at(page: Page, name: str, *, within: str = "body") -> None:
    """Fail when axe finds a breach by day or by night, or the page runs out sideways anywhere.

    With ``AFTERGLOW_LOOK`` set, keep pictures in test-results for a person to look at.
    """
    keep = os.environ.get("AFTERGLOW_LOOK")
    size = page.viewport_size or TABLET
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page, within=within)
        if keep:
            ARTEFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTEFACTS / f"{name}-{scheme}.png", **WHOLE)
    page.emulate_media(color_scheme="light")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate(TOO_WIDE)
        assert wide == [], f"{name} at {width} runs out sideways: {wide}"
        if keep:
            page.screenshot(path=ARTEFACTS / f"{name}-{width}.png", **WHOLE)
    page.set_viewport_size(size)


def assert_accessible(page: Page, *, within: str = "body") -> None:
    """Fail with every breach of WCAG 2.2 A and AA that axe finds inside ``within``."""
    page.evaluate(axe_script().read_text(encoding="utf-8"))
    result = page.evaluate(
        """(within) => axe.run(within, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa",
            "wcag22aa", "best-practice"]})""",
        within,
    )
    breaches = [
        f"{found['id']} ({found['impact']}): {found['help']}\n    "
        + "\n    ".join(node["html"][:160] for node in found["nodes"][:5])
        for found in result["violations"]
    ]
    assert not breaches, f"{page.url}\n" + "\n".join(breaches)


@pytest.fixture(name="assert_accessible")
def _assert_accessible() -> Callable[..., None]:
    """The check as a fixture, so that stories need no import."""
    return assert_accessible
