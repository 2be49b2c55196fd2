"""Contact, newsletter, locations and crisis: there without words of ours, signed when there are."""

from __future__ import annotations

import datetime as dt
import re
import struct
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from afterglow.apps.frontdoor import services
from afterglow.apps.frontdoor.jobs import prune_visible_changes
from afterglow.apps.frontdoor.models import ContactRequest, FormPress, SiteMark, Subscriber
from afterglow.apps.frontdoor.services.limits import press
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.web import clock
from factories import SiteFactory
from support.evidence import AT, ON
from support.frontdoor import LATER, Door

STANDING = ("contact", "newsletter", "locations", "crisis")


@pytest.mark.parametrize("slug", STANDING)
def test_a_standing_page_is_signed_and_described_once_words_are_published(
    client: Client, door: Door, slug: str
) -> None:
    before = client.get(f"/{slug}/").content.decode()
    assert "Written by" not in before
    blocks = [("description", "Short."), ("lead", "Good morning."), ("text", "More below.")]
    door.published(slug, blocks, title="In our own words", menu_label="")

    after = client.get(f"/{slug}/").content.decode()

    for words in ("In our own words", "Written by", "Medically reviewed by", "Next review by"):
        assert words in after, words
    assert '"@type": "MedicalWebPage"' in after
    assert "More below." in after
    assert "form" in after if slug in ("contact", "newsletter") else "tel:" in after


def test_a_site_s_page_carries_the_words_for_all_sites_and_their_signatures(
    client: Client, door: Door
) -> None:
    site = SiteFactory.create(name="Harbor")
    door.published("location", [("text", "Bring somebody.")], title="Before you come")

    body = client.get(f"/locations/{site.code}/").content.decode()

    assert "Bring somebody." in body
    assert "Medically reviewed by" in body
    assert client.get("/location/").headers["Location"] == "/locations/"


def given(site: Site, **changed: Any) -> dict[str, Any]:
    return {
        "danger": "no",
        "site": site.pk,
        "name": "Sol",
        "reach_at": "617-555-0142",
        "times": ["weekday_morning"],
        "reason": "consultation",
        "may_contact": "on",
    } | changed


def test_a_form_sent_too_often_is_refused_in_words_and_passes_again_later(
    client: Client, door: Door
) -> None:
    site = SiteFactory.create()
    answers = [client.post("/contact/", given(site)).status_code for _time in range(9)]
    assert answers == [302] * 8 + [429]
    refused = client.post("/contact/", given(site)).content.decode()
    assert "This form was sent too often from where you are. Please wait 60 minutes" in refused
    assert ContactRequest.objects.count() == 8
    elsewhere = client.post("/contact/", given(site), REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 302

    with clock.fixed(LATER + dt.timedelta(minutes=61)):
        assert client.post("/contact/", given(site)).status_code == 302


def test_who_is_in_danger_sees_the_crisis_page_however_often_the_form_was_sent(
    client: Client, door: Door
) -> None:
    site = SiteFactory.create()
    for _time in range(9):
        client.post("/contact/", given(site))

    answer = client.post("/contact/", given(site, danger="yes"))
    assert answer.headers["Location"] == "/crisis/"
    assert ContactRequest.objects.filter(in_crisis=True).count() == 1
    reached = ["/crisis/"]
    for _time in range(45):
        reached.append(client.post("/contact/", given(site, danger="yes")).headers["Location"])
    assert reached == ["/crisis/"] * 40 + ["/crisis/?unsent"] * 6
    assert ContactRequest.objects.filter(in_crisis=True).count() == 40


def test_the_newsletter_form_cannot_pelt_strangers(
    client: Client, door: Door, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answers = [
            client.post("/newsletter/", {"email": f"stranger{at}@example.org"}).status_code
            for at in range(7)
        ]

    assert answers == [302] * 5 + [429] * 2
    assert len(mail.outbox) == 5
    assert Subscriber.objects.count() == 5


@pytest.mark.django_db
def test_nothing_that_names_a_sender_is_kept_and_all_of_it_goes_at_night() -> None:
    press(form="contact", sender="203.0.113.9", at=LATER)
    press(form="contact", sender="203.0.113.9", at=LATER + dt.timedelta(days=2))

    rows = list(FormPress.objects.values_list("sender", flat=True))
    assert len(set(rows)) == 2, "two days of one sender are not joined"
    assert all(re.fullmatch(r"[0-9a-f]{64}", row) for row in rows)
    with clock.fixed(LATER + dt.timedelta(days=4)):
        prune_visible_changes(0)
    assert not FormPress.objects.exists()


def test_a_link_from_a_site_chooses_that_site(client: Client, door: Door) -> None:
    first, second = SiteFactory.create(name="Aspen"), SiteFactory.create(name="Zion")
    body = client.get("/contact/", {"site": str(second.public_id)}).content.decode()
    assert f'<option value="{second.pk}" selected' in body
    assert f'<option value="{first.pk}" selected' not in body
    assert client.get("/contact/", {"site": "nonsense"}).status_code == 200


def test_the_map_shows_what_staff_marked_and_asks_nobody(client: Client, door: Door) -> None:
    site = SiteFactory.create(name="Harbor Street")
    assert "pub-map" not in client.get("/locations/").content.decode()

    def mark(latitude: str, longitude: str) -> SiteMark:
        return services.mark_site(
            site=site,
            latitude=Decimal(latitude),
            longitude=Decimal(longitude),
            by=door.library.director,
            at=AT,
            on=ON,
        )

    mark("42.36", "-71.05")
    body = client.get("/locations/").content.decode()
    assert 'class="pub-map"' in body
    assert re.search(r'<text class="m-name"[^>]*>Harbor Street<', body)
    assert "http" not in body.partition("<figure")[2].partition("</figure>")[0]
    assert 'class="m-here"' in client.get(f"/locations/{site.code}/").content.decode()

    moved = mark("47.6", "-122.3")
    assert (mark("47.6", "-122.3").row_version, SiteMark.objects.count()) == (moved.row_version, 1)
    with pytest.raises(InvalidValue, match="not on the globe"):
        mark("91", "0")


def test_staff_put_a_site_on_the_map(client: Client, door: Door) -> None:
    site = SiteFactory.create(name="Lakeside")
    client.force_login(door.library.director)
    where = {"site": site.pk, "latitude": "41.885", "longitude": "-87.625"}

    assert client.post("/frontdoor/map/", where).status_code == 302
    assert "41.88500, -87.62500" in client.get("/frontdoor/map/").content.decode()
    refused = client.post("/frontdoor/map/", where | {"latitude": "99"})
    assert refused.status_code == 422
    assert "not on the globe" in refused.content.decode()
    client.force_login(door.library.author)
    assert client.get("/frontdoor/map/").status_code == 403


def test_a_page_has_a_picture_for_those_who_share_it(client: Client, door: Door) -> None:
    door.published("home", [("lead", "Good morning.")], title="Ketamine care")
    head = client.get("/").content.decode()
    found = re.search(r'property="og:image" content="[^"]*(/og/en/home\.png)"', head)
    assert found

    picture = client.get(found[1])

    assert picture.headers["Content-Type"] == "image/png"
    assert struct.unpack(">II", picture.content[16:24]) == (1200, 630)
    assert client.get("/og/es/crisis.png").status_code == 200, "it is there without words of ours"
    assert client.get("/og/en/nothing.png").status_code == 404
    again = client.get(found[1], HTTP_IF_NONE_MATCH=picture.headers["ETag"])
    assert again.status_code == 304


def test_the_sitemap_names_every_page_a_visitor_can_reach(client: Client, door: Door) -> None:
    site = SiteFactory.create()
    door.published("contact", [("lead", "Good morning.")], menu_label="")
    door.published("how-it-works", [("lead", "Good morning.")])

    listed = client.get("/sitemap.xml").content.decode()
    found = re.findall(r"<loc>[^<]*?//[^/<]+([^<]*)</loc>", listed)

    assert len(found) == len(set(found)), "no address twice"
    for path in ("/contact/", "/es/crisis/", "/how-it-works/", f"/locations/{site.code}/"):
        assert path in found
    for path in found:
        assert client.get(path).status_code == 200, path
