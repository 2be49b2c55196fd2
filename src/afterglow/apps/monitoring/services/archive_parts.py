"""One month of readings as tables: written out, taken from the database, and put back in.

Runs as the tables' owner, within the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.db import IntegrityError, connection
from psycopg import sql

from afterglow.apps.monitoring import archive_files as files
from afterglow.core.errors import AfterglowError
from afterglow.db import months

BY_MONTH = ("monitoring_vitalsign", "monitoring_pumpreading", "devices_rawmessage")
"""In the order in which they leave: what points at messages before the messages."""
WITH_THEM = {
    "monitoring_artefactmark": "vital_sign_id",
    "monitoring_devicenotification": "message_id",
    "monitoring_reviewitem": "message_id",
    "monitoring_chartingmistake": "message_id",
    "monitoring_queuecharting": "message_id",
    "devices_messageidentity": "message",
}
"""Tables that are not stored by month, and the column by which a row belongs to one."""
SINCE_THEN = frozenset({"monitoring_chartingmistake", "monitoring_queuecharting"})
"""Tables that files from before there were chartings of the queue do not hold."""


class CannotArchive(AfterglowError):
    """Readings could not be moved; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One month of rows, or ``early``: those from before there were months."""

    name: str
    low: int | None
    high: int

    @property
    def bounds(self) -> str:
        """As PostgreSQL wants them: constants, nothing that a person typed."""
        return f"FROM ({'MINVALUE' if self.low is None else self.low}) TO ({self.high})"

    @property
    def floor(self) -> int:
        """An id below which it has no row."""
        return -(2**63) if self.low is None else self.low


def part_named(name: str) -> Part:
    """Return a part by its name. Raises ValueError for a name that is none."""
    if name == "early":
        return Part(name, None, months.ROWS_A_MONTH)
    year, month = name.split("_")
    low = months.number_of(date(int(year), int(month), 1)) * months.ROWS_A_MONTH
    return Part(name, low, low + months.ROWS_A_MONTH)


def parts_of(table: str) -> list[str]:
    """Return the names of a table's partitions, without the default."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(c.relname, length(%s) + 2) FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
            [table, table],
        )
        return [name for (name,) in cursor.fetchall() if name != "default"]


def csv_of(table: str, part: Part) -> Iterator[bytes]:
    """Yield every row of one table that belongs to a part, as CSV with a header, in order."""
    column = WITH_THEM.get(table, "id")
    query = sql.SQL(
        "COPY (SELECT * FROM {table} WHERE {column} >= {low} AND {column} < {high} "
        "ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)"
    ).format(
        table=sql.Identifier(table),
        column=sql.Identifier(column),
        low=sql.Literal(part.floor),
        high=sql.Literal(part.high),
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for piece in copy:
            yield bytes(piece)


def remove_part(part: Part) -> None:
    """Take a part out of the database, as its owner, within the caller's transaction."""
    with connection.cursor() as cursor:
        with without_triggers(cursor, WITH_THEM):
            for table, column in WITH_THEM.items():
                cursor.execute(
                    sql.SQL("DELETE FROM {} WHERE {column} >= %s AND {column} < %s").format(
                        sql.Identifier(table), column=sql.Identifier(column)
                    ),
                    [part.floor, part.high],
                )
            settle(cursor)
        for table in BY_MONTH:
            if part.name in parts_of(table):
                month = sql.Identifier(f"{table}_{part.name}")
                try:
                    cursor.execute(
                        sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(
                            sql.Identifier(table), month
                        )
                    )
                except IntegrityError as problem:
                    raise CannotArchive(
                        f"Something outside {part.name} still points at its rows in {table}."
                    ) from problem
                cursor.execute(sql.SQL("DROP TABLE {}").format(month))


def attach_part(cursor: Any, table: str, part: Part, archived: files.Archive) -> None:
    """Make one month's table, fill it, and attach it: constraints and foreign keys are checked."""
    name = f"{table}_{part.name}"
    month, parent = sql.Identifier(name), sql.Identifier(table)
    if part.name in parts_of(table):
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(month))
        if cursor.fetchone()[0]:
            raise CannotArchive(f"{name} is in the database already.")
        cursor.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(parent, month))
        cursor.execute(sql.SQL("DROP TABLE {}").format(month))
    cursor.execute(
        sql.SQL(
            "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
        ).format(month, parent)
    )
    load_table(cursor, name, table, archived)
    cursor.execute(
        sql.SQL(
            "CREATE TRIGGER append_only_month BEFORE TRUNCATE ON {} "
            "FOR EACH STATEMENT EXECUTE FUNCTION afterglow_refuse_truncate()"
        ).format(month)
    )
    try:
        cursor.execute(
            sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES {}").format(
                parent, month, sql.SQL(part.bounds)
            )
        )
        settle(cursor)
    except IntegrityError as problem:
        raise CannotArchive(
            f"The rows of {name} do not fit: they point at rows that are not in the database "
            "(restore the month before first), or such rows are in the default partition."
        ) from problem


def load_table(cursor: Any, into: str, table: str, archived: files.Archive) -> None:
    """Fill a table from the file. Raises CannotArchive where the two do not fit."""
    member = archived.members[table]
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = %s",
        [into],
    )
    known = {name for (name,) in cursor.fetchall()}
    if missing := set(member.columns) - known:
        raise CannotArchive(f"{table} has no column {', '.join(sorted(missing))} any more.")
    query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER)").format(
        sql.Identifier(into), sql.SQL(", ").join(map(sql.Identifier, member.columns))
    )
    try:
        with files.content(archived, table) as source, cursor.copy(query) as copy:
            while piece := source.read(1 << 20):
                copy.write(piece)
    except psycopg.errors.IntegrityError as problem:  # a COPY's error is not Django's
        raise CannotArchive(
            f"Rows of {table} in the file are in the database already, or point at rows that are "
            "not."
        ) from problem
    if cursor.rowcount != member.rows:
        raise CannotArchive(
            f"{cursor.rowcount} rows of {table} came back; the file says {member.rows}."
        )


@contextmanager
def without_triggers(cursor: Any, tables: Iterable[str]) -> Iterator[None]:
    """Take the guards of append-only rows off until the caller is done, as only the owner can.

    The tables are locked meanwhile, and a transaction that fails brings the guards back.
    """
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    yield
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))


def settle(cursor: Any) -> None:
    """Check foreign keys now: a table with checks to come cannot be altered."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
