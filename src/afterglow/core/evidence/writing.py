"""Texts that cite: ``[[P01#response-or]]`` stands for a figure, and no number stands bare.

>>> [piece.ref for piece in citations_in("Of ten people [[T17#arm1-response]] improved.")]
['T17#arm1-response']
>>> [found.words for found in bare_numbers("It works in 75 % of people, or 3 out of 4.")]
['75 %', '3 out of 4']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

CITATION: Final = re.compile(
    r"\[\[(?P<record>[A-Za-z0-9][A-Za-z0-9._-]*)(?:#(?P<figure>[a-z0-9][a-z0-9._-]*))?\]\]"
)
"""A citation in a text: a record, and one of its figures; without a figure, the record itself."""

_WORDS: Final = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
    "fifty|sixty|seventy|eighty|ninety|hundred|un|una|uno|dos|tres|cuatro|cinco|seis|siete|ocho|"
    "nueve|diez|once|doce|quince|veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|"
    "noventa|cien"
)
_NUMBER: Final = (
    rf"(?:\d+(?:[.,\u202f\u00a0 ]\d+)*|(?:{_WORDS})"
    rf"(?:[\s-]+(?:y[\s-]+)?(?:{_WORDS}))*)"
)
_S: Final = r"[\s\u00a0\u202f\u2009]*"
_ANY_CASE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 75 %, 75%, 75 percent, seventy-five per cent, 75 por ciento, 30-40 %, 75 pct, 12 points
        rf"\b{_NUMBER}(?:{_S}(?:-|–|—|to|a|and|y){_S}{_NUMBER})?{_S}"
        r"(?:%|٪|％|﹪|‰|per\s?cent\b|percent(?:age)?\b|pct\b|por\s?ciento\b|"
        r"puntos porcentuales\b)",
        # 3 in 4, three out of four, 3 of every 4, 3 de cada 4, 1 de 3
        rf"\b{_NUMBER}{_S}(?:in|out{_S}of|of{_S}every|in{_S}every|of|de{_S}cada|de){_S}{_NUMBER}"
        r"(?!\s*(?:mg|ml|kg|min|h\b|hours?|minutes?|days?|weeks?|months?|years?))\b",
        # 3/4 of patients, half of patients, two thirds, a quarter, la mitad, dos tercios
        rf"\b\d+{_S}/{_S}\d+{_S}(?:of|de)\b",
        r"\b(?:half|most|majority|la mitad|la mayoría|mayoría|casi todos)\s+"
        r"(?:of|de|the|our|patients|people|pacientes|personas)\b",
        rf"\b(?:an?|{_WORDS})[\s-]+(?:thirds?|quarters?|fifths?|tenths?|tercios?|cuartos?|"
        r"quintos?|décimos?)\b"
        r"(?!\s+(?:visit|dose|infusion|session|time|day|week|party|person|visita|dosis|sesión))",
        rf"\b(?:odds ratio|risk ratio|relative risk|hazard ratio|razón de (?:momios|riesgos))"
        rf"{_S}(?:of|de|[=≈:])?{_S}\d",
        # 3 times more, twice as likely, 2.5-fold
        rf"\b(?:{_NUMBER}{_S}times|twice|thrice|double|{_NUMBER}{_S}veces|el doble|el triple)\s+"
        r"(?:as|more|less|the|más|menos|de)\b",
        rf"\b{_NUMBER}{_S}-?{_S}fold\b",
    )
)
_BY_LETTER: Final = (
    # OR 3.4, RR = 2, NNT 4, p<0.05, d = -0.8: by these letters only, so that "or 3" stays a word
    re.compile(rf"\b(?:OR|RR|HR|RD|SMD|NNT|NNH){_S}[=≈:<>]?{_S}[-−]?\d"),
    re.compile(rf"\b[dgpP]{_S}[=<>≈≤≥]{_S}[-−]?(?:\d|[.,]\d)"),
)


@dataclass(frozen=True, slots=True)
class CitationRef:
    """A citation as a text writes it."""

    record: str
    figure: str = ""
    at: int = 0

    @property
    def ref(self) -> str:
        """``record#figure``, or the record alone."""
        return f"{self.record}#{self.figure}" if self.figure else self.record


@dataclass(frozen=True, slots=True)
class BareNumber:
    """A number about an outcome that no citation stands behind, and where it starts."""

    words: str
    at: int


def citations_in(text: str) -> tuple[CitationRef, ...]:
    """Return every citation of a text, in order, repeats included."""
    return tuple(
        CitationRef(found["record"], found["figure"] or "", found.start())
        for found in CITATION.finditer(text)
    )


def bare_numbers(text: str) -> tuple[BareNumber, ...]:
    """Return every percentage, "x in y", ratio or multiple that the text states by itself.

    Doses, durations, dates and addresses are no such numbers and are left alone.
    """
    plain = CITATION.sub(lambda found: "\u241f" * len(found.group()), text)
    found = [
        (hit.start(), hit.end(), hit.group())
        for each in (*_ANY_CASE, *_BY_LETTER)
        for hit in each.finditer(plain)
    ]
    kept: list[tuple[int, int, str]] = []
    for start, end, words in sorted(found, key=lambda hit: (hit[0], -hit[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, words))
    return tuple(BareNumber(" ".join(words.split()), start) for start, _end, words in kept)
