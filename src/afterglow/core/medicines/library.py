"""The medicine data that ships with the product: the seed of the medicine-list definitions."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def body(key: str, version: int = 1) -> dict[str, Any]:
    """Return one shipped list: ``products``, ``drug_classes`` or ``benzodiazepines``."""
    file = resources.files("afterglow").joinpath("data", "medicines", key, f"{version}.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))
