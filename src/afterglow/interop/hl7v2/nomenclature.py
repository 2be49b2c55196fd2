"""The IEEE 11073 terms of ``data/mdc.json``, by code and by reference id."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import NamedTuple

from afterglow.core.errors import InvalidValue


class Term(NamedTuple):
    """One nomenclature term. ``ucum`` is set for units, the preferred form first."""

    code: int
    refid: str
    kind: str
    ucum: tuple[str, ...] = ()


@cache
def terms() -> tuple[Term, ...]:
    """Return every term the product knows."""
    text = resources.files("afterglow.data").joinpath("mdc.json").read_text("utf-8")
    return tuple(
        Term(item["code"], item["refid"], item["kind"], tuple(item.get("ucum", ())))
        for item in json.loads(text)["terms"]
    )


@cache
def _by_code() -> dict[int, Term]:
    return {term.code: term for term in terms()}


@cache
def _codes_of() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for known in terms():
        found[known.refid] = (*found.get(known.refid, ()), known.code)
    return found


def by_code(code: int) -> Term | None:
    """Return the term of a context-free code, or None when the product does not know it."""
    return _by_code().get(code)


def codes_of(refid: str) -> tuple[int, ...]:
    """Return the codes a reference id stands for; devices disagree about a few."""
    return _codes_of().get(refid, ())


def term(refid: str) -> Term:
    """Return the term of a reference id. Raises InvalidValue when the product does not know it."""
    codes = codes_of(refid)
    if not codes:
        raise InvalidValue(f"{refid!r} is not a term of the nomenclature table.")
    return _by_code()[codes[0]]
