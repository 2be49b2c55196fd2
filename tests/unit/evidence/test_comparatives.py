"""A comparison in words is a result: it stands only beside figures that make it like with like."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.comparatives import comparisons_in
from afterglow.core.evidence.comparing import compares_alike
from afterglow.core.evidence.figures import Figure, TimePoint
from afterglow.core.evidence.publishing import Block, CitedRecord, judge_text
from afterglow.core.evidence.vocabulary import (
    Anchor,
    Design,
    Endpoint,
    FactStatus,
    FigureMeasure,
    NumberKind,
)
from afterglow.core.evidence.writing import refuse_results

ON = dt.date(2026, 11, 27)
KETAMINE = Figure(
    "T19",
    "response-ketamine",
    "response",
    NumberKind.EFFICACY,
    FigureMeasure.PERCENT,
    Decimal("55.4"),
    endpoint=Endpoint.RESPONSE,
    definition="half_or_more_fall",
    time=TimePoint(Decimal(504), Anchor.ENROLMENT, "3 weeks"),
    population="trd_referred_for_ect",
    intervention="ketamine_iv",
    design=Design.RANDOMISED_OPEN,
    study="T19",
    status=FactStatus.CONFIRMED,
)
ECT = replace(KETAMINE, key="response-ect", intervention="ect", value=Decimal("41.2"))
RATIO = replace(
    KETAMINE,
    key="response-rr",
    measure=FigureMeasure.RISK_RATIO,
    value=Decimal("1.34"),
    comparator="ect",
)


@pytest.mark.parametrize(
    "text",
    [
        "IV ketamine works better than SSRIs.",
        "Ketamine is far better than pills.",
        "It is **better** than esketamine",
        "better\u200b than ECT",
        "It works faster.",
        "It is no worse than ECT.",
        "more effective than antidepressants",
        "A more effective drug",
        "as effective as ECT",
        "just as safe as a tablet",
        "superior to the spray",
        "non-inferior to ECT",
        "Ketamine outperforms SSRIs",
        "It beats every antidepressant",
        "the most effective treatment for depression",
        "the best therapy there is",
        "The gold standard",
        "It lasts longer",
        "fewer side effects",
        "It helps when other treatments fail",
        "Unlike antidepressants, it is quick",
        "Nobody knows a drug that works better",
        "![Ketamine works better than pills](path)",
        "funciona mejor que las pastillas",
        "es más eficaz que los ISRS",
        "más segura",
        "tan eficaz como la TEC",
        "supera a los antidepresivos",
        "el mejor tratamiento para la depresión",
        "La TEC ayudó más",
        "la ketamina ayuda más que la TEC",
        "cuando otros tratamientos fallan",
        "menos efectos secundarios",
        "Nothing works as fast.",
        "Ketamine has an edge over ECT.",
        "Ketamine is preferable to ECT.",
        "No other drug comes close.",
        "It works when nothing else does.",
        "Patients prefer it over pills.",
        "People relapse less often than with pills.",
        "Ketamine far exceeds antidepressants.",
        "There is no better treatment.",
        "A safer alternative to ECT.",
        "Ketamine is a safer choice.",
        "Better results than pills.",
        "Greater relief than pills.",
        "Higher response rates than SSRIs.",
        "It is kinder to the body than ECT.",
        "It works wonders compared with pills.",
        "Mejores resultados que las pastillas.",
        "Nada funciona tan rápido.",
        "Funciona cuando nada más lo hace.",
        "Gana a los antidepresivos.",
        "Es preferible a la TEC.",
        "Mayor alivio que con pastillas.",
        "Tasas de respuesta más altas que los ISRS.",
        "No hay mejor tratamiento.",
        "más eficazmente que las pastillas",
        "You sleep better than before any pill.",
        "A more useful treatment",
        "Ketamine is more useful.",
        "Duerme mejor que antes con pastillas.",
        "La ketamina es más útil.",
    ],
)
def test_a_comparison_in_words_is_found(text: str) -> None:
    assert list(comparisons_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "They felt much better a day later.",
        "This is the fairer test.",
        "So we say nothing on which is better.",
        "You stay at least two hours, and longer if you need to.",
        "We call you as soon as we can, as fast as possible.",
        "It is better to wait until the next day.",
        "If you feel worse, call us at any hour.",
        "Some people get worse.",
        "How safe it is over many years is not known.",
        "Se sentía mucho mejor al día siguiente.",
        "¿Qué tan seguro es?",
        "No podemos verle tan rápido como para ser su primera ayuda.",
        "Si se siente peor, llámenos.",
        "Se queda al menos dos horas.",
        "You may prefer a call to a visit.",
        "We prefer to talk to you first.",
        "Your pressure may be higher than before.",
        "There is nothing else you need to bring.",
        "No other person sees your answers.",
        "It is safer to be driven home.",
        "No necesita traer nada más.",
        "La presión puede ser mayor que antes.",
        "More useful information is on the next page.",
        "The most useful question to ask is who drives you home.",
        "You may feel worse than before for an hour.",
        "Duerme mejor que antes.",
        "Las preguntas más útiles son las suyas.",
    ],
)
def test_words_that_compare_no_treatments_are_left_alone(text: str) -> None:
    assert list(comparisons_in(text)) == []


def test_it_is_named_where_the_writer_wrote_it() -> None:
    text = "First [[C01]]. It is **superior to** SSRIs."

    ((words, at),) = comparisons_in(text)

    assert words.startswith("superior to")
    assert text[at:].startswith("superior")


@pytest.mark.parametrize(
    ("figures", "alike"),
    [
        ([], False),
        ([KETAMINE], False),
        ([KETAMINE, ECT], True),
        ([RATIO], True),
        ([replace(RATIO, comparator="")], False),
        ([replace(RATIO, design=Design.UNCONTROLLED)], False),
        ([replace(RATIO, kind=NumberKind.CONTEXT)], False),
        ([KETAMINE, replace(ECT, study="T30")], False),
        ([KETAMINE, replace(ECT, population="anybody")], False),
        ([KETAMINE, replace(ECT, definition="")], False),
        ([KETAMINE, replace(ECT, endpoint=Endpoint.REMISSION)], False),
        ([KETAMINE, replace(ECT, time=TimePoint())], False),
        ([KETAMINE, replace(KETAMINE, key="again")], False),
    ],
)
def test_what_makes_a_comparison_like_with_like(figures: list[Figure], alike: bool) -> None:
    assert compares_alike(figures) is alike


def codes(text: str, *figures: Figure) -> list[str]:
    cited = tuple(
        CitedRecord(
            each.record,
            approved_version=1,
            cited_version=1,
            status=FactStatus.CONFIRMED,
            figure_key=each.key,
            figure=each,
        )
        for each in figures
    )
    return [reason.code for reason in judge_text([Block(text, cited)], on=ON)]


def test_the_words_are_refused_alone_and_allowed_beside_both_arms() -> None:
    words = "In this study ketamine did better than ECT."

    assert codes(words) == ["EVIDENCE_COMPARED_IN_WORDS"]
    assert "EVIDENCE_COMPARED_IN_WORDS" in codes(words, KETAMINE)
    assert codes(words, KETAMINE, ECT) == []
    assert codes(words, RATIO) == []


@pytest.mark.parametrize(
    "words",
    [
        "Ketamine works better than SSRIs.",
        "Ketamine works better than ECT and is safer than any pill.",
        "La ketamina funciona mejor que los antidepresivos.",
        "Ketamine is superior to esketamine.",
    ],
)
def test_a_figure_bears_no_comparison_with_a_treatment_that_it_is_not_about(words: str) -> None:
    assert "EVIDENCE_COMPARED_IN_WORDS" in codes(words, RATIO)
    assert "EVIDENCE_COMPARED_IN_WORDS" in codes(words, KETAMINE, ECT)


def test_figures_of_another_block_make_no_comparison() -> None:
    beside = CitedRecord(
        "T19",
        approved_version=1,
        cited_version=1,
        status=FactStatus.CONFIRMED,
        figure_key=RATIO.key,
        figure=RATIO,
    )
    blocks = [Block("Ketamine works better than ECT."), Block("Ratio.", (beside,))]

    found = [reason.code for reason in judge_text(blocks, on=ON)]

    assert found == ["EVIDENCE_COMPARED_IN_WORDS"]


@pytest.mark.parametrize("words", ["Better than SSRIs", "better-than-ssris", "más eficaz que"])
def test_no_address_name_or_menu_label_compares(words: str) -> None:
    with pytest.raises(InvalidValue, match="would be read as a result"):
        refuse_results(words)
