"""Whether the patient that a message names is the one whose chart it would reach.

Two identifiers, as everywhere in a clinic (Joint Commission, NPSG.01.01.01): the record number, or
name and date of birth together. A name alone proves nothing, because two patients may share one;
one identifier that differs may be a slip of a small keyboard; two that differ are somebody else.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

TWO = 2
"""So many identifiers that differ say that it is another person, whatever anybody says."""


class Identifier(StrEnum):
    """What tells one person from another."""

    RECORD_NUMBER = "record_number"
    NAME = "name"
    BIRTH_DATE = "birth_date"


class Agreement(StrEnum):
    """What comparing one identifier gave."""

    AGREES = "agrees"
    PARTLY = "partly"
    """As far as it was said: a family name without a given name."""
    DIFFERS = "differs"
    NOT_SAID = "not_said"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, by what was said. Never shown in a log."""

    record_numbers: tuple[str, ...] = field(default=(), repr=False)
    family: str = field(default="", repr=False)
    given: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who a message names beside who is here, identifier by identifier."""

    record_number: Agreement
    name: Agreement
    birth_date: Agreement

    @property
    def by_identifier(self) -> dict[Identifier, Agreement]:
        """Each identifier with its agreement."""
        return {
            Identifier.RECORD_NUMBER: self.record_number,
            Identifier.NAME: self.name,
            Identifier.BIRTH_DATE: self.birth_date,
        }

    @property
    def differing(self) -> tuple[Identifier, ...]:
        """The identifiers that say that it is somebody else."""
        return tuple(i for i, a in self.by_identifier.items() if a is Agreement.DIFFERS)

    @property
    def proves(self) -> bool:
        """Whether all that was said agrees, and is enough to be sure without a person."""
        if self.differing or self.name is Agreement.PARTLY:
            return False
        return self.record_number is Agreement.AGREES or (
            self.name is Agreement.AGREES and self.birth_date is Agreement.AGREES
        )

    @property
    def contradicts(self) -> bool:
        """Whether two identifiers say that it is somebody else: nobody may chart it here."""
        return len(self.differing) >= TWO


def compare(named: Identity, here: Identity) -> Comparison:
    """Return how what was said of a patient compares with who is here (of whom all is known)."""
    number = Agreement.NOT_SAID
    if named.record_numbers:
        is_here = bool(set(named.record_numbers) & set(here.record_numbers))
        number = Agreement.AGREES if is_here else Agreement.DIFFERS
    birth = Agreement.NOT_SAID
    if named.birth_date is not None:
        birth = Agreement.AGREES if named.birth_date == here.birth_date else Agreement.DIFFERS
    return Comparison(number, _names(named, here), birth)


def _names(named: Identity, here: Identity) -> Agreement:
    parts = [
        (_fold(said), _fold(known))
        for said, known in ((named.family, here.family), (named.given, here.given))
    ]
    said = [(one, known) for one, known in parts if one]
    if not said:
        return Agreement.NOT_SAID
    if any(one != known for one, known in said):
        return Agreement.DIFFERS
    return Agreement.AGREES if len(said) == len(parts) else Agreement.PARTLY


def _fold(text: str) -> str:
    """Drop case, accents and punctuation: monitors have small keyboards."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
