"""The reference pages say what the programs do, no more and no less."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from afterglow.config.cli import parser
from support.reference import SETTINGS, settings_page

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


def test_the_page_of_settings_is_fresh() -> None:
    assert SETTINGS.read_text() == settings_page()
