"""A private PostgreSQL for the tests of this checkout.

With ``DATABASE_URL`` set, that server is used (its user must be allowed to create databases).
Without it, the first test that needs a database starts a cluster in ``.afterglow/test-pg``; every
pytest process of the checkout shares it, and the last one to leave stops it. The locks are the
kernel's, so a killed run leaves nothing that the next one trips over.

Migrating takes long, so it is done once: into a template database that is kept until a migration
or a model changes. Each pytest process works on a copy (``support.template``).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote, urlencode

import psycopg
import pytest
import pytest_django
from psycopg import sql

from afterglow.config.postgres import FORGETFUL, Cluster, Role
from support import template

HOME = Path(__file__).resolve().parents[2] / ".afterglow" / "test-pg"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Only one process at a time starts or stops the shared server."""
    with (home / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _join(cluster: Cluster) -> IO[str]:
    """Start the shared server unless it runs; hold the returned file for as long as it is used."""
    cluster.home.mkdir(parents=True, exist_ok=True)
    users = (cluster.home / "users.lock").open("w")
    with _alone(cluster.home):
        fcntl.flock(users, fcntl.LOCK_SH)
        cluster.prepare()
        if cluster.postmaster() is None or cluster.answers() is not None:
            with (cluster.home / "server.log").open("wb") as log:
                cluster.start(log=log.fileno())
            _drop_leftovers(cluster)
            _let_the_owner_do_more(cluster)
    return users


def _leave(cluster: Cluster, users: IO[str]) -> None:
    """Stop the shared server if nobody else uses it."""
    with users, _alone(cluster.home):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        cluster.stop()


def _drop_leftovers(cluster: Cluster) -> None:
    """Drop the databases of killed runs; the server has just started, so nobody uses them."""
    with psycopg.connect(cluster.url(Role.ADMIN, "postgres"), autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test%'")
        for (name,) in rows.fetchall():
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _let_the_owner_do_more(cluster: Cluster) -> None:
    """In tests only: the owner may take the application's role, to see what it is refused, and
    may write rows without their triggers (``support.remembered``).
    """
    with psycopg.connect(cluster.url(Role.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
                sql.Identifier(Role.APPLICATION), sql.Identifier(Role.OWNER)
            )
        )
        connection.execute(
            sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(
                sql.Identifier(Role.OWNER)
            )
        )


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The running private cluster of this checkout, for tests that need its roles or its files."""
    private = Cluster(HOME, settings=FORGETFUL)
    users = _join(private)
    yield private
    _leave(private, users)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Point Django at the private cluster; the test database carries this process's number."""
    from django.db import connections

    from afterglow.config import env

    settings = connections.settings["default"]
    if not os.environ.get("DATABASE_URL"):
        private: Cluster = request.getfixturevalue("cluster")
        ours = env.database(private.url(Role.OWNER))
        settings.update({key: ours[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
        # Django first connects to "postgres" to make the test database; both roles may.
    settings["TEST"]["NAME"] = f"test_{settings['NAME']}_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Give this process a copy of the migrated template, and drop it at the end."""
    from django.db import connections

    HOME.mkdir(parents=True, exist_ok=True)
    with django_db_blocker.unblock():
        aliases = list(connections)
        name = str(connections["default"].settings_dict["TEST"]["NAME"])
        with (HOME / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            source = template.ensure(application_role=_application_role())
        template.copy(source, name)
        for alias in aliases:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
    with template.emptying_instead_of_flushing():
        yield
    with django_db_blocker.unblock():
        for alias in aliases:
            connections[alias].close()
        template.drop(name)


def _application_role() -> str | None:
    """The role that the running application has; with a ``DATABASE_URL`` there is only one role."""
    return None if os.environ.get("DATABASE_URL") else str(Role.APPLICATION)


@pytest.fixture
def application_role(db: None) -> str:
    """The application's role, for ``SET ROLE`` in tests of what it is refused."""
    role = _application_role()
    if role is None:
        pytest.skip("DATABASE_URL names one role only; the private cluster has the application's.")
    return role


class DatabaseUrl(Protocol):
    """Gives the URL of the test database for a role."""

    def __call__(self, role: Role = Role.APPLICATION) -> str: ...


@pytest.fixture
def database_url(request: pytest.FixtureRequest, django_db_setup: None) -> DatabaseUrl:
    """Give the URL of the test database for a role, for processes that the test starts.

    Such processes see committed rows only: use it with ``transactional_db``. With a
    ``DATABASE_URL`` of one's own there is one role, the one it names.
    """
    from django.db import connection

    settings: dict[str, Any] = connection.settings_dict
    name = str(settings["NAME"])

    def of_our_own(role: Role = Role.APPLICATION) -> str:
        private: Cluster = request.getfixturevalue("cluster")
        return private.url(role, name)

    def of_the_given_server(role: Role = Role.APPLICATION) -> str:
        where = urlencode({"host": settings["HOST"], "port": settings["PORT"]})
        who = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
        return f"postgresql://{who}@/{quote(name)}?{where}"

    return of_the_given_server if os.environ.get("DATABASE_URL") else of_our_own
