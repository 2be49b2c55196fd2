"""The instruments that ship with the product: the seed of the definitions table."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.circulation import CirculationRule
from afterglow.core.instruments.definition import Instrument
from afterglow.core.instruments.parsing import parse_instrument


def shipped_bodies() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the JSON body of every shipped instrument, by key and version."""
    bodies: dict[tuple[str, str], dict[str, Any]] = {}
    root = resources.files("afterglow").joinpath("data", "instruments")
    for folder in sorted(root.iterdir(), key=lambda f: f.name):
        for file in sorted(folder.iterdir(), key=lambda f: f.name):
            body = dict(json.loads(file.read_text(encoding="utf-8")))
            bodies[(folder.name, file.name.removesuffix(".json"))] = body
    return bodies


def shipped_body(key: str, version: str = "1") -> dict[str, Any]:
    """Return one shipped body. Raises InvalidValue when there is none."""
    bodies = shipped_bodies()
    if (key, version) not in bodies:
        raise InvalidValue(f"No instrument {key!r} version {version!r} ships with the product.")
    return bodies[(key, version)]


def instrument(key: str, version: str = "1") -> Instrument:
    """Return a shipped instrument. Raises InvalidValue when there is none."""
    return parse_instrument(shipped_body(key, version))


def circulation_rule(key: str, version: str = "1") -> CirculationRule:
    """Return the circulation rule of a shipped recovery scale."""
    return CirculationRule.parse(shipped_body(key, version))
