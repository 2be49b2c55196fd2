"""``afterglow judge``: judges the alarms of sessions that just got readings, beside the charting.

The charter tells whose readings are new. It may be killed at any moment: an alarm changes in one
transaction, and while no judge is there the watch judges every session within seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterable

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from afterglow.apps.monitoring.services import TOUCHED_CHANNEL, judge_touched, told_of
from afterglow.apps.monitoring.windows import Windows
from afterglow.db.leading import Lead, heard
from afterglow.web import clock

log = logging.getLogger(__name__)

AGAIN_S = 0.5
"""A session is judged again at the earliest after this: a monitor may speak ten times a second."""
BUSY_AT_MOST = 0.3
"""The share of its time that judging takes on a full floor; the cores are the gateway's first."""
MOST_SESSIONS = 1000
NICE = 6
"""Below the charter, whose readings it judges."""
SESSIONS_AT_ONCE = 100
WAIT_S = 0.25
_LEADER = 7_301_116  # any number that nothing else in the database locks


def main(arguments: list[str]) -> int:
    """Judge until SIGTERM or SIGINT; a round under way is finished first."""
    argparse.ArgumentParser(prog="afterglow judge").parse_args(arguments)
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICE)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)
    return 0


def run(stop: threading.Event) -> None:
    """Judge what is told until asked to stop; a lost database is waited for."""
    lead = Lead(_LEADER, hears=TOUCHED_CHANNEL)
    turns = Turns()
    while not stop.is_set():
        try:
            if not lead.holds():
                stop.wait(1.0)
                continue
            for said in heard(turns.due_in_s()):
                turns.note(told_of(said))
            turns.judge()
        except (OperationalError, InterfaceError, psycopg.OperationalError) as problem:
            log.warning("The judge waits for the database: %s", type(problem).__name__)
            connection.close()
            turns.windows.forget()
            stop.wait(0.5)
        except DatabaseError as problem:
            log.exception("A round could not be judged: %s", type(problem).__name__)
            connection.close()
            turns.windows.forget()
            stop.wait(1.0)
    connection.close()


class Turns:
    """When the alarms of sessions that got readings are judged.

    At once as a rule. A session that was judged a moment ago waits that moment; on a full floor
    the moment grows with what a round costs.
    """

    def __init__(self) -> None:
        self.windows = Windows()
        self._due: dict[int, float] = {}
        self._judged: dict[int, float] = {}
        self._again_s = AGAIN_S

    def note(self, touched: Iterable[int]) -> None:
        """Remember sessions that have just got readings."""
        for pk in touched:
            self._due.setdefault(pk, self._judged.get(pk, 0.0) + self._again_s)

    def judge(self) -> None:
        """Judge whose turn it is, few at a time: nobody waits long for a lock."""
        began = time.monotonic()
        due = sorted(pk for pk, at in self._due.items() if at <= began)
        for start in range(0, len(due), SESSIONS_AT_ONCE):
            some = due[start : start + SESSIONS_AT_ONCE]
            judge_touched(some, at=clock.now(), windows=self.windows)
            for pk in some:
                del self._due[pk]
                self._judged[pk] = began
        if due:
            self._again_s = max(AGAIN_S, (time.monotonic() - began) / BUSY_AT_MOST)
        if len(self._judged) > MOST_SESSIONS:
            self._judged = {pk: at for pk, at in self._judged.items() if began - at < self._again_s}

    def due_in_s(self) -> float:
        """Return for how long a wait may last."""
        if not self._due:
            return WAIT_S
        return max(0.0, min(WAIT_S, min(self._due.values()) - time.monotonic()))
