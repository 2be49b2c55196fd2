"""What every test may use."""

from support.database import (
    cluster,
    database_url,
    django_db_modify_db_settings,
)

__all__ = ["cluster", "database_url", "django_db_modify_db_settings"]
