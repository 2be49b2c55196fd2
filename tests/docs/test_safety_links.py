"""The hazard log is tied to the code: every control exists, every control has a proof that exists.

A hazard file names controls as numbered links, `file::symbol` or `constraint name`, and under each
its proofs, `tests/file::test`. Whether a test really proves its control is for a reader to judge;
that it is there, runs and is not skipped is judged here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HAZARDS = ROOT / "docs" / "safety"
COVER = ROOT / "SAFETY.md"

SEVERITY = ("minor", "serious", "critical", "catastrophic")
LIKELIHOOD = ("improbable", "remote", "occasional", "probable", "frequent")
SECTIONS = ("Cause", "Who is harmed, and how", "Controls, and what proves them", "What remains")

TITLE = re.compile(r"\A# (H\d\d) (.+)\n")
RATING = re.compile(r"^\| (proposed|approved) \| (before|after) \| (\w+) \| (\w+) \|$", re.M)
CONTROL = re.compile(r"^\d+\. \[`([^`]+)`\]\(([^)]+)\)$")
PROOF = re.compile(r"^   - Proof: \[`([^`]+)`\]\(([^)]+)\)$")
ROW = re.compile(
    r"^\| \[(H\d\d)\]\(docs/safety/([^)]+)\) \| (.+?) \| (\w+), (\w+) \| (\w+), (\w+) \| (\w+) \|$",
    re.M,
)


@dataclass
class Control:
    """One control as a hazard file names it."""

    name: str
    link: str
    words: str = ""
    proofs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Hazard:
    """One file of the hazard log, read."""

    file: str
    text: str
    controls: list[Control] = field(default_factory=list)

    @property
    def head(self) -> tuple[str, str]:
        """Its id and title; empty where the first line is none."""
        found = TITLE.match(self.text)
        return (found[1], found[2]) if found else ("", "")

    @property
    def ratings(self) -> dict[str, tuple[str, str, str]]:
        """Before and after: status, severity, likelihood."""
        return {when: (status, s, p) for status, when, s, p in RATING.findall(self.text)}


def read(file: str, text: str) -> Hazard:
    """Return a hazard file as controls and proofs."""
    hazard = Hazard(file, text)
    for line in text.splitlines():
        if control := CONTROL.match(line):
            hazard.controls.append(Control(control[1], control[2]))
        elif (proof := PROOF.match(line)) and hazard.controls:
            hazard.controls[-1].proofs.append((proof[1], proof[2]))
        elif line.startswith("   ") and hazard.controls:
            hazard.controls[-1].words += line
    return hazard


@cache
def tree(path: Path) -> ast.Module:
    """Return a Python file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def has_symbol(path: Path, name: str) -> bool:
    """Whether a module defines a function, a class or a name."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name:
                return True
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if name in [target.id for target in targets if isinstance(target, ast.Name)]:
                return True
    return False


def has_constraint(path: Path, name: str) -> bool:
    """Whether a model declares a constraint of this name."""
    return any(
        keyword.arg == "name"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value == name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    )


def wrong_with_test(path: Path, name: str) -> str:
    """Return why a test is no proof, or nothing."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            marks = " ".join(ast.unparse(each) for each in node.decorator_list)
            return "is skipped" if re.search(r"\bskip|xfail", marks) else ""
    return "does not exist"


def problems_of(hazard: Hazard) -> Iterator[str]:
    """Yield everything that is wrong with one file."""
    here = f"{hazard.file}:"
    identity, _title = hazard.head
    if not identity or not hazard.file.startswith(f"{identity}-"):
        yield f"{here} the first line is not '# Hnn Title' with the id of the file's name"
    for section in SECTIONS:
        if not re.search(rf"^## {section}\n\n\S", hazard.text, re.M):
            yield f"{here} no section '{section}'"
    for when in ("before", "after"):
        _status, severity, likelihood = hazard.ratings.get(when, ("", "", ""))
        if severity not in SEVERITY or likelihood not in LIKELIHOOD:
            yield f"{here} no severity and likelihood '{when}' in the words of SAFETY.md"
    if not hazard.controls:
        yield f"{here} no control"
    for control in hazard.controls:
        yield from (f"{here} {what}" for what in _problems_of(control))


def _problems_of(control: Control) -> Iterator[str]:
    path = (HAZARDS / control.link).resolve()
    if not control.words.strip():
        yield f"{control.name} says nothing"
    if not path.is_file():
        yield f"{control.link} is no file"
    elif control.name.startswith("constraint "):
        if not has_constraint(path, control.name.removeprefix("constraint ")):
            yield f"{control.name} is not in {path.name}"
    else:
        file, _, symbol = control.name.partition("::")
        if ROOT / file != path:
            yield f"{file} is linked to {control.link}"
        if not has_symbol(path, symbol):
            yield f"{symbol} is not in {file}"
    if not control.proofs:
        yield f"{control.name} has no proof"
    for name, link in control.proofs:
        file, _, test = name.partition("::")
        if (HAZARDS / link).resolve() != ROOT / file or not (ROOT / file).is_file():
            yield f"{file} is no file, or is linked to {link}"
        elif why := wrong_with_test(ROOT / file, test):
            yield f"{name} {why}"


def log() -> list[Hazard]:
    """Return every hazard of the folder, in order."""
    return [
        read(path.name, path.read_text(encoding="utf-8")) for path in sorted(HAZARDS.glob("*.md"))
    ]


def table_problems(cover: str, hazards: list[Hazard]) -> list[str]:
    """Return where the cover page's table and the folder differ."""
    told = {row[1]: row for row in ROW.findall(cover)}
    wrong = [f"{name} is in the table and not in the folder" for name in told]
    for hazard in hazards:
        if hazard.file not in told:
            wrong.append(f"{hazard.file} is in the folder and not in the table")
            continue
        wrong.remove(f"{hazard.file} is in the table and not in the folder")
        identity, _file, title, *rated, status = told[hazard.file]
        before, after = (hazard.ratings.get(when, ("",) * 3) for when in ("before", "after"))
        if (identity, title) != hazard.head:
            wrong.append(f"{hazard.file}: the table says {identity} {title}")
        if rated != [*before[1:], *after[1:]] or {status} != {before[0], after[0]}:
            wrong.append(f"{hazard.file}: the table rates it otherwise")
    return wrong


def test_every_control_and_every_proof_exists() -> None:
    hazards = log()

    assert len(hazards) >= 40
    assert [what for hazard in hazards for what in problems_of(hazard)] == []


def test_the_cover_page_and_the_folder_agree() -> None:
    assert table_problems(COVER.read_text(encoding="utf-8"), log()) == []


def test_ids_are_counted_without_gap_or_repeat() -> None:
    ids = [hazard.head[0] for hazard in log()]

    assert ids == [f"H{number:02d}" for number in range(1, len(ids) + 1)]


NAMED_BY_THE_ISSUE = (
    "pounds",
    "vial-strength",
    "pump-misprogrammed",
    "pump-free-flows",
    "extravasation",
    "device-of-last-patient",
    "device-clock",
    "two-patients-of-one-name",
    "fall-on-first-walk",
    "late-sedation-or-hypertension",
    "two-tablets",
    "alarm-silenced",
    "nobody-who-can-rescue",
    "emergency-equipment",
    "suicidal-statement",
    "paper-times",
)


@pytest.mark.parametrize("about", NAMED_BY_THE_ISSUE)
def test_a_hazard_that_was_asked_for_is_in_the_log(about: str) -> None:
    assert any(about in hazard.file for hazard in log())


GOOD = (HAZARDS / "H01-pounds-as-kilograms.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("checks_body.py::check_weight", "checks_body.py::check_wait", "check_wait is not in"),
        ("test_a_weight_is_judged_against_history", "test_gone", "test_gone does not exist"),
        ("constraint body_mass_is", "constraint body_mass_was", "body_mass_was"),
        ("tests/spec/dosing/test_checks.py", "tests/spec/dosing/test_gone.py", "is no file"),
        ("   - Proof:", "   Proof:", "has no proof"),
        ("## What remains", "## Rest", "no section 'What remains'"),
        ("| critical | occasional |", "| bad | often |", "no severity and likelihood"),
        ("# H01 ", "# H02 ", "the id of the file's name"),
        ("1. [", "- [", ""),
    ],
)
def test_a_broken_link_is_found(old: str, new: str, said: str) -> None:
    assert old in GOOD

    broken = read("H01-pounds-as-kilograms.md", GOOD.replace(old, new))

    assert list(problems_of(read("H01-pounds-as-kilograms.md", GOOD))) == []
    assert len(broken.controls) < 4 if not said else said in "\n".join(problems_of(broken))


def test_a_hazard_missing_from_the_table_is_found() -> None:
    cover = COVER.read_text(encoding="utf-8")
    (first, *_rest) = log()

    without = cover.replace(f"docs/safety/{first.file}", "docs/safety/H01-other.md")
    rated = cover.replace("| critical, occasional | critical, improbable |", "| x, y | x, y |", 1)

    assert len(table_problems(without, log())) == 2
    assert len(table_problems(rated, log())) >= 1
