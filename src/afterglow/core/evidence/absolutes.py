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

_NONE: Final = (
    # no side effects at all, without any risk of addiction; "no risk factors" promises nothing
    r"(?=\s*(?:[.!,;]|$|at\s+all)|\s+(?:of|with|from|to|de|con|para)\b)"
)
_ABSOLUTE: Final = re.compile(
    r"\brisk[\s-]free\b|\b(?:completely|totally|entirely|perfectly)\s+(?:safe|effective)\b|"
    rf"\b(?:no|without|zero)\s+(?:any\s+)?(?:side[\s-]effects?|risks?)\b{_NONE}|"
    r"\bguaranteed\s+(?:to\s+(?:work|help)|results?|relief|recovery)\b|\bmiracle\s+(?:drug|cure)\b|"
    r"\b(?:clinically|scientifically|medically)\s+proven\b|"
    r"\b(?:libre|exent[oa])s?\s+de\s+riesgos?\b|\b(?:completa|total|absoluta)mente\s+(?:segur[oa]s?|"
    r"eficaz|eficaces|efectiv[oa]s?)\b|"
    rf"\b(?:sin|no\s+(?:hay|tiene|causa|provoca|da|deja))\s+(?:ning[úu]n\s+)?"
    rf"(?:efectos?\s+secundarios?|riesgos?)\b{_NONE}|"
    r"\b(?:resultados?|alivio)\s+garantizados?\b|\b(?:cura|droga)\s+milagrosa\b|"
    r"\b(?:cl[íi]nica|cient[íi]fica|m[ée]dica)mente\s+(?:probad|demostrad|comprobad)[oa]s?\b|"
    # what is said to do something
    r"(?P<does>\balways\s+(?:works?|helps?)\b|\bnever\s+fails\b|\bsiempre\s+(?:funciona|ayuda)\b|"
    r"\b(?:works?|helps?)\s+(?:every\s+(?:single\s+)?time\b(?!\s+(?:you|we|they|he|she)\b)|"
    r"for\s+everyone\b)|\bnunca\s+falla\b|"
    r"\b(?:cures?|curing|cured)\s+(?:your\s+|their\s+|my\s+)?(?:depression|ptsd|anxiety)\b|"
    r"\b(?:funciona|ayuda)\s+(?:siempre|todas\s+las\s+veces|cada\s+vez\b(?!\s+m[áa]s)|a\s+todos)\b|"
    r"\bcuran?\s+(?:la|su|tu|el)\s+(?:depresión|tept|ansiedad)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_DENIAL: Final = re.compile(
    # not, cannot be, nothing is, no drug is; no es, ningún medicamento está: right before it
    r"(?:(?:\bnot(?!\s+only\b)|\bnever|\bcannot|n.t|\bneither|\bnor|\bnunca|\btampoco)"
    r"(?:\s+(?:be|been|a|an|is|are|even|claim\s+to\s+be))?|"
    r"\b(?:nothing|nobody|no\s+\w+|nada|nadie|ning[úu]n[oa]?(?:\s+\w+)?)(?:\s+\w+){0,2}?\s+(?:is|are|be|"
    r"es|son|está|están)|\bno\s+(?:es|son|está|están|siempre)(?:\s+una?)?|"
    r"\b(?:not|nobody\s+can)\s+(?:say|mean)\s+(?:that\s+)?there\s+(?:is|are)|"
    r"\b(?:nadie|no)\s+(?:se\s+)?(?:dice|diga|significa|puede\s+decir)\s+que)\s*$",
    re.IGNORECASE,
)
_DOES_NOT: Final = re.compile(
    # no drug cures it, nothing works every time; no cura, nada funciona siempre
    r"\b(?:nothing|nobody|none(?:\s+of\s+\w+)?|nada|nadie|no|ning[úu]n[oa]?(?:\s+\w+)?|"
    r"no\s+(?:one|drugs?|medicines?|medications?|treatments?|therapy|pills?|drip|infusion|dose))"
    r"(?:\s+(?:can|will|may|puede|va\s+a))?\s*$",
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
        denied = _DENIAL.search(sentence) or (hit["does"] and _DOES_NOT.search(sentence))
        if not denied or _NO_DENIAL.search(sentence):
            yield " ".join(hit.group().split()), hit.start()
