"""``afterglow charter``: makes charts of what the gateway has put on disk, in order.

It may be killed at any moment: a journaled message goes in the transaction that charts it, so it
is charted exactly once. One charter leads, by a lock that dies with its connection.
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
import time
from collections.abc import Sequence

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from afterglow.apps.devices.models import JOURNAL_CHANNEL, JournaledMessage
from afterglow.apps.monitoring.incoming import IncomingMessage
from afterglow.apps.monitoring.services import judge_touched, store_messages
from afterglow.apps.monitoring.windows import Windows
from afterglow.interop.hl7v2.port import Received
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.store import incoming, read_raw
from afterglow.web import clock

log = logging.getLogger(__name__)

BATCH = 500
JUDGE_EVERY_S = 1.0
SESSIONS_AT_ONCE = 100
WAIT_S = 0.25
"""A notification may be missed between a look and a wait; nothing waits longer than this."""
_LEADER = 7_301_115  # any number that nothing else in the database locks


def main(arguments: list[str]) -> int:
    """Chart until SIGTERM or SIGINT; a batch under way is finished first."""
    argparse.ArgumentParser(prog="afterglow charter").parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)
    return 0


def run(stop: threading.Event) -> None:
    """Chart what comes until asked to stop; a lost database is waited for."""
    touched: set[int] = set()
    windows = Windows()
    judged_at = time.monotonic()
    while not stop.is_set():
        try:
            if not _lead():
                stop.wait(1.0)
                continue
            count = chart_some(touched=touched)
            # At once as a rule; when a backlog is worked off, once a second.
            if touched and (count < BATCH or time.monotonic() - judged_at >= JUDGE_EVERY_S):
                _judge(touched, windows)
                judged_at = time.monotonic()
            if not count:
                _wait()
        except (OperationalError, InterfaceError, psycopg.OperationalError) as problem:
            log.warning("The charter waits for the database: %s", type(problem).__name__)
            connection.close()
            windows.forget()
            stop.wait(0.5)
        except DatabaseError as problem:
            log.exception("A batch could not be charted: %s", type(problem).__name__)
            connection.close()
            windows.forget()
            stop.wait(1.0)
    connection.close()


@transaction.atomic
def chart_some(limit: int = BATCH, *, touched: set[int] | None = None) -> int:
    """Chart the oldest journaled messages in one transaction; return how many there were.

    Without ``touched`` their sessions' alarms are judged in it, else that is the caller's.
    """
    rows = list(JournaledMessage.objects.order_by("pk")[:limit])
    if rows:
        store_messages([_incoming(row) for row in rows], touched=touched)
        JournaledMessage.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def chart_everything() -> int:
    """Chart whatever is journaled now; return how many messages."""
    total = 0
    while done := chart_some():
        total += done
    return total


def _incoming(row: JournaledMessage) -> IncomingMessage:
    content = bytes(row.content)
    if row.problem:  # half a message may look like one: what the gateway saw of its frame counts
        why = Problem(ErrorCode.SEGMENT_SEQUENCE, row.problem, "", ErrorSeverity.ERROR)
        return incoming(Received(content, row.received_at, row.peer, row.port, None, why))
    return read_raw(content, received_at=row.received_at, peer=row.peer, port=row.port)


def _judge(touched: set[int], windows: Windows) -> None:
    """Judge the alarms of sessions that got readings, few at a time: nobody waits long for a lock.

    If the charter dies before it has, the watch judges them within seconds.
    """
    while touched:
        some = sorted(touched)[:SESSIONS_AT_ONCE]
        judge_touched(some, at=clock.now(), windows=windows)
        touched.difference_update(some)


def _lead() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s "
            "AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s)",
            [_LEADER, _LEADER],
        )
        leads = bool(cursor.fetchone()[0])
        if leads:
            cursor.execute(f"LISTEN {JOURNAL_CHANNEL}")
    return leads


def _wait() -> Sequence[object]:
    """Wait for the next message, or a moment."""
    raw = connection.connection
    return list(raw.notifies(timeout=WAIT_S, stop_after=1))
