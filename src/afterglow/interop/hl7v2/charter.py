"""``afterglow charter``: makes charts of what the gateway has put on disk, in order.

It may be killed at any moment: a journaled message goes in the transaction that charts it, so it
is charted exactly once. One charter leads, by a lock that dies with its connection.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from afterglow.apps.devices.models import JOURNAL_CHANNEL
from afterglow.apps.monitoring.incoming import IncomingMessage
from afterglow.apps.monitoring.services import MESSAGE_AT_FAULT, judge_touched, store_messages
from afterglow.apps.monitoring.windows import Windows
from afterglow.interop.hl7v2.port import Received
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.store import incoming, read_raw
from afterglow.web import clock

log = logging.getLogger(__name__)

BATCH = 500
JUDGE_EVERY_S = 1.0
JUDGE_AGAIN_S = 0.5
MOST_SESSIONS = 1000
NICE = 5
SESSIONS_AT_ONCE = 100
WAIT_S = 0.25
"""A notification may be missed between a look and a wait; nothing waits longer than this."""
_TAKE = """
DELETE FROM devices_journaledmessage
WHERE id IN (SELECT id FROM devices_journaledmessage ORDER BY id LIMIT %s)
RETURNING id, received_at, peer, port, problem, content
"""
"""A row goes in the transaction that charts it, so taking it first is as safe as taking it last."""
_LEADER = 7_301_115  # any number that nothing else in the database locks


def main(arguments: list[str]) -> int:
    """Chart until SIGTERM or SIGINT; a batch under way is finished first."""
    argparse.ArgumentParser(prog="afterglow charter").parse_args(arguments)
    _step_back()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)
    return 0


def _step_back() -> None:
    """Let the gateway go first where both want a core: what is on disk waits safely, in order."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICE)


def run(stop: threading.Event) -> None:
    """Chart what comes until asked to stop; a lost database is waited for."""
    lead = _Lead()
    alarms = _Alarms()
    while not stop.is_set():
        try:
            if not lead.holds():
                stop.wait(1.0)
                continue
            touched: set[int] = set()
            count = chart_some(touched=touched)
            alarms.note(touched)
            alarms.judge(is_behind=count == BATCH)
            if not count:
                _wait(alarms.due_in_s())
        except (OperationalError, InterfaceError, psycopg.OperationalError) as problem:
            log.warning("The charter waits for the database: %s", type(problem).__name__)
            connection.close()
            alarms.windows.forget()
            stop.wait(0.5)
        except DatabaseError as problem:
            log.exception("A batch could not be charted: %s", type(problem).__name__)
            connection.close()
            alarms.windows.forget()
            stop.wait(1.0)
    connection.close()


class _Journaled(NamedTuple):
    """One row of the journal."""

    pk: int
    received_at: datetime
    peer: str
    port: int
    problem: str
    content: bytes


class _Alarms:
    """When the alarms of sessions that got readings are judged.

    At once as a rule. A session that was judged a moment ago waits that moment: a monitor that
    speaks ten times a second is not judged ten times. When a backlog is worked off, all wait for
    the next second. If the charter dies before, the watch judges within seconds.
    """

    def __init__(self) -> None:
        self.windows = Windows()
        self._due: dict[int, float] = {}
        self._judged: dict[int, float] = {}
        self._last = time.monotonic()

    def note(self, touched: Iterable[int]) -> None:
        """Remember sessions that have just got readings."""
        for pk in touched:
            self._due.setdefault(pk, self._judged.get(pk, 0.0) + JUDGE_AGAIN_S)

    def judge(self, *, is_behind: bool = False) -> None:
        """Judge whose turn it is, few at a time: nobody waits long for a lock."""
        now = time.monotonic()
        if not self._due or (is_behind and now - self._last < JUDGE_EVERY_S):
            return
        due = sorted(pk for pk, at in self._due.items() if at <= now)
        for start in range(0, len(due), SESSIONS_AT_ONCE):
            some = due[start : start + SESSIONS_AT_ONCE]
            judge_touched(some, at=clock.now(), windows=self.windows)
            for pk in some:
                del self._due[pk]
                self._judged[pk] = now
        if due:
            self._last = now
        if len(self._judged) > MOST_SESSIONS:
            self._judged = {pk: at for pk, at in self._judged.items() if now - at < JUDGE_AGAIN_S}

    def due_in_s(self) -> float:
        """Return for how long a wait may last."""
        if not self._due:
            return WAIT_S
        return max(0.0, min(WAIT_S, min(self._due.values()) - time.monotonic()))


def chart_some(limit: int = BATCH, *, touched: set[int] | None = None) -> int:
    """Chart the oldest journaled messages in one transaction; return how many there were.

    Without ``touched`` their sessions' alarms are judged in it, else that is the caller's.
    """
    try:
        return _chart(limit, touched, all_or_none=True)
    except MESSAGE_AT_FAULT:
        # Nothing was written. Once more from the start, and now one by one where it must be.
        return _chart(limit, touched, all_or_none=False)


@transaction.atomic
def _chart(limit: int, touched: set[int] | None, *, all_or_none: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit])
        rows = [_Journaled(*row) for row in sorted(cursor.fetchall())]
    if rows:
        store_messages([_incoming(row) for row in rows], touched=touched, all_or_none=all_or_none)
    return len(rows)


def chart_everything() -> int:
    """Chart whatever is journaled now; return how many messages."""
    total = 0
    while done := chart_some():
        total += done
    return total


def _incoming(row: _Journaled) -> IncomingMessage:
    content = bytes(row.content)
    if row.problem:  # half a message may look like one: what the gateway saw of its frame counts
        why = Problem(ErrorCode.SEGMENT_SEQUENCE, row.problem, "", ErrorSeverity.ERROR)
        return incoming(Received(content, row.received_at, row.peer, row.port, None, why))
    return read_raw(content, received_at=row.received_at, peer=row.peer, port=row.port)


class _Lead:
    """Whether this charter leads: asked once on each connection, because the lock lies on it."""

    def __init__(self) -> None:
        self._on: object = None

    def holds(self) -> bool:
        """Return whether we lead; where we may, we begin to, and hear of the journal from then."""
        connection.ensure_connection()
        if self._on is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LEADER])
            leads = bool(cursor.fetchone()[0])
            if leads:
                cursor.execute(f"LISTEN {JOURNAL_CHANNEL}")
                self._on = connection.connection
        return leads


def _wait(seconds: float) -> Sequence[object]:
    """Wait for the next message, or a moment."""
    raw = connection.connection
    return list(raw.notifies(timeout=seconds, stop_after=1))
