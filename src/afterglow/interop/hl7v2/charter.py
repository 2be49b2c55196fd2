"""``afterglow charter``: makes charts of what the gateway has put on disk, in order.

It may be killed at any moment: a journaled message goes in the transaction that charts it, so it
is charted exactly once. One charter leads, by a lock that dies with its connection. Whose alarms
are to be judged it tells ``afterglow judge``, which holds up no message.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import threading
from collections import deque
from datetime import datetime
from typing import NamedTuple

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from afterglow.apps.devices.models import JOURNAL_CHANNEL
from afterglow.apps.monitoring.incoming import IncomingMessage
from afterglow.apps.monitoring.services import MESSAGE_AT_FAULT, store_messages, tell_touched
from afterglow.db.leading import Lead, heard
from afterglow.db.pipelines import rows_of
from afterglow.interop.hl7v2.port import Received
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.store import incoming, read_raw

log = logging.getLogger(__name__)

BATCH = 500
NICE = 5
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
    lead = Lead(_LEADER, hears=JOURNAL_CHANNEL)
    while not stop.is_set():
        try:
            if not lead.holds():
                stop.wait(1.0)
                continue
            touched: set[int] = set()
            count = chart_some(touched=touched)
            tell_touched(touched)
            if not count:
                deque(heard(WAIT_S), maxlen=0)  # rung for, or a moment later
        except (OperationalError, InterfaceError, psycopg.OperationalError) as problem:
            log.warning("The charter waits for the database: %s", type(problem).__name__)
            connection.close()
            stop.wait(0.5)
        except DatabaseError as problem:
            log.exception("A batch could not be charted: %s", type(problem).__name__)
            connection.close()
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
    (taken,) = rows_of((_TAKE, [limit]))  # with the transaction's beginning in one trip
    rows = [_Journaled(*row) for row in sorted(taken)]
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
