"""Months of readings into files and back. Runs as the tables' owner, by command, never from a page.

A month leaves in one transaction: what stays in the database and what is in the file are never
both, and never neither. The file is written, read back and compared before anything is removed.
"""

# ruff: noqa: S608 (statements are built from the names of our own tables)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from afterglow.apps.audit import services as audit
from afterglow.apps.definitions import queries as definitions
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.monitoring import archive_files as files
from afterglow.apps.monitoring.models import ArchiveAct, ReadingsArchive
from afterglow.apps.monitoring.services.archive_parts import (
    BY_MONTH,
    SINCE_THEN,
    WITH_THEM,
    CannotArchive,
    Part,
    attach_part,
    csv_of,
    load_table,
    part_named,
    parts_of,
    remove_part,
    settle,
    without_triggers,
)
from afterglow.core.decisions import Decision
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


@dataclass(frozen=True, slots=True)
class Found:
    """What would happen to one part, and why not."""

    part: Part
    rows: int
    newest: date
    sessions: tuple[int, ...]
    decision: Decision


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
    names = {name for table in BY_MONTH for name in parts_of(table)}
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
            settle(cursor)
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
                tables=[(table, csv_of(table, of)) for table in (*BY_MONTH, *WITH_THEM)],
                sessions=found.sessions,
                about={"made_at": at.isoformat(), "retention": rule.name},
            )
            remove_part(of)
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
        settle(cursor)
        for table in reversed(BY_MONTH):
            attach_part(cursor, table, of, archived)
        with without_triggers(cursor, WITH_THEM):
            for table in filter(archived.members.__contains__, WITH_THEM):
                load_table(cursor, table, table, archived)
            settle(cursor)
    return _note(ArchiveAct.RESTORED, archived, "", at)


def standing() -> list[dict[str, Any]]:
    """Return each partition: its table, its part, whether it holds rows, and its bytes."""
    told = []
    with connection.cursor() as cursor:
        for table in BY_MONTH:
            for name in sorted([*parts_of(table), "default"]):
                cursor.execute(
                    sql.SQL("SELECT EXISTS (SELECT 1 FROM {}), pg_total_relation_size(%s)").format(
                        sql.Identifier(f"{table}_{name}")
                    ),
                    [f"{table}_{name}"],
                )
                filled, size = cursor.fetchone()
                told.append({"table": table, "part": name, "filled": filled, "bytes": size})
    return told


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
