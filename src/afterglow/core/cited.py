"""Numbers that say where they come from: the leaves of every versioned clinical definition.

A leaf in a definition's JSON body is an object, never a bare number::

    {"value": "160", "unit": "mmHg", "status": "DP", "source": "clinical reference 3.3"}

``status`` is ``confirmed`` (a source was read), ``GK`` (general knowledge, unconfirmed) or ``DP``
(default proposed). GK and DP values are shown as "proposed, not approved" until a medical director
approves the version that holds them. Pharmacological models say more closely how a number is
founded: ``C`` read in the cited place, ``C2`` read in a transcription, ``D`` derived, ``M`` from
memory, ``P`` proposed (``core.pharmacology.standing`` reads the same letters).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from afterglow.core.errors import InvalidValue


class Status(StrEnum):
    """How well a clinical number is founded."""

    CONFIRMED = "confirmed"
    GENERAL_KNOWLEDGE = "GK"
    DEFAULT_PROPOSED = "DP"
    READ = "C"
    TRANSCRIBED = "C2"
    DERIVED = "D"
    MEMORY = "M"
    PROPOSED = "P"

    @property
    def needs_approval(self) -> bool:
        """Whether the screen must say "proposed, not approved" until a director approves."""
        return self in _TO_APPROVE


_TO_APPROVE = frozenset(
    {Status.GENERAL_KNOWLEDGE, Status.DEFAULT_PROPOSED, Status.MEMORY, Status.PROPOSED}
)


@dataclass(frozen=True, slots=True)
class Cited:
    """One clinical value with unit, source and status. ``path`` is where it stands in the body."""

    path: str
    value: str
    unit: str
    source: str
    status: Status

    @property
    def number(self) -> Decimal:
        """The value as an exact decimal. Raises InvalidValue when it is not a number."""
        try:
            return Decimal(self.value)
        except InvalidOperation:
            raise InvalidValue(f"{self.path} is {self.value!r}, which is not a number.") from None


class Section:
    """A reader over one section of a definition body; refuses what is missing or in other units.

    >>> rules = Section("monitoring", {"interval": {"value": "10", "unit": "min", "status": "DP",
    ...                                             "source": "clinical reference 3.1"}})
    >>> rules.number("interval", unit="min")
    Decimal('10')
    """

    def __init__(self, path: str, body: Mapping[str, Any]) -> None:
        self.path = path
        self._body = body

    def section(self, key: str) -> Section:
        """Return a nested section. Raises InvalidValue when it is missing."""
        nested = self._body.get(key)
        if not isinstance(nested, Mapping):
            raise InvalidValue(f"{self.path}.{key} is missing from the definition.")
        return Section(f"{self.path}.{key}", nested)

    def sections(self, key: str) -> list[Section]:
        """Return a list of nested sections. Raises InvalidValue when it is missing."""
        nested = self._body.get(key)
        if not isinstance(nested, list):
            raise InvalidValue(f"{self.path}.{key} is missing from the definition.")
        return [Section(f"{self.path}.{key}[{i}]", item) for i, item in enumerate(nested)]

    def cited(self, key: str) -> Cited:
        """Return a leaf with its source. Raises InvalidValue when it is missing or bare."""
        leaf = self._body.get(key)
        if not isinstance(leaf, Mapping) or "value" not in leaf:
            raise InvalidValue(f"{self.path}.{key} is missing or carries no source.")
        try:
            status = Status(leaf["status"])
        except (KeyError, ValueError):
            raise InvalidValue(
                f"{self.path}.{key} has status {leaf.get('status')!r}; "
                f"it must be one of {', '.join(Status)}."
            ) from None
        return Cited(
            f"{self.path}.{key}",
            str(leaf["value"]),
            str(leaf.get("unit", "")),
            str(leaf.get("source", "")),
            status,
        )

    def number(self, key: str, *, unit: str) -> Decimal:
        """Return a leaf's number. Raises InvalidValue when its unit is another one."""
        leaf = self.cited(key)
        if leaf.unit != unit:
            raise InvalidValue(f"{leaf.path} is in {leaf.unit or 'no unit'}; {unit} is needed.")
        return leaf.number

    def text(self, key: str) -> str:
        """Return a leaf's value as text."""
        return self.cited(key).value

    def flag(self, key: str) -> bool:
        """Return a leaf's yes or no. Raises InvalidValue when it is neither true nor false."""
        leaf = self.cited(key)
        match leaf.value.lower():
            case "true":
                return True
            case "false":
                return False
        raise InvalidValue(f"{leaf.path} is {leaf.value!r}; it must be true or false.")

    def word(self, key: str) -> str:
        """Return a bare word: a code, a name, anything that is no clinical value."""
        word = self._body.get(key)
        if not isinstance(word, str) or not word:
            raise InvalidValue(f"{self.path}.{key} is {word!r}; a word is needed.")
        return word

    def names(self) -> tuple[str, ...]:
        """Return the names that the section holds, in order."""
        return tuple(self._body)

    def has(self, key: str) -> bool:
        """Whether the section holds ``key``."""
        return key in self._body


def leaves(body: Mapping[str, Any], path: str = "") -> Iterator[Cited]:
    """Yield every cited leaf of a definition body, in order."""
    for key, item in body.items():
        here = f"{path}.{key}" if path else key
        if isinstance(item, Mapping) and "value" in item:
            yield Section(path, body).cited(key) if path else Section("body", body).cited(key)
        elif isinstance(item, Mapping):
            yield from leaves(item, here)
        elif isinstance(item, list):
            for index, nested in enumerate(item):
                if isinstance(nested, Mapping):
                    yield from leaves(nested, f"{here}[{index}]")
