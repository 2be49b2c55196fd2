"""The drawings that pages may show by name; each is an SVG of the project, drawn inline."""

from __future__ import annotations

from typing import Final

ILLUSTRATIONS: Final = {
    name: f"frontdoor/drawings/{name}.svg" for name in ("horizon", "path", "room", "synapse", "watch")
}
"""Name in a page's words to its template."""
