"""Every way that somebody might write "IV ketamine 75 % versus SSRIs 30 %" without a record."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence import numbers
from afterglow.core.evidence.numbers import LONGEST_NUMBER, NUMBER, number_words, plain_words
from afterglow.core.evidence.writing import bare_numbers, loose_numbers, refuse_results


@pytest.mark.parametrize(
    "text",
    [
        "75\u200b% of people",  # an invisible space between
        "7\u20605 %",
        "75\u00ad%",
        "75\u0336%",  # struck through by a combining mark
        "\uff17\uff15\uff05",  # full-width
        "\u0667\u0665\u066a",  # Arabic-Indic
        "\u2466\u2464 %",  # circled
        "75 [[C01]] %",  # a source in the middle
        "7[[C01]]5 %",
        "**75** %",
        "75 **%**",
        "[75](page:home) %",
        "![IV ketamine 75 % versus SSRIs 30 %](path)",
        "\u00be of patients",
        "\u2153",
        "3/4 feel better",
        "75 °/o",
        "75 p. c.",
        "75 pct",
        "75 percents",
        "a response rate of 0.75",
        "response rate: 75",
        "una tasa de respuesta del 75",
        "eighteen percent",
        "veinticinco por ciento",
        "veintiún por ciento",
        "ciento por ciento",
        "75 por cien",
        "75 of 100 people",
        "75 people in every 100",
        "75 per hundred",
        "seventy five of a hundred",
        "seven people in ten",
        "three of four",
        "75 por cada 100",
        "75 personas de cada 100",
        "tres pacientes de cada cuatro",
        "Ketamine: seven. SSRIs: three. Out of ten each.",
        "three-quarters of people",
        "tres cuartas partes",
        "las tres cuartas partes mejoran",
        "dos terceras partes",
        "cerca de tres cuartos",
        "nine tenths",
        "most respond",
        "A majority respond",
        "nearly everyone gets better",
        "la mayoría mejora",
        "casi todos mejoran",
        "ketamine doubles the response",
        "duplica la respuesta",
        "three of the four people we saw",
        "tres de los cuatro pacientes",
        "All of our patients feel better",
        "todas las personas mejoran",
        "75 versus 30",
        "seventy-five versus thirty",
        "75 for ketamine, against 30 for SSRIs",
        "0.75 against 0.30",
        "75 frente a 30",
    ],
)
def test_a_result_is_found_however_it_is_written(text: str) -> None:
    assert bare_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "IV ketamine 75, SSRIs 30",
        "% who respond: 75",
        "| | Ketamine | SSRIs |\n| Response | 75 | 30 |",
        "75/100",
        "75:30",
        "Ketamine seventy-five; SSRIs thirty",
        "75&#37;",
        "LXXV against XXX",
        "SSRI-30 and IV-75",
        "Ketamina setenta y cinco, ISRS treinta",
        "\u4e03\u4e94 : \u4e09\u5341",  # 75 and 30 in Chinese figures
    ],
)
def test_any_other_number_is_loose_and_needs_a_record_too(text: str) -> None:
    assert bare_numbers(text) or loose_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "A dose of 0.5 mg/kg runs over 40 minutes, then 30 minutes of rest.",
        "Six infusions in 3 weeks; 12 visits in 6 months.",
        "A 40-minute infusion, a 2-hour stay, day 1 of 6 weeks, 14 to 31 days.",
        "Approved in 1970 and again in 2019-2025.",
        "On 6 November 2026, or November 27; el 16 de febrero de 2026.",
        "Call 988 at any hour, or (212) 555-0142; text HOME to 741741.",
        "The visit costs $450, $1,200 to $1,800 for a course, 450 dollars, 450 dólares.",
        "Open 7:00 to 19:30. We are at 40 Harbor Street, Brooklyn, NY 11201.",
        "21 CFR 1308.13(c) applies. PHQ-9, GAD-7 and ICD-10.",
        "1. Somebody reads your words.\n2. We call you.",
        "Each picture shows a hundred people. It falls once the drip stops.",
        "Step 2 of the plan, page 12, at age 18.",
        "Cada dibujo muestra cien personas; unos 40 minutos; dos horas.",
        "49 trials in 12 countries",
        "See https://example.org/2023/75-percent",
    ],
)
def test_doses_times_dates_prices_and_addresses_are_left_alone(text: str) -> None:
    assert [each.words for each in (*bare_numbers(text), *loose_numbers(text))] == []


def test_a_number_is_pointed_at_where_the_writer_put_it() -> None:
    text = "It [[C01]] works: **75** %."

    (found,) = bare_numbers(text)

    assert found.words == "75 %"
    assert text[found.at :] == "75** %."


@pytest.mark.parametrize("words", ["iv-ketamine-75-percent", "75-vs-30", "/three-in-four/"])
def test_an_address_that_states_a_result_is_refused(words: str) -> None:
    with pytest.raises(InvalidValue, match="read as a result"):
        refuse_results(words)


def test_an_address_with_a_year_is_an_address() -> None:
    refuse_results("/2019/05/our-clinic/", "what-is-ketamine")


def test_number_words_count_the_same_in_both_languages() -> None:
    english = "a third, two thirds, half, seventy-five, twenty-one, three hundred, one, once"
    spanish = "un tercio, dos terceras partes, la mitad, setenta y cinco, veintiuno, trescientos"

    assert sorted(number_words(english)) == sorted(number_words(spanish))


def test_plain_words_keep_letters_with_accents() -> None:
    assert plain_words("Año, «días» y **más**") == "Año, «días» y más"


def test_a_page_of_number_words_is_many_numbers_of_a_length_that_has_an_end() -> None:
    page = " ".join(["three", "twenty", "siete", "mil"] * 150)

    lengths = {len(hit.group().split()) for hit in re.finditer(NUMBER, page, re.IGNORECASE)}

    assert lengths == {LONGEST_NUMBER}
    assert next(each.words for each in bare_numbers(f"{page} percent")).endswith("percent")


def test_no_shape_repeats_number_words_without_an_end() -> None:
    """What has no end is read again from each word of a run: minutes for one page."""
    shapes = chain(numbers._RESULTS, numbers._HARMLESS, numbers._BY_LETTER, [numbers._VERSUS])

    endless = [s.pattern for s in shapes if re.search(r"seventeen[^()]*\)+[*+]", s.pattern)]

    assert endless == []
