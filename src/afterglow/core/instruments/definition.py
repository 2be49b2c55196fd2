"""An instrument as data: items, options, scoring, bands, safety rules and licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from afterglow.core.errors import InvalidValue


class LicenceStatus(StrEnum):
    """What of the instrument's wording may ship with the product."""

    TEXT_ALLOWED = "text_allowed"
    OWN_WORDS = "own_words"
    CONSTRUCTS_ONLY = "constructs_only"

    @property
    def allows_text(self) -> bool:
        """Whether items and options may carry wording: the author's, or our own."""
        return self is not LicenceStatus.CONSTRUCTS_ONLY


class Method(StrEnum):
    """How answers become a value."""

    SUM = "sum"
    SINGLE = "single"
    DOMAINS = "domains"
    FIRST_MATCH = "first_match"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be given."""

    value: int
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``text`` is empty where the licence keeps the wording; ``construct`` is ours.

    ``options`` is empty for a plain range such as 0 to 10. ``needed_unless_no``: the item is
    skipped when that other item was answered with 0.
    """

    key: str
    construct: str
    text: str
    lowest: int
    highest: int
    options: tuple[Option, ...] = ()
    is_reversed: bool = False
    needed_unless_no: str = ""

    def allows(self, answer: int) -> bool:
        """Whether the answer is one of the item's."""
        if self.options:
            return any(option.value == answer for option in self.options)
        return self.lowest <= answer <= self.highest

    def points(self, answer: int) -> int:
        """Return what an answer counts."""
        return self.lowest + self.highest - answer if self.is_reversed else answer


@dataclass(frozen=True, slots=True)
class Domain:
    """Items of which the highest counts."""

    key: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A level that is reached when any of ``any_of`` is answered with yes (1)."""

    key: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scoring:
    """How to score. ``items`` count toward the total; the rest are asked and not counted."""

    method: Method
    items: tuple[str, ...]
    multiply: Decimal = Decimal(1)
    most_missing: int = 0
    never_prorated: frozenset[str] = frozenset()
    domains: tuple[Domain, ...] = ()
    levels: tuple[Level, ...] = ()
    subscores: tuple[Domain, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """A range of totals, ends included, with its name."""

    key: str
    name: str
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class PassRule:
    """The total that passes, and the items that must reach a value whatever the total."""

    at_least: Decimal
    items: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Classification:
    """A count of items at or above a threshold, one of ``needs_any_of`` being among them."""

    thresholds: Mapping[str, Decimal]
    needs_any_of: tuple[str, ...]
    levels: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """What a change between two totals means; None where nothing is said."""

    response_percent: Decimal | None = None
    remission_below: Decimal | None = None
    smallest_difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of one instrument. ``form`` tells variants of the same name apart."""

    key: str
    version: str
    name: str
    form: str
    recall: str
    stem: str
    licence: LicenceStatus
    licence_statement: str
    items: tuple[Item, ...]
    scoring: Scoring
    bands: tuple[Band, ...]
    passing: PassRule | None
    classification: Classification | None
    suicide_items: Mapping[str, Decimal]
    change: ChangeRule
    needs_approval: bool

    def __post_init__(self) -> None:
        carries_wording = bool(self.stem) or any(i.text or i.options for i in self.items)
        if carries_wording and not self.licence.allows_text:
            raise InvalidValue(f"{self.name} carries wording, and its licence is {self.licence}.")
        keys = [item.key for item in self.items]
        if len(keys) != len(set(keys)):
            raise InvalidValue(f"{self.name} has an item twice among {', '.join(keys)}.")
        for key in self._items_in_rules():
            self.item(key)

    def item(self, key: str) -> Item:
        """Return an item. Raises InvalidValue when the instrument has none of that key."""
        for item in self.items:
            if item.key == key:
                return item
        raise InvalidValue(f"{self.name} has no item {key!r}.")

    def band(self, total: Decimal) -> Band | None:
        """Return the band of a total, or None where the instrument has none."""
        return next((b for b in self.bands if b.lowest <= total <= b.highest), None)

    def _items_in_rules(self) -> list[str]:
        scoring = self.scoring
        named = [*scoring.items, *scoring.never_prorated, *self.suicide_items]
        for group in (*scoring.domains, *scoring.subscores):
            named += group.items
        for level in scoring.levels:
            named += level.any_of
        named += [item.needed_unless_no for item in self.items if item.needed_unless_no]
        if self.passing:
            named += self.passing.items
        if self.classification:
            named += [*self.classification.thresholds, *self.classification.needs_any_of]
        return named
