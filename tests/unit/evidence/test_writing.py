"""What counts as a number without a record behind it, and how a text cites one."""

from __future__ import annotations

import pytest

from afterglow.core.evidence.writing import bare_numbers, citations_in


@pytest.mark.parametrize(
    "text",
    [
        "IV ketamine is 75% effective.",
        "IV ketamine 75 % versus SSRIs 30 %",
        "It helps 75\u00a0% of people.",
        "It helps 75\u202f% of people.",
        "It helps 75\uff05 of people.",
        "seventy-five percent of people",
        "Seventy five per cent respond",
        "30-40% effective",
        "between 30 and 40 percent",
        "el 75 por ciento de los pacientes",
        "setenta y cinco por ciento",
        "three out of four people",
        "3 in 4 people respond",
        "7 of every 10",
        "3 de cada 4 pacientes",
        "half of patients improve",
        "Most people feel better",
        "la mayoría de pacientes",
        "two thirds respond",
        "a quarter relapse",
        "an odds ratio of 3.4",
        "OR 3.94",
        "p < 0.05",
        "NNT 4",
        "three times more likely",
        "twice as effective",
        "2.5-fold",
        "dos veces más eficaz",
        "75 percentage points",
        "97.5%",
        "1,5 %",
    ],
)
def test_a_number_about_an_outcome_is_found(text: str) -> None:
    assert bare_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "A dose of 0.5 mg/kg runs over 40 minutes.",
        "Six infusions in three weeks.",
        "Approved in 1970 and scheduled in 1999.",
        "Call 988 at any hour; we are at 40 Harbor Street.",
        "One of our clinicians stays with you.",
        "The visit costs $450 and lasts 2 hours.",
        "Of those treated, [[P01#response-ketamine]] responded.",
        "21 CFR 1308.13(c) applies.",
        "You come in on day 1 of 6 weeks.",
        "Give or take a day.",
        "A third visit follows the second.",
    ],
)
def test_doses_dates_and_addresses_are_left_alone(text: str) -> None:
    assert [found.words for found in bare_numbers(text)] == []


def test_a_citation_names_record_and_figure_in_order() -> None:
    text = "With [[P01#response-ketamine]] against [[P01#response-saline]]; see [[C24]]."

    found = citations_in(text)

    assert [each.ref for each in found] == ["P01#response-ketamine", "P01#response-saline", "C24"]
    assert text[found[2].at :].startswith("[[C24]]")


def test_a_number_that_leans_on_a_citation_is_still_bare() -> None:
    found = bare_numbers("[[P01#response-ketamine]] or 99 % in our hands")

    assert [each.words for each in found] == ["99 %"]


def test_where_a_number_stands_is_told() -> None:
    text = "It works: 3 in 4."

    (found,) = bare_numbers(text)

    assert text[found.at :] == "3 in 4."


def test_a_citation_may_ask_for_the_time_of_its_figure() -> None:
    number, time = citations_in("[[P01#response-or]] of them, [[P01#response-or@time]].")

    assert (number.time, time.time) == (False, True)
    assert number.ref == time.ref == "P01#response-or"
    assert time.written == "[[P01#response-or@time]]"
    assert citations_in("[[P01@time]]") == ()
