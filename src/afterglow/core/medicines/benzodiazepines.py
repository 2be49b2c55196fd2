"""Benzodiazepine doses as milligrams of diazepam a day (clinical reference 6).

>>> from decimal import Decimal
>>> diazepam_mg("lorazepam", Decimal("1"))
Decimal('10')
>>> diazepam_mg("unknownzepam", Decimal("1")) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from afterglow.core.cited import Cited, Section
from afterglow.core.medicines.library import body

CLASS = "benzodiazepine"


@dataclass(frozen=True, slots=True)
class Equivalents:
    """Which dose of each benzodiazepine equals the reference dose of diazepam."""

    reference: Cited
    by_key: Mapping[str, Cited]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Equivalents:
        """Read the table; every dose is in mg."""
        section = Section("benzodiazepines", data)
        section.number("diazepam_reference", unit="mg")
        doses = section.section("equals_reference")
        for key in doses.names():
            doses.number(key, unit="mg")
        return cls(
            section.cited("diazepam_reference"), {key: doses.cited(key) for key in doses.names()}
        )

    def diazepam_mg(self, key: str, mg_per_day: Decimal) -> Decimal | None:
        """Return the daily dose in mg of diazepam, or None when the table has no such medicine."""
        equal = self.by_key.get(key)
        return None if equal is None else mg_per_day * self.reference.number / equal.number


@lru_cache(maxsize=1)
def shipped() -> Equivalents:
    """Return the table that ships with the product (status GK: proposed, not approved)."""
    return Equivalents.parse(body("benzodiazepines"))


def diazepam_mg(key: str, mg_per_day: Decimal) -> Decimal | None:
    """Return a daily dose in mg of diazepam by the shipped table, or None when it is not there."""
    return shipped().diazepam_mg(key, mg_per_day)
