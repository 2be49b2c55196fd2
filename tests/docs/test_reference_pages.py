"""The reference pages say what the programs do, no more and no less."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from afterglow.config.cli import parser
from afterglow.config.env import VARIABLES

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def first_cells(page: str, heading: str) -> set[str]:
    """The code words in the first column of the table under a heading."""
    section = (REFERENCE / page).read_text().split(heading, 1)[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^` ]+)", section, flags=re.MULTILINE))


def commands() -> dict[str, argparse.ArgumentParser]:
    actions = parser()._actions
    (choices,) = [a.choices for a in actions if isinstance(a, argparse._SubParsersAction)]
    assert isinstance(choices, dict)
    return choices


def test_every_command_has_its_line() -> None:
    assert first_cells("commands.md", "## `afterglow`") == set(commands())


def test_every_option_of_run_has_its_line() -> None:
    options = {
        option
        for action in commands()["serve"]._actions
        for option in action.option_strings
        if option.startswith("--")
    }

    assert first_cells("commands.md", "## `./run`") == options - {"--help"}


def test_every_setting_has_its_line_with_its_default_and_meaning() -> None:
    page = (REFERENCE / "settings.md").read_text()

    missing = [
        variable.name
        for variable in VARIABLES
        if f"| `{variable.name}` | {f'`{variable.default}`' if variable.default else ''} | "
        f"{variable.meaning} |" not in page
    ]

    assert missing == []
    assert first_cells("settings.md", "# Settings") == {variable.name for variable in VARIABLES}
