"""The seed dosing protocol, read for tests of the core."""

import json
from importlib.resources import files
from typing import Any

from afterglow.core.cited import Section
from afterglow.core.dosing import DosingRules

SEED = "data/protocols/iv_ketamine_adult/4/dosing.json"


def seed_body() -> dict[str, Any]:
    """Return the dosing section of the seed protocol."""
    body: dict[str, Any] = json.loads(files("afterglow").joinpath(SEED).read_text("utf-8"))
    return body


RULES = DosingRules.parse(Section("dosing", seed_body()))
