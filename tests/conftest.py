"""What every test may use."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytest_django import Settings

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

# A busy machine is slow, and slow is not wrong: no law is held to a wall clock.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")

HERE = Path(__file__).parent
FOLLOW_STREAMS = tuple(
    HERE / each for each in ("browser", "integration/live", "integration/faults")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what follows live events: ``./test`` runs it apart (see support.everything)."""
    for item in items:
        if any(folder in item.path.parents for folder in FOLLOW_STREAMS):
            item.add_marker(pytest.mark.streams)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the night before a release have a longer fault campaign."""
    parser.addoption("--faults", type=int, default=20, help="faults of the large fault campaign")
    parser.addoption(
        "--fault-minutes",
        type=float,
        default=None,
        help="begin no further fault of the large campaign after so many minutes",
    )


def pytest_configure() -> None:
    """Compile the translations that are older than their words, before anything reads them."""
    compile_translations(PACKAGE)


@pytest.fixture(autouse=True)
def quick_hash(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Hash passwords by MD5: the shipped hash is slow on purpose.

    Not for the tests that look at the shipped one, nor where a process of its own, which knows only
    the shipped ones, signs people in.
    """
    if "shipped_hash" not in request.node.name and not request.node.get_closest_marker("streams"):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
