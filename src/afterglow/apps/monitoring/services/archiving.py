"""Months of readings into files and back. Runs as the tables' owner, by command, never from a page.

A month leaves in one transaction: what stays in the database and what is in the file are never
both, and never neither. The file is written, read back and compared before anything is removed.
"""

# ruff: noqa: S608 (statements are built from the names of our own tables)
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from afterglow.apps.audit import services as audit
from afterglow.apps.definitions import queries as definitions
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.monitoring import archive_files as files
from afterglow.apps.monitoring.models import ArchiveAct, ReadingsArchive
from afterglow.core.decisions import Decision
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.retention import (
    ArchiveFacts,
    RetentionRule,
    may_archive,
    retention_rule,
)
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db import months

KEY = "readings"
OPEN = tuple(
    state
    for state in SessionState
    if state not in (SessionState.SIGNED, SessionState.DISCHARGED, SessionState.ENDED)
)
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


@dataclass(frozen=True, slots=True)
class Found:
    """What would happen to one part, and why not."""

    part: Part
    rows: int
    newest: date
    sessions: tuple[int, ...]
    decision: Decision


def part_named(name: str) -> Part:
    """Return a part by its name. Raises ValueError for a name that is none."""
    if name == "early":
        return Part(name, None, months.ROWS_A_MONTH)
    year, month = name.split("_")
    low = months.number_of(date(int(year), int(month), 1)) * months.ROWS_A_MONTH
    return Part(name, low, low + months.ROWS_A_MONTH)


def rule_in_force(at: datetime) -> RetentionRule:
    """Return the retention rule. Raises CannotArchive without one."""
    row = definitions.in_force(DefinitionKind.READINGS_RETENTION, KEY, at)
    if row is None:
        raise CannotArchive(
            "No retention rule for readings is in force, so nothing may leave the database."
        )
    approved = definitions.is_approved(row, at)
    return retention_rule(f"{row.key} v{row.version}", row.body, approved=approved)


def survey(*, before: date, at: datetime) -> list[Found]:
    """Return every part with rows of months before ``before``, newest first, with the decision.

    Newest first, because the readings of a month may be made of messages of the month before it.
    """
    rule = rule_in_force(at)
    names = {name for table in BY_MONTH for name in _parts_of(table)}
    ordered = sorted(names, key=lambda name: (name != "early", name), reverse=True)
    found = [_look(part_named(name), rule, at) for name in ordered]
    first = before.replace(day=1)
    return [each for each in found if each is not None and each.newest < first]


def archive(*, part: str, folder: Path, at: datetime) -> ReadingsArchive | Decision:
    """Write one part to a file and remove it from the database; or say every reason why not.

    Raises CannotArchive, ArchiveDamaged or OSError; nothing is removed then.
    """
    of = part_named(part)
    path = folder / f"readings-{part}.tar"
    written: files.Archive | None = None
    committing = False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            _settle(cursor)
            # Nobody is checked in, and no message is charted, while a month leaves.
            cursor.execute("LOCK TABLE visits_treatmentsession, devices_rawmessage IN SHARE MODE")
            rule = rule_in_force(at)
            found = _look(of, rule, at)
            if found is None:
                raise CannotArchive(f"There are no readings of {part}.")
            if found.decision.refused:
                return found.decision
            written = files.write(
                path,
                part=part,
                tables=[(table, _csv(table, of)) for table in (*BY_MONTH, *WITH_THEM)],
                sessions=found.sessions,
                about={"made_at": at.isoformat(), "retention": rule.name},
            )
            _remove(of)
            done = _note(ArchiveAct.ARCHIVED, written, rule.name, at)
            committing = True
        return done
    except BaseException as stopped:
        if committing:  # the answer is lost, not the question: the only copy may be this file
            raise CannotArchive(
                f"Whether {part} left the database is not known; {path} is kept. "
                "Look with 'afterglow readings months'."
            ) from stopped
        if written is not None:
            path.unlink(missing_ok=True)  # what is still in the database is in no file
        raise


@transaction.atomic
def restore(*, path: Path, at: datetime) -> ReadingsArchive:
    """Put an archived part back.

    Raises ArchiveDamaged or CannotArchive; nothing is changed then.
    """
    archived = files.read(path)
    of = part_named(archived.part)
    expected = {*BY_MONTH, *WITH_THEM}
    if not expected - SINCE_THEN <= set(archived.members) <= expected:
        raise files.ArchiveDamaged(f"{path} does not hold the tables of readings.")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        _settle(cursor)
        for table in reversed(BY_MONTH):
            _attach(cursor, table, of, archived)
        with _without_triggers(cursor, WITH_THEM):
            for table in filter(archived.members.__contains__, WITH_THEM):
                _load(cursor, table, table, archived)
            _settle(cursor)
    return _note(ArchiveAct.RESTORED, archived, "", at)


def standing() -> list[dict[str, Any]]:
    """Return each partition: its table, its part, whether it holds rows, and its bytes."""
    told = []
    with connection.cursor() as cursor:
        for table in BY_MONTH:
            for name in sorted([*_parts_of(table), "default"]):
                cursor.execute(
                    sql.SQL("SELECT EXISTS (SELECT 1 FROM {}), pg_total_relation_size(%s)").format(
                        sql.Identifier(f"{table}_{name}")
                    ),
                    [f"{table}_{name}"],
                )
                filled, size = cursor.fetchone()
                told.append({"table": table, "part": name, "filled": filled, "bytes": size})
    return told


def _parts_of(table: str) -> list[str]:
    """The names of a table's partitions, without the default."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(c.relname, length(%s) + 2) FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
            [table, table],
        )
        return [name for (name,) in cursor.fetchall() if name != "default"]


def _look(part: Part, rule: RetentionRule, at: datetime) -> Found | None:
    """Gather the facts of one part and decide; None when it has no rows."""
    span = {"low": part.floor, "high": part.high}
    within = "id >= %(low)s AND id < %(high)s"
    with connection.cursor() as cursor:

        def ask(query: str) -> Any:
            cursor.execute(query, span | {"open": list(OPEN)})
            return cursor.fetchone()

        rows, newest = ask(
            "SELECT sum(n), max(at) FROM ("
            f"SELECT count(*) AS n, max(received_at) AS at FROM devices_rawmessage WHERE {within} "
            f"UNION ALL SELECT count(*), max(arrived_at) FROM monitoring_vitalsign WHERE {within} "
            f"UNION ALL SELECT count(*), max(arrived_at) FROM monitoring_pumpreading WHERE {within}"
            ") x"
        )
        if not rows:
            return None
        cursor.execute(
            f"SELECT session_id FROM monitoring_vitalsign WHERE {within} "
            f"UNION SELECT session_id FROM monitoring_pumpreading WHERE {within} "
            "UNION SELECT session_id FROM monitoring_devicenotification WHERE session_id IS NOT "
            "NULL AND message_id >= %(low)s AND message_id < %(high)s ORDER BY 1",
            span,
        )
        sessions = tuple(key for (key,) in cursor.fetchall())
        cursor.execute(
            "SELECT count(*) FROM visits_treatmentsession WHERE id = ANY(%s) AND state <> 'signed'",
            [list(sessions)],
        )
        (unsigned,) = cursor.fetchone()
        (opened,) = ask("SELECT count(*) FROM visits_treatmentsession WHERE state = ANY(%(open)s)")
        (in_review,) = ask(
            "SELECT count(*) FROM monitoring_reviewitem WHERE state = 'open' "
            "AND message_id >= %(low)s AND message_id < %(high)s"
        )
        (needed,) = ask(
            "SELECT sum(n) FROM ("
            + " UNION ALL ".join(
                f"SELECT count(*) AS n FROM {table} WHERE message_id >= %(low)s "
                "AND message_id < %(high)s AND (id >= %(high)s OR id < %(low)s)"
                for table in BY_MONTH[:2]
            )
            + ") x"
        )
    last = newest.date() if part.low is None else _last_day(part, newest.date())
    facts = ArchiveFacts(last, opened, unsigned, in_review, int(needed))
    decision = may_archive(facts, rule, today=at.date())
    return Found(part, int(rows), last, sessions, decision)


def _last_day(part: Part, newest: date) -> date:
    """The later of the month that rows were stored in and the day the newest arrived."""
    return max(newest, months.first_day_of(part.floor // months.ROWS_A_MONTH))


def _csv(table: str, part: Part) -> Iterator[bytes]:
    """Every row of one table that belongs to a part, as CSV with a header, in order."""
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


def _remove(part: Part) -> None:
    """Take a part out of the database, as its owner, within the caller's transaction."""
    with connection.cursor() as cursor:
        with _without_triggers(cursor, WITH_THEM):
            for table, column in WITH_THEM.items():
                cursor.execute(
                    sql.SQL("DELETE FROM {} WHERE {column} >= %s AND {column} < %s").format(
                        sql.Identifier(table), column=sql.Identifier(column)
                    ),
                    [part.floor, part.high],
                )
            _settle(cursor)
        for table in BY_MONTH:
            if part.name in _parts_of(table):
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


def _attach(cursor: Any, table: str, part: Part, archived: files.Archive) -> None:
    """Make one month's table, fill it, and attach it: constraints and foreign keys are checked."""
    name = f"{table}_{part.name}"
    month, parent = sql.Identifier(name), sql.Identifier(table)
    if part.name in _parts_of(table):
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
    _load(cursor, name, table, archived)
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
        _settle(cursor)
    except IntegrityError as problem:
        raise CannotArchive(
            f"The rows of {name} do not fit: they point at rows that are not in the database "
            "(restore the month before first), or such rows are in the default partition."
        ) from problem


def _load(cursor: Any, into: str, table: str, archived: files.Archive) -> None:
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
def _without_triggers(cursor: Any, tables: Iterable[str]) -> Iterator[None]:
    """Only the owner can: the guards of append-only rows are off until the caller is done.

    The tables are locked meanwhile, and a transaction that fails brings the guards back.
    """
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    yield
    for table in tables:
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))


def _settle(cursor: Any) -> None:
    """Check foreign keys now: a table with checks to come cannot be altered."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _note(act: ArchiveAct, what: files.Archive, rule: str, at: datetime) -> ReadingsArchive:
    rows = {table: member.rows for table, member in what.members.items()}
    row = ReadingsArchive.objects.create(
        act=act,
        part=what.part,
        file_name=what.path.name[:120],
        sha256=what.sha256,
        rows=rows,
        sessions=list(what.sessions),
        retention=rule,
        at=at,
    )
    audit.record(
        f"readings-{act}",
        subject=row,
        by=None,
        at=at,
        detail={"part": what.part, "sha256": what.sha256, "rows": rows, "retention": rule},
    )
    return row


def missing_months(parts: Sequence[dict[str, Any]], *, at: datetime) -> list[str]:
    """Return the tables that have no partition for this month or the next."""
    have = {(each["table"], each["part"]) for each in parts}
    number = months.number_of(at.date())
    return [
        f"{table} {day:%Y-%m}"
        for table in BY_MONTH
        for day in (months.first_day_of(number), months.first_day_of(number + 1))
        if (table, f"{day:%Y_%m}") not in have
    ]
