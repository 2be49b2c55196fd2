"""Reading an instrument's JSON body. Every number in it carries unit, source and status."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeVar

from afterglow.core.cited import Section, leaves
from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.definition import (
    Band,
    ChangeRule,
    Classification,
    Domain,
    Instrument,
    Item,
    Level,
    LicenceStatus,
    Method,
    Option,
    PassRule,
    Scoring,
)

_Choice = TypeVar("_Choice", LicenceStatus, Method)


def parse_instrument(body: Mapping[str, Any]) -> Instrument:
    """Return the instrument of a JSON body. Raises InvalidValue naming what is wrong."""
    root = Section("instrument", body)
    licence = root.section("licence")
    items = _items(root, body)
    return Instrument(
        key=root.word("key"),
        version=root.word("version"),
        name=root.word("name"),
        form=str(body.get("form", "")),
        recall=str(body.get("recall", "")),
        stem=str(body.get("stem", "")),
        licence=_one_of(LicenceStatus, licence, "status"),
        licence_statement=licence.word("statement"),
        items=items,
        scoring=_scoring(root.section("scoring"), body["scoring"], items),
        bands=_bands(root),
        passing=_passing(root),
        classification=_classification(root, body),
        suicide_items=_item_numbers(root, "suicide_items"),
        change=_change(root),
        needs_approval=any(leaf.status.needs_approval for leaf in leaves(body)),
    )


def _items(root: Section, body: Mapping[str, Any]) -> tuple[Item, ...]:
    sets = {
        name: tuple(Option(int(o["points"]), str(o["label"])) for o in options)
        for name, options in body.get("option_sets", {}).items()
    }
    return tuple(
        _item(section, row, sets)
        for section, row in zip(root.sections("items"), body["items"], strict=True)
    )


def _item(section: Section, row: Mapping[str, Any], sets: Mapping[str, tuple[Option, ...]]) -> Item:
    options: tuple[Option, ...] = ()
    if section.has("options"):
        name = section.word("options")
        if name not in sets:
            raise InvalidValue(f"{section.path}.options is {name!r}; there is no such set.")
        options = sets[name]
    values = [o.value for o in options] or [int(v) for v in row.get("range", ())]
    if len(set(values)) < 2:
        raise InvalidValue(f"{section.path} needs options, or a range of two numbers.")
    return Item(
        key=section.word("key"),
        construct=section.word("construct"),
        text=str(row.get("text", "")),
        lowest=min(values),
        highest=max(values),
        options=options,
        is_reversed=bool(row.get("reversed", False)),
        needed_unless_no=str(row.get("needed_unless_no", "")),
    )


def _scoring(section: Section, body: Mapping[str, Any], items: tuple[Item, ...]) -> Scoring:
    method = _one_of(Method, section, "method")
    counted = tuple(body.get("items", [item.key for item in items]))
    if method is Method.SINGLE and len(counted) != 1:
        raise InvalidValue(f"{section.path} scores one item; it names {len(counted)}.")
    most_missing, never = 0, frozenset[str]()
    if section.has("prorate"):
        prorate = section.section("prorate")
        most_missing = int(prorate.number("most_missing", unit="items"))
        never = frozenset(body["prorate"].get("never", ()))
    return Scoring(
        method=method,
        items=counted,
        multiply=section.number("multiply", unit="1") if section.has("multiply") else Decimal(1),
        most_missing=most_missing,
        never_prorated=never,
        domains=_groups(body, "domains"),
        levels=tuple(Level(x["key"], tuple(x["any_of"])) for x in body.get("levels", ())),
        subscores=_groups(body, "subscores"),
    )


def _groups(body: Mapping[str, Any], key: str) -> tuple[Domain, ...]:
    return tuple(Domain(row["key"], tuple(row["items"])) for row in body.get(key, ()))


def _bands(root: Section) -> tuple[Band, ...]:
    if not root.has("bands"):
        return ()
    bands = [
        Band(
            key=section.word("key"),
            name=section.word("name"),
            lowest=section.number("lowest", unit="score"),
            highest=section.number("highest", unit="score"),
        )
        for section in root.sections("bands")
    ]
    bands.sort(key=lambda band: band.lowest)
    for below, above in pairwise(bands):
        if below.highest >= above.lowest:
            raise InvalidValue(f"The bands {below.key} and {above.key} overlap.")
    return tuple(bands)


def _passing(root: Section) -> PassRule | None:
    if not root.has("passing"):
        return None
    section = root.section("passing")
    return PassRule(section.number("at_least", unit="score"), _item_numbers(section, "items"))


def _classification(root: Section, body: Mapping[str, Any]) -> Classification | None:
    if not root.has("classification"):
        return None
    section = root.section("classification")
    levels = [
        (level.word("key"), level.number("at_least", unit="items"))
        for level in section.sections("levels")
    ]
    return Classification(
        thresholds=_item_numbers(section, "thresholds"),
        needs_any_of=tuple(body["classification"]["needs_any_of"]),
        levels=tuple(sorted(levels, key=lambda level: -level[1])),
    )


def _change(root: Section) -> ChangeRule:
    if not root.has("change"):
        return ChangeRule()
    section = root.section("change")
    return ChangeRule(
        response_percent=_optional(section, "response_percent", unit="%"),
        remission_below=_optional(section, "remission_below", unit="score"),
        smallest_difference=_optional(section, "smallest_difference", unit="score"),
    )


def _item_numbers(section: Section, key: str) -> Mapping[str, Decimal]:
    if not section.has(key):
        return {}
    nested = section.section(key)
    return {item: nested.number(item, unit="score") for item in nested.names()}


def _optional(section: Section, key: str, *, unit: str) -> Decimal | None:
    return section.number(key, unit=unit) if section.has(key) else None


def _one_of(kind: type[_Choice], section: Section, key: str) -> _Choice:
    word = section.word(key)
    try:
        return kind(word)
    except ValueError:
        raise InvalidValue(
            f"{section.path}.{key} is {word!r}; it must be one of {', '.join(kind)}."
        ) from None
