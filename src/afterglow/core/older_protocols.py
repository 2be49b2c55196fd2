"""What a protocol version that is older than a value runs under, so that it can still be judged.

A session keeps the version that it began with. A value that came later is not in it, and an alarm
that cannot be judged is worse than one judged by the value proposed when it came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


def completed(section: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a section's body with every value that is newer than it; what it says is untouched.

    A group in which a value is missing is only completed where the group itself is there: a
    definition without it is broken, not old.
    """
    whole = dict(body)
    for path, value in _fallbacks()[section].items():
        group, leaf = path.split(".")
        inside = whole.get(group)
        if isinstance(inside, Mapping) and leaf not in inside:
            whole[group] = {**inside, leaf: value}
    return whole


def fallback(section: str, path: str) -> Mapping[str, Any]:
    """Return what stands in for a group of a section that a version does not have at all."""
    return dict(_fallbacks()[section][path])


@cache
def _fallbacks() -> Mapping[str, Mapping[str, Any]]:
    file = resources.files("afterglow").joinpath("data", "protocol_fallbacks.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))
