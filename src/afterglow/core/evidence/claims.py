"""Claims without a number: "works better than", "the safest", "risk-free", in English and Spanish.

A number is easy to see; a comparison in words claims as much. Where a text makes one, the same line
cites the record in which the two were compared; an absolute such as "risk-free" no record can bear.

>>> [words for words, at in comparisons_in("It works faster than other pills.")]
['works faster than']
>>> [words for words, at in absolutes_in("A drip is completely safe.")]
['completely safe']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_EN_QUALITY: Final = (
    r"(?:effective|efficacious|potent|powerful|successful|reliable|safe|dangerous|harmful|"
    r"addictive|risky|toxic|tolerable|likely\s+to\s+(?:work|help|respond|recover))"
)
_EN_BETTER: Final = r"(?:better|worse|faster|quicker|sooner|longer|stronger|safer|gentler|milder)"
_EN_ACT: Final = (
    r"(?:works?|worked|working|helps?|helped|acts?|lasts?|lasted|does|do|did|performs?)"
)
_ES_QUALITY: Final = (
    r"(?:eficaz|eficaces|efectiv[oa]s?|potentes?|fiables?|segur[oa]s?|peligros[oa]s?|dañin[oa]s?|"
    r"adictiv[oa]s?|tóxic[oa]s?|riesgos[oa]s?|rápid[oa]s?)"
)
_ES_ACT: Final = r"(?:funcionan?|funcionó|ayudan?|ayudó|actúan?|actuó|duran?|duró|sirven?)"

_COMPARE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_EN_ACT}\s+(?:\w+\s+){{0,2}}?)?(?:{_EN_BETTER}|(?:more|less)\s+(?:quickly|reliably|"
        rf"often|{_EN_QUALITY}))\s+than\b(?!\s+(?:\d|an?\s+(?:hour|day|week|month|year|minute)|"
        r"(?:one|two|three|four|five|six|seven|eight|nine|ten|planned|usual|expected|before)\b))",
        rf"\b(?:as|equally)\s+(?:well|{_EN_QUALITY})\s+as\b(?!\s+(?:possible|you|we|they|he|she)\b)",
        r"\b(?:superior|inferior|preferable|equivalent)\s+to\b|\boutperform\w*|\boutdo(?:es)?\b",
        rf"\b(?:the\s+)?(?:most|least)\s+{_EN_QUALITY}\b|\bthe\s+(?:best|safest|fastest|strongest)\s+"
        r"(?:\w+\s+)?(?:treatments?|drugs?|medicines?|therap(?:y|ies)|options?|way|choice)\b",
        rf"\b(?:{_ES_ACT}\s+(?:\w+\s+){{0,2}}?)?(?:mejor(?:es)?|peor(?:es)?|(?:más|menos)\s+"
        rf"(?:rápido|pronto|tiempo|a\s+menudo|{_ES_QUALITY}))\s+que\b(?!\s+(?:\d|antes|lo\s))",
        rf"\btan(?:\s+bien|\s+{_ES_QUALITY})\s+como\b(?!\s+(?:sea|pueda|para)\b)",
        r"\b(?:superior|inferior|preferible|equivalente)(?:es)?\s+(?:a|al)\b|\bsupera(?:n)?\s+a\b",
        rf"\b(?:el|la|los|las)\s+(?:\w+\s+)?(?:más|menos)\s+{_ES_QUALITY}(?!\s+que)\b|"
        r"\b(?:el|la|los|las)\s+mejor(?:es)?\s+(?:tratamientos?|medicinas?|medicamentos?|terapias?|"
        r"opci[óo]n(?:es)?)\b",
    )
)
_ABSOLUTE: Final = re.compile(
    r"\brisk[\s-]free\b|\b(?:completely|totally|entirely|perfectly|100\s*%)\s+(?:safe|effective)\b|"
    r"\b(?:no|without|zero)\s+(?:any\s+)?(?:side[\s-]effects?|risks?)\b(?=\s*(?:[.!,;\n]|$|at\s+all))|"
    r"\bguaranteed\s+(?:to\s+(?:work|help)|results?|relief|recovery)\b|\bmiracle\s+(?:drug|cure)\b|"
    r"\b(?:always|never\s+fails\s+to)\s+(?:works?|helps?)\b|"
    r"\b(?:libre|exent[oa])s?\s+de\s+riesgos?\b|\b(?:completa|total|absoluta)mente\s+(?:segur[oa]s?|"
    r"eficaz|eficaces|efectiv[oa]s?)\b|\bsin\s+(?:ningún\s+)?(?:efectos?\s+secundarios?|riesgos?)\b"
    r"(?=\s*(?:[.!,;\n]|$))|\b(?:resultados?|alivio)\s+garantizados?\b|\b(?:cura|droga)\s+milagrosa\b|"
    r"\bsiempre\s+(?:funciona|ayuda)\b",
    re.IGNORECASE,
)


def comparisons_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every comparison of effect or safety that a text makes in words, with its place."""
    hits = sorted(
        (hit for each in _COMPARE for hit in each.finditer(text)),
        key=lambda hit: (hit.start(), -hit.end()),
    )
    end = -1
    for hit in hits:
        if hit.start() >= end:
            end = hit.end()
            yield " ".join(hit.group().split()), hit.start()


def absolutes_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every promise that no study can bear, with its place."""
    for hit in _ABSOLUTE.finditer(text):
        yield " ".join(hit.group().split()), hit.start()
