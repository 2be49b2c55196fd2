"""Comparisons made in words: "works better than", "the safest", "más eficaz que".

Such words state a result without a number. They stand on a page only beside a figure that makes
the comparison like with like (``comparing.compares_alike``). The list is of phrases, not of words:
"felt better" and "the fairer test" compare no treatments. A denial ("no better than", "nobody knows
of a better drug") is a comparison too; whoever wants to say nothing, says it without comparing.

>>> [words for words, at in comparisons_in("Ketamine works better than pills.")]
['works better than']
>>> list(comparisons_in("People felt much better a day later; others did not."))
[]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from afterglow.core.evidence.numbers import plain_with_places

_S: Final = r"[\s\u241f]+"
_MUCH: Final = rf"(?:(?:much|far|a{_S}lot|even|significantly|clearly|slightly|no){_S})?"
_QUALITY: Final = (
    r"(?:effective|efficacious|potent|powerful|successful|reliable|safe|tolerable|"
    r"well[\s-]tolerated|beneficial|helpful|useful|durable|lasting|rapid|addictive|dangerous|"
    r"harmful|risky|toxic|proven|promising)"
)
_BETTER: Final = (
    r"(?:better|worse|safer|faster|quicker|sooner|stronger|gentler|milder|riskier|superior)"
)
_BEST: Final = r"(?:best|safest|fastest|quickest|strongest|gentlest)"
_CARE: Final = (
    r"(?:treatments?|therap(?:y|ies)|drugs?|medicines?|medications?|antidepressants?|options?|"
    r"interventions?|cures?|remed(?:y|ies)|pills?|tablets?|ssris?|ect|tms|esketamine|ketamine)"
)
_CALIDAD: Final = (
    r"(?:efica(?:z|ces)|efectiv[oa]s?|potentes?|fuertes?|segur[oa]s?|rápid[oa]s?|confiables?|"
    r"fiables?|útil(?:es)?|dañin[oa]s?|peligros[oa]s?|adictiv[oa]s?|durader[oa]s?|exitos[oa]s?|"
    r"suaves?|tolerad[oa]s?|beneficios[oa]s?)"
)
_CUIDADO: Final = (
    r"(?:tratamientos?|terapias?|fármacos?|drogas?|medicinas?|medicamentos?|antidepresivos?|"
    r"opci(?:ón|ones)|remedios?|pastillas?|isrs|tec|emt|esketamina|ketamina)"
)
_BEFORE: Final = (
    # worse than before: with oneself, earlier; "than before any pill" is with a treatment
    rf"(?!{_S}(?:before|usual|yesterday|antes|ayer|de{_S}costumbre)\b"
    rf"(?![^.\n]{{0,24}}\b(?:{_CARE}|{_CUIDADO})\b))"
)
_SAID: Final = (
    # more useful information: about what is said, not about a treatment
    rf"(?!(?<=ful){_S}(?:information|questions?|answers?|advice|words?|ways?|details?|notes?|"
    r"pages?|things?|lists?|facts?|figures?|examples?|talks?)\b)"
)
_DICHO: Final = "".join(
    rf"(?<!\b{each}\s)" for each in ("información", "pregunta", "preguntas", "consejo", "consejos")
)
_PHRASES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # better than, safer than, more effective (than), less addictive, as good as
        rf"\b{_MUCH}{_BETTER}{_S}(?:than|to)\b(?!{_S}(?:wait|stop|ask|call|say|go|talk|be)\b)"
        rf"{_BEFORE}",
        rf"\b(?:more|less|equally){_S}{_QUALITY}\b{_SAID}",
        rf"\bas{_S}(?:{_QUALITY}|good|well|fast|quick(?:ly)?|strong(?:ly)?){_S}as\b"
        rf"(?!{_S}(?:possible|you|we|she|he|they)\b)",
        rf"\b(?:fewer|milder|less){_S}(?:side[\s-]effects|adverse{_S}\w+|risks?|harm)\b",
        # works better, helped more, did worse, lasts longer, acts faster
        r"\b(?:work(?:s|ed|ing)?|do(?:es)?|did|help(?:s|ed)?|act(?:s|ed)?|perform(?:s|ed)?|"
        rf"treat(?:s|ed)?|relieve[sd]?|ease[sd]?){_S}(?:\w+{_S})?{_MUCH}"
        rf"(?:{_BETTER}|{_BEST}|more)\b(?!{_S}(?:visits?|drips?|doses?|of)\b)",
        rf"\blast(?:s|ed)?{_S}{_MUCH}longer\b",
        # superior, inferior, outperforms, beats
        r"\b(?:non[\s-]?)?inferior(?:ity)?\b|\bsuperiority\b",
        r"\b(?:outperform|outdo|surpass|outclass|outstrip|outshine|trump)(?:e?s|ed)?\b|\boutdid\b",
        rf"\bbeat(?:s|en)?\b[^.\n]{{0,20}}?\b{_CARE}\b",
        # the best treatment, the most effective option
        rf"\b(?:{_BEST}|most{_S}{_QUALITY})\b[^.\n]{{0,24}}?\b{_CARE}\b",
        rf"\bthe{_S}most{_S}{_QUALITY}\b{_SAID}|\bgold{_S}standard\b|\bsecond{_S}to{_S}none\b|\bunmatched\b",
        rf"\b(?:where|when|after|if){_S}(?:all{_S}|every{_S})?(?:other|standard|usual)s?\b"
        rf"[^.\n]{{0,24}}?\bfail(?:s|ed)?\b|\bunlike{_S}(?:other{_S})?{_CARE}\b",
        rf"\b(?:compared|in{_S}comparison){_S}(?:with|to)\b[^.\n]{{0,40}}?\b{_BETTER}\b",
        # mejor que, más eficaz (que), tan seguro como
        rf"\b(?:mejor|peor|superior|inferior)(?:es)?{_S}(?:que|a)\b{_BEFORE}"
        rf"|{_DICHO}\b(?:más|menos|igual{_S}de){_S}{_CALIDAD}\b"
        rf"|\btan{_S}(?:{_CALIDAD}|buen[oa]s?|bien){_S}como\b(?!{_S}para\b)",
        rf"\bmenos{_S}(?:efectos|riesgos?|daños?)\b",
        rf"\b(?:funcion|ayud|actú|act[uú]|trat|alivi|sirv)(?:a|an|ó|aron|ar|e|en|ió|ieron){_S}"
        rf"(?:\w+{_S})?(?:mejor|peor|más)\b|\bdura(?:n|ba)?{_S}más\b",
        r"\bsupera(?:n|ba|ron|r)?\b|\bsuperó\b|\bno[\s-]inferioridad\b|\binigualable\b",
        rf"\b(?:el|la|los|las){_S}(?:mejor|mejores)\b[^.\n]{{0,24}}?\b{_CUIDADO}\b"
        rf"|\b{_CUIDADO}{_S}(?:más|menos){_S}{_CALIDAD}\b",
        rf"\b(?:cuando|donde|si){_S}(?:lo{_S}demás|los{_S}(?:otros|demás)|otros|otras)\b"
        rf"[^.\n]{{0,24}}?\bfall(?:a|an|ó|aron)\b|\ba{_S}diferencia{_S}de{_S}(?:l[oa]s{_S})?{_CUIDADO}\b",
        # a better alternative, a safer choice, no better treatment; greater relief than
        rf"\b{_BETTER}{_S}(?:\w+{_S})?(?:alternatives?|choices?|results?|outcomes?|{_CARE})\b",
        rf"\b(?:greater|higher|lower|smaller|bigger|larger|kinder|fewer){_S}[^.\n]{{1,40}}?"
        rf"\bthan\b[^.\n]{{0,24}}?\b{_CARE}\b",
        rf"\b(?:less|more){_S}(?:often|likely|frequently|seldom)\b[^.\n]{{0,24}}?\bthan\b"
        rf"[^.\n]{{0,24}}?\b{_CARE}\b",
        # preferable to, has an edge over, prefer it over, exceeds, wonders compared with
        rf"\b(?:preferable|prefer(?:s|red)?|edge|advantages?)\b[^.\n]{{0,24}}?\b(?:to|over)\b"
        rf"[^.\n]{{0,24}}?\b{_CARE}\b|\bexceed(?:s|ed)?\b[^.\n]{{0,24}}?\b{_CARE}\b",
        rf"\b(?:works?|worked|helps?|helped|wonders)\b[^.\n]{{0,24}}?"
        rf"\b(?:compared|in{_S}comparison){_S}(?:with|to)\b",
        # nothing works as fast, when nothing else does, no other drug comes close
        rf"\bnothing{_S}else\b[^.\n]{{0,16}}?\b(?:does|did|do|work(?:s|ed)?|help(?:s|ed)?)\b"
        rf"|\bnothing{_S}(?:works?|helps?|acts?){_S}(?:as|so|like)\b"
        rf"|\bno{_S}other{_S}{_CARE}{_S}(?:comes?|works?|helps?|does|acts?)\b",
        # mejores resultados, mayor alivio que, tasas más altas que, gana a, preferible a
        rf"\b(?:mejor|peor)(?:es)?{_S}(?:resultados?|alternativas?|{_CUIDADO})\b",
        rf"\b(?:mayor|menor)(?:es)?\b[^.\n]{{1,40}}?\bque\b[^.\n]{{0,24}}?\b{_CUIDADO}\b"
        rf"|\b(?:más|menos){_S}(?:alt|baj)[oa]s?{_S}que\b[^.\n]{{0,24}}?\b{_CUIDADO}\b",
        rf"\b(?:gana(?:n|ba)?|preferibles?)\b{_S}al?\b[^.\n]{{0,24}}?\b{_CUIDADO}\b",
        rf"\b(?:más|menos){_S}(?:eficaz|efectiva|rápida|segura|potente)mente\b",
        rf"\bnada{_S}(?:más{_S})?(?:funciona|ayuda|actúa|lo{_S}hace)\b"
        rf"(?:{_S}(?:tan|como|mejor)\b|(?<=hace))",
    )
)


_SSRIS: Final = ("ssri", "citalopram", "fluoxetine", "fluvoxamine", "paroxetine", "sertraline")
_NAMED: Final = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), arms)
    for words, arms in (
        (r"ssris?|isrs", _SSRIS),
        (
            r"antidepressants?|pills?|tablets?|medicines?|medications?|antidepresivos?|pastillas?|"
            r"medicamentos?|medicinas?",
            (*_SSRIS, "antidepress", "ad", "sequenced"),
        ),
        (r"ect|electroconvulsiv\w+|tec", ("ect",)),
        (r"r?tms|transcranial\w*|emt|magnetic\w*", ("tms",)),
        (r"esketamine|spravato|spray|esketamina|aerosol", ("esketamine", "spray")),
        (r"psilocybin|psilocibina|mushrooms?|hongos", ("psilocybin",)),
        (r"mdma|ecstasy|éxtasis", ("mdma",)),
        (r"midazolam|calming\s+drug", ("midazolam",)),
        (r"placebo|saline|salt\s+water|suero", ("placebo", "saline")),
        (r"(?:talk|psycho)\s?therapy|therapy|psicoterapia|terapia", ("therapy",)),
    )
)
"""What a treatment is called in words, and how the records' arms begin that name it."""


def unbacked(text: str, at: int, arms: Collection[str]) -> list[str]:
    """Return the treatments that the sentence at ``at`` names and no arm of some figures is.

    >>> unbacked("IV ketamine works better than SSRIs.", 12, {"ketamine_iv", "saline"})
    ['SSRIs']
    """
    begins = max(text.rfind(mark, 0, at) for mark in ".!?\n") + 1
    ends = min((i for mark in ".!?\n" if (i := text.find(mark, at)) >= 0), default=len(text))
    names = {word for arm in arms for word in re.findall(r"[a-z]+", arm.casefold())}
    return [
        hit.group()
        for pattern, called in _NAMED
        if (hit := pattern.search(text, begins, ends)) is not None
        and not any(name.startswith(each) for name in names for each in called)
    ]


def comparisons_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every comparison of treatments that a text makes in words, with where it stands.

    Marks, invisible letters and link targets are read over, as for numbers; the description of a
    picture is words like any others.
    """
    plain, places = plain_with_places(text)
    spans: list[tuple[int, int]] = []
    for start, end in sorted(hit.span() for each in _PHRASES for hit in each.finditer(plain)):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    for start, end in spans:
        yield " ".join(plain[start:end].split()), places[start]
