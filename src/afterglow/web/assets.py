"""Where the browser libraries lie: npm packages, served by staticfiles, never committed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[3]


def node_modules() -> Path:
    """Return the folder npm installed into; ``AFTERGLOW_NODE_MODULES`` moves it."""
    return Path(os.environ.get("AFTERGLOW_NODE_MODULES") or REPOSITORY / "node_modules")


#: STATICFILES_DIRS for settings: (prefix under the static URL, folder). Only what a page loads.
STATICFILES_DIRS: Final[tuple[tuple[str, str], ...]] = tuple(
    (f"vendor/{prefix}", str(node_modules() / package))
    for prefix, package in (
        ("htmx", "htmx.org/dist"),
        ("uplot", "uplot/dist"),
        ("atkinson-next", "@fontsource-variable/atkinson-hyperlegible-next"),
        ("atkinson-mono", "@fontsource-variable/atkinson-hyperlegible-mono"),
        ("newsreader", "@fontsource-variable/newsreader"),
    )
)


def icon_file(name: str) -> Path:
    """Return the path of a lucide icon's SVG; it is drawn inline, so it is not a static file."""
    return node_modules() / "lucide-static" / "icons" / f"{name}.svg"


def axe_script() -> Path:
    """Return the path of axe-core, which the browser tests inject; never served."""
    return node_modules() / "axe-core" / "axe.min.js"
