"""What every test may use."""

from pathlib import Path

import pytest

from afterglow.config.assets import compile_translations
from afterglow.web.translations import PACKAGE
from support.database import (
    application_role,
    cluster,
    database_url,
    django_db_modify_db_settings,
    django_db_setup,
)

__all__ = [
    "application_role",
    "cluster",
    "database_url",
    "django_db_modify_db_settings",
    "django_db_setup",
]


HERE = Path(__file__).parent
FOLLOW_STREAMS = tuple(
    HERE / each for each in ("browser", "integration/live", "integration/faults")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what follows live events: ``./test`` runs it apart (see support.everything)."""
    for item in items:
        if any(folder in item.path.parents for folder in FOLLOW_STREAMS):
            item.add_marker(pytest.mark.streams)


def pytest_configure() -> None:
    """Compile the translations that are older than their words, before anything reads them."""
    compile_translations(PACKAGE)
