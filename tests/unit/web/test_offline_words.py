"""What the page says without a connection, it says in every language."""

from __future__ import annotations

import re
from pathlib import Path

from afterglow.web import kept

JS = kept.OWN / "afterglow" / "js"
KEY = re.compile(r"(?:^|[{,])\s*(\w+): ?(?=[\"(`{a-z])", re.MULTILINE)


def blocks(path: Path) -> dict[str, list[str]]:
    """The names of a file's words by language, in order."""
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"^  (en|es): \{$", text, flags=re.MULTILINE)[1:]
    return {
        language: KEY.findall(words) for language, words in zip(*[iter(parts)] * 2, strict=True)
    }


def test_every_word_is_there_in_both_languages() -> None:
    found = blocks(JS / "offline_words.js")

    assert set(found) == {"en", "es"}
    assert len(found["en"]) > 60
    assert found["en"] == found["es"]


def test_every_word_that_a_script_says_is_one_of_them() -> None:
    known = set(blocks(JS / "offline_words.js")["en"])
    said = {
        name
        for path in JS.glob("offline*.js")
        if path.name != "offline_words.js"
        for name in re.findall(r"\bwords\.(\w+)", path.read_text(encoding="utf-8"))
    }

    assert said - known == set()


def test_a_kept_file_is_named_with_the_version_of_all_of_them() -> None:
    files = kept.files()

    assert all(where.startswith(f"/sessions/kept/{kept.version()}/") for where in files)
    assert "/static/afterglow/js/offline.js" in files.values()
    assert kept.as_kept('<link href="/static/a.css">') == (
        f'<link href="/sessions/kept/{kept.version()}/a.css">'
    )
