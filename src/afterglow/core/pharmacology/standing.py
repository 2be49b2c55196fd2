"""Where a pharmacological number comes from, and whether it may be used without being asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology.errors import UnconfirmedParameter


class Standing(StrEnum):
    """How well a number is founded: the tag that every parameter of the catalogue carries."""

    CONFIRMED = "C"
    TRANSCRIBED = "C2"
    MEMORY = "M"
    DERIVED = "D"
    PROPOSED = "P"

    @property
    def unconfirmed(self) -> bool:
        """Whether using the number needs an explicit wish."""
        return self in (Standing.MEMORY, Standing.PROPOSED)

    @property
    def words(self) -> str:
        """What the tag means, in a few words."""
        return {
            Standing.CONFIRMED: "read in the cited place",
            Standing.TRANSCRIBED: "read in a repository that transcribes the paper",
            Standing.MEMORY: "from memory, unconfirmed",
            Standing.DERIVED: "derived or computed from confirmed numbers",
            Standing.PROPOSED: "our proposal, not published",
        }[self]


@dataclass(frozen=True, slots=True)
class Number:
    """One number with unit, standing and source. ``name`` is where it stands in its file."""

    name: str
    value: float
    unit: str
    standing: Standing
    source: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g} {self.unit} [{self.standing}]".replace("  ", " ")


def number(name: str, leaf: object) -> Number:
    """Read a leaf ``{"value", "unit", "status", "source"}``. Raises InvalidValue for another."""
    if not isinstance(leaf, Mapping):
        raise InvalidValue(f"{name} is {leaf!r}; a number needs value, unit, status and source.")
    try:
        return Number(
            name,
            float(leaf["value"]),
            str(leaf["unit"]),
            Standing(leaf["status"]),
            str(leaf["source"]),
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise InvalidValue(f"{name} lacks a value, unit, status or source: {wrong}.") from None


def numbers(name: str, section: Mapping[str, Any]) -> dict[str, Number]:
    """Read every leaf of a flat section."""
    return {key: number(f"{name}.{key}", leaf) for key, leaf in section.items()}


def check_accepted(
    used: Iterable[Number], *, accept_unconfirmed: bool, what: str
) -> tuple[Number, ...]:
    """Return the unconfirmed numbers among ``used``; refuse them unless they were asked for.

    Raises UnconfirmedParameter naming each, when ``accept_unconfirmed`` is false.
    """
    doubtful = tuple(dict.fromkeys(one for one in used if one.standing.unconfirmed))
    if doubtful and not accept_unconfirmed:
        named = "; ".join(f"{one} ({one.standing.words})" for one in doubtful)
        raise UnconfirmedParameter(
            f"{what} stands on numbers that are not confirmed: {named}. "
            "Ask for them explicitly (accept_unconfirmed)."
        )
    return doubtful
