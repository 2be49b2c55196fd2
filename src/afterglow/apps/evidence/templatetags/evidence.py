"""Tags that draw records, figures and plots. ``{% load evidence %}``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from afterglow.apps.evidence import words
from afterglow.core.decisions import Reason
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.synthesis.plots import Forest, Funnel
from afterglow.core.evidence.vocabulary import FigureMeasure
from afterglow.web.sentences import sentence_of

register = template.Library()

_SHORT = {
    FigureMeasure.ODDS_RATIO: "OR",
    FigureMeasure.RISK_RATIO: "RR",
    FigureMeasure.HAZARD_RATIO: "HR",
    FigureMeasure.STANDARDISED_DIFFERENCE: "SMD",
    FigureMeasure.MEAN_DIFFERENCE: "MD",
    FigureMeasure.RISK_DIFFERENCE: "RD",
}


@register.filter
def kind_words(code: str) -> object:
    """Return a kind of record in words."""
    return words.KINDS.get(code, code)


@register.filter
def field_words(name: str) -> object:
    """Return a field of a record in words."""
    return words.field_words(name)


@register.filter
def plain(code: object) -> str:
    """Return a code with spaces."""
    return str(code).replace("_", " ")


@register.filter
def in_order(body: Mapping[str, object]) -> list[tuple[str, object]]:
    """Return a body's fields in the order people read them."""
    return words.in_order(body)


@register.filter
def is_list(value: object) -> bool:
    """Whether a value is a list."""
    return isinstance(value, list)


@register.filter
def is_address(value: object) -> bool:
    """Whether a value is a web address that may be linked."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


@register.filter
def said(value: object) -> str:
    """Return a value of a record as words: an object becomes ``name: value`` pairs."""
    if isinstance(value, dict):
        return ", ".join(f"{words.field_words(k)}: {said(v)}" for k, v in value.items() if v)
    if isinstance(value, list):
        return "; ".join(said(each) for each in value)
    return str(value)


@register.filter
def reason_words(reason: Reason) -> str:
    """Return a reason's sentence in the reader's language."""
    return sentence_of(reason)


@register.inclusion_tag("components/chip.html")
def verdict_chip(code: str) -> dict[str, object]:
    """Draw a claim's verdict."""
    return {"word": words.VERDICTS[code], "kind": words.VERDICT_CHIPS[code]}


@register.inclusion_tag("components/chip.html")
def status_chip(code: str) -> dict[str, object]:
    """Draw how well something is founded; takes the file's words too."""
    word = words.STATUSES.get(code) or words.FILE_STATUSES.get(code, code)
    known = code.replace("from memory, unconfirmed", "from_memory").replace(" ", "_")
    return {"word": word, "kind": words.STATUS_CHIPS.get(known, "neutral")}


@register.inclusion_tag("components/chip.html")
def state_chip(code: str) -> dict[str, object]:
    """Draw where a text stands."""
    return {"word": words.STATES[code], "kind": words.STATE_CHIPS[code]}


@register.inclusion_tag("components/chip.html")
def translation_chip(code: str) -> dict[str, object]:
    """Draw how a record stands in another language."""
    return {"word": words.TRANSLATION_STANDINGS[code], "kind": words.TRANSLATION_CHIPS[code]}


@register.filter
def act_words(code: str) -> object:
    """Return what a signature did."""
    return words.ACTS.get(code, code)


@register.filter
def figure_value(figure: Figure) -> str:
    """Return a figure as it is shown: ``27.4 %``, ``OR 3.94 (95 % interval 1.54 to 10.10)``."""
    value = _plain(figure.value)
    if figure.measure is FigureMeasure.PERCENT:
        shown = f"{value}\u202f%"
    elif figure.measure in _SHORT and not _speaks(figure):
        shown = f"{_SHORT[figure.measure]} {value}"
    else:
        shown = f"{value} {figure.unit}".strip()
    if figure.low is None or figure.high is None:
        return shown
    interval = _("%(level)s %% interval %(low)s to %(high)s") % {
        "level": figure.level,
        "low": _plain(figure.low),
        "high": _plain(figure.high),
    }
    return f"{shown} ({interval})"


def _speaks(figure: Figure) -> bool:
    """Whether the unit says more than the letters: "17 percentage points", not "RD 17"."""
    return figure.measure is FigureMeasure.RISK_DIFFERENCE and bool(figure.unit)


def _plain(value: Decimal) -> str:
    return f"{value:f}".replace("-", "\u2212")


@register.inclusion_tag("evidence/_forest.html")
def forest_plot(plot: Forest, title: str, measure: str) -> dict[str, object]:
    """Draw a forest plot; put the table of the same numbers beside it."""
    return {"plot": plot, "title": title, "measure": measure}


@register.inclusion_tag("evidence/_funnel.html")
def funnel_plot(plot: Funnel, title: str, measure: str) -> dict[str, object]:
    """Draw a funnel plot."""
    return {"plot": plot, "title": title, "measure": measure}
