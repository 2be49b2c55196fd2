"""A record in another language: complete, with the record's own numbers, and never out of date."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from afterglow.apps.evidence.files import edition
from afterglow.core.evidence.figures import Figure, TimePoint
from afterglow.core.evidence.library import Entry
from afterglow.core.evidence.translating import (
    TranslationFacts,
    figure_in,
    fits,
    judge_pair,
    may_check,
    numbers_in,
    public_words,
    stated_numbers,
)
from afterglow.core.evidence.vocabulary import Design, Endpoint, FigureMeasure, NumberKind

EDITION = edition()
(SPANISH,) = EDITION.translations


def words_of(entry: Entry) -> tuple[str, ...]:
    return public_words(entry.kind, entry.key, entry.body, entry.curation)


def entry(key: str) -> Entry:
    return next(each for each in EDITION.records if each.key == key)


def test_every_public_word_of_the_library_is_in_spanish() -> None:
    missing = {
        words for each in EDITION.records for words in words_of(each) if words not in SPANISH.texts
    }

    assert missing == set()


def test_the_file_translates_nothing_that_no_record_says() -> None:
    said = {words for each in EDITION.records for words in words_of(each)}

    assert set(SPANISH.texts) - said == set()


@pytest.mark.parametrize("english", sorted(SPANISH.texts))
def test_the_spanish_states_the_numbers_of_the_english(english: str) -> None:
    assert numbers_in(SPANISH.texts[english]) == numbers_in(english)


def test_the_spanish_says_that_nobody_has_checked_it() -> None:
    assert (SPANISH.language, SPANISH.origin) == ("es", "machine")
    assert "machine" in SPANISH.translated_by


def test_a_claim_has_its_wording_and_its_correction() -> None:
    assert words_of(entry("C24"))[:2] == (
        "IV ketamine is effective in 75% of patients",
        entry("C24").body["corrected_wording"],
    )


def test_a_papers_title_and_a_rules_citation_stay_as_they_are() -> None:
    assert entry("P01").title not in words_of(entry("P01"))
    assert entry("G01").title not in words_of(entry("G01"))


def test_the_words_of_a_figure_that_nobody_read_are_published_nowhere() -> None:
    assert "response, midazolam" not in words_of(entry("T03"))


def test_what_visitors_never_read_needs_no_translation() -> None:
    assert words_of(entry("R01")) == words_of(entry("K01")) == ()


@pytest.mark.parametrize(
    ("english", "spanish", "code"),
    [
        ("response in 27.4% of 185", "respuesta en 27.4% de 185", ""),
        ("response in 27.4% of 185", "respuesta en 72.4% de 185", "TRANSLATION_NUMBERS_DIFFER"),
        ("response in 27.4%", "respuesta en 27,4%", "TRANSLATION_NUMBERS_DIFFER"),
        ("some people", "tres de cada cuatro personas", "TRANSLATION_NUMBERS_DIFFER"),
        ("two trials", "dos ensayos", ""),
        ("two trials", "tres ensayos", "TRANSLATION_NUMBERS_DIFFER"),
        ("about half respond", "cerca de la mitad responde", ""),
        ("about half respond", "la mayoría responde", "TRANSLATION_NUMBERS_DIFFER"),
        ("low", " ", "TRANSLATION_MISSING"),
        ("low", "x" * 4001, "TRANSLATION_TOO_LONG"),
    ],
)
def test_a_pair_is_kept_only_with_the_same_numbers(english: str, spanish: str, code: str) -> None:
    assert [reason.code for reason in judge_pair(english, spanish)] == ([code] if code else [])


def test_a_translation_fits_exactly_while_the_record_says_the_same() -> None:
    assert fits(SPANISH.texts, words_of(entry("P01")))
    assert not fits(SPANISH.texts, (*words_of(entry("P01")), "moderate"))


def test_a_figure_keeps_its_numbers_in_every_language() -> None:
    figure = made(words="response with ketamine", time=TimePoint(Decimal(24), words="day 1"))

    spanish = figure_in(figure, SPANISH.texts)

    assert (spanish.words, spanish.time.words) == ("respuesta con ketamina", "día 1")
    assert replace(spanish, words=figure.words, time=figure.time) == figure
    assert spanish.time.hours == figure.time.hours


def test_nobody_checks_what_they_translated_or_what_is_out_of_date() -> None:
    own = may_check(TranslationFacts("C01 es 2", translator="ana", fits=True), checker="ana")
    old = may_check(TranslationFacts("C01 es 2", translator="ana", fits=False), checker="ben")
    drafted = may_check(TranslationFacts("C01 es 1", translator="", fits=True), checker="ben")

    assert own.codes == ("TRANSLATION_CHECKED_BY_TRANSLATOR",)
    assert old.codes == ("TRANSLATION_OUTDATED",)
    assert not drafted.reasons


def made(**more: object) -> Figure:
    given = {
        "record": "OWN-1",
        "key": "ketamine",
        "words": "response",
        "kind": NumberKind.EFFICACY,
        "measure": FigureMeasure.PERCENT,
        "value": Decimal(75),
        "endpoint": Endpoint.RESPONSE,
        "definition": "half",
        "population": "mdd",
        "intervention": "ketamine_iv",
        "design": Design.RANDOMISED_BLIND,
        "study": "OWN-1",
    }
    return Figure(**(given | more))  # type: ignore[arg-type]  # a table of one default each


def test_words_may_state_only_numbers_that_stand_beside_their_control() -> None:
    time = TimePoint(Decimal(24), anchor="first_dose")  # type: ignore[arg-type]  # its value
    one = made(time=time)
    other = made(time=time, key="placebo", value=Decimal(30), intervention="saline")
    words = ["75 % with ketamine, 30 % with saline"]

    assert stated_numbers(words, []) == ("75 %", "30 %")
    assert stated_numbers(words, [one]) == ("75 %", "30 %")
    assert stated_numbers(words, [one, other]) == ()
    assert stated_numbers([*words, "or 84 %"], [one, other]) == ("84 %",)
    assert stated_numbers(["or 84 %"], [], before=["84% is undefined"]) == ()
