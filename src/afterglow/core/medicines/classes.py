"""The class of a medicine, by its exact name. A near name is offered, never taken.

Distance between spellings has put the wrong medicine into charts before: ``known`` answers only an
exact name (accents and case apart), and ``near`` gives what a person may have meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from rapidfuzz import fuzz, process

from afterglow.core.cited import Status
from afterglow.core.errors import InvalidValue
from afterglow.core.medicines.library import body
from afterglow.core.medicines.names import fold

NEAR: Final = 78
"""How alike two spellings are, of 100, for one to be offered for the other."""


@dataclass(frozen=True, slots=True)
class DrugClass:
    """One class that the day-of-treatment rules and the chart speak of."""

    code: str
    name: str
    note: str
    source: str
    status: Status


@dataclass(frozen=True, slots=True)
class KnownMedicine:
    """One medicine of the list: its key, its name and its class."""

    key: str
    name: str
    drug_class: DrugClass


@dataclass(frozen=True, slots=True)
class MedicineList:
    """Every medicine with a class, by folded name."""

    classes: Mapping[str, DrugClass]
    by_name: Mapping[str, KnownMedicine]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> MedicineList:
        """Read the list. Raises InvalidValue when a name stands under two classes."""
        classes: dict[str, DrugClass] = {}
        by_name: dict[str, KnownMedicine] = {}
        for item in data["classes"]:
            drug_class = DrugClass(
                item["code"], item["name"], item["note"], item["source"], Status(item["status"])
            )
            classes[drug_class.code] = drug_class
            for entry in item["medicines"]:
                known = KnownMedicine(entry["key"], entry["names"][0], drug_class)
                for name in entry["names"]:
                    if by_name.setdefault(fold(name), known) is not known:
                        raise InvalidValue(f"The medicine {name!r} stands under two classes.")
        return cls(classes, by_name)

    def known(self, name: str) -> KnownMedicine | None:
        """Return the medicine of a name, a brand, or a name followed by a strength or form."""
        words = fold(name).split()
        for length in range(len(words), 0, -1):
            if found := self.by_name.get(" ".join(words[:length])):
                return found
        return None

    def near(self, name: str) -> tuple[str, ...]:
        """Return the listed names that are spelt nearly like ``name``, best first."""
        words = fold(name).split()
        if not words:
            return ()
        hits = process.extract(
            words[0], list(self.by_name), scorer=fuzz.ratio, score_cutoff=NEAR, limit=3
        )
        return tuple(hit[0] for hit in hits)

    def names(self) -> tuple[str, ...]:
        """Return every listed name in order, brands included."""
        return tuple(sorted(self.by_name))


@lru_cache(maxsize=1)
def shipped() -> MedicineList:
    """Return the list that ships with the product."""
    return MedicineList.parse(body("drug_classes"))
