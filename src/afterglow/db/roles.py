"""What the application's role may do: everything on mutable tables, only add to the rest."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from psycopg import sql

from afterglow.db.models import is_append_only


def grant_application_role(connection: Any, role: str) -> None:
    """Give ``role`` what the running application needs, and no more. Run by the owner.

    Append-only tables give SELECT and INSERT; every other table also UPDATE and DELETE; the months
    of a table that is stored by month give nothing. No table gives TRUNCATE. Safe to repeat.
    """
    append_only = {model._meta.db_table for model in apps.get_models() if is_append_only(model)}
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relispartition FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        tables = cursor.fetchall()
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        cursor.execute(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name)
        )
        cursor.execute(
            sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(name)
        )
        for table, is_month in tables:
            target = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(target, name))
            if is_month:
                continue  # reached through the table it is a month of, whose triggers are whole
            rights = "SELECT, INSERT" if table in append_only else "SELECT, INSERT, UPDATE, DELETE"
            cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), target, name))
