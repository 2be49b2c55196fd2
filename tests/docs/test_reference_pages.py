"""The reference pages say what the programs do, no more and no less."""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys

from afterglow.config.cli import parser
from support import reference
from support.reference import REFERENCE, ROOT, SPEC

GENERATOR = ROOT / "tests" / "support" / "reference.py"


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


def test_every_generated_page_is_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False
    )

    assert checked.stderr.split() == [], "Run `just fix`."
    assert checked.returncode == 0


def test_every_code_written_anywhere_in_the_source_has_its_line() -> None:
    listed = set(
        re.findall(r"^\| `([A-Z0-9_]+)`", (REFERENCE / "reason_codes.md").read_text(), re.MULTILINE)
    )
    written = {
        str(node.args[0].value)
        for source in (ROOT / "src" / "afterglow").rglob("*.py")
        if not {"migrations", "web"} & set(source.parts)
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        if isinstance(node.func, ast.Name | ast.Attribute)
        if (node.func.id if isinstance(node.func, ast.Name) else node.func.attr)
        in {"blocker", "caution", "info", "declare", "_no"}
        if node.args and isinstance(node.args[0], ast.Constant)
        if re.fullmatch(r"[A-Z][A-Z0-9_]+", str(node.args[0].value))
    }

    assert len(written) > 150
    assert sorted(written - listed) == []


def test_every_lifecycle_of_the_core_has_its_diagram() -> None:
    made = {
        keyword.value.value
        for source in (ROOT / "src" / "afterglow" / "core").rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Lifecycle"
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }

    assert made == {each.name for each in reference.LIFECYCLES}


def test_every_folder_of_rules_has_its_page() -> None:
    folders = {path.name for path in SPEC.iterdir() if list(path.glob("test_*.py"))}

    assert folders - {"policies"} == set(reference.RULES)
