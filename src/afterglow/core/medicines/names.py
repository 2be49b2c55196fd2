"""Names as a search compares them: without accents, case or punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
_APART: Final = re.compile(r"[^\w]+|_+")


def fold(text: str) -> str:
    """Return ``text`` without accents and case, words set apart by one space.

    >>> fold("O’Brien-Łukasz, José  María")
    'obrien lukasz jose maria'
    """
    lower = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    plain = "".join(c for c in lower if not unicodedata.combining(c))
    plain = re.sub(r"['’ʼ`´]", "", plain)
    return _APART.sub(" ", plain).strip()
