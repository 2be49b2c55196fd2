"""The few words that a rule puts beside its numbers, in the reader's language.

A value is made of numbers, units, names and a handful of joining words: ``Systolic pressure 400
mmHg``, ``30 to 300 mmHg``, ``9 for Response``. Each word is translated by itself, so that a rule
never needs to be translated as a whole; where one of them has no translation, the value stays as
it is, and ``tests/unit/web/test_no_mixture.py`` says so.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.utils.translation import pgettext

VALUE: Final = "reason value"
NAME: Final = "name"

NUMBER = re.compile(r"(?<![A-Za-z\d.-])-?\d+(?:\.\d+)?")
_DAY = re.compile(
    r"\b(\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4})(?: (\d\d:\d\d))?"
)
JOINTS: Final = ("or", "and", "for", "in", "to", "on", "against")
"""Words between two values, looked for in this order; each is translated by itself."""
# fmt: off
SAME_EVERYWHERE: Final = frozenset({
    "mmHg", "mL", "mg", "mcg", "g", "kg", "lb", "cm", "m", "m2", "h", "min", "s", "kPa", "C", "F",
    "mg/mL", "mg/kg", "mg/h", "mL/h", "kg/m", "mcg/mL", "MOAA/S", "PADSS", "Aldrete", "SpO2",
    "EtCO2", "ECG", "NIBP", "PHQ-9", "GAD-7", "QIDS-SR", "C-SSRS", "MADRS", "CADSS", "CPAP",
    "UTC", "PIN", "FDA", "ACLS", "BLS",
})
# fmt: on
"""Units and names of scales, which read alike in every language."""
_LETTERS = re.compile(r"[^\W\d_]+(?:[/-][^\W_]+)*\d*")
_QUOTED = re.compile(r"[“\"«'].*[”\"»']")


def said(value: str) -> str | None:
    """Return a value in the reader's language, or None where a word of it is not known."""
    if not value or is_alike(value):
        return value
    return _looked_up(value) or _dated(value) or _named(value) or _joined(value)


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
        if name and is_alike(rest):
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
