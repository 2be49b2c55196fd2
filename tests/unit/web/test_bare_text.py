"""No template says something that nobody can translate."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from afterglow.web.translations import PACKAGE

TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.S)
COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.S)
NOT_MARKUP = re.compile(r"^{%\s*block (?:body_class|body_attributes)\b.*$", re.M)  # one line each
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")
SPOKEN = frozenset({"title", "alt", "aria-label", "placeholder", "aria-description"})
# Units, scales, the product, the time zone; each language is named in itself.
SAME_EVERYWHERE = re.compile(
    r"ng/mL|mL|mg|kg|mmHg|SpO2|MOAA/S|SHA-256|UTC|Afterglow|English|Español"
)
DEMO_ONLY = frozenset({"style_guide.html", "style_guide_infusion.html"})
TEMPLATES = [p for p in sorted(PACKAGE.rglob("templates/**/*.html")) if p.name not in DEMO_ONLY]


class Texts(HTMLParser):
    """Collects what a reader or a screen reader would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in ("script", "style")
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.found.append(data)


def bare_text(template: str) -> list[str]:
    """Return the words that stand in a template without translation."""
    source = NOT_MARKUP.sub("", TRANSLATED.sub("", COMMENT.sub("", template)))
    reader = Texts()
    # A tag of the template between a name and its bracket would confuse the reader of HTML.
    reader.feed(re.sub(r"<[^<>]*>", lambda tag: _plain_tag(tag.group()), TAG.sub("\0", source)))
    reader.close()
    texts = (SAME_EVERYWHERE.sub("", text.replace("\0", " ")).strip() for text in reader.found)
    return [text for text in texts if WORD.search(text)]


def _plain_tag(tag: str) -> str:
    return re.sub(r"^<(/?)[\s\0]*", r"<\1", tag).replace("\0", " ")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_that_cannot_be_translated(path: Path) -> None:
    assert bare_text(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Not ready</p>", ["Not ready"]),
        ('<p>{% translate "Ready" %} {{ name }}</p>', []),
        ('<p>Hello, {% translate "you" %}</p>', ["Hello,"]),
        ('<button aria-label="Close">×</button>', ["Close"]),
        ('<button aria-label="{% translate "Close" %}">×</button>', []),
        ('<p{% if late %} class="is-late"{% endif %}>{{ rate }} mL/h</p>', []),
        ("{% blocktranslate %}Call now{% endblocktranslate %}<b>Now</b>", ["Now"]),
    ],
)
def test_bare_text_is_found(template: str, found: list[str]) -> None:
    assert bare_text(template) == found
