"""A second accessibility engine beside axe: HTML CodeSniffer, of another house and other rules."""

from __future__ import annotations

from typing import Any, Final

from afterglow.web.assets import node_modules

ASK: Final = """() => new Promise((done) => {
    HTMLCS.process("WCAG2AA", document, () => done(HTMLCS.getMessages()
        .filter((each) => each.type === HTMLCS.ERROR)
        .map((each) => `${each.code}: ${each.msg} | ${each.element.outerHTML.slice(0, 140)}`)),
        (problem) => done([`HTML CodeSniffer did not run: ${problem}`]));
})"""


def breaches(page: Any) -> list[str]:
    """Return every error of WCAG 2 AA that HTML CodeSniffer finds on a Playwright page."""
    if not page.evaluate("() => typeof HTMLCS === 'object' || typeof HTMLCS === 'function'"):
        script = node_modules() / "html_codesniffer" / "build" / "HTMLCS.js"
        page.evaluate(script.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(ASK)
    return found
