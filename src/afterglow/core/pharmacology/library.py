"""The pharmacological data that ships with the product: the seed of the PK definitions."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from afterglow.core.pharmacology.errors import UnknownModel
from afterglow.core.pharmacology.standing import Number, number

ROOT = ("data", "pharmacology")


@cache
def shipped_versions(kind: str) -> dict[str, int]:
    """Return every shipped key of a kind (``models``, ``constants``, …) with its newest version."""
    root = resources.files("afterglow").joinpath(*ROOT, kind)
    newest: dict[str, int] = {}
    for folder in sorted(root.iterdir(), key=lambda f: f.name):
        versions = [int(f.name.removesuffix(".json")) for f in folder.iterdir()]
        newest[folder.name] = max(versions)
    return newest


@cache
def _text(kind: str, key: str, version: int) -> str:
    file = resources.files("afterglow").joinpath(*ROOT, kind, key, f"{version}.json")
    return file.read_text(encoding="utf-8")


def body(kind: str, key: str, version: int | None = None) -> dict[str, Any]:
    """Return one shipped body. Raises UnknownModel listing the keys there are."""
    there = shipped_versions(kind)
    if key not in there:
        raise UnknownModel(f"Nothing called {key!r} in {kind}; there are {', '.join(there)}.")
    return dict(json.loads(_text(kind, key, version or there[key])))


@cache
def constant_number(section: str, name: str) -> Number:
    """Return one physical constant with its source. Raises UnknownModel for another name."""
    constants = body("constants", "physical")
    if section not in constants or name not in constants[section]:
        raise UnknownModel(f"No constant is called {section}.{name}.")
    return number(f"constants.{section}.{name}", constants[section][name])


def constant(section: str, name: str) -> float:
    """Return the value of one physical constant, in the unit its entry states."""
    return constant_number(section, name).value
