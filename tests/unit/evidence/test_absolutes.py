"""Promises that no study can bear, in both languages; a denial is none."""

from __future__ import annotations

import datetime as dt

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import Block, judge_text
from afterglow.core.evidence.writing import absolute_claims, refuse_results

ON = dt.date(2026, 11, 27)


@pytest.mark.parametrize(
    "text",
    [
        "A treatment that is completely safe.",
        "It is **completely** safe.",
        "It has no side effects.",
        "Risk-free relief",
        "Guaranteed results.",
        "It always works.",
        "Es completamente segura.",
        "Sin efectos secundarios.",
        "Una cura milagrosa",
        "It is not new. It is completely safe.",
        "There is no doubt that ketamine is completely safe.",
        "Nobody disputes it: the drip is completely safe.",
        "Not only fast but completely safe.",
        "It is not only completely safe but fast.",
        "Why not try a completely safe drip?",
        "No drug has fewer worries: risk-free relief.",
        "It has never failed anyone; guaranteed results.",
        "No needles, no side effects.",
        "No hay duda: es completamente segura.",
        "Ketamine cures depression.",
        "A drip that can cure your depression",
        "It works every time.",
        "It works for everyone.",
        "It is clinically proven.",
        "There is no risk of addiction.",
        "There are no side effects with ketamine",
        "La ketamina cura la depresión.",
        "Funciona cada vez.",
        "Está clínicamente probada.",
        "Sin riesgo de adicción",
        "No hay riesgo de adicción.",
        "No tiene efectos secundarios.",
        "No needles, and it works every time.",
    ],
)
def test_no_record_bears_a_promise(text: str) -> None:
    assert absolute_claims(text)

    codes = [reason.code for reason in judge_text([Block(f"{text} [[T12]]")], on=ON)]
    assert "EVIDENCE_ABSOLUTE_CLAIM" in codes


@pytest.mark.parametrize(
    "text",
    [
        "Tell us about side effects at once; no side effect is too small.",
        "Nobody can say that there is no risk in it.",
        "It is not completely safe.",
        "No drug is risk-free.",
        "It isn't a miracle cure, and it doesn't always work.",
        "Nothing here is guaranteed to work.",
        "Ningún medicamento está libre de riesgos.",
        "No es completamente segura. Nadie dice que siempre funciona.",
        "Better safe. Some feel well the next day.",
        "It does not cure depression.",
        "No drug cures depression, and none of them works every time.",
        "It does not work for everyone.",
        "That does not mean there is no risk of addiction.",
        "There are no risk factors to tell us about.",
        "Your nurse helps every time you ask for it.",
        "No cura la depresión.",
        "Ningún medicamento cura la depresión.",
        "No significa que no hay riesgo de adicción.",
    ],
)
def test_ordinary_words_and_denials_are_left_alone(text: str) -> None:
    assert absolute_claims(text) == ()


@pytest.mark.parametrize("words", ["risk-free", "Risk-free clinic", "always-works"])
def test_nobody_reviews_an_address_so_it_promises_nothing(words: str) -> None:
    with pytest.raises(InvalidValue, match="read as a result"):
        refuse_results(words)
