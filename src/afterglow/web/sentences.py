"""Core sentences are English; here they meet the reader's language, by code.

A translation is kept under the message context "reason" with the code as its key, and may use
``%(seen)s`` and ``%(limit)s``. The few words that a rule puts there, such as ``oxygen saturation``,
are kept under "reason value". What has no translation stays English: better than nothing said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from afterglow.core.decisions import Overrider, Reason, Severity
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.limits import sign_name
from afterglow.web import value_words as value_words_of

REASON: Final = "reason"
VALUE: Final = "reason value"
ALARM: Final = "alarm"
NAME: Final = "name"
ERROR: Final = "error"
SAID_BY_DATA: Final = frozenset({REASON, VALUE, ALARM, NAME, ERROR})
"""Contexts whose keys come from rules and definitions; no template or module spells them out."""
_STATE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def sentence_of(reason: Reason, site: object = None) -> str:
    """Return the reason's sentence in the reader's language, or in English."""
    return stored_sentence(
        reason.code,
        reason.sentence,
        seen=reason.seen,
        limit=reason.limit,
        facts=dict(reason.facts),
        site=site,
    )


def error_words(problem: Exception) -> str:
    """Return what an error says in the reader's language, or in English.

    The key of the translation is the sentence as it was raised, without its values, under the
    context "error". An error that is none of ours says what it says.
    """
    if not isinstance(problem, AfterglowError) or not problem.template:
        return str(problem)
    words = pgettext(ERROR, problem.template)
    if not problem.values:
        return words
    return words % {name: value_words(str(value)) for name, value in problem.values.items()}


def stored_sentence(
    code: str,
    sentence: str,
    *,
    seen: str = "",
    limit: str = "",
    facts: Mapping[str, str] = MappingProxyType({}),
    site: object = None,
) -> str:
    """Return a kept reason's sentence in the reader's language, by its code; else as it was kept.

    A code whose sentence differs with its facts has a translation for each: ``PIN_WRONG:left``,
    ``WEIGHT_CHANGED_BLOCK:before:days:mass``, in the order of the alphabet: the database keeps no
    order. A translation that needs a value which was not kept leaves the sentence as it is.
    """
    given = {"seen": seen, "limit": limit, **facts}
    for key in (":".join((code, *sorted(facts))), code):
        words = pgettext(REASON, key)
        needed = _PLACEHOLDER.findall(words)
        if words != key and all(given.get(name) for name in needed):
            return words % {name: value_words(given[name], site) for name in needed}
    return value_words_of.with_days(value_words_of.without_codes(sentence), site)


def value_words(value: str, site: object = None) -> str:
    """Return what a rule saw, in the reader's language: a known word, or several with commas.

    Numbers, names and whatever nobody has translated stay as they are. A state may come as its
    code: ``checked_in`` is read as ``checked in``. Numbers inside words are ``#`` in the catalogue.
    An instant or a day that a rule compared (ISO 8601) is read on the clock of ``site``.
    """
    return ", ".join(_one_value(part, site) for part in value.split(", "))


def _one_value(value: str, site: object) -> str:
    words = value_words_of.said(value)
    if words is None and _STATE.fullmatch(value):
        words = value.replace("_", " ")
    return value_words_of.with_days(value if words is None else words, site)


TYPED_OFFLINE: Final = "Typed offline: "
"""How the record begins what a tablet typed without a connection."""


CRITERIA: Final = "discharge criteria"
"""What stands before answers of ours; before anything else a colon ends our words."""


def recorded_words(text: str) -> str:
    """Return a line that the record keeps in English in the reader's language, where it is known.

    ``Typed offline: pump change rate 60 mL/h``, ``1 set of readings, 2 pump entries``. What a
    person wrote stays as it is.
    """
    if text.startswith(TYPED_OFFLINE):
        what, stop, why = text.removeprefix(TYPED_OFFLINE).partition(". ")
        ours, colon, theirs = what.partition(": ")
        if ours == CRITERIA:
            ours, colon, theirs = what, "", ""
        head = value_words(ours)
        head = _(ours) if ours and head == ours else head
        return _("Typed offline: %(what)s") % {"what": f"{head}{colon}{theirs}{stop}{why}"}
    return value_words(text)


def name_words(name: str) -> str:
    """Return what a definition calls something (a symptom, a step, a task) in the reader's words.

    What has no translation, such as what a person typed, stays as it is; a code of ours
    (``change_rate``) is at least words.
    """
    words = pgettext(NAME, name) if name else ""
    return value_words(name) if words == name and _STATE.fullmatch(name) else words


def alarm_sentence(
    condition: str, *, sentence: str, about: str = "", seen: str = "", limit: str = ""
) -> str:
    """Return what an alarm says, by its condition's code; without a translation in English.

    ``about`` is the device's name, a vital sign's code or a reading's number, as it was stored.
    """
    words = pgettext(ALARM, condition)
    if words == condition:
        return sentence
    with suppress(KeyError, ValueError):
        about = name_words(sign_name(about))
    return words % {"about": about, "seen": value_words(seen), "limit": value_words(limit)}


def overrider_words(reason: Reason) -> str:
    """Return who may override a blocker, in words; nothing for what does not block."""
    if reason.severity is not Severity.BLOCKER:
        return ""
    if reason.overridden:
        return _("Overridden, with a recorded reason")
    match reason.overridable_by:
        case Overrider.NOBODY:
            return _("Nobody may override this")
        case Overrider.PRESCRIBER:
            return _("The prescriber may override this, with a reason")
        case Overrider.MEDICAL_DIRECTOR:
            return _("The medical director may override this, with a reason")


def limit_words(reason: Reason, site: object = None) -> str:
    """Return ``seen`` and ``limit`` in one short line, or nothing."""
    values = {"seen": value_words(reason.seen, site), "limit": value_words(reason.limit, site)}
    if reason.seen and reason.limit:
        return _("Seen %(seen)s · limit %(limit)s") % values
    if reason.seen:
        return _("Seen %(seen)s") % values
    return _("Limit %(limit)s") % values if reason.limit else ""
