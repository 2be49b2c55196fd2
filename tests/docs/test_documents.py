"""What the documents point at exists: relative links, headings, and every path that is named."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
NAMED = re.compile(r"`((?:tests|docs|src)/[\w./-]+)`")
TAKEN_BY_TESTS = "docs/images/"
"""Pictures that tests/browser takes and compares; it fails without them."""
TOLD = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "SAFETY.md")


def documents() -> list[Path]:
    """Return every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def anchors(path: Path) -> set[str]:
    """Return the headings of a page as links name them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def broken_links(path: Path, text: str) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    wrong = []
    for target in (*LINK.findall(FENCE.sub("", text)), *IMAGE.findall(FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target) or target.startswith(TAKEN_BY_TESTS):
            continue
        file, _, anchor = target.partition("#")
        leads_to = (path.parent / file).resolve() if file else path
        heading = not anchor or leads_to.suffix != ".md"
        if not leads_to.exists() or not (heading or anchor in anchors(leads_to)):
            wrong.append(target)
    return wrong


def test_every_relative_link_leads_somewhere() -> None:
    found = documents()

    assert len(found) > 60
    wrong = {
        str(path.relative_to(ROOT)): broken
        for path in found
        if (broken := broken_links(path, path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_a_link_that_leads_nowhere_is_found() -> None:
    good = "[a](ARCHITECTURE.md) [b](README.md#two-commands) [c](https://example.org)"
    bad = "[d](GONE.md) [e](README.md#gone) ![f](x.png)"

    assert broken_links(ROOT / "README.md", good) == []
    assert broken_links(ROOT / "README.md", bad) == ["GONE.md", "README.md#gone", "x.png"]


@pytest.mark.parametrize("name", TOLD)
def test_every_path_that_is_named_exists(name: str) -> None:
    named = NAMED.findall((ROOT / name).read_text(encoding="utf-8"))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_architecture_names_every_app_and_no_other() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = text.split("src/afterglow/\n", 1)[1].split("interop/", 1)[0]
    apps = {path.parent.name for path in (ROOT / "src/afterglow/apps").glob("*/apps.py")}

    listed = set(re.findall(r"\b[a-z]+\b", drawn.split("apps/", 1)[1]))

    assert apps <= listed


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))

    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def test_every_code_name_of_the_glossary_is_in_the_source() -> None:
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|", (ROOT / "GLOSSARY.md").read_text(), re.M)
    names = {
        word.split(".")[-1]
        for cell in rows
        for code in re.findall(r"`([^`]+)`", cell)
        for word in [code.split(" ")[0]]
        if re.fullmatch(r"[\w.]+", word) and word[0].islower() and word.split(".")[-1][0].isupper()
    }
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src" / "afterglow").rglob("*.py")
    )

    assert len(names) > 20
    assert sorted(name for name in names if f"class {name}" not in source) == []
