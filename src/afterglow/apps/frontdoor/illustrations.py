"""The drawings that pages may show by name; each is an SVG of the project, drawn inline."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("horizon", "path", "room", "synapse", "watch")
ILLUSTRATIONS: Final = {name: f"frontdoor/drawings/{name}.svg" for name in NAMES}
"""Name in a page's words to its template."""
