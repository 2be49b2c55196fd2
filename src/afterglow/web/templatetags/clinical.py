"""Components of the clinical rooms. ``{% load clinical %}``; markup in templates/components/."""

from __future__ import annotations

from typing import Final

from django import template
from django.utils.safestring import SafeString

from afterglow.core.decisions import Decision, Reason
from afterglow.web import icons
from afterglow.web.cards import AlarmCard, DrugClass, PatientCard, VitalCard, Words
from afterglow.web.sentences import (
    limit_words,
    name_words,
    overrider_words,
    sentence_of,
    value_words,
)

register = template.Library()

_DRUG_CLASSES: Final = {
    "ketamine": DrugClass.INDUCTION,
    "esketamine": DrugClass.INDUCTION,
    "propofol": DrugClass.INDUCTION,
    "midazolam": DrugClass.TRANQUILLISER,
    "lorazepam": DrugClass.TRANQUILLISER,
    "labetalol": DrugClass.HYPOTENSIVE,
    "hydralazine": DrugClass.HYPOTENSIVE,
    "clonidine": DrugClass.HYPOTENSIVE,
    "ephedrine": DrugClass.VASOPRESSOR,
    "phenylephrine": DrugClass.VASOPRESSOR,
    "glycopyrrolate": DrugClass.ANTICHOLINERGIC,
    "atropine": DrugClass.ANTICHOLINERGIC,
    "ondansetron": DrugClass.ANTIEMETIC,
    "metoclopramide": DrugClass.ANTIEMETIC,
}


@register.simple_tag
def vital_symbol(sign: str) -> SafeString:
    """Draw a vital sign's shape in its colour: pressure, heart, oxygen, breath, co2."""
    return icons.sign_shape(sign)


@register.simple_tag
def alarm_symbol(level: str) -> SafeString:
    """Draw an alarm's shape: red octagon, amber triangle, technical square."""
    return icons.alarm_shape(level)


@register.inclusion_tag("components/patient_banner.html")
def patient_banner(patient: PatientCard, site: object = None) -> dict[str, object]:
    """Draw who this is: name, birth date and age, MRN, kilograms today, allergies."""
    return {"patient": patient, "site": site}


@register.inclusion_tag("components/alarm_band.html", takes_context=True)
def alarm_band(
    context: template.Context, alarm: AlarmCard | None, site: object = None
) -> dict[str, object]:
    """Draw an alarm as a full band, word first; None draws the thin line of "no alarm"."""
    return {"alarm": alarm, "site": site, "csrf_token": context.get("csrf_token", "")}


@register.inclusion_tag("components/decision_panel.html", takes_context=True)
def decision_panel(
    context: template.Context, decision: Decision, title: Words = ""
) -> dict[str, object]:
    """Draw every reason of a decision: blockers first, with seen, limit and who may override.

    Times that were compared are read on the clock of the page's ``site``, or its session's.
    """
    site = context.get("site") or getattr(context.get("session"), "site", None)
    return {
        "decision": decision,
        "title": title,
        "title_asks": str(title).endswith("?"),  # a question needs no colon before its answer
        "rows": [_row(reason, site) for reason in decision],
    }


@register.inclusion_tag("components/vital_tile.html")
def vital_tile(vital: VitalCard) -> dict[str, object]:
    """Draw one big number with its shape; no value shows a dash, never a zero."""
    return {"vital": vital}


@register.inclusion_tag("components/drug_label.html")
def drug_label(name: str, strength: str = "", drug_class: str = "") -> dict[str, object]:
    """Draw a syringe label in its ISO 26825 colour; the class follows from the generic name."""
    known = _DRUG_CLASSES.get(name.strip().lower().split(" ")[0], DrugClass.OTHER)
    return {
        "name": name_words(name),
        "strength": strength,
        "drug_class": DrugClass(drug_class).value if drug_class else known.value,
    }


def _row(reason: Reason, site: object) -> dict[str, object]:
    sentence = sentence_of(reason, site)
    # What was seen stands in the sentence; without a limit beside it the line would only repeat it.
    repeats = reason.seen and not reason.limit and value_words(reason.seen, site) in sentence
    return {
        "reason": reason,
        "sentence": sentence,
        "who": overrider_words(reason),
        "limit": "" if repeats else limit_words(reason, site),
    }
