"""The bench runs only when it is asked for: ``just bench``, which is ``pytest -m bench``."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the bench out of every other run: its numbers mean nothing beside other work."""
    if config.option.markexpr != "bench":
        mine = [item for item in items if item.get_closest_marker("bench")]
        items[:] = [item for item in items if item not in mine]
        config.hook.pytest_deselected(items=mine)
