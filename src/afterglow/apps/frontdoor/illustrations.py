"""The drawings that pages may show by name; each is an SVG of the project, drawn inline."""

from __future__ import annotations

from typing import Final

PICTURES: Final = (
    "bill",
    "frames",
    "horizon",
    "path",
    "room",
    "settings",
    "synapse",
    "watch",
)
STRIPS: Final = ("count", "days", "phases", "visit")
"""Stations in a row with words in them: a list to whoever hears the page."""
ILLUSTRATIONS: Final = {
    **{name: f"frontdoor/drawings/{name}.svg" for name in PICTURES},
    **{name: f"frontdoor/drawings/{name}.html" for name in STRIPS},
}
"""Name in a page's words to its template."""
