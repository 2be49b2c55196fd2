"""Colours of drug labels (ISO 26825), as data with a source. Colour aids; text rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from afterglow.core.cited import Section
from afterglow.core.medicines import library

CLASS_OF_PRODUCT: Final = {"benzodiazepine": "tranquilliser", "antihypertensive": "hypotensive"}
"""What the standard calls a product's class, where we call it otherwise."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label class: its fill and text colour (``#RRGGBB``), and whether it is striped white."""

    code: str
    name: str
    fill: str
    ink: str
    stripes: bool


@lru_cache(maxsize=1)
def labels() -> Mapping[str, Label]:
    """Return every label class by its code, as shipped."""
    root = Section("labels", library.body("labels"))
    found = {}
    for one in root.sections("classes"):
        code = one.word("code")
        found[code] = Label(
            code, one.word("name"), one.text("fill"), one.text("ink"), one.flag("stripes")
        )
    return found


def label_of(product_class: str) -> Label:
    """Return the label of a product's class; one that the standard does not name is plain."""
    known = labels()
    return known.get(CLASS_OF_PRODUCT.get(product_class, product_class), known["other"])
