"""Read pages, the menu, letters and what waits."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.db.models import QuerySet

from afterglow.apps.accounts.queries import who_holds
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.services.records import signed_name
from afterglow.apps.frontdoor.models import (
    Delivery,
    DeliveryState,
    Letter,
    Mailing,
    Page,
    SiteMark,
    Story,
    Subscriber,
    SubscriberState,
)
from afterglow.apps.places.models import Site
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.frontdoor_map import Drawing, Spot
from afterglow.core.frontdoor_map import draw as draw_map
from afterglow.core.roles import Role
from afterglow.web import clock

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "frontdoor"
HOME: Final = "home"
LOCATION: Final = "location"
OFTEN_SAID: Final = "what-is-often-said"
"""The one page where a wrong claim may be named, with what corrects it."""
ENDED: Final = (PublicationState.SUPERSEDED, PublicationState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One published page in the menu."""

    slug: str
    label: str


def published_page(slug: str, language: str, site: Site | None = None) -> Publication | None:
    """Return what is published at an address; a site without its own page shows everybody's."""
    found = None
    if site is not None:
        found = _published(f"page:{slug}:{language}:{site.code}")
    return found or _published(f"page:{slug}:{language}")


def _published(key: str) -> Publication | None:
    return Publication.objects.filter(key=key, state=PublicationState.PUBLISHED).first()


def menu(language: str) -> list[MenuEntry]:
    """Return the published pages that have words in the menu, in order."""
    pages = Page.objects.filter(language=language, site=None).exclude(menu_label="")
    shown = _keys_published()
    return [MenuEntry(page.slug, page.menu_label) for page in pages if page.key in shown]


def published_pages() -> list[tuple[Page, Publication]]:
    """Return every page that a visitor can see, with what is published."""
    shown = {
        row.key: row
        for row in Publication.objects.filter(
            state=PublicationState.PUBLISHED, key__startswith="page:"
        )
    }
    pages = Page.objects.select_related("site")
    return [(page, shown[page.key]) for page in pages if page.key in shown]


def languages_of(slug: str) -> list[str]:
    """Return the languages in which a page is published for everybody."""
    shown = _keys_published()
    pages = Page.objects.filter(slug=slug, site=None).order_by("language")
    return [page.language for page in pages if page.key in shown]


def _keys_published() -> set[str]:
    rows = Publication.objects.filter(state=PublicationState.PUBLISHED, key__startswith="page:")
    return set(rows.values_list("key", flat=True))


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of the staff's list: the page, what is in work, what visitors see."""

    page: Page
    newest: Publication | None
    published: Publication | None
    flags: int


def page_lines() -> list[PageLine]:
    """Return every page with its newest version and its published one."""
    newest: dict[str, Publication] = {}
    published: dict[str, Publication] = {}
    rows = Publication.objects.filter(key__startswith="page:").order_by("key", "number")
    for row in rows.prefetch_related("flags"):
        newest[row.key] = row
        if row.state == PublicationState.PUBLISHED:
            published[row.key] = row
    return [
        PageLine(
            page,
            newest.get(page.key),
            published.get(page.key),
            _open_flags(published.get(page.key)),
        )
        for page in Page.objects.select_related("site")
    ]


def _open_flags(row: Publication | None) -> int:
    return 0 if row is None else sum(1 for flag in row.flags.all() if flag.cleared_at is None)


def newest_of(key: str) -> Publication | None:
    """Return the newest version of a text, whatever its state."""
    return Publication.objects.filter(key=key).order_by("-number").first()


def versions_of(key: str) -> QuerySet[Publication]:
    """Return every version of a text, newest first."""
    return Publication.objects.filter(key=key).order_by("-number")


def open_sites() -> list[Site]:
    """Return the sites in use, with their hours."""
    return list(Site.objects.filter(is_active=True).prefetch_related("hours"))


def letters_published(language: str) -> list[tuple[Letter, Publication]]:
    """Return the archive of the newsletter, newest first."""
    shown = {
        row.key: row
        for row in Publication.objects.filter(
            state=PublicationState.PUBLISHED, key__startswith="letter:"
        )
    }
    letters = Letter.objects.filter(language=language)
    return [(letter, shown[letter.key]) for letter in letters if letter.key in shown]


def stories_published(language: str, *, on: dt.date) -> list[tuple[Story, Publication]]:
    """Return the stories that may be told on a day and are published, newest first."""
    shown = {
        row.key: row
        for row in Publication.objects.filter(
            state=PublicationState.PUBLISHED, key__startswith="story:"
        )
    }
    stories = Story.objects.filter(language=language, withdrawn_at=None)
    return [
        (story, shown[story.key])
        for story in stories
        if story.key in shown and story.may_be_told(on)
    ]


def progress(mailing: Mailing) -> dict[str, int]:
    """Return how many deliveries are in each state."""
    counts = {str(state): 0 for state in DeliveryState}
    for state in Delivery.objects.filter(mailing=mailing).values_list("state", flat=True):
        counts[state] += 1
    return counts


def subscribers(language: str) -> QuerySet[Subscriber]:
    """Return who gets letters in a language."""
    return Subscriber.objects.filter(language=language, state=SubscriberState.CONFIRMED)


@lru_cache(maxsize=1)
def crisis_lines() -> list[dict[str, Any]]:
    """Return the lines to call in a crisis, as the data file gives them, with their sources."""
    text = (FOLDER / "crisis_lines.json").read_text(encoding="utf-8")
    lines: list[dict[str, Any]] = json.loads(text)["lines"]
    return lines


def crisis_lines_in(language: str) -> list[dict[str, Any]]:
    """Return those lines; ``said`` is a line's name in a language, where it has one of its own."""
    return [{**line, "said": line["names"].get(language, "")} for line in crisis_lines()]


def map_of_sites() -> Drawing | None:
    """Return the map of the sites that have a place on it, or None when none has."""
    marks = SiteMark.objects.filter(site__is_active=True).select_related("site")
    spots = [
        Spot(mark.site.name, float(mark.latitude), float(mark.longitude))
        for mark in marks.order_by("site__name")
    ]
    return draw_map(spots, _outline())


@lru_cache(maxsize=1)
def _outline() -> dict[str, Any]:
    text = (FOLDER / "outline.json").read_text(encoding="utf-8")
    body: dict[str, Any] = json.loads(text)
    return body


def hours_of(site: Site) -> list[tuple[int, Any, Any]]:
    """Return the opening hours of a site: weekday (Monday is 0), from, to."""
    return [(row.weekday, row.opens, row.closes) for row in site.hours.all()]


def clinicians_of(site: Site) -> list[str]:
    """Return the names and titles of who treats patients at a site today."""
    on = site.local_date(clock.now())
    people = who_holds(frozenset({Role.PRESCRIBER, Role.MONITOR}), site=site, on=on)
    return [signed_name(each) for each in people]
