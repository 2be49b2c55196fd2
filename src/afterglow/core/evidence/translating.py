"""A record in another language: which of its words are public, and which translation fits them.

A translation is kept as pairs, the English words and what they are in the other language. So it
fits a record exactly as long as the record says the same; numbers are compared, never translated.

>>> fits({"low": "baja"}, ["low"]), fits({"low": "baja"}, ["very low"])
(True, False)
>>> [reason.code for reason in judge_pair("7 trials", "8 ensayos")]
['TRANSLATION_NUMBERS_DIFFER']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.evidence import codes
from afterglow.core.evidence.comparing import (
    beside_in_prose,
    beside_its_control,
    without_control,
)
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.library import figures_of
from afterglow.core.evidence.numbers import number_words, plain_words
from afterglow.core.evidence.vocabulary import FactStatus, RecordKind
from afterglow.core.evidence.writing import bare_numbers


class TranslationOrigin(StrEnum):
    """Who put it into the other language."""

    MACHINE = "machine"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class TranslationFacts:
    """What the rule needs to know of a translation about to be checked.

    ``fits`` says that the record still says what was translated.
    """

    name: str
    translator: str
    fits: bool


PUBLIC_FIELDS: Final = (
    "year",
    "recommendation",
    "current_state",
    "rule",
    "corrected_wording",
    "kind",
    "schedule",
    "not_approved_for",
)
"""The fields of a record's body that a public page may show, in the order it shows them."""
PUBLIC_KINDS: Final = frozenset(
    {
        RecordKind.CLAIM,
        RecordKind.TRIAL,
        RecordKind.POOLED_ESTIMATE,
        RecordKind.REGULATION,
        RecordKind.GUIDELINE,
        RecordKind.CLASSIFICATION,
    }
)
"""The kinds that visitors read; every other kind is for the people who build the platform."""
TITLES: Final[Mapping[RecordKind, str]] = {
    RecordKind.CLAIM: "article_claim",
    RecordKind.CLASSIFICATION: "name",
}
"""The field that is the title of a record of a kind. Any other title is a citation and stays."""
MOST_LETTERS: Final = 4000
_DIGITS: Final = re.compile(r"\d+(?:[.,:/]\d+)*")


def public_words(
    kind: RecordKind, key: str, body: Mapping[str, Any], curation: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return every text of a record that a public page may show, each once, in reading order.

    A text without a letter is not among them, nor are the words of a figure that nobody has read
    in its source: it is published nowhere.
    """
    if kind not in PUBLIC_KINDS:
        return ()
    found: list[str] = []
    if kind in TITLES:
        found.append(str(body.get(TITLES[kind]) or ""))
    for name in PUBLIC_FIELDS:
        value = body.get(name) or ""
        found += [str(each) for each in value] if isinstance(value, list) else [str(value)]
    for figure in figures_of(kind, key, body, curation):
        if figure.status is FactStatus.CONFIRMED:
            found += figure_words(figure)
    return tuple(dict.fromkeys(words for words in found if re.search(r"[^\W\d_]", words)))


def stated_numbers(
    words: Iterable[str], figures: Iterable[Figure], *, before: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the results that a record's own words state and nothing stands behind.

    Words are shown as they are, so a result in them needs a figure of the record that may stand
    in prose, beside its control. ``before`` are the words that the shipped edition states.

    >>> stated_numbers(["IV ketamine 75 % versus SSRIs 30 %"], [])
    ('75 %', '30 %')
    """
    known = list(figures)
    sound = not (beside_in_prose(known).refused or beside_its_control(known).refused)
    allowed = {number for each in before for number in numbers_in(each)}
    if sound:
        lone = without_control(known)
        beside = [each for each in known if each not in lone]
        bounds = [bound for each in beside for bound in (each.value, each.low, each.high)]
        allowed |= {f"{bound.normalize():f}" for bound in bounds if bound is not None}
    return tuple(
        found.words
        for each in words
        for found in bare_numbers(each)
        if not allowed.issuperset(numbers_in(found.words))
    )


def figure_words(figure: Figure) -> tuple[str, ...]:
    """Return the words that stand beside a figure."""
    return (
        figure.words,
        figure.population_words,
        figure.time.words,
        figure.certainty,
        figure.no_interval,
        figure.unit,
    )


def fits(pairs: Mapping[str, str], words: Iterable[str]) -> bool:
    """Whether a translation says everything that a record says today."""
    return all(pairs.get(each) for each in words)


def figure_in(figure: Figure, pairs: Mapping[str, str]) -> Figure:
    """Return a figure with its words translated; its numbers are the record's own."""

    def said(words: str) -> str:
        return pairs.get(words, words)

    return replace(
        figure,
        words=said(figure.words),
        population_words=said(figure.population_words),
        time=replace(figure.time, words=said(figure.time.words)),
        certainty=said(figure.certainty),
        no_interval=said(figure.no_interval),
        unit=said(figure.unit),
    )


def judge_translation(pairs: Mapping[str, str], words: Iterable[str]) -> Decision:
    """Decide whether a translation may be kept for what a record says, with every reason if not."""
    reasons: list[Reason] = []
    for each in words:
        reasons += judge_pair(each, pairs.get(each, ""))
    return Decision.from_reasons(reasons)


def may_check(facts: TranslationFacts, *, checker: str) -> Decision:
    """Decide whether ``checker`` may sign that a translation says what the record says."""
    return Decision.from_reasons(
        codes.TRANSLATOR_CHECKS_OWN.reason(seen=facts.name)
        if facts.translator and facts.translator == checker
        else None,
        None if facts.fits else codes.TRANSLATION_OUTDATED.reason(seen=facts.name),
    )


def judge_pair(english: str, translated: str) -> tuple[Reason, ...]:
    """Return every reason against one pair: empty, too long, or not the same numbers."""
    if not translated.strip():
        return (codes.TRANSLATION_MISSING.reason(seen=english[:80]),)
    if len(translated) > MOST_LETTERS:
        return (codes.TRANSLATION_TOO_LONG.reason(seen=len(translated), limit=MOST_LETTERS),)
    ours, theirs = numbers_in(english), numbers_in(translated)
    if ours == theirs:
        return ()
    return (
        codes.TRANSLATION_NUMBERS_DIFFER.reason(
            seen=f"“{translated[:80]}” ({_listed(theirs)})", limit=_listed(ours)
        ),
    )


def numbers_in(text: str) -> Counter[str]:
    """Return every number of a text and how often: figures as written, number words as figures.

    "One" is left out, which is an article in Spanish; so is what is part of a word, as in S-isomer.

    >>> sorted(numbers_in("3 to 6 in 10 people, about a third, twenty-five of them").items())
    [('1/3', 1), ('10', 1), ('25', 1), ('3', 1), ('6', 1)]
    """
    plain = plain_words(text)
    return Counter([*_DIGITS.findall(plain), *number_words(plain)])


def _listed(numbers: Counter[str]) -> str:
    return ", ".join(sorted(numbers.elements())) or "–"
