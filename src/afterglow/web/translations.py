"""Translations without system gettext: find the strings, merge them into ``.po``, list what lacks.

``python -m afterglow.web.translations`` extracts and merges for every language; compiling to
``.mo`` happens at set-up (:mod:`afterglow.config.assets`). ``.mo`` files are not committed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract as babel_extract
from babel.messages.pofile import read_po, write_po

from afterglow.core.errors import CHANGED_ELSEWHERE
from afterglow.web.sentences import ERROR, REASON, SAID_BY_DATA

PACKAGE: Final = Path(__file__).resolve().parents[1]
LOCALE: Final = PACKAGE / "web" / "locale"
LANGUAGES: Final = ("es",)
BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)  # a fixed date: merging twice changes nothing
KEYWORDS: Final[dict[str, tuple[int | tuple[int, str], ...] | None]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
GIVES_REASON: Final = frozenset({"blocker", "caution", "info", "declare", "no", "Reason"})
NO_REASONS: Final = frozenset({"style_guide.py"})  # its sentences show components, nobody decides
ON_A_PAGE: Final = frozenset(
    {
        "InvalidValue",
        "IllegalTransition",
        "Closed",
        "RecordLocked",
        "TaskIsClosed",
        "OfAnotherSession",
        "NotEnoughInVial",
    }
)
"""The errors whose sentence a page shows."""
RAISES_TOO: Final = (
    "core/evidence/writing.py",
    "core/frontdoor_prices.py",
    "core/lifecycle.py",
    "core/monitoring/device_profile.py",
)
NOT_ON_A_PAGE: Final = frozenset(
    {
        "apps/definitions/seeds.py",  # files of ours: the command line says what is wrong
        "apps/evidence/files.py",
        "apps/frontdoor/files.py",
        "apps/evidence/synthesis.py",  # the command line's; the page offers only known questions
        "apps/events/outbox.py",  # a stream's Last-Event-ID: no page
        "apps/work/kinds.py",  # a mistake in the code or in our own data
        "apps/notices/words.py",
    }
)
CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{3,}")


def po_file(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def extract(root: Path = PACKAGE) -> Catalog:
    """Return a catalogue of every string that Python and templates under ``root`` mark."""
    catalog = Catalog(project="Afterglow", charset="utf-8", fuzzy=False)
    for path in _sources(root):
        where = path.relative_to(PACKAGE).as_posix()
        for _line, message, comments, context in _messages(path):
            # No line numbers: they would change every file's entry with every edit.
            catalog.add(message, locations=[(where, 0)], auto_comments=comments, context=context)
    return catalog


def update(language: str) -> Catalog:
    """Merge the strings of today into a language's ``.po``; what is new is empty, never guessed."""
    path = po_file(language)
    if path.exists():
        with path.open("rb") as text:
            catalog = read_po(text, locale=language)
    else:
        catalog = Catalog(locale=language, project="Afterglow", charset="utf-8", fuzzy=False)
    reasons = [message for message in catalog if message.context in SAID_BY_DATA]
    catalog.update(extract(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    for message in reasons:  # keyed by what a rule says, which no template or module spells out
        catalog.add(message.id, message.string, context=message.context)
    catalog.creation_date = catalog.revision_date = BORN
    catalog.header_comment = "# Afterglow, Spanish." if language == "es" else "# Afterglow."
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as text:
        write_po(text, catalog, include_lineno=False, sort_output=True, omit_header=False)
    return catalog


def missing(language: str, *, root: Path = PACKAGE) -> list[str]:
    """Return the strings under ``root`` that ``language`` has no words for."""
    with po_file(language).open("rb") as text:
        known = read_po(text, locale=language)
    lacking = []
    for message in extract(root):
        if not message.id:
            continue
        found = known.get(_one(message.id), context=message.context)
        words = found.string if found is not None else ""
        if not (all(words) if isinstance(words, tuple) else words):
            lacking.append(_one(message.id))
    return lacking


def reason_codes(root: Path = PACKAGE) -> frozenset[str]:
    """Return the code of every reason that Python under ``root`` gives, wherever it is written."""
    found = set()
    for path in sorted(root.rglob("*.py")):
        if path.name in NO_REASONS or "interop" in path.parts:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(call, ast.Call)
                and call.args
                and _called(call).strip("_") in GIVES_REASON
            ):
                code = call.args[0]
                if isinstance(code, ast.Constant) and CODE.fullmatch(str(code.value)):
                    found.add(str(code.value))
    return frozenset(found)


def missing_reasons(language: str) -> list[str]:
    """Return the reason codes that ``language`` has no sentence for."""
    with po_file(language).open("rb") as text:
        known = read_po(text, locale=language)
    said = {message.id for message in known if message.context == REASON and message.string}
    return sorted(reason_codes() - said)


def errors_said(root: Path = PACKAGE) -> dict[str, set[str]]:
    """Return every sentence that a page may have to say of an error, and the modules that raise it.

    An f-string stands as "f-string": its values cannot be told from its words any more.
    """
    found: dict[str, set[str]] = {CHANGED_ELSEWHERE: {"db/models.py"}}
    for path in (*sorted((root / "apps").rglob("*.py")), *(root / each for each in RAISES_TOO)):
        where = path.relative_to(root).as_posix()
        if where in NOT_ON_A_PAGE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            call = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(call, ast.Call) and call.args and _called(call) in ON_A_PAGE:
                said = call.args[0]
                if isinstance(said, ast.JoinedStr):
                    found.setdefault("f-string", set()).add(where)
                elif isinstance(said, ast.Constant):
                    found.setdefault(str(said.value), set()).add(where)
    return found


def missing_errors(language: str) -> list[str]:
    """Return the sentences of errors that ``language`` has no words for."""
    with po_file(language).open("rb") as text:
        known = read_po(text, locale=language)
    said = {message.id for message in known if message.context == ERROR and message.string}
    return sorted(set(errors_said()) - said)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _one(identifier: str | tuple[str, ...] | list[str]) -> str:
    return identifier if isinstance(identifier, str) else identifier[0]


def _sources(root: Path) -> Iterator[Path]:
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html"), *root.rglob("*.txt")]):
        if (path.suffix == ".py" and "migrations" not in path.parts) or "templates" in path.parts:
            yield path


def _messages(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    from django.utils.translation.template import templatize

    if path.suffix == ".py":
        yield from babel_extract("python", BytesIO(path.read_bytes()), KEYWORDS, ("Translators:",))
        return
    # Django turns a template into calls of gettext; the lenient JavaScript lexer reads those.
    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    yield from babel_extract("javascript", BytesIO(source.encode()), KEYWORDS)


def main() -> int:
    """Merge every language and report what still lacks words."""
    for language in LANGUAGES:
        update(language)
        lacking = [*missing(language), *missing_reasons(language)]
        sys.stdout.write(f"{language}: {len(lacking)} strings without words\n")
        for message in lacking:
            sys.stdout.write(f"  {message!r}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
