"""Make pages, write their versions, add pictures, lead old addresses on."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.services import BlockWords, start_publication, write_blocks
from afterglow.apps.frontdoor import markup, queries
from afterglow.apps.frontdoor.illustrations import ILLUSTRATIONS
from afterglow.apps.frontdoor.models import Letter, Page, Picture, Redirect, SiteMark, Story
from afterglow.apps.frontdoor.ours import check_names
from afterglow.apps.frontdoor.pictures import measure
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.numbers import NUMBER
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.evidence.writing import citations_in, refuse_results
from afterglow.core.frontdoor import BlockKind
from afterglow.core.permission import check
from afterglow.core.roles import Action

MONEY: Final = re.compile(
    rf"(?:[$€£]|\b(?:USD|EUR|GBP)\b)\s?\d[\d.,]*|{NUMBER}\s?(?:[€£]|(?:USD|EUR|GBP|dollars?|bucks|"
    r"dólar(?:es)?|euros?|pounds\s+sterling|cents|centavos)\b)",
    re.IGNORECASE,
)
RESERVED = frozenset({"frontdoor", "pictures", "es", "og", "simulation"})


@dataclass(frozen=True, slots=True)
class BlockDraft:
    """One block as its writer gives it: what it is, its words, the records cited beside it."""

    kind: BlockKind
    text: str = ""
    cites: tuple[str, ...] = ()


@transaction.atomic
def make_page(
    *,
    slug: str,
    language: str,
    by: Account,
    at: dt.datetime,
    on: dt.date,
    site: Site | None = None,
    menu_label: str = "",
    position: int = 100,
) -> Page:
    """Return the page of an address, made when it is not there. Visitors see nothing by this.

    Raises InvalidValue for an address that something else answers, and for a number in the address
    or the label, which no reviewer reads.
    """
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    if slug in RESERVED:
        raise InvalidValue(
            "The address '%(slug)s' is taken by a part of the site itself.",
            slug=slug,
        )
    refuse_results(slug, menu_label, loose=True)
    page, is_new = Page.objects.get_or_create(
        slug=slug,
        language=language,
        site=site,
        defaults={"menu_label": menu_label, "position": position, "created_at": at},
    )
    if is_new:
        audit.record("page-made", subject=page, by=by, at=at, detail={"key": page.key})
    return page


@transaction.atomic
def write_page(
    *,
    page: Page | Letter | Story,
    title: str,
    blocks: Sequence[BlockDraft],
    by: Account,
    at: dt.datetime,
    on: dt.date,
    seen: int | None = None,
) -> Publication:
    """Write the draft of a page: a new version when the newest is published, else the same one.

    Raises InvalidValue for a picture without a description or that nobody added, for a claim to
    be corrected on any page but its own, for a story whose consent has ended or that does not
    stand beside what is usual, and StaleRow when somebody was faster.
    """
    if isinstance(page, Story):
        _check_story(page, blocks, on=on)
    words = _blocks(blocks)
    if any(each.corrects for each in words) and page.slug != queries.OFTEN_SAID:
        raise InvalidValue(
            "What is often said is corrected on one page, '%(slug)s'; name no such claim here.",
            slug=queries.OFTEN_SAID,
        )
    newest = queries.newest_of(page.key)
    if newest is None or newest.state in (PublicationState.PUBLISHED, *queries.ENDED):
        return start_publication(key=page.key, title=title, blocks=words, by=by, at=at, on=on)
    return write_blocks(
        publication=newest.public_id, title=title, blocks=words, by=by, at=at, on=on, seen=seen
    )


def _check_story(story: Story, blocks: Sequence[BlockDraft], *, on: dt.date) -> None:
    """A story has a consent that stands, and the rate of others in a block of its own."""
    now = Story.objects.select_for_update().get(pk=story.pk)  # it may have been taken back since
    if not now.may_be_told(on):
        raise InvalidValue("The consent to this story has ended or was taken back.")
    usual = [block for block in blocks if block.kind is BlockKind.TYPICAL]
    if not any(each.figure for block in usual for each in citations_in(block.text)):
        raise InvalidValue(
            "A story stands beside what is usual: add a block of that kind, and cite in it a rate "
            "of a record, such as [[T38#arm1-response]]."
        )


def _blocks(blocks: Sequence[BlockDraft]) -> list[BlockWords]:
    counted: Counter[BlockKind] = Counter()
    words = []
    for block in blocks:
        counted[block.kind] += 1
        _check_pictures(block.text)
        check_names(markup.numbers_of_ours(block.text))
        _check_no_price(block.text)
        words.append(
            BlockWords(
                anchor=f"{block.kind}-{counted[block.kind]}",
                text=block.text.replace("\r\n", "\n").strip(),
                cites=block.cites,
                corrects=block.kind.corrects,
                comparison=block.kind.compares,
            )
        )
    return words


def _check_no_price(text: str) -> None:
    found = MONEY.search(text)
    if found is not None:
        raise InvalidValue(
            "“%(seen)s” is a price. A price is stated in its site's list, with its first day, and "
            "never typed into a page.",
            seen=found.group().strip(),
        )


def _check_pictures(text: str) -> None:
    for picture in markup.pictures_in(text):
        if not picture.words.strip():
            raise InvalidValue(
                "The picture '%(name)s' has no description; say what it shows between the "
                "square brackets.",
                name=picture.name,
            )
        known = picture.name in ILLUSTRATIONS
        if not known and not Picture.objects.filter(name=picture.name).exists():
            raise InvalidValue(
                "There is no picture '%(name)s'; add it first.",
                name=picture.name,
            )


@transaction.atomic
def add_picture(*, name: str, content: bytes, by: Account, at: dt.datetime, on: dt.date) -> Picture:
    """Keep an uploaded picture. Raises InvalidValue for what is no picture or too large."""
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    size = measure(content)
    if name in ILLUSTRATIONS or Picture.objects.filter(name=name).exists():
        raise InvalidValue(
            "There is a picture '%(name)s' already; choose another name.",
            name=name,
        )
    row = Picture.objects.create(
        name=name,
        media_type=size.media_type,
        content=content,
        width=size.width,
        height=size.height,
        added_by=by,
        added_at=at,
    )
    audit.record("picture-added", subject=row, by=by, at=at, detail={"name": name})
    return row


@transaction.atomic
def mark_site(
    *, site: Site, latitude: Decimal, longitude: Decimal, by: Account, at: dt.datetime, on: dt.date
) -> SiteMark:
    """Say where a site stands on the map. Raises InvalidValue for a place not on the globe."""
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidValue(
            "%(latitude)s, %(longitude)s is not on the globe: latitude goes from -90 to 90, "
            "longitude from -180 to 180.",
            latitude=latitude,
            longitude=longitude,
        )
    row = SiteMark.objects.select_for_update().filter(site=site).first()
    if row is None:
        row = SiteMark.objects.create(site=site, latitude=latitude, longitude=longitude)
    elif (row.latitude, row.longitude) != (latitude, longitude):
        row.latitude, row.longitude = latitude, longitude
        row.save_version(fields=["latitude", "longitude"])
    else:
        return row
    detail = {"latitude": str(latitude), "longitude": str(longitude)}
    audit.record("site-marked", subject=site, by=by, at=at, site=site, detail=detail)
    return row


@transaction.atomic
def add_redirect(
    *, old_path: str, new_path: str, by: Account, at: dt.datetime, on: dt.date
) -> Redirect:
    """Lead an old address to a new one of this site. Raises InvalidValue for any other."""
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    for path in (old_path, new_path):
        if not path.startswith("/") or path.startswith("//") or "\\" in path:
            raise InvalidValue(
                "'%(path)s' is no address of this site; it begins with one slash.",
                path=path,
            )
    refuse_results(old_path, new_path)
    if old_path == new_path:
        raise InvalidValue(
            "%(old_path)s cannot lead to itself.",
            old_path=old_path,
        )
    if Redirect.objects.filter(old_path=new_path).exists():
        raise InvalidValue(
            "%(new_path)s leads on itself; give the address where it ends.",
            new_path=new_path,
        )
    row, _made = Redirect.objects.update_or_create(
        old_path=old_path, defaults={"new_path": new_path, "made_by": by, "made_at": at}
    )
    detail = {"from": old_path, "to": new_path}
    audit.record("redirect-made", subject=row, by=by, at=at, detail=detail)
    return row


@transaction.atomic
def remove_redirect(*, redirect: UUID, by: Account, at: dt.datetime, on: dt.date) -> None:
    """Take a redirect away. Removing it twice is once."""
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    row = Redirect.objects.filter(public_id=redirect).first()
    if row is not None:
        detail = {"from": row.old_path}
        audit.record("redirect-removed", subject=row, by=by, at=at, detail=detail)
        row.delete()
