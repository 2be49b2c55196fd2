"""A front door with a library behind it: pages written, reviewed and published in one line."""

from __future__ import annotations

import datetime as dt
import html.parser
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from afterglow.apps.accounts.models import Account
from afterglow.apps.definitions import seeds
from afterglow.apps.definitions import services as definitions
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.services import Done, Refused
from afterglow.apps.frontdoor import services
from afterglow.apps.frontdoor.models import Letter, Page, Story
from afterglow.apps.frontdoor.ours import PROTOCOL
from afterglow.apps.frontdoor.services import BlockDraft
from afterglow.core.frontdoor import BlockKind
from support.evidence import AT, ON, Library

Blocks = Iterable[tuple[str, str] | tuple[str, str, tuple[str, ...]]]
LATER: Final = AT + dt.timedelta(hours=2)
VOID: Final = frozenset({"meta", "link", "img", "br", "hr", "input", "circle", "path", "rect"})


@dataclass(frozen=True)
class Door:
    """Writes pages as the library's people would."""

    library: Library

    def page(self, slug: str, language: str = "en", **more: object) -> Page:
        given: dict[str, Any] = {"menu_label": slug.capitalize(), **more}
        return services.make_page(
            slug=slug, language=language, by=self.library.author, at=AT, on=ON, **given
        )

    def write(
        self, page: Page | Letter | Story, blocks: Blocks, *, title: str = "How it works"
    ) -> Publication:
        drafts = [
            BlockDraft(BlockKind(block[0]), block[1], block[2] if len(block) > 2 else ())
            for block in blocks
        ]
        return services.write_page(
            page=page, title=title, blocks=drafts, by=self.library.author, at=AT, on=ON
        )

    def publish(self, text: Publication) -> Done[Publication] | Refused:
        for step in (self.library.submit, self.library.review, self.library.publish):
            done = step(text)
            if isinstance(done, Refused):
                return done
        return done

    def published(self, slug: str, blocks: Blocks, **more: Any) -> Publication:
        title = str(more.pop("title", "How it works"))
        text = self.write(self.page(slug, **more), blocks, title=title)
        done = self.publish(text)
        assert isinstance(done, Done), done.decision.codes
        text.refresh_from_db()
        return text


def approve_protocol(director: Account) -> None:
    """Put the shipped dosing protocol in force, as a medical director does."""
    seed = max(
        (each for each in seeds.found() if each.key == PROTOCOL), key=lambda each: each.version
    )
    row, _is_new = definitions.add_version(seed, at=AT, by=None)
    definitions.approve_definition(definition=row.public_id, by=director, at=AT)


class Reader(html.parser.HTMLParser):
    """Collects a page's visible words, and apart from them what a record says."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.cited: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        within = "data-record" in given or self.inside
        for name in ("alt", "aria-label", "title", "content"):
            if value := given.get(name):
                (self.cited if within else self.words).append(value)
        if tag not in VOID:
            self.open.append((tag, within))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self.open:
            closed, _within = self.open.pop()
            if closed == tag:
                return

    @property
    def inside(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in ("script", "style"):
            return
        (self.cited if self.inside else self.words).append(data)


def read(page: str) -> Reader:
    """Read a rendered page."""
    reader = Reader()
    reader.feed(page)
    return reader


def visible(page: str) -> str:
    """Return the words of a page that no record stands behind."""
    return re.sub(r"\s+", " ", " ".join(read(page).words))
