"""Promises that no study can bear: "risk-free", "completely safe", in English and Spanish.

A denial promises nothing: "it is not completely safe" is honest and is left alone.

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
    r"(?:\b(?:not|never|no|none|nobody|nothing|neither|nor|cannot|without|nunca|nadie|ning[úu]n[oa]?|"
    r"nada|tampoco|ni)\b|n.t\b)[^.!?\n]{0,40}$",
    re.IGNORECASE,
)


def absolutes_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every promise, with its place; one that the same sentence denies is none."""
    for hit in _ABSOLUTE.finditer(text):
        if not _DENIAL.search(text, max(0, hit.start() - 60), hit.start()):
            yield " ".join(hit.group().split()), hit.start()
