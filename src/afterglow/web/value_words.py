"""The few words that a rule puts beside its numbers, in the reader's language.

A value is made of numbers, units, names and a handful of joining words: ``Systolic pressure 400
mmHg``, ``30 to 300 mmHg``, ``9 for Response``. Each word is translated by itself, so that a rule
never needs to be translated as a whole; where one of them has no translation, the value stays as
it is, and ``tests/unit/web/test_no_mixture.py`` says so.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import pgettext

from afterglow.core.catalogue import all_reason_codes
from afterglow.web import clock

REASON: Final = "reason"
VALUE: Final = "reason value"
NAME: Final = "name"

NUMBER = re.compile(r"(?<![A-Za-z\d.-])-?\d+(?:\.\d+)?")
_DAY = re.compile(
    r"\b(\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4})(?: (\d\d:\d\d))?"
)
_MONTH = re.compile(r"([A-Z][a-z]+) (\d{4})")
JOINTS: Final = ("or", "and", "for", "of", "is", "counts", "version", "in", "to", "on", "against")
"""Words between two values, looked for in this order; each is translated by itself."""
# fmt: off
SAME_EVERYWHERE: Final = frozenset({
    "mmHg", "mL", "mg", "mcg", "g", "kg", "lb", "cm", "m", "m2", "h", "min", "s", "kPa", "C", "F",
    "mg/mL", "mg/kg", "mg/h", "mL/h", "kg/m", "mcg/mL", "MOAA/S", "PADSS", "Aldrete", "SpO2",
    "EtCO2", "ECG", "NIBP", "PHQ-9", "GAD-7", "QIDS-SR", "C-SSRS", "MADRS", "CADSS", "CPAP",
    "UTC", "PIN", "FDA", "ACLS", "BLS", "kg/m²", "labetalol", "midazolam", "lorazepam", "vial",
    "IV", "IM", "PO", "SL",
})
# fmt: on
"""Units, names of scales and of medicines, which read alike in every language."""
_LETTERS = re.compile(r"[^\W\d_]+(?:[/-][^\W_]+)*\d*")
_QUOTED = re.compile(r"[“\"«'].*[”\"»']")


_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?")
_CODE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_HOLE = re.compile(r"%\(\w+\)s|{[^}]*}")


def with_days(text: str, site: object = None) -> str:
    """Return a text with each day and instant of a machine as people read it.

    An instant that names its zone is said on the clock of ``site``, one of today by its time alone;
    without a site on the clock in force, with that clock's name. One that a rule wrote by the
    site's clock stays that. Nothing else changes.
    """
    return _ISO.sub(lambda found: _day_and_time(found, site), text)


def _day_and_time(found: re.Match[str], site: object) -> str:
    from afterglow.web import formats  # formats reads names, which the catalogue keeps

    day, time, zone = found.groups()
    try:
        if zone is None:
            words = formats.date_words(date.fromisoformat(day))
            return f"{words} {time}" if time else words
        at = clock.local(datetime.fromisoformat(f"{day}T{time}{zone.replace('Z', '+00:00')}"), site)
    except ValueError:  # 2026-99-99 is somebody's lot number
        return found[0]
    words = f"{at:%H:%M:%S}"
    if site is None:
        words = f"{words} {at:%Z}"
    elif at.date() == clock.today(site):
        return words
    return f"{formats.date_words(at.date())}, {words}"


def without_codes(sentence: str) -> str:
    """Return a sentence with each reason's code said in words."""
    return _CODE.sub(lambda found: _rule_named(found[0]) or found[0], sentence)


def _rule_named(code: str) -> str:
    """Return what a reason's code stands for, with … for its values; empty for what is none."""
    words = pgettext(REASON, code)
    if words == code:
        known = {each.code: each.pattern for each in all_reason_codes()}
        words = known.get(code, "")
    return f"“{_HOLE.sub('…', words).rstrip('.')}”" if words else ""


def said(value: str) -> str | None:
    """Return a value in the reader's language, or None where a word of it is not known."""
    if _CODE.fullmatch(value) and (rule := _rule_named(value)):
        return rule
    if not value or is_alike(value):
        return value
    return _looked_up(value) or _month(value) or _dated(value) or _named(value) or _joined(value)


def is_alike(value: str) -> bool:
    """Whether a value reads alike in every language: numbers, units, and what somebody typed."""
    bare = _QUOTED.sub("", value)
    return all(word in SAME_EVERYWHERE for word in _LETTERS.findall(bare))


def _looked_up(value: str) -> str | None:
    """A value that is in the catalogue as it is, or with ``#`` for its numbers."""
    plain = value.replace("_", " ")
    for context in (VALUE, NAME):
        for known in (plain, plain[:1].upper() + plain[1:]):
            words = pgettext(context, known)
            if words != known:
                return words
    numbers = NUMBER.findall(plain)
    key = NUMBER.sub("#", plain)
    words = pgettext(VALUE, key)
    if words == key or words.count("#") != len(numbers):
        return None
    for number in numbers:
        words = words.replace("#", number, 1)
    return words


def _month(value: str) -> str | None:
    """A month as rules write it: ``December 2026``."""
    found = _MONTH.fullmatch(value)
    if found is None or found[1] not in calendar.month_name[1:]:
        return None
    first = date(int(found[2]), list(calendar.month_name).index(found[1]), 1)
    return date_format(first, "YEAR_MONTH_FORMAT")


def _dated(value: str) -> str | None:
    """A value that holds a day as rules write it: ``23 Nov 2026 15:00``."""
    from afterglow.web import formats  # formats reads names, which the catalogue keeps

    found = _DAY.search(value)
    if found is None:
        return None
    before, after = said(value[: found.start()].rstrip()), said(value[found.end() :].lstrip())
    if before is None or after is None:
        return None
    day = formats.date_words(datetime.strptime(found[1], "%d %b %Y").date())  # noqa: DTZ007
    return " ".join(part for part in (before, day, found[2] or "", after) if part)


def _named(value: str) -> str | None:
    """A value that begins with a known name: ``Systolic pressure 400 mmHg``."""
    words = value.split(" ")
    for end in range(len(words) - 1, 0, -1):
        name, rest = _looked_up(" ".join(words[:end])), " ".join(words[end:])
        if name and (is_alike(rest) or (rest := _looked_up(rest) or "")):
            return f"{name} {rest}"
    return None


def _joined(value: str) -> str | None:
    """Two values with a joining word between them: ``30 to 300 mmHg``, ``9 for Response``."""
    name, colon, rest = value.partition(": ")
    if colon and (first := said(name)) is not None and (second := said(rest)) is not None:
        return f"{first}: {second}"
    for joint in JOINTS:
        left, found, right = value.partition(f" {joint} ")
        if found and (first := said(left)) is not None and (second := said(right)) is not None:
            between = pgettext(VALUE, joint)
            return f"{first} {between} {second}" if between != joint else None
    return None
