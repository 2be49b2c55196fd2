"""Several statements in one trip to the database: the answers are waited for together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def pipelined() -> Iterator[None]:
    """Send what is written inside without waiting for each answer; raise the first error after it.

    For use in a transaction, which such an error spoils as any other does. No COPY inside.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def rows_of(*asked: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of several statements with their parameters, asked in one trip.

    Plain SQL, because making a statement of a query set costs more than asking it.
    """
    cursors = [connection.cursor() for _ in asked]
    with pipelined():
        for cursor, (sql, parameters) in zip(cursors, asked, strict=True):
            cursor.execute(sql, parameters)
        found = [list(cursor.fetchall()) for cursor in cursors]
    for cursor in cursors:
        cursor.close()
    return found
