"""A real browser before a real server: fixtures for every story.

``page`` opens Chromium (the system's, or Playwright's own) at ``live_server``; ``screen`` opens one
more, for a second person. ``assert_accessible(page)`` runs axe. Nothing here is a stand-in.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from afterglow.web.assets import axe_script

ARTEFACTS = Path(__file__).resolve().parents[2] / "test-results"
TABLET = ViewportSize(width=1024, height=768)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

OpenScreen = Callable[..., Page]


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
