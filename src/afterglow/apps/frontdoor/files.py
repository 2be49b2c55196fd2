"""The pages that come with Afterglow: words written for this project, read from its files.

A file begins with ``name: value`` lines (title, menu, position), then ``===``. Each block begins
with ``@kind`` and may name the records beside it: ``@said C24,C21``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from afterglow.apps.frontdoor.services import BlockDraft
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.writing import citations_in
from afterglow.core.frontdoor import BlockKind

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "frontdoor" / "pages"
BLOCK: Final = re.compile(r"^@(?P<kind>[a-z]+)(?:[ ]+(?P<cites>[^\n]+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PageFile:
    """One page as a file holds it."""

    slug: str
    language: str
    title: str
    menu_label: str
    position: int
    blocks: tuple[BlockDraft, ...]

    @property
    def records(self) -> frozenset[str]:
        """The key of every record that the page cites."""
        refs = [ref for block in self.blocks for ref in block.cites]
        refs += [ref.record for block in self.blocks for ref in citations_in(block.text)]
        return frozenset(ref.partition("#")[0] for ref in refs)


def read_page(path: Path) -> PageFile:
    """Read one file. Raises InvalidValue that names the file and what is wrong in it."""
    head, mark, rest = path.read_text(encoding="utf-8").partition("\n===\n")
    if not mark:
        raise InvalidValue(f"{path.name} has no line of === after its head.")
    given = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    starts = list(BLOCK.finditer(rest))
    blocks = []
    for at, start in enumerate(starts):
        if start["kind"] not in [str(kind) for kind in BlockKind]:
            raise InvalidValue(f"{path.name}: there is no kind of block {start['kind']!r}.")
        end = starts[at + 1].start() if at + 1 < len(starts) else len(rest)
        cites = tuple(re.split(r"[\s,]+", start["cites"].strip())) if start["cites"] else ()
        text = rest[start.end() : end].strip()
        blocks.append(BlockDraft(BlockKind(start["kind"]), text, cites))
    return PageFile(
        slug=path.stem,
        language=path.parent.name,
        title=given["title"],
        menu_label=given.get("menu", ""),
        position=int(given.get("position", "100")),
        blocks=tuple(blocks),
    )


@lru_cache(maxsize=1)
def page_files() -> tuple[PageFile, ...]:
    """Return every page that comes with Afterglow."""
    return tuple(read_page(path) for path in sorted(FOLDER.glob("*/*.txt")))
