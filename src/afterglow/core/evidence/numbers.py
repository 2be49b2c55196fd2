"""Numbers as people write them: in figures, in words, as fractions, in English and in Spanish.

A published text states no number that a reader could take for a result. Two nets find them: shapes
that are always results (75 %, three in four, twice as likely), and then every other number that is
not of a known harmless kind (a dose, a time, a date, a price, an address).

>>> [words for words, at in results_in("Works in three out of four, or 75 %.")]
['three out of four', '75 %']
>>> [words for words, at in unexplained_in("Ketamine 75, SSRIs 30, over 40 minutes in 2026.")]
['75', '30']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_EN_UNITS: Final = re.findall(
    r"\w+",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
)
_TENS: Final = (
    ("twenty", "veinte"),
    ("thirty", "treinta"),
    ("forty", "cuarenta"),
    ("fifty", "cincuenta"),
    ("sixty", "sesenta"),
    ("seventy", "setenta"),
    ("eighty", "ochenta"),
    ("ninety", "noventa"),
)
_ES_UNITS: Final = re.findall(
    r"\w+",
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve",
)
_ES_TWENTIES: Final = re.findall(
    r"\w+",
    "veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho "
    "veintinueve",
)
VALUES: Final[dict[str, int]] = {
    **{word: at for at, word in enumerate(_EN_UNITS, 1)},
    **{word: at for at, word in enumerate(_ES_UNITS, 1)},
    **{word: at for at, word in enumerate(_ES_TWENTIES, 21)},
    **{word: 10 * at for at, pair in enumerate(_TENS, 2) for word in pair},
    **{"un": 1, "una": 1, "veintiún": 21, "veintiuna": 21, "dieciseis": 16, "veintidos": 22},
    **{"veintitres": 23, "veintiseis": 26, "hundred": 100, "cien": 100, "ciento": 100},
    **{"thousand": 1000, "mil": 1000, "dozen": 12, "docena": 12, "million": 1000000},
    **{"doscientos": 200, "trescientos": 300, "quinientos": 500, "millón": 1000000},
}
"""What a number word is worth."""
_FRACTIONS: Final[dict[str, int]] = {
    **dict.fromkeys(("half", "halves", "mitad", "mitades", "medio", "media"), 2),
    **dict.fromkeys(("third", "thirds", "tercio", "tercios", "tercera", "terceras"), 3),
    **dict.fromkeys(("quarter", "quarters", "fourths", "cuarto", "cuartos"), 4),
    **dict.fromkeys(("cuarta", "cuartas"), 4),
    **dict.fromkeys(("fifth", "fifths", "quinto", "quintos", "quinta", "quintas"), 5),
    **dict.fromkeys(("sixth", "sixths", "sexto", "sextos", "sexta", "sextas"), 6),
    **dict.fromkeys(("seventh", "sevenths", "séptimo", "séptimos", "séptima", "séptimas"), 7),
    **dict.fromkeys(("eighth", "eighths", "octavo", "octavos", "octava", "octavas"), 8),
    **dict.fromkeys(("ninth", "ninths", "noveno", "novenos", "novena", "novenas"), 9),
    **dict.fromkeys(("tenth", "tenths", "décimo", "décimos", "décima", "décimas"), 10),
}
_WORDS: Final = "|".join(sorted(VALUES, key=len, reverse=True))
_PARTS: Final = "|".join(sorted(_FRACTIONS, key=len, reverse=True))
_FIGURES: Final = r"(?>\d+(?:[.,\u202f\u00a0 ]\d+)*)"  # whole: "in 79 studies" is not "in 7"
# So many words make a number; a longer run of them is several. Without an end, a page of nothing
# but number words is read again from each of them, by each of the shapes below.
LONGEST_NUMBER: Final = 10
_RUN: Final = (
    rf"\b(?:{_WORDS})(?:[\s-]+(?:(?:y|and)[\s-]+)?(?:{_WORDS})){{0,{LONGEST_NUMBER - 1}}}\b"
)
NUMBER: Final = rf"(?:{_FIGURES}|{_RUN})"
_S: Final = r"[\s\u241f]*"
_PEOPLE: Final = (
    r"(?:\s+(?:people|persons|patients|adults|women|men|of\s+them|personas|pacientes|adultos))?"
)
_UNIT: Final = (
    r"(?:mg|mcg|µg|ml|l|kg|g|lb|lbs|mmhg|cm|mm|ng|min|mins|minutes?|hours?|hrs?|h|days?|nights?|"
    r"weeks?|months?|years?|o.clock|am|pm|a\.m|p\.m|minutos?|horas?|d[ií]as?|noches?|semanas?|"
    r"mes(?:es)?|años?)"
)
_STUDIES: Final = r"(?:studies|trials|countries|sites|estudios|ensayos|países|centros)"
_PERCENT: Final = (
    r"(?:%|٪|‰|[o°º]/[o₀]|per\s?cents?\b|percent(?:age)?s?\b|pct\b|p\.\s?c\.|"
    r"por\s?cientos?\b|por\s+cien\b|per\s+hundred\b|puntos\s+porcentuales\b)"
)
_RESPOND: Final = (
    r"(?:respond|improv|better|well\b|recover|remi[ts]|reliev|relief|benefit|relaps|"
    r"mejor|bien\b|responde|recuper|alivi|beneficia|reca)"
)
_RESULTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 75 %, 75 percent, seventy-five per cent, 75 por ciento, 30-40 %, 75 people per hundred
        rf"{NUMBER}(?:{_S}(?:-|–|—|to|a|and|y|or|o){_S}{NUMBER})?{_PEOPLE}{_S}{_PERCENT}",
        # %75, percentage: 75, a success rate of 75, tasa de éxito del 75
        rf"(?:%|per\s?cent(?:age)?\b|porcentaje\b){_S}(?:of|is|was|de|del|es|[:=])?{_S}{NUMBER}",
        rf"\b(?:rate|rates|tasas?)\b[^.\n]{{0,24}}?(?:of|is|was|del?|es|[:=]){_S}{NUMBER}",
        # 3 in 4, three out of four, 75 people in every 100, 3 de cada 4, 75 por cada 100
        rf"{NUMBER}{_PEOPLE}{_S}(?:in|out\s+of|of\s+every|in\s+every|for\s+every|per|of|de\s+cada|"
        rf"por\s+cada|de|sobre|entre){_S}(?:an?\s+)?{NUMBER}(?!{_S}-?{_S}(?:{_UNIT}|{_STUDIES})\b)",
        rf"\b(?:out\s+of(?:\s+every)?|of\s+every|in\s+every|de\s+cada|por\s+cada){_S}(?:an?\s+)?"
        rf"{NUMBER}(?!{_S}-?{_S}{_UNIT}\b)",
        rf"{NUMBER}{_PEOPLE}{_S}(?:out\s+)?of\s+(?:the|our|those|all)\s+{NUMBER}\s+(?:people|patients|adults)",
        rf"{NUMBER}{_PEOPLE}{_S}de\s+(?:l[oa]s|nuestr[oa]s)\s+{NUMBER}\s+(?:personas|pacientes|adultos)",
        # all patients respond, every patient got better
        r"\b(?:all|every|todos|todas|cada)\s+(?:(?:of\s+)?(?:our|the|los|las)\s+)?(?:people|persons?|"
        rf"patients?|pacientes?|personas?)\b[^.\n]{{0,30}}?\b{_RESPOND}",
        # 3/4 of patients, ¾, two thirds, a quarter, la mitad, dos terceras partes
        rf"\b\d+{_S}/{_S}\d+{_S}(?:of|de)\b",
        r"(?<![\d/.-])(?:1/[2-9]|2/[3-9]|3/[45789]|4/[5-9]|5/[6-9]|7/(?:8|10)|9/10)(?![\d/])"
        r"(?!\s*(?:tablet|dose|hour|h\b|mg|mL|comprimido|dosis|hora))",
        r"\b(?:half|most|(?:the\s+|a\s+)?majority|la\s+mitad|la\s+mayoría|mayoría|casi\s+todos)\s+"
        r"(?:of|de|the|our|patients|people|pacientes|personas)\b",
        rf"\b(?:half|most|majority|nearly\s+(?:all|everyone)|almost\s+(?:all|everyone)|mitad|"
        rf"mayoría|casi\s+tod[oa]s)\b[^.\n]{{0,30}}?\b{_RESPOND}",
        rf"\b(?:an?|{_WORDS})[\s-]+(?:{_PARTS})\b(?:\s+partes?\b)?"
        r"(?!\s+(?:visit|dose|infusion|session|time|day|week|party|person|hour|visita|dosis|"
        r"sesión|vez|día|semana|hora|persona))(?<!media)(?<!medio)",
        rf"\b(?:la|las)\s+(?:(?:{_WORDS})\s+)?(?:{_PARTS})\s+partes?\b",
        r"\b(?:odds ratio|risk ratio|relative risk|hazard ratio|razón de (?:momios|riesgos))"
        rf"{_S}(?:of|de|[=≈:])?{_S}\d",
        # 3 times more, twice as likely, doubles, 2.5-fold
        rf"\b(?:{NUMBER}{_S}times|twice|thrice|double|{NUMBER}{_S}veces|el doble|el triple)\s+"
        r"(?:as|more|less|the|más|menos|de)\b",
        rf"{NUMBER}{_S}-?{_S}fold\b",
        r"\b(?:twofold|threefold|fourfold|tenfold|doubles|triples|quadruples|"
        r"duplica|triplica|cuadruplica)n?\b",
    )
)
_BY_LETTER: Final = (
    # OR 3.4, RR = 2, NNT 4, p<0.05, d = -0.8: by these letters only, so that "or 3" stays a word
    re.compile(rf"\b(?:OR|RR|HR|RD|SMD|NNT|NNH){_S}[=≈:<>]?{_S}[-−]?\d"),
    re.compile(rf"\b[dgpP]{_S}[=<>≈≤≥]{_S}[-−]?(?:\d|[.,]\d)"),
)
_VERSUS: Final = re.compile(
    # 75 versus 30: doses and times aside
    rf"{NUMBER}(?!{_S}-?{_S}{_UNIT}\b)[^.\n]{{0,40}}?\b(?:versus|vs|against|compared\s+(?:with|to)|"
    rf"frente\s+a|contra|comparado\s+con)\b[^.\n]{{0,40}}?{NUMBER}(?!{_S}-?{_S}{_UNIT}\b)",
    re.IGNORECASE,
)
_COUNTED: Final = (
    r"(?:infusions?|drips?|visits?|sessions?|doses?|steps?|sites?|clinics?|rooms?|tablets?|"
    r"questions?|pages?|calls?|studies|study|trials?|sprays?|languages?|countries|países|"
    r"infusiones|infusión|goteos?|visitas?|sesi[óo]n(?:es)?|dosis|pasos?|centros?|clínicas?|"
    r"salas?|pastillas?|preguntas?|páginas?|llamadas?|estudios?|ensayos?|idiomas?)"
)
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)[a-záéíóú]*\.?"
_STREET: Final = (
    r"(?:street|st|avenue|ave|road|rd|place|square|lane|boulevard|blvd|drive|way|court)\b"
)
_HARMLESS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"https?://\S+|\S+@\S+",
        r"(?:US)?[$€£]\s?\d[\d.,]*(?:\s?(?:-|–|to|a)\s?[$€£]?\d[\d.,]*)?",
        rf"{NUMBER}\s?(?:dollars|cents|euros|usd|dólares|centavos)\b",
        rf"{_FIGURES}(?:{_S}(?:-|–|to|a|and|y|or|o){_S}{_FIGURES})?{_S}-?{_S}{_UNIT}"
        rf"(?:/{_UNIT})*\b",
        rf"{NUMBER}(?:{_S}(?:-|–|to|a|and|y|or|o){_S}{NUMBER})?{_S}-?{_S}(?:{_UNIT}|{_COUNTED})\b",
        rf"\b(?:day|days|week|weeks|month|step|phase|part|version|page|room|suite|floor|desk|"
        rf"question|schedule|section|article|age|ages|aged|día|semana|mes|paso|fase|parte|página|"
        rf"sala|planta|sección|artículo|edad)\s+{NUMBER}(?:\s?(?:-|–|to|a|and|y)\s?{NUMBER})?",
        r"\b(?:19|20)\d\d(?:\s?[-–]\s?(?:\d\d|(?:19|20)\d\d))?\b",
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:de\s+)?{_MONTH}|\b{_MONTH}\s+\d{{1,2}}\b(?!\s*%)",
        r"\b(?:[01]?\d|2[0-4]):[0-5]\d\b",
        r"(?m)^\s*\d{1,2}\.\s",
        r"(?:\+?\d{1,2}[\s.-])?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}\b|\b\d{3}-\d{4}\b",
        r"\b(?:call|dial|text|ring|to|llame\s+al?|marque|envíe\s+\w+\s+al?)\s+"
        r"(?:988|911|112|741741)\b|\b(?:988|911|741741)\b",
        r"\b\d+\s+(?:CFR|FR|NYCRR|U\.?S\.?C)\.?\s*(?:Part\s+)?[\d.()a-z-]*",
        r"\b(?:PHQ-?[29]|GAD-?7|ICD-?10|DSM-?5|HAM-?D-?17|QIDS-?16|COVID-?19|B12|5-HT\w*|24/7)\b",
        rf"\b\d{{1,5}}[a-z]?\s+(?:\w+\s+){{1,3}}{_STREET}",
        r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b",
    )
)
_LARGE: Final = "|".join(
    word for word, worth in VALUES.items() if worth > 10 and word not in ("once", "hundred", "cien")
)
_LOOSE: Final = re.compile(
    rf"(?<![\w.,]){_FIGURES}|\b(?:{_LARGE})\b|"
    r"(?-i:\b(?:XC|XL|L?X{2,3}|LX?)(?:IX|IV|V?I{0,3})\b(?<=\w\w\w))",
    re.IGNORECASE,
)
"""What is left alone: words up to ten, "once", which is also English, and "a hundred people"."""
_PART_WORDS: Final = re.compile(
    rf"\b(?:an?|{_WORDS})[\s-]+(?P<part>(?:thirds?|quarters?|fifths?|tenths?|tercios?|cuartos?|"
    r"quintos?|décimos?)|(?:terceras?|cuartas?|quintas?|décimas?)(?=\s+partes?))\b",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"(?P<label>!?\[[^\]\[\n]*\])(?P<target>\([^)\s]+\))")


def plain_words(text: str) -> str:
    """Return a text as a reader sees it: no marks, no invisible letters, every digit an ASCII one.

    >>> plain_words("**75** ％ of [them](page:home), or ¾")
    '75 % of them, or 3/4'
    """
    return plain_with_places(text)[0]


def plain_with_places(text: str) -> tuple[str, list[int]]:
    """Return the plain words, and for each letter where it stands in the text."""
    hidden: set[int] = set()
    for found in _LINK.finditer(text):
        hidden.update(range(*found.span("target")))
        hidden.update((found.start("label"), found.end("label") - 1))
    letters: list[str] = []
    places: list[int] = []
    for at, letter in enumerate(text):
        if at in hidden or letter in "*`" or unicodedata.category(letter) in ("Cf", "Me"):
            continue
        if unicodedata.category(letter) == "Mn" and letters and letters[-1] in "0123456789%":
            continue
        for each in unicodedata.normalize("NFKC", letter):
            worth = None if each.isascii() else unicodedata.numeric(each, None)
            for one in "/" if each == "\u2044" else each if worth is None else f"{worth:g}":
                letters.append(one)
                places.append(at)
    return "".join(letters), places


def results_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every number that is a result by its shape, with where it stands, in order."""
    found = _outermost([hit for each in (*_RESULTS, *_BY_LETTER) for hit in each.finditer(text)])
    ends = [(at, at + len(words)) for words, at in found]
    for hit in _VERSUS.finditer(text):  # named only where no part of it is a result already
        if not any(start < hit.end() and hit.start() < end for start, end in ends):
            found.append((_on_one_line(hit.group()), hit.start()))
    yield from sorted(found, key=lambda each: each[1])


def unexplained_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every number that is neither such a result nor of a known harmless kind."""
    known = [
        (hit.start(), hit.end())
        for each in (*_RESULTS, *_BY_LETTER, _VERSUS, *_HARMLESS)
        for hit in each.finditer(text)
    ]
    for hit in _LOOSE.finditer(text):
        if not any(start <= hit.start() and hit.end() <= end for start, end in known):
            yield hit.group().strip(), hit.start()


def number_words(text: str) -> Iterator[str]:
    """Yield every number word as figures, "one" aside, and every fraction as ``1/3``.

    Runs are one number: seventy-five is 75. Ordinals are fractions only with a number or an
    article before them: "a third" is, "third-line" is not.
    """
    for run in re.finditer(_RUN, text, re.IGNORECASE):
        total = _worth(run.group())
        if total > 1 and run.group().lower() != "once":
            yield str(total)
    for part in re.finditer(r"\b(?:half|halves|mitad)\b", text, re.IGNORECASE):
        yield f"1/{_FRACTIONS[part.group().lower()]}"
    for part in _PART_WORDS.finditer(text):
        yield f"1/{_FRACTIONS[part['part'].lower()]}"


def _worth(run: str) -> int:
    total = 0
    for word in re.split(r"[\s-]+", run.lower()):
        value = VALUES.get(word, 0)
        if value >= 100 and total:
            total *= value
        else:
            total += value
    return total


def _outermost(hits: list[re.Match[str]]) -> list[tuple[str, int]]:
    """Return the hits that lie in no other, the longest of those that begin at one place."""
    kept: list[tuple[str, int]] = []
    end = -1
    for hit in sorted(hits, key=lambda each: (each.start(), -each.end())):
        if hit.start() >= end:
            end = hit.end()
            kept.append((_on_one_line(hit.group()), hit.start()))
    return kept


def _on_one_line(words: str) -> str:
    return " ".join(words.split())
