"""What a tablet kept, in the field's words: for the page in the reader's language, for the record
in English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.medicines.models import Product
from afterglow.apps.treatment.facts.presence import PRESENCE
from afterglow.apps.treatment.models import OfflineEntry
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services.offline_lines import (
    MEDICINE,
    NAME,
    NOTE,
    PUMP,
    READINGS,
    UNREAD,
)
from afterglow.apps.treatment.services.offline_recovery import CRITERIA, criteria_words
from afterglow.apps.treatment.shown.grid import SCALES, VITALS
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.web.cards import Words
from afterglow.web.formats import number
from afterglow.web.sentences import name_words

_V = VitalSignCode
_PRESSURES: Final = (_V.SYSTOLIC, _V.DIASTOLIC)
_TOO_LONG: Final = 200


DONE: Final[Mapping[str, Words]] = {
    PumpActionKind.START: gettext_lazy("Started"),
    PumpActionKind.CHANGE_RATE: gettext_lazy("New rate"),
    PumpActionKind.PAUSE: gettext_lazy("Paused"),
    PumpActionKind.RESUME: gettext_lazy("Resumed"),
    PumpActionKind.STOP: gettext_lazy("Stopped"),
}
"""What was done at the pump, in one word; the rate stands beside it."""


def said(entry: OfflineEntry) -> str:
    """Return what was typed, in the reader's words, with units.

    It never fails: an entry that could not be read is said as it was sent.
    """
    try:
        return _words(entry).strip()
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        return _("Not understood: %(what)s") % {"what": json.dumps(entry.body)[:_TOO_LONG]}


def said_in_the_record(entry: OfflineEntry) -> str:
    """Return what was typed as it goes into the record: English, as all of it."""
    with translation.override("en"):
        return f"Typed offline: {said(entry)}"


def _words(entry: OfflineEntry) -> str:
    body: Mapping[str, Any] = entry.body
    match entry.kind:
        case str(kind) if kind == READINGS:
            return ", ".join([*_signs(body["readings"]), *_scores(body.get("scales") or {})])
        case str(kind) if kind == PUMP:
            return _pump(body)
        case str(kind) if kind == MEDICINE:
            return _medicine(body)
        case str(kind) if kind == NOTE:
            return _note(entry)
        case str(kind) if kind == NAME:
            return _("Name of a mark: %(name)s") % {"name": body["label"]}
        case str(kind) if kind == PRESENCE:
            return _("The clinician is with the patient")
        case str(kind) if kind == CRITERIA:
            return criteria_words(body)
        case str(kind) if kind == UNREAD:
            return " ".join(str(body.get(name) or "") for name in ("said", "by"))
        case _:
            raise ValueError(entry.kind)


def _signs(readings: Mapping[str, Any]) -> list[str]:
    """Return each sign with its unit; the two pressures together, as they are typed."""
    labels = {code: str(line.label) for line in VITALS for code in line.codes}
    found = []
    both = [readings.get(code) for code in _PRESSURES]
    if None not in both:
        unit = definition(_V.SYSTOLIC).shown_unit
        found.append(f"{labels[_V.SYSTOLIC]} {both[0]}/{both[1]} {unit}")
    for code, value in readings.items():
        if code in _PRESSURES and None not in both:
            continue
        sign = definition(VitalSignCode(code))
        label = (
            name_words(sign.name)
            if code in _PRESSURES
            else labels.get(VitalSignCode(code), sign.name)
        )
        found.append(f"{label.removesuffix(' °C')} {value} {sign.shown_unit}".strip())
    return found


def _scores(scales: Mapping[str, Any]) -> list[str]:
    """Return each scale as the grid calls it, without its range: "MOAA/S 4"."""
    found = []
    for key, answers in dict(scales).items():
        label = str(SCALES.get(key, key)).rsplit(" ", 1)[0]
        found.append(f"{label} {next(iter(answers.values()), '')}")
    return found


def _pump(body: Mapping[str, Any]) -> str:
    rate = f"{body['rate']} mL/h" if body.get("rate") else ""
    words = {
        PumpActionKind.CHANGE_RATE: _("New rate %(rate)s"),
        PumpActionKind.PAUSE: _("Pump paused"),
        PumpActionKind.RESUME: _("Pump resumed at %(rate)s") if rate else _("Pump resumed"),
        PumpActionKind.STOP: _("Pump stopped"),
        PumpActionKind.START: _("Pump started"),
    }
    return words[PumpActionKind(body["kind"])] % {"rate": rate}


def _medicine(body: Mapping[str, Any]) -> str:
    product = Product.objects.filter(public_id=UUID(str(body["product"]))).first()
    name = name_words(product.medicine).capitalize() if product else _("A medicine")
    return f"{name} {number(str(body['dose_mg']))} mg {body.get('route') or ''}"


def _note(entry: OfflineEntry) -> str:
    from afterglow.apps.treatment.shown.events import KIND_WORDS  # it reads what services write

    body = entry.body
    rules = rules_of(entry.session.protocol_id).monitoring.symptoms
    code = str(body.get("code") or "")
    label = name_words(rules[code].name) if code in rules else str(body.get("label") or "")
    kind = str(KIND_WORDS.get(EventKind(body["kind"]), name_words(str(body["kind"]))))
    head = label or kind
    if body.get("over"):
        head = _("%(what)s is over") % {"what": head}
    return ": ".join(filter(None, [head, str(body.get("text") or "")]))
