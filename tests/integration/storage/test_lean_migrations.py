"""The quick way to migrate leaves the same tables as Django's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from afterglow.db.migrating import lean_states

CATALOGUE = """
    SELECT 'column', table_name || '.' || column_name, ordinal_position || data_type
        || coalesce(column_default, '') || is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', proname, md5(prosrc)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang <> 13
    ORDER BY 1, 2, 3
"""


def catalogue(name: str, migrate: Callable[[], Any]) -> list[tuple[Any, ...]]:
    """Migrate an empty database and return all that its catalogue says."""
    before = connection.settings_dict["NAME"]
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    identifier = sql.Identifier(name)
    with psycopg.connect(**parameters, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            migrate()
            with connection.cursor() as cursor:
                cursor.execute(CATALOGUE)
                return list(cursor.fetchall())
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_quick_way_makes_the_same_tables() -> None:
    def by(way: Any) -> Callable[[], None]:
        def run() -> None:
            with way():
                call_command("migrate", verbosity=0, interactive=False)

        return run

    quick = catalogue("afterglow_quick", by(lean_states))
    plain = catalogue("afterglow_plain", by(nullcontext))

    assert len(quick) > 2000
    assert quick == plain
