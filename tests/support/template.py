"""A migrated database to copy from, and how a test's committed rows are removed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

from afterglow.db.migrating import lean_states
from afterglow.db.roles import grant_application_role

ROOT = Path(__file__).resolve().parents[2]
SHAPED_BY = (
    "src/afterglow/apps/*/migrations/*.py",
    "src/afterglow/apps/*/models.py",
    "src/afterglow/apps/*/models/*.py",
    "src/afterglow/db/*.py",
    "src/afterglow/config/settings.py",
    "uv.lock",
)
PREFIX = "afterglow_template_"


def fingerprint() -> str:
    """Return the hash of everything that shapes the tables."""
    digest = hashlib.sha256()
    for pattern in SHAPED_BY:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def ensure(*, application_role: str | None) -> str:
    """Return the name of the migrated template; make it if missing. One caller at a time."""
    name = PREFIX + fingerprint()
    with _server() as server:
        known = [
            row[0]
            for row in server.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"]
            )
        ]
        if name in known:
            return name
        for old in known:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
        draft = name + "_draft"
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(_named(draft)))
        _migrate(draft, application_role)
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(_named(draft), _named(name))
        )
    return name


def _migrate(database: str, application_role: str | None) -> None:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        with lean_states():
            call_command("migrate", verbosity=0, interactive=False)
        if application_role is not None:
            grant_application_role(connection, application_role)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def copy(source: str, name: str) -> None:
    """Make the database ``name`` as a copy of ``source``."""
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_named(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(_named(name), _named(source))
        )


def drop(name: str) -> None:
    """Drop a copy, whoever is still connected to it."""
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_named(name)))


def _named(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _server() -> psycopg.Connection:
    """Connect beside Django, to the server's own database."""
    wanted = connection.get_connection_params()
    keep = ("user", "password", "host", "port")
    return psycopg.connect(
        dbname="postgres", autocommit=True, **{key: wanted[key] for key in keep if key in wanted}
    )


EMPTY_THE_TABLES = """
DO $$
DECLARE
    found record;
    filled text[] := '{}';
    one text;
    is_filled boolean;
BEGIN
    FOR found IN SELECT format('%I', tablename) AS name FROM pg_tables
                 WHERE schemaname = 'public' AND tablename <> ALL (ARRAY[
                     'django_migrations', 'django_content_type', 'auth_permission'])
                 ORDER BY tablename DESC  -- procrastinate_periodic_defers before procrastinate_jobs
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || found.name || ')' INTO is_filled;
        IF is_filled THEN filled := filled || found.name; END IF;
    END LOOP;
    FOREACH one IN ARRAY filled LOOP EXECUTE 'ALTER TABLE ' || one || ' DISABLE TRIGGER USER';
    END LOOP;
    FOREACH one IN ARRAY filled LOOP EXECUTE 'DELETE FROM ' || one; END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH one IN ARRAY filled LOOP EXECUTE 'ALTER TABLE ' || one || ' ENABLE TRIGGER USER';
    END LOOP;
END $$
"""


@contextmanager
def emptying_instead_of_flushing() -> Iterator[None]:
    """Remove what ``transactional_db`` tests committed.

    Django's flush is a TRUNCATE, which append-only tables refuse. The owner of the tables takes the
    triggers off for one transaction; the application's role could not.
    """
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def empty(self: TransactionTestCase) -> None:
        for attempt in range(1, 6):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '20s'")
                    cursor.execute(EMPTY_THE_TABLES)
            except OperationalError as no:
                # A request that the closed page had begun takes its rows and its tables in another
                # order than we do. PostgreSQL lets one of the two go; when it is us, it ends soon.
                if attempt == 5 or not isinstance(no.__cause__, psycopg.errors.DeadlockDetected):
                    raise
            else:
                return

    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]
