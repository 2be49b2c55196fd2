"""The pages that come with Afterglow: through the gate, no bare number, words one can read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps import frontdoor
from afterglow.apps.evidence import queries as evidence
from afterglow.apps.evidence.files import official_hosts
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.services.records import signed_name
from afterglow.apps.frontdoor import markup
from afterglow.apps.frontdoor.files import PageFile, page_files
from afterglow.apps.frontdoor.illustrations import ILLUSTRATIONS
from afterglow.apps.frontdoor.queries import LOCATION
from afterglow.apps.frontdoor.shown import address_of
from afterglow.apps.places.models import Site
from afterglow.config.demo.pages import seed_pages
from afterglow.core.evidence.comparatives import comparisons_in
from afterglow.core.evidence.vocabulary import ClaimVerdict
from afterglow.core.evidence.writing import absolute_claims, bare_numbers, citations_in
from afterglow.core.frontdoor import BlockKind
from afterglow.web import clock
from support.evidence import AT, ON, Library, open_library
from support.frontdoor import LATER, approve_protocol, read, visible
from support.reading import english_grade, spanish_ease

TEMPLATES = Path(frontdoor.__file__).parent / "templates"
SLUGS = {page.slug for page in page_files()}
FIXED = ("home", "contact", "refer", "newsletter", "locations", "crisis", "simulation")


@pytest.fixture
def published(library: Library) -> Library:
    approve_protocol(library.director)
    seed_pages(
        author=library.author, reviewer=library.reviewer, director=library.director, at=AT, on=ON
    )
    return library


def path_of(page: PageFile) -> str:
    """Where a visitor reads the page; the words for every site stand on each site's page."""
    if page.slug == LOCATION:
        code = Site.objects.order_by("name").values_list("code", flat=True)[0]
        given = {"code": code, "language": page.language}
        return reverse("frontdoor:location", kwargs=given)
    return address_of(f"page:{page.slug}", page.language)


def gettext_in(words: str, language: str) -> str:
    """Return the first words of a sentence of the page's foot."""
    spanish = {"Written by": "Escrito por", "Next review by": "Próxima revisión"}
    return spanish[words] if language == "es" else words


def test_every_page_is_there_in_both_languages() -> None:
    by_language = {
        code: {page.slug for page in page_files() if page.language == code} for code in ("en", "es")
    }
    assert by_language["en"] == by_language["es"]
    assert len(by_language["en"]) == 22


def test_the_gate_lets_them_through_and_no_number_stands_bare(
    client: Client, published: Library
) -> None:
    rows = [
        row
        for row in evidence.what_is_often_said()
        if row.verdict in (ClaimVerdict.WRONG, ClaimVerdict.UNVERIFIABLE)
    ]
    assert len(rows) >= 8
    for page in page_files():
        said = evidence.spoken(rows, page.language).values()
        wrong = [each.say(each.version.title) for each in said]
        response = client.get(path_of(page))
        assert response.status_code == 200, page.slug
        body = response.content.decode()
        words = visible(body)
        assert bare_numbers(words) == (), (page.slug, page.language, bare_numbers(words))
        assert "%" not in words, (page.slug, page.language)
        shown = " ".join(read(body).cited) + words
        if page.slug != "what-is-often-said":
            assert [claim for claim in wrong if claim in shown] == [], page.slug
        else:
            assert [claim for claim in wrong if claim not in shown] == []
            corrected = [each.say(each.version.corrected_wording)[:50] for each in said]
            assert [right for right in corrected if right not in shown] == []
        hosts = set(re.findall(r'href="https://([^/"]+)', body)) - {"localhost:8000"}
        assert hosts <= set(official_hosts().hosts), (page.slug, hosts)
        for words in ("Written by", "Next review by"):
            assert gettext_in(words, page.language) in body, (page.slug, page.language)
        for target in set(re.findall(r'href="(/[^"#?]*)"', body)):
            if target.startswith(("/static/", "/accounts/")):
                continue
            assert client.get(target).status_code == 200, (page.slug, target)


def test_every_address_of_the_sitemap_is_walked_and_none_states_a_bare_number(
    client: Client, published: Library
) -> None:
    listed = client.get("/sitemap.xml").content.decode()
    paths = re.findall(r"<loc>[^<]*?//[^/<]+([^<]*)</loc>", listed)
    for path in ("/simulation/", "/es/simulation/", "/refer/", "/es/crisis/", "/es/costs/"):
        assert path in paths
    wrong = [
        row.title
        for row in evidence.what_is_often_said()
        if row.verdict in (ClaimVerdict.WRONG, ClaimVerdict.UNVERIFIABLE)
    ]

    for path in paths:
        body = client.get(path).content.decode()
        assert bare_numbers(visible(body)) == (), path
        assert absolute_claims(visible(body)) == (), path
        assert "withheld" not in body, path
        if "what-is-often-said" not in path:
            shown = visible(body) + " ".join(read(body).cited)
            assert [claim for claim in wrong if claim in shown] == [], path
        assert re.search(r'<script type="application/ld\+json">\{', body), path


TYPED_TIME = re.compile(
    r"\b(?:an?|un|una|\d+|two|three|four|six|eight|twelve|dos|tres|cuatro|seis|ocho|doce)\s+"
    r"(?:hours?|days?|weeks?|months?|horas?|d[ií]as?|semanas?|meses|mes)\b"
    r"|\bday\s+\d|\bdía\s+\d|\bal\s+día\s+siguiente\b",
    re.IGNORECASE,
)


def test_when_a_number_was_measured_is_told_by_its_record_and_not_typed(
    client: Client, published: Library
) -> None:
    for page in page_files():
        for block in page.blocks:
            for line in re.split(r"(?<=[.:?!])\s|\n", block.text):
                cited = [each for each in citations_in(line) if each.figure]
                heads = block.kind is BlockKind.ICONS and line.startswith("## ")
                if cited or heads:
                    assert not TYPED_TIME.search(line), (page.slug, page.language, line)
    english = client.get("/decide/").content.decode()
    spanish = client.get("/es/decide/").content.decode()
    assert ">24 hours after one dose</span>: ketamine or salt water" in english
    assert ">24 horas después de una dosis</span>: ketamina o agua salada" in spanish


@pytest.mark.parametrize("drawing", sorted(ILLUSTRATIONS.values()))
def test_no_drawing_of_ours_has_a_number_in_it(drawing: str) -> None:
    source = (TEMPLATES / drawing).read_text(encoding="utf-8")
    words = re.sub(r"<[^>]*>", " ", source) + " ".join(
        re.findall(r'(?:aria-label|title|alt)="([^"]*)"', source)
    )
    said = " ".join(re.findall(r'translate "([^"]*)"', source))

    assert bare_numbers(words) == bare_numbers(said) == ()
    assert list(comparisons_in(f"{words} {said}")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>It helps 75 % of people.</p>",
        "<p>Ayuda a tres de cada cuatro personas.</p>",
        "<p>It helps <b>75</b> <i>%</i> of people.</p>",
        '<img src="/x.png" alt="Seven in ten people get well">',
        '<meta name="description" content="Twice as likely to get well">',
        "<table><tr><td>OR 3.4</td></tr></table>",
    ],
)
def test_a_number_planted_in_a_page_is_found(
    client: Client, published: Library, planted: str
) -> None:
    body = client.get("/safety/").content.decode()
    assert bare_numbers(visible(body)) == ()

    assert bare_numbers(visible(body.replace("</main>", f"{planted}</main>")))
    behind = f'<p data-record="C18#acute-effects">{planted}</p></main>'
    assert bare_numbers(visible(body.replace("</main>", behind))) == ()


def test_what_we_do_is_told_by_the_protocol_in_force(client: Client, published: Library) -> None:
    visit = visible(client.get("/our-approach/").content.decode())
    code = Site.objects.values_list("code", flat=True)[0]
    before = visible(client.get(f"/es/locations/{code}/").content.decode())

    assert "for about 40 minutes while the drug runs in" in visit
    assert "at least 30 minutes, until you are steady" in visit
    assert "No coma nada 6 horas antes, y solo bebidas claras hasta 2 horas antes." in before


def test_every_spanish_page_says_who_put_its_records_into_spanish(
    client: Client, published: Library
) -> None:
    words = "Traducido por máquina; ningún clínico ha comprobado la traducción."
    for page in page_files():
        body = client.get(path_of(page)).content.decode()
        expected = page.language == "es" and 'id="source-' in body
        assert (words in body) is expected, (page.language, page.slug)


def test_the_simulation_names_who_answers_for_it(client: Client, published: Library) -> None:
    for path, language in (("/simulation/", "en"), ("/es/simulation/", "es")):
        body = client.get(path).content.decode()
        for words in ("Written by", "Next review by"):
            assert gettext_in(words, language) in body, path
        assert signed_name(published.reviewer) in body


def test_seeding_again_changes_nothing(published: Library) -> None:
    before = Publication.objects.count()

    again = seed_pages(
        author=published.author,
        reviewer=published.reviewer,
        director=published.director,
        at=LATER,
        on=ON,
    )

    assert again == 0
    assert Publication.objects.count() == before


def test_the_results_page_claims_nothing_of_our_own(client: Client, published: Library) -> None:
    body = client.get("/results/").content.decode()
    refs = set(re.findall(r'data-record="([^"]+)"', body))

    assert "We claim nothing yet" in visible(body)
    for words in ("Who is missing", "Worse", "How sure", "Who started"):
        assert words in visible(body)
    assert {ref.partition("#")[0] for ref in refs} == {"T38", "P13"}
    assert not any(ref.startswith("T42") for ref in refs)


OURS = {
    "home": {"cards-1", "call-1"},
    "who-should-consider": {"cards-1", "cards-2", "call-1"},
    "our-approach": {"lead-1", "steps-1", "text-1"},
    "decide": {"lead-1", "cards-2", "call-1"},
    "compared": {"lead-1", "text-6"},
    "regulation": set[str](),
    "guidance": set[str](),
    "medical-or-recreational": {"lead-1", "text-1", "note-1"},
    "safety": {"cards-1", "note-1"},
    "how-it-works": set(),
    "what-is-ketamine": set[str](),
    "what-is-often-said": {"lead-1"},
    "results": {"lead-1", "text-1", "cards-1", "text-2"},
    "for-providers": {"lead-1", "call-1", "steps-1", "cards-1", "text-2"},
    "refer": {"lead-1"},
    "costs": {"lead-1", "prices-1", "cards-1", "text-3", "text-4", "call-1"},
    "stories": {"lead-1", "stories-1", "cards-1"},
    "contact": {"lead-1", "steps-1", "note-1"},
    "newsletter": {"lead-1", "text-1"},
    "locations": {"lead-1", "text-1"},
    "crisis": {"text-1", "note-1"},
    "location": {"cards-1"},
}
"""Blocks that say nothing of the drug, of studies or of the law: what we do, ask or advise.

Every other block leans on a record. A block that joins this list is read by a person first.
"""


@pytest.mark.parametrize("page", page_files(), ids=lambda page: f"{page.language}-{page.slug}")
def test_every_block_leans_on_a_record_or_speaks_of_ourselves(page: PageFile) -> None:
    counted: Counter[str] = Counter()
    bare = set()
    for block in page.blocks:
        counted[block.kind] += 1
        cites = block.cites or citations_in(block.text)
        if block.kind not in (BlockKind.DESCRIPTION, "mechanism") and not cites:
            bare.add(f"{block.kind}-{counted[block.kind]}")

    assert bare == OURS[page.slug]


@pytest.mark.parametrize("page", page_files(), ids=lambda page: f"{page.language}-{page.slug}")
def test_the_words_can_be_read(page: PageFile) -> None:
    words = "\n".join(
        markup.plain(block.text) for block in page.blocks if block.kind is not BlockKind.TABLE
    )
    if page.language == "en":
        assert english_grade(words) <= 8, english_grade(words)
    else:
        assert spanish_ease(words) >= 60, spanish_ease(words)
    assert all(
        target.removeprefix("page:") in SLUGS | set(FIXED)
        for block in page.blocks
        for target in re.findall(r"\]\((page:[a-z-]+)\)", block.text)
    )


@pytest.fixture
def library(db: None) -> Iterator[Library]:
    with clock.fixed(LATER):
        yield open_library()
