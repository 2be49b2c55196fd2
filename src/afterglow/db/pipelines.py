"""Several statements in one trip to the database: the answers are waited for together.

On the roads that use this a statement is asked many times a second, so the server keeps its plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

KEPT_AFTER = 5
"""A statement that was asked so often is kept, parsed and planned, by the connection."""


class _Asked:
    """A statement with its values in it, where Django's log looks for it."""

    def __init__(self, text: str) -> None:
        self.query = text.encode()


class _Planned(psycopg.Cursor[Any]):
    """The driver's cursor, which leaves what it asked to Django's log of statements."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        super().execute(query, params, **more)
        if connection.queries_logged:
            noted: Any = self
            noted._query = _Asked(psycopg.ClientCursor(self.connection).mogrify(query, params))
        return self


def planned_cursor() -> Any:
    """Return a cursor whose statements the server keeps: their values are sent beside them.

    Django writes the values into the text of each statement, so every one is parsed and planned
    anew. For statements of few forms; what is different each time only fills the server's memory.
    """
    connection.ensure_connection()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = KEPT_AFTER
    prepared: Any = connection  # as Django's own cursors are made: errors, the log of statements
    return prepared._prepare_cursor(_Planned(raw))


@contextmanager
def pipelined() -> Iterator[None]:
    """Send what is written inside without waiting for each answer; raise the first error after it.

    An error spoils a transaction as any other does, and its rollback makes the driver forget what
    it meant to keep. Outside of one nothing would: the connection is closed, and the next statement
    opens another. No COPY inside.
    """
    connection.ensure_connection()
    try:
        with connection.wrap_database_errors, connection.connection.pipeline():
            yield
    except BaseException:
        if not connection.in_atomic_block:
            connection.close()
        raise


def rows_of(*asked: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of several statements with their parameters, asked in one trip.

    Plain SQL, because making a statement of a query set costs more than asking it.
    """
    cursors = [planned_cursor() for _ in asked]
    with pipelined():
        for cursor, (sql, parameters) in zip(cursors, asked, strict=True):
            cursor.execute(sql, parameters)
        found = [list(cursor.fetchall()) for cursor in cursors]
    for cursor in cursors:
        cursor.close()
    return found
