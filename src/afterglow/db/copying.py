"""Rows into a table by COPY: several times cheaper than INSERT where there are many.

A few go in by one INSERT without an answer, because a COPY waits for the server twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from afterglow.db import months
from afterglow.db.pipelines import planned_cursor

_KEYS = "SELECT {month} FROM generate_series(1, %s)"
FEW = 20
"""Rows that one INSERT takes; above it a COPY is cheaper."""


def copy_in(rows: Sequence[models.Model], *, with_keys: bool = False) -> None:
    """Add rows of one model with one statement; their numbers come from the database, and not back.

    ``with_keys``: the rows have their numbers already, from ``next_keys``.

    Constraints and triggers hold as ever. For models whose columns PostgreSQL's driver knows
    (numbers, texts, times, ids): no field with a type of its own. Raises what an INSERT would.
    No more than ``FEW`` rows may be added in a pipeline, where the error comes at its end.
    """
    if not rows:
        return
    fields = [
        field
        for field in rows[0]._meta.concrete_fields
        if (with_keys or not field.primary_key) and not field.has_db_default()
    ]
    names = [field.attname for field in fields]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields if field.column)
    table = quote(rows[0]._meta.db_table)
    values: list[list[Any]] = [[_plain(getattr(row, name)) for name in names] for row in rows]
    if len(rows) <= FEW:
        places = ", ".join([f"({', '.join(['%s'] * len(names))})"] * len(rows))
        with planned_cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {places}",  # noqa: S608 (our own names)
                [value for row in values for value in row],
            )
        return
    statement = f"COPY {table} ({columns}) FROM STDIN"
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in values:
            copy.write_row(row)


def next_keys(model: type[models.Model], count: int) -> tuple[str, Sequence[Any]]:
    """Return what asks for the numbers of rows to come, as the database itself would give them."""
    table = model._meta.db_table
    return _KEYS.format(month=months.KEY_SQL.format(sequence=f"{table}_id_seq")), [count]


def _plain(value: object) -> object:
    """An enumeration's word as text: the driver would write its name."""
    return str(value) if isinstance(value, str) else value
