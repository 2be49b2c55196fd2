"""Turn a Typst template and data into a PDF. Any warning is an error: a document is exact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from afterglow.core.errors import AfterglowError
from afterglow.web import assets

APPS: Final = Path(__file__).resolve().parents[1]
FONT_PACKAGES: Final = (
    "@expo-google-fonts/atkinson-hyperlegible-next",
    "@expo-google-fonts/atkinson-hyperlegible-mono",
)
FAMILIES: Final = ("Atkinson Hyperlegible Next", "Atkinson Hyperlegible Mono")


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


def render(template: str, data: Mapping[str, Any], *, at: datetime | None = None) -> bytes:
    """Render ``app/name`` with ``data`` (plain JSON values) and return the PDF's bytes.

    The same template, data and ``at`` give the same bytes. Raises CannotRender for an unknown
    template, a missing font or image, and any warning.
    """
    path = template_file(template)
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(path),
            root=str(APPS),
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=int(at.timestamp()) if at is not None else 0,
        )
    except typst.TypstError as problem:
        raise CannotRender(f"{template} cannot be rendered: {problem}") from problem
    if warnings:
        first = getattr(warnings[0], "message", warnings[0])
        raise CannotRender(f"{template} was rendered with a warning: {first}")
    content: bytes = pdf
    return content
