"""The application's role can add to history and never change, remove or empty it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from afterglow.db.models import AppendOnly, is_append_only

GROWING = [model for model in apps.get_models() if is_append_only(model)]
OURS = [model for model in GROWING if issubclass(model, AppendOnly)]
VERBS = {
    "UPDATE": "UPDATE {table} SET {column} = {column}",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table} CASCADE",
}


def _say(verb: str, model: type[models.Model]) -> str:
    quoted = connection.ops.quote_name
    return VERBS[verb].format(
        table=quoted(model._meta.db_table), column=quoted(str(model._meta.pk.column))
    )


def _names(model: type[models.Model]) -> str:
    return model._meta.label_lower


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("model", GROWING, ids=_names)
def test_the_application_role_cannot_rewrite_history(
    application_role: str, model: type[models.Model], verb: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {application_role}")

        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute(_say(verb, model))

        cursor.execute(f"SELECT has_table_privilege('{model._meta.db_table}', 'INSERT, SELECT')")
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=_names)
def test_even_the_owner_cannot_empty_a_table_that_only_grows(model: type[models.Model]) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(_say("TRUNCATE", model))


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=_names)
def test_a_table_that_only_grows_carries_its_row_trigger(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O' "
            "AND tgname LIKE 'pgtrigger_append_only_rows%%'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (1,)
