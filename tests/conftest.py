"""What every test may use."""

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


def pytest_configure() -> None:
    """Compile the translations that are older than their words, before anything reads them."""
    compile_translations(PACKAGE)
