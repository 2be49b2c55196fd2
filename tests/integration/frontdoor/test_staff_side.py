"""The staff's side: write without code, preview, versions, schedule, pictures, old addresses."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from afterglow.apps.evidence import services as evidence
from afterglow.apps.evidence.models import Publication
from afterglow.apps.frontdoor.models import Page, Picture, Redirect
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from factories import SiteFactory, staff
from support.evidence import ON
from support.frontdoor import LATER, Door


def png(width: int = 4, height: int = 4) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + b"\x80" * width for _row in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def posted(*blocks: tuple[str, str], title: str = "How it works", **more: Any) -> dict[str, Any]:
    """What a browser would post for these blocks."""
    data: dict[str, Any] = {
        "title": title,
        "block-TOTAL_FORMS": len(blocks),
        "block-INITIAL_FORMS": 0,
        **more,
    }
    for at, (kind, text) in enumerate(blocks):
        data |= {
            f"block-{at}-place": at + 1,
            f"block-{at}-kind": kind,
            f"block-{at}-text": text,
            f"block-{at}-cites": "",
        }
    return data


@pytest.fixture
def author(client: Client, door: Door) -> Client:
    client.force_login(door.library.author)
    return client


def test_a_page_is_made_written_and_previewed_with_what_stands_against_it(
    author: Client, door: Door
) -> None:
    made = author.post(
        "/frontdoor/pages/new/", {"slug": "how-it-works", "language": "en", "menu_label": "How"}
    )
    page = Page.objects.get()
    assert made.headers["Location"] == f"/frontdoor/pages/{page.public_id}/"

    saved = author.post(
        made.headers["Location"],
        posted(("lead", "It helps 75 % of people."), ("text", "Second."), ("text", "")),
    )
    text = Publication.objects.get()
    preview = author.get(saved.headers["Location"]).content.decode()

    assert [block["anchor"] for block in text.blocks] == ["lead-1", "text-1"]
    assert "Preview" in preview
    assert "stands in the text without a record behind it" in preview
    assert Client().get("/how-it-works/").status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("About 75 % of people.", "One thing stands against publishing."),
        ("About 75 % of people, eight in ten.", "2 things stand against publishing."),
        ("Good morning.", "Nothing stands against publishing these words."),
    ],
)
def test_the_preview_says_in_words_whether_a_text_can_be_published(
    author: Client, door: Door, words: str, said: str
) -> None:
    page = door.page("how-it-works")

    saved = author.post(f"/frontdoor/pages/{page.public_id}/", posted(("text", words)))
    preview = author.get(saved.headers["Location"]).content.decode()

    assert said in preview
    assert "publishing: No" not in preview
    assert "afterglow/css/clinical.css" in preview, "the panel is styled"


def test_a_record_that_never_was_is_no_changed_source(author: Client, door: Door) -> None:
    page = door.page("how-it-works")

    saved = author.post(
        f"/frontdoor/pages/{page.public_id}/", posted(("text", "It helps [[P99#nothing]]."))
    )
    preview = author.get(saved.headers["Location"]).content.decode()

    assert "no record P99 exists" in preview
    assert "its source changed" not in preview


def test_the_order_of_blocks_follows_their_places(author: Client, door: Door) -> None:
    page = door.page("how-it-works")
    data = posted(("text", "Second."), ("text", "First."))
    data |= {"block-0-place": 9, "block-1-place": 1}

    author.post(f"/frontdoor/pages/{page.public_id}/", data)

    assert [block["text"] for block in Publication.objects.get().blocks] == ["First.", "Second."]


def test_editing_a_published_page_starts_a_version_and_visitors_keep_the_old_one(
    author: Client, door: Door
) -> None:
    first = door.published("how-it-works", [("text", "Old words.")])
    page = Page.objects.get()
    form = author.get(f"/frontdoor/pages/{page.public_id}/").content.decode()
    assert "Old words." in form

    author.post(f"/frontdoor/pages/{page.public_id}/", posted(("text", "New words.")))

    assert Publication.objects.filter(key=first.key).count() == 2
    assert "Old words." in Client().get("/how-it-works/").content.decode()


def test_two_writers_do_not_overwrite_each_other(author: Client, door: Door) -> None:
    text = door.write(door.page("how-it-works"), [("text", "Old.")])
    page = Page.objects.get()
    seen = text.row_version
    address = f"/frontdoor/pages/{page.public_id}/"
    assert author.post(address, posted(("text", "Mine."), seen=seen)).status_code == 302

    late = author.post(address, posted(("text", "Theirs."), seen=seen))

    assert late.status_code == 409
    assert Publication.objects.get().blocks[0]["text"] == "Mine."


def test_a_page_goes_out_at_its_time_and_not_before(client: Client, door: Door) -> None:
    text = door.write(door.page("how-it-works"), [("text", "Good morning.")])
    door.library.submit(text)
    door.library.review(text)
    door.library.publish(text, publish_at=LATER + dt.timedelta(hours=1))
    assert client.get("/how-it-works/").status_code == 404

    evidence.publish_due(at=LATER + dt.timedelta(hours=2), on=ON)

    assert "Good morning." in client.get("/how-it-works/").content.decode()


def test_a_site_shows_its_own_page_and_everybody_s_where_it_has_none(
    client: Client, door: Door
) -> None:
    site, other = SiteFactory.create(), SiteFactory.create()
    door.published("costs", [("text", "For everybody.")])
    door.published("costs", [("text", "For this site.")], site=site)

    assert "For everybody." in client.get("/costs/").content.decode()
    assert "For this site." in client.get(f"/locations/{site.code}/costs/").content.decode()
    assert "For everybody." in client.get(f"/locations/{other.code}/costs/").content.decode()


def test_a_picture_needs_a_description_and_is_what_its_bytes_say(
    author: Client, door: Door
) -> None:
    def upload(name: str, content: bytes) -> Any:
        file = SimpleUploadedFile("x.png", content)
        return author.post("/frontdoor/pictures/", {"name": name, "file": file})

    assert upload("door", png()).status_code == 302
    refused = upload("evil", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    assert refused.status_code == 422
    assert "PNG, JPEG or WebP" in refused.content.decode()
    assert "limit is 4000" in upload("wide", png(width=4001, height=1)).content.decode()

    page = door.page("how-it-works")
    address = f"/frontdoor/pages/{page.public_id}/"
    silent = author.post(address, posted(("text", "![](door)")))
    assert "has no description" in silent.content.decode()
    unknown = author.post(address, posted(("text", "![A door](gate)")))
    assert "There is no picture" in unknown.content.decode()
    door.publish(door.write(page, [("text", "![A blue door](door)")]))

    row = Picture.objects.get()
    shown = Client().get("/how-it-works/").content.decode()
    assert 'alt="A blue door"' in shown
    answer = Client().get(f"/pictures/{row.public_id}/")
    assert answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_old_address_leads_on_and_never_out_of_the_house(client: Client, door: Door) -> None:
    door.published("costs", [("text", "What it costs.")])
    client.force_login(door.library.director)
    add = "/frontdoor/redirects/"

    assert client.post(add, {"old_path": "/prices/old/", "new_path": "/costs/"}).status_code == 302
    for target in ("//evil.example/", "https://evil.example/", "/prices/old/", "/\\evil.example"):
        refused = client.post(add, {"old_path": "/x/", "new_path": target})
        assert refused.status_code == 422, target
    moved = Client().get("/prices/old/")

    assert (moved.status_code, moved.headers["Location"]) == (301, "/costs/")
    row = Redirect.objects.get()
    client.post(f"/frontdoor/redirects/{row.public_id}/remove/")
    assert Client().get("/prices/old/").status_code == 404


@pytest.mark.parametrize(
    "path", ["pages/", "pages/new/", "pictures/", "redirects/", "letters/", "letters/new/"]
)
def test_the_staff_s_pages_are_for_who_may_write(client: Client, door: Door, path: str) -> None:
    address = f"/frontdoor/{path}"
    assert client.get(address).status_code == 302
    client.force_login(staff(Role.CUSTODIAN, site=SiteFactory.create()))
    assert client.get(address).status_code == 403
    client.force_login(door.library.director)
    assert client.get(address).status_code == 200


def test_bad_blocks_are_refused_in_words(author: Client, door: Door) -> None:
    page = door.page("how-it-works")
    data = posted(("text", "Words."))
    data["block-0-cites"] = "C24 <b>"

    answer = author.post(f"/frontdoor/pages/{page.public_id}/", data)

    assert answer.status_code == 422
    assert "is no record" in answer.content.decode()
    taken = author.post("/frontdoor/pages/new/", {"slug": "og", "language": "en"})
    assert "taken by a part of the site" in taken.content.decode()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("A drip costs $450.", "is a price"),
        ("Un goteo cuesta 450 dólares.", "is a price"),
        ("A drip is 450 USD.", "is a price"),
        ("A drip is four hundred dollars.", "is a price"),
        ("Cuesta cuatrocientos dólares, o 450 euros.", "is a price"),
        ("It runs for {{minutes}} minutes.", "no number of ours called"),
    ],
)
def test_a_price_or_an_unknown_number_of_ours_is_refused_in_words(
    door: Door, words: str, why: str
) -> None:
    page = door.page("costs")

    with pytest.raises(InvalidValue, match=why):
        door.write(page, [("text", words)])
    assert not Publication.objects.exists()


def test_steps_keep_their_words_together(client: Client, door: Door) -> None:
    """Each step is one cell beside its number; loose words would each become a cell."""
    door.published("how-it-works", [("steps", "1. **First.** Then the rest.\n2. Second.")])

    body = client.get("/how-it-works/").content.decode()

    assert "<li><div><strong>First.</strong> Then the rest.</div></li>" in body
