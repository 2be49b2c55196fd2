"""What many tests begin with is made once by the real services, and then laid down again as rows.

A day walked to a signed record takes some thirty service calls. The first test of a process that
asks for it walks it; what the walk wrote is kept, table by table, and the next test that asks for
the same day in an untouched database gets the same rows, by COPY, and the same objects. Anything
else is made anew: a second day in one test, a day at a given site, a test that commits, a server
on which the tests' role may not lay rows down.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ParamSpec, TypeVar

from django.db import connection
from psycopg import sql

P = ParamSpec("P")
T = TypeVar("T")

PLAIN = (str, int, float, bool, type(None))

WRITTEN_HERE = """
SELECT relname FROM pg_stat_xact_user_tables
 WHERE schemaname = 'public' AND n_tup_ins + n_tup_upd + n_tup_del > 0
"""
"""The tables that this transaction has written to."""

MAY_LAY_DOWN = "SELECT has_parameter_privilege('session_replication_role', 'SET')"


@dataclass(frozen=True)
class _Kept:
    """The rows of every table that was written, and what was returned."""

    rows: tuple[tuple[str, bytes], ...]
    returned: Any


_kept: dict[str, _Kept] = {}


def remembered(make: Callable[P, T]) -> Callable[P, T]:
    """Make something in the database once for each set of plain arguments."""

    @functools.wraps(make)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        name = _name(make, args, kwargs)
        if name is None or not _untouched():
            return make(*args, **kwargs)
        if (known := _kept.get(name)) is None:
            made = make(*args, **kwargs)
            _kept[name] = _Kept(_written_rows(), copy.deepcopy(made))
            return made
        _lay_down(known.rows)
        returned: T = copy.deepcopy(known.returned)
        return returned

    return again


def _name(make: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    if not all(_is_plain(each) for each in (*args, *kwargs.values())):
        return None
    return f"{make.__module__}.{make.__qualname__}{args!r}{sorted(kwargs.items())!r}"


def _is_plain(value: Any) -> bool:
    """Say whether the repr of an argument tells all of it; a row or a factory's does not."""
    if isinstance(value, dict):
        return all(_is_plain(each) for each in (*value, *value.values()))
    if isinstance(value, (tuple, list)):
        return all(_is_plain(each) for each in value)
    return isinstance(value, (*PLAIN, Enum)) or type(value).__module__ in ("datetime", "decimal")


def _untouched() -> bool:
    """Say whether this test is rolled back at its end, has written nothing, and may lay down."""
    if not connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        if not _may_lay_down():
            return False
        cursor.execute(WRITTEN_HERE)
        return not cursor.fetchall()


@functools.cache
def _may_lay_down() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(MAY_LAY_DOWN)
        (may,) = cursor.fetchone()
    return bool(may)


def _written_rows() -> tuple[tuple[str, bytes], ...]:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN_HERE)
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            command = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))
            with cursor.copy(command) as copy:
                found.append((table, b"".join(bytes(block) for block in copy)))
    return tuple(found)


def _lay_down(rows: tuple[tuple[str, bytes], ...]) -> None:
    """Write the rows as they were: the triggers that made some of them do not fire again.

    A table that was not empty before the walk would meet its own keys here, loudly.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, block in rows:
            command = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
            with cursor.copy(command) as copy:
                copy.write(block)
        cursor.execute("SET LOCAL session_replication_role = origin")
