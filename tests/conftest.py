"""What every test may use."""

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
