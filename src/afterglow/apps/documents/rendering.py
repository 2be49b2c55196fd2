"""Turn a Typst template and data into a PDF. Any warning is an error: a document is exact.

A document has one language, whoever opens it: write its words inside ``document_language()``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst
from django.utils import translation

from afterglow.core.errors import AfterglowError
from afterglow.web import assets

APPS: Final = Path(__file__).resolve().parents[1]
FONT_PACKAGES: Final = (
    "@expo-google-fonts/atkinson-hyperlegible-next",
    "@expo-google-fonts/atkinson-hyperlegible-mono",
)
FAMILIES: Final = ("Atkinson Hyperlegible Next", "Atkinson Hyperlegible Mono")
LANGUAGE: Final = "en"
"""The language of every paper that goes with a record: that of the content that is signed."""
STANDARD: Final = "a-2b"
"""PDF/A: a file that carries its fonts, and that refuses a letter which they cannot draw."""
_NOT_IN_FONT: Final = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_MOST_UNKNOWN: Final = 200


class CannotRender(AfterglowError):
    """A document could not be made exactly as its template says."""


def template_file(template: str) -> Path:
    """Return the file of a template named ``app/name``: ``apps/<app>/typst/<name>.typ``."""
    app, _, name = template.partition("/")
    path = APPS / app / "typst" / f"{name}.typ"
    if not name or not path.resolve().is_relative_to(APPS) or not path.is_file():
        raise CannotRender(f"There is no document template {template!r}.")
    return path


def template_sha256(template: str) -> str:
    """Return the hash of a template and of the house style that every template uses."""
    digest = hashlib.sha256()
    for path in (APPS / "documents" / "typst" / "house.typ", template_file(template)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _fonts() -> Any:
    folders = [assets.node_modules() / package for package in FONT_PACKAGES]
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=list(map(str, folders))
    )
    missing = sorted(set(FAMILIES) - set(fonts.families()))
    if missing:
        raise CannotRender(
            f"The document fonts {', '.join(missing)} are not installed; "
            "start Afterglow with ./run once, which fetches them."
        )
    return fonts


@contextmanager
def document_language() -> Iterator[None]:
    """Say everything inside in the language of documents, not in the reader's."""
    with translation.override(LANGUAGE):
        yield


def render(template: str, data: Mapping[str, Any], *, at: datetime | None = None) -> bytes:
    """Render ``app/name`` with ``data`` (plain JSON values) and return the PDF's bytes (PDF/A-2b).

    The same template, data and ``at`` give the same bytes. A letter that no shipped font can draw
    is printed as its Unicode number, ``[U+738B]``: never as an empty box, and never left out.
    Raises CannotRender for an unknown template, a missing font or image, and any warning.
    """
    path = template_file(template)
    text = json.dumps(data, ensure_ascii=False)
    for _ in range(_MOST_UNKNOWN):
        try:
            return _compile(path, text, template, at)
        except typst.TypstError as problem:
            unknown = _NOT_IN_FONT.search(str(problem))
            said = _by_number(text, unknown[1] if unknown else "")
            if said == text:
                raise CannotRender(f"{template} cannot be rendered: {problem}") from problem
            text = said
    raise CannotRender(f"{template} has more than {_MOST_UNKNOWN} letters that no font can draw.")


def draw_picture(template: str, data: Mapping[str, Any]) -> bytes:
    """Draw a template of one page as PNG, one pixel a point. Raises CannotRender as render does."""
    path = template_file(template)
    try:
        png, warnings = typst.compile_with_warnings(
            str(path),
            root=str(APPS),
            font_paths=_fonts(),
            format="png",
            ppi=72.0,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as problem:
        raise CannotRender(f"{template} cannot be drawn: {problem}") from problem
    if warnings:
        first = getattr(warnings[0], "message", warnings[0])
        raise CannotRender(f"{template} was drawn with a warning: {first}")
    content: bytes = png
    return content


def _by_number(text: str, letters: str) -> str:
    """Return ``text`` with each of ``letters`` given by its Unicode number."""
    letters = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), letters)
    for letter in set(letters):
        if not letter.isascii():
            text = text.replace(letter, f"[U+{ord(letter):04X}]")
    return text


def _compile(path: Path, text: str, template: str, at: datetime | None) -> bytes:
    pdf, warnings = typst.compile_with_warnings(
        str(path),
        root=str(APPS),
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=STANDARD,
        sys_inputs={"data": text},
        timestamp=int(at.timestamp()) if at is not None else 0,
    )
    if warnings:
        first = getattr(warnings[0], "message", warnings[0])
        raise CannotRender(f"{template} was rendered with a warning: {first}")
    content: bytes = pdf
    return content
