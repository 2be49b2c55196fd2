"""Claims without a number: comparisons and promises in words, in both languages."""

from __future__ import annotations

import datetime as dt

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import Block, judge_text
from afterglow.core.evidence.writing import absolute_claims, bare_comparisons, refuse_results

ON = dt.date(2026, 11, 27)


@pytest.mark.parametrize(
    "text",
    [
        "Ketamine works better than pills.",
        "It works **better** than pills.",
        "It works much faster than an SSRI.",
        "The drip is more effective than the spray.",
        "It is as safe as any medicine.",
        "Equally effective as ECT.",
        "IV ketamine is superior to esketamine.",
        "It outperforms every antidepressant.",
        "The most effective treatment for depression.",
        "The safest drug we know.",
        "Relief lasts longer than with tablets.",
        "La ketamina funciona mejor que las pastillas.",
        "Actúa mucho más rápido que un antidepresivo.",
        "El goteo es más eficaz que el aerosol.",
        "Es tan segura como cualquier medicina.",
        "Es superior a la esketamina.",
        "El mejor tratamiento para la depresión.",
        "La medicina más segura.",
    ],
)
def test_a_comparison_in_words_needs_the_record_that_compared(text: str) -> None:
    assert bare_comparisons(text)
    assert not bare_comparisons(f"{text} [[T12]]")

    codes = [reason.code for reason in judge_text([Block(text)], on=ON)]
    assert "EVIDENCE_BARE_COMPARISON" in codes


def test_a_citation_stands_for_its_own_paragraph_or_point_only() -> None:
    text = "It is safer than pills.\n\n- It was compared. [[T12]]\n- It acts faster than talk."

    found = bare_comparisons(text)

    assert [each.words for each in found] == ["safer than", "acts faster than"]
    assert [text[each.at :][: len(each.words)] for each in found] == [e.words for e in found]


@pytest.mark.parametrize(
    "text",
    [
        "A treatment that is completely safe.",
        "It has no side effects.",
        "Risk-free relief",
        "Guaranteed results.",
        "It always works.",
        "Es completamente segura.",
        "Sin efectos secundarios.",
        "Una cura milagrosa",
    ],
)
def test_no_record_bears_a_promise(text: str) -> None:
    assert absolute_claims(text)

    codes = [reason.code for reason in judge_text([Block(f"{text} [[T12]]")], on=ON)]
    assert "EVIDENCE_ABSOLUTE_CLAIM" in codes


@pytest.mark.parametrize(
    "text",
    [
        "The visit takes longer than two hours.",
        "You may feel better than before a drip, or worse.",
        "We see you as soon as possible, and as well as we can.",
        "Tell us about side effects at once; no side effect is too small.",
        "Nobody can say that there is no risk in it.",
        "It is not the first choice. Some feel better the next day.",
        "No podemos verle tan rápido como para ser su primera ayuda.",
        "Dura más que antes. Hable con su médico antes que con nosotros.",
        "Prefer a morning visit to a late one. Better safe.",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert [each.words for each in (*bare_comparisons(text), *absolute_claims(text))] == []


@pytest.mark.parametrize("words", ["better-than-prozac", "the-safest-drug", "Risk-free clinic"])
def test_nobody_reviews_an_address_so_it_claims_nothing(words: str) -> None:
    with pytest.raises(InvalidValue, match="read as a result"):
        refuse_results(words)
