"""Promises that no study can bear: "risk-free", "completely safe", in English and Spanish.

A denial right before it promises nothing: "it is not completely safe" is honest and is left alone.

>>> [words for words, at in absolutes_in("A drip is completely safe.")]
['completely safe']
>>> list(absolutes_in("No drip is completely safe."))
[]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_ABSOLUTE: Final = re.compile(
    r"\brisk[\s-]free\b|\b(?:completely|totally|entirely|perfectly)\s+(?:safe|effective)\b|"
    r"\b(?:no|without|zero)\s+(?:any\s+)?(?:side[\s-]effects?|risks?)\b(?=\s*(?:[.!,;]|$|at\s+all))|"
    r"\bguaranteed\s+(?:to\s+(?:work|help)|results?|relief|recovery)\b|\bmiracle\s+(?:drug|cure)\b|"
    r"\balways\s+(?:works?|helps?)\b|\bnever\s+fails\b|"
    r"\b(?:libre|exent[oa])s?\s+de\s+riesgos?\b|\b(?:completa|total|absoluta)mente\s+(?:segur[oa]s?|"
    r"eficaz|eficaces|efectiv[oa]s?)\b|\bsin\s+(?:ningún\s+)?(?:efectos?\s+secundarios?|riesgos?)\b"
    r"(?=\s*(?:[.!,;]|$))|\b(?:resultados?|alivio)\s+garantizados?\b|\b(?:cura|droga)\s+milagrosa\b|"
    r"\bsiempre\s+(?:funciona|ayuda)\b|\bnunca\s+falla\b",
    re.IGNORECASE | re.MULTILINE,
)
_DENIAL: Final = re.compile(
    # not, cannot be, nothing is, no drug is; no es, ningún medicamento está: right before it
    r"(?:(?:\bnot(?!\s+only\b)|\bnever|\bcannot|n.t|\bneither|\bnor|\bnunca|\btampoco)"
    r"(?:\s+(?:be|been|a|an|is|are|even|claim\s+to\s+be))?|"
    r"\b(?:nothing|nobody|no\s+\w+|nada|nadie|ning[úu]n[oa]?(?:\s+\w+)?)(?:\s+\w+){0,2}?\s+(?:is|are|be|"
    r"es|son|está|están)|\bno\s+(?:es|son|está|están|siempre)(?:\s+una?)?|"
    r"\b(?:not|nobody\s+can)\s+say\s+that\s+there\s+is|\b(?:nadie|no)\s+(?:se\s+)?(?:dice|diga|puede\s+decir)\s+que)\s*$",
    re.IGNORECASE,
)
_NO_DENIAL: Final = re.compile(
    r"\b(?:no\s+doubt|without\s+(?:a\s+)?doubt|why\s+not|sin\s+duda|no\s+hay\s+duda|no\s+one\s+doubts|"
    r"nobody\s+(?:doubts|disputes))\b",
    re.IGNORECASE,
)
"""Words that look like a denial and affirm."""


def absolutes_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every promise, with its place; one that the same sentence denies is none."""
    for hit in _ABSOLUTE.finditer(text):
        sentence = re.split(r"[.!?;:\n]", text[max(0, hit.start() - 80) : hit.start()])[-1]
        if not _DENIAL.search(sentence) or _NO_DENIAL.search(sentence):
            yield " ".join(hit.group().split()), hit.start()
