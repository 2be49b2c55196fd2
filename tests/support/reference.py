"""Writes the reference pages that come from the code; ``just fix`` runs it, a test compares."""

from __future__ import annotations

from pathlib import Path

from afterglow.config.env import VARIABLES

SETTINGS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"
OPENING = """# Settings

Every variable that Afterglow reads from its environment: written by `just fix`, compared by a test.
`./run` sets what it decides itself (ports, origin, the bundled database).

| Variable | Default | Meaning |
|---|---|---|
"""


def settings_page() -> str:
    """The page of every environment variable."""
    rows = (
        f"| `{variable.name}` | {f'`{variable.default}`' if variable.default else ''} "
        f"| {variable.meaning} |\n"
        for variable in VARIABLES
    )
    return OPENING + "".join(rows)


if __name__ == "__main__":
    SETTINGS.write_text(settings_page())
