"""The table of devices' habits names tests that exist, run and are not skipped."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "monitor_habits.md"
ROW = re.compile(r"^\| (?!A device|---)(.+?) \| (.+?) \| (.+) \|$", re.M)
PROOF = re.compile(r"\[`([^`:]+)::(\w+)`\]\(\.\./\.\./([^)]+)\)")


def wrong_with(file: str, name: str) -> str:
    """Return why a test is no proof, or nothing."""
    if not (ROOT / file).is_file():
        return f"{file} is no file"
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            marks = " ".join(ast.unparse(each) for each in node.decorator_list)
            return f"{name} is skipped" if re.search(r"\bskip|xfail", marks) else ""
    return f"{name} is not in {file}"


def problems(text: str) -> list[str]:
    """Return everything that is wrong with the table."""
    wrong = []
    for clause, does, proofs in ROW.findall(text):
        found = PROOF.findall(proofs)
        if not does.strip() or not found:
            wrong.append(f"{clause}: no word or no proof")
        for file, name, link in found:
            if file != link:
                wrong.append(f"{file} is linked to {link}")
            elif why := wrong_with(file, name):
                wrong.append(f"{clause}: {why}")
    return wrong


def test_every_habit_has_a_proof_that_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert len(ROW.findall(text)) >= 50
    assert problems(text) == []


def test_a_proof_that_is_not_there_is_found() -> None:
    row = "| A habit | kept | [`tests/docs/test_monitor_habits.py::test_gone`](../../tests/x.py) |"
    gone = row.replace("tests/x.py", "tests/docs/test_monitor_habits.py")

    assert problems(row) == ["tests/docs/test_monitor_habits.py is linked to tests/x.py"]
    assert problems(gone) == ["A habit: test_gone is not in tests/docs/test_monitor_habits.py"]
    assert problems("| A habit | kept | nothing |") == ["A habit: no word or no proof"]
