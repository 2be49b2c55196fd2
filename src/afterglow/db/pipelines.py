"""Several statements in one trip to the database: the answers are waited for together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import QuerySet


@contextmanager
def pipelined() -> Iterator[None]:
    """Send what is written inside without waiting for each answer; raise the first error after it.

    For use in a transaction, which such an error spoils as any other does. No COPY inside.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def rows_of(*asked: QuerySet[Any, Any]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of several ``values_list`` queries, asked in one trip.

    Values are as the driver gives them: for columns whose field changes nothing on the way.
    """
    cursors = []
    found = []
    with pipelined():
        for query in asked:
            sql, parameters = query.query.sql_with_params()
            cursor = connection.cursor()
            cursor.execute(sql, parameters)
            cursors.append(cursor)
        for cursor in cursors:
            with cursor:
                found.append(list(cursor.fetchall()))
    return found
