""" "IV ketamine 75 % versus SSRIs 30 %" by every road that leads to a visitor."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.evidence import services as evidence
from afterglow.apps.evidence.services import Done, Refused
from afterglow.apps.frontdoor import services
from afterglow.apps.frontdoor.models import Letter, Page, Redirect
from afterglow.apps.frontdoor.sentences import letter_words
from afterglow.apps.places.models import Site
from afterglow.apps.places.services import SiteWords
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.vocabulary import RecordKind
from support.evidence import AT, ON, Library
from support.frontdoor import Door

THE_LIE = "IV ketamine 75 % versus SSRIs 30 %"
BARE = {"EVIDENCE_BARE_NUMBER", "EVIDENCE_LOOSE_NUMBER"}
PICTURE = "![{}](path)"


def refused(door: Door, blocks: Any, *, row: Page | Letter | None = None, **more: Any) -> set[str]:
    text = door.write(row or door.page("compared"), blocks, **more)
    outcome = door.publish(text)
    assert isinstance(outcome, Refused), "it was published"
    return {reason.code for reason in outcome.decision.blockers}


@pytest.mark.parametrize(
    "kind", ["description", "lead", "text", "cards", "steps", "note", "call", "questions", "table"]
)
def test_not_in_any_kind_of_block(door: Door, kind: str) -> None:
    assert refused(door, [("text", "Words."), (kind, THE_LIE)]) <= BARE


@pytest.mark.parametrize(
    "text",
    [
        "## " + THE_LIE,
        "? " + THE_LIE,
        PICTURE.format(THE_LIE),
        "| | IV ketamine | SSRIs |\n| Per hundred who respond | 75 | 30 |",
        "| IV ketamine | three in four |\n| SSRIs | three in ten |",
        "[IV ketamine 75](page:home) % versus SSRIs **30** %",
        "IV ketamine helps three out of four. SSRIs help three out of ten.",
        "La ketamina intravenosa ayuda a tres de cada cuatro; los ISRS, al treinta por ciento.",
        "La ketamina, tres cuartas partes; los ISRS, menos de un tercio.",
        "Out of a hundred people: ketamine 75, SSRIs 30.",
    ],
)
def test_not_in_any_mark_language_or_way_of_counting(door: Door, text: str) -> None:
    assert refused(door, [("text", text)]) <= BARE


def test_not_in_two_paragraphs_or_two_blocks_one_number_each(door: Door) -> None:
    assert refused(door, [("text", "IV ketamine helps 75.\n\nSSRIs help 30.")]) <= BARE
    blocks = [("text", "IV ketamine helps 75 %."), ("text", "SSRIs help 30 %.")]
    assert refused(door, blocks) <= BARE


def test_not_as_the_title_which_is_also_the_open_graph_picture(door: Door) -> None:
    assert refused(door, [("text", "Words.")], title=THE_LIE) <= BARE


def test_not_in_a_letter_or_its_subject(door: Door) -> None:
    letter = Letter.objects.create(slug="spring", language="en", created_at=AT)
    autumn = Letter.objects.create(slug="autumn", language="es", created_at=AT)

    assert refused(door, [("text", THE_LIE)], row=letter, title="Spring") <= BARE
    assert refused(door, [("text", "Hola.")], row=autumn, title=THE_LIE) <= BARE


def test_not_in_a_sites_own_version_of_a_page(door: Door) -> None:
    site = Site.objects.get()

    assert refused(door, [("text", THE_LIE)], row=door.page("compared", site=site)) <= BARE


@pytest.mark.parametrize(
    "given",
    [
        {"slug": "iv-ketamine-75-percent-versus-ssris-30-percent"},
        {"slug": "ketamine-75-ssris-30"},
        {"slug": "compared", "menu_label": THE_LIE},
        {"slug": "compared", "menu_label": "Three in four"},
    ],
)
def test_not_in_an_address_or_the_menu(door: Door, given: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match="read as a result"):
        door.page(given.pop("slug"), **given)
    assert Page.objects.count() == 0


def test_not_in_the_address_of_a_letter(door: Door) -> None:
    client = Client()
    client.force_login(door.library.author)

    answer = client.post(
        reverse("frontdoor:new-letter"),
        {"slug": "ketamine-75-percent-ssris-30-percent", "language": "en"},
    )

    assert answer.status_code == 422
    assert Letter.objects.count() == 0


@pytest.mark.parametrize("way", [("/75-percent-vs-30-percent/", "/"), ("/old/", "/75-vs-30/")])
def test_not_in_a_redirect(door: Door, way: tuple[str, str]) -> None:
    old, new = way
    with pytest.raises(InvalidValue, match="read as a result"):
        services.add_redirect(old_path=old, new_path=new, by=door.library.director, at=AT, on=ON)
    assert Redirect.objects.count() == 0


@pytest.mark.parametrize("field", ["name", "address"])
def test_not_in_the_name_or_the_address_of_a_site(field: str) -> None:
    given: dict[str, Any] = {
        "name": "Tribeca",
        "time_zone": "America/New_York",
        "phone": "212 555 0142",
        "after_hours_phone": "212 555 0143",
    }
    with pytest.raises(InvalidValue, match="read as a result"):
        SiteWords(**(given | {field: THE_LIE}))


def own(library: Library, key: str, *, words: str = "", title: str = "Ours", **figure: Any) -> Any:
    """A record of the clinic's own, and whether a director's signature puts it in force."""
    curation = {"figures": [FIGURE | figure]}
    made = evidence.write_record(
        kind=RecordKind.CLAIM,
        key=key,
        title=title,
        body={
            "id": key,
            "article_claim": title,
            "verdict_class": "supported",
            "verdict": "supported",
            "corrected_wording": words or "People differ.",
            "facts": [{"fact": "x", "status": "confirmed", "confirmed_at": ["https://a.org"]}],
        },
        curation=curation,
        by=library.reviewer,
        at=AT,
        on=ON,
    )
    return evidence.approve_version(version=made.public_id, by=library.director, at=AT, on=ON)


FIGURE = {
    "key": "response",
    "words": "response",
    "kind": "efficacy",
    "measure": "percent",
    "value": "75",
    "endpoint": "response",
    "definition": "half_or_more_fall",
    "time": {"hours": "24", "anchor": "first_dose"},
    "population": "trd_mdd",
    "intervention": "ketamine_iv",
    "design": "uncontrolled",
    "no_interval": "we did not reckon one",
    "status": "confirmed",
}
SSRI = {"value": "30", "intervention": "ssri", "population": "mdd_first_step"}


def test_not_in_the_words_of_a_record_of_ones_own(library: Library) -> None:
    for at, given in enumerate(
        ({"words": THE_LIE}, {"title": THE_LIE}, {"words": "Three in four, not three in ten."})
    ):
        outcome = own(library, f"OWN-{at}", **given)
        assert isinstance(outcome, Refused)
        assert "RECORD_WORDS_STATE_NUMBER" in outcome.decision.codes


@pytest.mark.parametrize("field", ["words", "population_words", "no_interval", "certainty"])
def test_not_in_the_words_beside_a_figure(library: Library, field: str) -> None:
    outcome = own(library, "OWN-1", **{field: "with SSRIs only 30 %"})

    assert isinstance(outcome, Refused)
    assert "RECORD_WORDS_STATE_NUMBER" in outcome.decision.codes


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "context"},
        {"kind": "context", "endpoint": "other", "words": "people who improve"},
        {"measure": "count", "unit": "% of people"},
    ],
)
def test_not_as_a_figure_that_says_it_is_no_outcome(library: Library, given: Any) -> None:
    with pytest.raises(InvalidValue, match="cannot be"):
        own(library, "OWN-1", **given)


@pytest.mark.parametrize(
    "blocks",
    [
        [("text", "Ketamine [[OWN-1#response]], SSRIs [[OWN-2#response]].")],
        [("table", "| Ketamine | [[OWN-1#response]] |\n| SSRIs | [[OWN-2#response]] |")],
        [("icons", "[[OWN-1#response]] [[OWN-2#response]]")],
        [("text", "Ketamine [[OWN-1#response]]."), ("text", "SSRIs [[OWN-2#response]].")],
        [
            ("text", "Ketamine [[OWN-1#response]]."),
            ("text", "And now for something else."),
            ("note", "SSRIs [[OWN-2#response]]."),
        ],
    ],
)
def test_not_on_two_approved_records_wherever_they_stand(door: Door, blocks: Any) -> None:
    """Even where two clinicians enter and a director approves both numbers."""
    assert isinstance(own(door.library, "OWN-1"), Done)
    assert isinstance(own(door.library, "OWN-2", **SSRI), Done)

    found = refused(door, blocks)

    assert found & {"COMPARISON_POPULATION_DIFFERS", "EVIDENCE_ALONE_BESIDE_OTHER"}


def test_a_wrong_claim_is_named_on_one_page_only(door: Door) -> None:
    door.library.approve("C24")

    with pytest.raises(InvalidValue, match="corrected on one page"):
        door.write(door.page("compared"), [("said", "## Heard", ("C24",))])
    letter = Letter.objects.create(slug="spring", language="en", created_at=AT)
    with pytest.raises(InvalidValue, match="corrected on one page"):
        door.write(letter, [("said", "Heard: [[C24]]")], title="Spring")


def test_a_wrong_claim_is_no_citation_to_a_search_engine(door: Door) -> None:
    door.library.approve("C24")
    door.published("what-is-often-said", [("said", "## Heard", ("C24",))])

    shown = Client().get("/what-is-often-said/").content.decode()
    machines = shown.partition("application/ld+json")[2].partition("</script>")[0]

    assert "75%" not in machines
    assert "roughly 3 to 6 in 10 people respond" in machines


def test_an_overstated_claim_is_shown_in_its_right_words_only(door: Door) -> None:
    door.library.approve("C60")
    door.published("guidance", [("records", "## What they say", ("C60",))])

    shown = Client().get("/guidance/").content.decode()

    assert "Endorsed by major psychiatric organisations" not in shown
    assert "Not &#x27;endorsed&#x27;" in shown


def test_a_letter_names_a_claim_in_its_right_words_only(door: Door) -> None:
    from afterglow.apps.evidence.queries import shown_citations

    door.library.approve("C60")
    letter = Letter.objects.create(slug="spring", language="en", created_at=AT)
    text = door.write(letter, [("text", "As we read it. [[C60]]")], title="Spring")

    words = letter_words(text, shown_citations(text))

    assert "Endorsed by major" not in words
    assert words.startswith("As we read it.")


def test_a_picture_is_named_to_the_reviewer_because_no_rule_can_read_it(door: Door) -> None:
    text = door.write(door.page("compared"), [("text", PICTURE.format("A path"))])

    outcome = door.publish(text)

    assert isinstance(outcome, Done)
    assert "EVIDENCE_PICTURE_UNREAD" in outcome.decision.codes
