"""Texts that cite: ``[[P01#response-or]]`` stands for a figure, and no number stands bare.

>>> [piece.ref for piece in citations_in("Of ten people [[T17#arm1-response]] improved.")]
['T17#arm1-response']
>>> [found.words for found in bare_numbers("It works in 75 % of people, or 3 out of 4.")]
['75 %', '3 out of 4']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.absolutes import absolutes_in
from afterglow.core.evidence.comparatives import comparisons_in
from afterglow.core.evidence.numbers import plain_with_places, results_in, unexplained_in

CITATION: Final = re.compile(
    r"\[\[(?P<record>[A-Za-z0-9][A-Za-z0-9._-]*)"
    r"(?:#(?P<figure>[a-z0-9][a-z0-9._-]*)(?P<time>@time)?)?\]\]"
)
"""A citation in a text: a record, and one of its figures; without a figure, the record itself.

``[[P01#response-ketamine@time]]`` shows when the figure was measured, in the record's own words.
"""
_PICTURE: Final = re.compile(r"!\[[^\]\n]*\]\((?P<name>[a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class CitationRef:
    """A citation as a text writes it."""

    record: str
    figure: str = ""
    at: int = 0
    time: bool = False

    @property
    def ref(self) -> str:
        """``record#figure``, or the record alone."""
        return f"{self.record}#{self.figure}" if self.figure else self.record

    @property
    def written(self) -> str:
        """How the text writes it."""
        return f"[[{self.ref}{'@time' if self.time else ''}]]"


@dataclass(frozen=True, slots=True)
class Uncited:
    """Words about an outcome that no citation stands behind, and where they start."""

    words: str
    at: int


def citations_in(text: str) -> tuple[CitationRef, ...]:
    """Return every citation of a text, in order, repeats included."""
    return tuple(
        CitationRef(found["record"], found["figure"] or "", found.start(), bool(found["time"]))
        for found in CITATION.finditer(text)
    )


def bare_numbers(text: str) -> tuple[Uncited, ...]:
    """Return every percentage, "x in y", ratio or multiple that the text states by itself.

    A citation in the middle of a number hides nothing: it is read over. Doses, durations, dates
    and addresses are no such numbers and are left alone.
    """
    return _found(text, results_in)


def loose_numbers(text: str) -> tuple[Uncited, ...]:
    """Return every other number that is of no known harmless kind (dose, time, date, price).

    >>> [found.words for found in loose_numbers("Ketamine 75, SSRIs 30; 40 minutes, in 2026.")]
    ['75', '30']
    """
    return _found(text, unexplained_in)


def absolute_claims(text: str) -> tuple[Uncited, ...]:
    """Return every promise of a text that no record can bear, such as "risk-free"."""
    return _found(text, absolutes_in)


def refuse_results(*words: str, loose: bool = False) -> None:
    """Refuse a result in words that no medical reviewer reads: an address, a name, a menu label.

    ``loose`` refuses every other number of no known kind too. Raises InvalidValue that names it.
    """
    for each in words:
        plain = re.sub(r"[-_/]+", " ", each)
        found = bare_numbers(plain) or (loose_numbers(plain) if loose else ())
        found = found or tuple(Uncited(*hit) for hit in comparisons_in(plain))
        found = found or absolute_claims(plain)
        if found:
            raise InvalidValue(
                "“%(seen)s” would be read as a result, and nobody reviews this place; say it on a "
                "page, with its record.",
                seen=found[0].words,
            )


def pictures_in(text: str) -> tuple[str, ...]:
    """Return the name of every picture that a text shows."""
    return tuple(found["name"] for found in _PICTURE.finditer(text))


def _found(text: str, ask: Callable[[str], Iterable[tuple[str, int]]]) -> tuple[Uncited, ...]:
    hidden = {at for hit in CITATION.finditer(text) for at in range(*hit.span())}
    kept = [at for at in range(len(text)) if at not in hidden]
    plain, places = plain_with_places("".join(text[at] for at in kept))
    return tuple(Uncited(words, kept[places[at]]) for words, at in ask(plain))
