"""The few marks a page's words may carry, read into parts. Words never become markup.

A block is plain text: blank lines part paragraphs, ``## `` begins a heading, ``- `` a point,
``1. `` a step, ``? `` a question that opens, ``| a | b |`` a row of a table, ``![words](name)`` a
picture. Inside a line ``**strong**``, ``[words](page:slug)``, ``[[P01#response-or]]``, and a number
of our own, ``{{infusion-minutes}}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from afterglow.core.evidence.writing import CITATION

INLINE: Final = re.compile(
    r"(?P<cite>" + re.sub(r"\?P<\w+>", "?:", CITATION.pattern) + r")"
    r"|\{\{(?P<ours>[a-z-]+)\}\}"
    r"|\*\*(?P<strong>[^*\n]+)\*\*"
    r"|(?<!!)\[(?P<label>[^\]\[\n]+)\]\((?P<target>[^)\s]+)\)"
)
PICTURE: Final = re.compile(r"!\[(?P<alt>[^\]\n]*)\]\((?P<name>[a-z0-9-]+)\)")
STEP: Final = re.compile(r"\d{1,2}\. ")
SAFE_TARGETS: Final = ("page:", "https://", "tel:", "/")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a line: words, strong words, a link, a citation or a number of ours."""

    kind: str
    words: str
    target: str = ""


@dataclass(slots=True)
class Part:
    """One part of a block: heading, paragraph, points, steps, question, table or picture.

    ``lines`` holds a paragraph as one line, points and steps as one line each. ``rows`` are a
    table's cells. ``words`` is a picture's description, a heading or a question.
    """

    kind: str
    lines: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    words: str = ""
    name: str = ""


def spans(line: str) -> list[Span]:
    """Return a line in stretches; what is no known mark stays the words it is."""
    found: list[Span] = []
    at = 0
    for hit in INLINE.finditer(line):
        if hit.start() > at:
            found.append(Span("words", line[at : hit.start()]))
        if hit["cite"]:
            found.append(Span("cite", hit["cite"][2:-2]))
        elif hit["ours"]:
            found.append(Span("ours", hit["ours"]))
        elif hit["strong"]:
            found.append(Span("strong", hit["strong"]))
        elif hit["target"].startswith(SAFE_TARGETS) and not hit["target"].startswith("//"):
            found.append(Span("link", hit["label"], hit["target"]))
        else:
            found.append(Span("words", hit["label"]))
        at = hit.end()
    if at < len(line):
        found.append(Span("words", line[at:]))
    return found


def parts(text: str) -> list[Part]:
    """Return a block's text in parts, in reading order."""
    found: list[Part] = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        loose: list[str] = []
        for line in paragraph.split("\n"):
            line = line.strip()
            if line:
                _add(found, loose, line)
        _close(found, loose)
    return found


def _add(found: list[Part], loose: list[str], line: str) -> None:
    """Put one line where it belongs; a line without a mark continues what is open."""
    picture = PICTURE.fullmatch(line)
    if picture:
        _close(found, loose)
        found.append(Part("picture", words=picture["alt"], name=picture["name"]))
    elif line.startswith("## "):
        _close(found, loose)
        found.append(Part("heading", words=line[3:].strip()))
    elif line.startswith("? "):
        _close(found, loose)
        found.append(Part("question", words=line[2:].strip()))
    elif line.startswith("- "):
        _close(found, loose)
        _grow(found, "points").lines.append(line[2:].strip())
    elif STEP.match(line):
        _close(found, loose)
        _grow(found, "steps").lines.append(STEP.sub("", line, count=1).strip())
    elif line.startswith("|") and line.endswith("|"):
        _close(found, loose)
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        _grow(found, "table").rows.append(cells)
    else:
        loose.append(line)


def _grow(found: list[Part], kind: str) -> Part:
    if not found or found[-1].kind != kind:
        found.append(Part(kind))
    return found[-1]


def _close(found: list[Part], loose: list[str]) -> None:
    if loose:
        found.append(Part("paragraph", lines=[" ".join(loose)]))
        loose.clear()


def pictures_in(text: str) -> list[Part]:
    """Return the pictures of a block."""
    return [part for part in parts(text) if part.kind == "picture"]


def numbers_of_ours(text: str) -> list[str]:
    """Return the name of every number of our own that a block asks for."""
    return [hit["ours"] for hit in INLINE.finditer(text) if hit["ours"]]


def plain(text: str) -> str:
    """Return a block's words without marks; a citation leaves nothing."""
    lines = []
    for part in parts(text):
        for line in [part.words, *part.lines, *(cell for row in part.rows for cell in row)]:
            kept = (each.words for each in spans(line) if each.kind not in ("cite", "ours"))
            lines.append("".join(kept))
    return "\n".join(line.strip() for line in lines if line.strip())
