"""``afterglow migrate``, ``prepare`` and ``manage``: Django's commands on the right database."""

from __future__ import annotations

import argparse
import os
import sys
from io import StringIO
from pathlib import Path

from afterglow.config.bootstrap import PROGRESS
from afterglow.config.connection import OWNER_URL, URL, Urls, database


def set_up_django(url: str) -> None:
    """Make Django ready in this process, on the database that ``url`` names."""
    os.environ[URL] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "afterglow.config.settings")
    import django

    django.setup()


def migrate(data: Path) -> int:
    """Bring the tables up to date as their owner, then give the application role its rights."""
    with database(data) as urls:
        bring_up_to_date(urls)
    return 0


def prepare(options: argparse.Namespace) -> int:
    """Migrate and, for a demo, seed it; the demo's sign-ins go to stdout."""
    with database(options.data) as urls:
        bring_up_to_date(urls, definitions=not options.demo)
        if options.demo:
            _seed_demo(urls)
    return 0


def bring_up_to_date(urls: Urls, *, definitions: bool = True, quietly: bool = False) -> None:
    """Run the migrations and seed the definitions as the owner; give the application its rights.

    The demo seeds its own ``definitions``, dated to the day its clinic is said to have opened.
    ``quietly``: without a line for each migration.
    """
    set_up_django(urls.owner)
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from psycopg.conninfo import conninfo_to_dict

    from afterglow.db.migrating import lean_states
    from afterglow.db.roles import grant_application_role

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with lean_states():
            told = 0 if quietly else 1
            call_command("migrate", interactive=False, verbosity=told, stdout=sys.stderr)
    application = conninfo_to_dict(urls.application).get("user")
    if application and application != conninfo_to_dict(urls.owner).get("user"):
        grant_application_role(connection, str(application))
    if definitions:
        out = StringIO() if quietly else sys.stderr
        call_command("sync_definitions", stdout=out)
        call_command("sync_medicines", stdout=out)
        call_command("sync_evidence", stdout=out)
    connection.close()


def _seed_demo(urls: Urls) -> None:
    """Bring the demo to the middle of its day and print its sign-ins.

    It runs as the application role, as people's own work does.
    """
    from django.db import connections

    from afterglow.config import env
    from afterglow.config.demo import seed
    from afterglow.web import clock

    connections["default"].close()
    os.environ[URL] = urls.application
    connections["default"].settings_dict.update(env.database(urls.application))
    sys.stdout.write(f"{PROGRESS}Inventing the demo clinic and its day …\n")
    sys.stdout.flush()
    sys.stdout.write(f"{seed(clock.now(), now=clock.now)}\n")


def manage(data: Path, arguments: list[str]) -> int:
    """Run one of Django's own commands, as the application role."""
    with database(data) as urls:
        os.environ[OWNER_URL] = urls.owner
        set_up_django(urls.application)
        from django.core.management import execute_from_command_line

        execute_from_command_line(["afterglow manage", *arguments])
    return 0
