"""What a visitor sees: published pages only, each number with its record, fresh at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from afterglow.apps.evidence import services as evidence
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.services import Refused
from afterglow.core.evidence.writing import bare_numbers
from afterglow.core.roles import Role
from factories import SiteFactory, staff
from support.evidence import AT, ON
from support.frontdoor import Door, read, visible

BESIDE = "With ketamine [[P01#response-ketamine]], with saline [[P01#response-saline]]."
DESCRIPTION = ("description", "What ketamine is and what is known.")


def body(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def test_nothing_is_shown_before_it_is_published(client: Client, door: Door) -> None:
    door.write(door.page("how-it-works"), [("lead", "Not yet.")])

    assert client.get("/how-it-works/").status_code == 404


def test_a_published_number_stands_with_population_time_interval_and_source(
    client: Client, door: Door
) -> None:
    door.library.approve("P01")
    door.published(
        "how-it-works",
        [DESCRIPTION, ("text", f"## In trials\n\n{BESIDE}"), ("text", "[[P01#response-or]]")],
    )

    page = body(client, "/how-it-works/")
    cited = " ".join(read(page).cited)

    assert "27.4" in cited
    assert "8.8" in cited
    assert "1.54" in cited
    assert "10.10" in cited
    assert "Adults with unipolar major depression" in cited
    assert "24 hours after one dose" in cited
    assert 'href="#source-1"' in page
    assert 'id="source-1"' in page
    assert bare_numbers(visible(page)) == ()
    assert "%" not in visible(page)


def test_every_page_says_what_is_not_approved_where_to_call_and_that_it_is_no_advice(
    client: Client, door: Door
) -> None:
    door.published("home", [DESCRIPTION, ("lead", "Good morning.")], title="Welcome")
    for path in ("/", "/locations/", "/contact/", "/newsletter/", "/crisis/", "/es/crisis/"):
        page = body(client, path)
        assert 'href="tel:988"' in page, path
        spanish = path.startswith("/es")
        assert ("no está aprobada por la FDA" if spanish else "not FDA-approved") in page, path
        assert ("No sustituye" if spanish else "does not replace medical advice") in page, path


def test_a_visitor_sees_the_home_page_and_staff_their_board(client: Client, door: Door) -> None:
    door.published("home", [("lead", "Good morning.")], title="Welcome")

    assert "Staff sign-in" in body(client, "/")
    client.force_login(staff(Role.MONITOR, site=SiteFactory.create()))
    assert client.get("/", follow=True).request["PATH_INFO"] == "/board/"


def test_a_withdrawn_record_takes_its_number_off_the_page_at_once(
    client: Client, door: Door
) -> None:
    door.library.approve("P01")
    door.published("how-it-works", [("text", BESIDE)])
    assert "27.4" in body(client, "/how-it-works/")

    evidence.withdraw_record(
        record=door.library.record("P01").public_id,
        reason="Retracted.",
        by=door.library.director,
        at=AT,
        on=ON,
    )

    page = body(client, "/how-it-works/")
    assert "27.4" not in page
    assert "number withheld" in page


def test_a_kept_page_is_sent_again_until_something_changes(client: Client, door: Door) -> None:
    first = door.published("how-it-works", [("text", "The first words.")])
    answer = client.get("/how-it-works/")
    again = client.get("/how-it-works/", headers={"if-none-match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert answer.headers["Cache-Control"] == "public, no-cache"

    page = first.key
    second = door.write(door.page("how-it-works"), [("text", "The second words.")])
    assert second.key == page
    assert "The first words." in body(client, "/how-it-works/")
    door.publish(second)

    assert "The second words." in body(client, "/how-it-works/")


def test_a_kept_page_is_answered_at_the_door_with_every_header_and_one_question(
    client: Client, door: Door, django_assert_num_queries: Any
) -> None:
    door.published("home", [("lead", "Good morning.")], title="Welcome")
    made = client.get("/")
    with django_assert_num_queries(1):
        kept = client.get("/")

    assert kept.content == made.content
    assert dict(kept.headers) == dict(made.headers)
    assert kept.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in kept.headers["Content-Security-Policy"]
    with django_assert_num_queries(1):
        again = client.get("/", headers={"if-none-match": kept.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/?utm=1").content == made.content


def test_staff_who_are_signed_in_are_not_answered_at_the_door(client: Client, door: Door) -> None:
    door.published("home", [("lead", "Good morning.")], title="Welcome")
    client.get("/")
    client.get("/")
    client.force_login(staff(Role.MONITOR, site=SiteFactory.create()))

    assert client.get("/").headers["Location"] == "/board/"


def test_seventy_five_against_thirty_cannot_be_published_in_any_shape(door: Door) -> None:
    door.library.approve("P02", "P06", "T30", "T31", "T19", "C21", "C24")
    shapes = [
        [("table", "| | Response |\n| IV ketamine | 75 % |\n| SSRIs | 30 % |")],
        [("table", "| IV ketamine | [[P06#response-24h]] |\n| SSRI | [[T30#arm1-remission]] |")],
        [("icons", "[[T19#response-ketamine]] [[T30#arm1-response]]")],
        [("text", "Ketamine [[P02#response-ketamine]], an SSRI [[T30#arm1-response]].")],
        [("text", "Ketamine helps three in four, tablets one in three.")],
        [("lead", "Words."), ("table", "| Ketamine | 75 of 100 |\n| SSRI | 30 of 100 |")],
        [("text", "[[C24]] [[C21]]")],
    ]
    for letter, blocks in zip("abcdefgh", shapes, strict=False):
        text = door.write(door.page(f"try-{letter}"), blocks)
        done = door.publish(text)
        assert isinstance(done, Refused), blocks
    assert not Publication.objects.filter(state="published").exists()


def test_a_wrong_claim_is_shown_only_with_its_correction(client: Client, door: Door) -> None:
    door.library.approve("C24")
    refused = door.publish(door.write(door.page("elsewhere"), [("records", "", ("C24",))]))
    assert isinstance(refused, Refused)
    assert "EVIDENCE_VERDICT_BLOCKS" in refused.decision.codes

    door.published("what-is-often-said", [("said", "## Heard", ("C24",))])

    page = body(client, "/what-is-often-said/")
    version = door.library.version("C24")
    assert version.title in " ".join(read(page).cited)
    assert version.corrected_wording[:40] in " ".join(read(page).cited)
    assert "%" not in visible(page)


def test_the_page_describes_itself_to_machines(client: Client, door: Door) -> None:
    door.library.approve("P01")
    door.published("how-it-works", [DESCRIPTION, ("text", BESIDE)])

    page = body(client, "/how-it-works/")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    data = json.loads(found[1])

    assert data["@type"] == "MedicalWebPage"
    assert data["reviewedBy"]["name"] == f"{door.library.reviewer.full_name}, RN"
    assert data["citation"][0]["url"].startswith("https://")
    assert 'property="og:title" content="How it works"' in page
    assert "/how-it-works/</loc>" in body(client, "/sitemap.xml")
    assert "Sitemap:" in body(client, "/robots.txt")


def test_words_never_become_markup(client: Client, door: Door) -> None:
    door.published(
        "how-it-works",
        [("text", "<script>alert(name)</script> [x](javascript:alert(name)) [y](//evil.example/)")],
        title="</script><b>",
    )

    page = body(client, "/how-it-works/")
    assert "<script>alert" not in page
    assert "javascript:alert" not in page
    assert "//evil.example" not in page
    assert page.count("</script>") == 1


def test_no_script_no_third_party_and_a_strict_policy(client: Client, door: Door) -> None:
    door.published("home", [("lead", "Good morning.")])
    response = client.get("/")

    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "script-src" not in response.headers["Content-Security-Policy"]
    page = response.content.decode()
    assert re.findall(r"<script(?! type=\"application/ld\+json\")", page) == []
    loaded = re.findall(r'(?:src|srcset)="([^"]*)"|<link rel="stylesheet" href="([^"]*)"', page)
    assert [url for pair in loaded for url in pair if url and not url.startswith("/")] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_speaks_the_language_of_its_address(
    client: Client, door: Door, language: str
) -> None:
    door.published("home", [("lead", "Hola.")], language=language)
    path = "/" if language == "en" else "/es/"

    response = client.get(path, headers={"accept-language": "de"})

    assert f'<html lang="{language}">' in response.content.decode()
    assert response.headers["Content-Language"] == language
