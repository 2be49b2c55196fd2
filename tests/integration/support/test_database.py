"""The database that tests get: private, real, and with the rights of a clinic's."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from afterglow.config.postgres import Role
from support.database import DatabaseUrl


@pytest.mark.django_db
def test_tests_run_on_postgresql_18_or_newer_than_15() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (number,) = cursor.fetchone()

    assert int(number) >= 150000


@pytest.mark.django_db
def test_every_process_has_a_database_of_its_own() -> None:
    assert str(connection.settings_dict["NAME"]).startswith("test_")


def test_the_application_role_sees_the_tables_but_may_not_empty_them(
    transactional_db: None, database_url: DatabaseUrl
) -> None:
    with psycopg.connect(database_url(Role.APPLICATION)) as application:
        user = application.execute("SELECT current_user").fetchone()
        application.execute("SELECT count(*) FROM accounts_account")

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("TRUNCATE accounts_account")

    assert user == (Role.APPLICATION,)
