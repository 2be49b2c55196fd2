"""``afterglow watch``: what becomes true because time passes, every few seconds.

Overdue readings, silent devices and pumps that disagree raise their alarms although nothing
arrives; devices of finished sessions are released; old events are pruned. It may be killed at any
moment and started twice: one leader holds a lock in the database, and every step is safe to repeat.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import Exists, OuterRef, Q

from afterglow.apps.events import outbox
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import AfterglowError
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock

log = logging.getLogger(__name__)

EVERY_S = 3.0
PRUNE_EVERY = timedelta(hours=1)
_LEADER = 7_301_114  # any number that nothing else in the database locks


def main(arguments: list[str]) -> int:
    """Watch until SIGTERM or SIGINT; a step under way is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Watch().run(stop)
    return 0


class Watch:
    """The loop, and what it remembers between two rounds."""

    def __init__(self, *, every_s: float = EVERY_S, now: Callable[[], datetime] = clock.now):
        self._every_s = every_s
        self._now = now
        self._pruned_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Go round until asked to stop; a lost database is waited for."""
        while not stop.is_set():
            try:
                if lead():
                    self.step()
            except (OperationalError, InterfaceError) as problem:
                log.warning("The watch waits for the database: %s", type(problem).__name__)
                connection.close()
            except DatabaseError:
                log.exception("A round of the watch failed")
                connection.close()
            stop.wait(self._every_s)
        connection.close()

    def step(self) -> None:
        """Go round once."""
        at = self._now()
        services.release_stale_devices(at=at)
        for session in sessions_to_watch():
            try:
                services.refresh_alarms(session=session, at=at)
            except (AfterglowError, TreatmentSession.DoesNotExist):
                # One session's broken protocol does not keep the others unwatched.
                log.exception("The alarms of session %s could not be judged", session)
        pass_on_unanswered(at=at)
        if self._pruned_at is None or at - self._pruned_at >= PRUNE_EVERY:
            self._pruned_at = at
            outbox.prune(at=at)


def sessions_to_watch() -> list[UUID]:
    """Return the sessions whose patient is here, and those that are over with an alarm open."""
    open_alarm = Alarm.objects.filter(session=OuterRef("pk"), ended_at__isnull=True)
    watched = TreatmentSession.objects.filter(
        Q(state__in=WATCHED) | (Exists(open_alarm) & ~Q(state=SessionState.SIGNED))
    )
    return list(watched.order_by("pk").values_list("public_id", flat=True))


def lead() -> bool:
    """Whether this process is the leader: the lock is its connection's, and dies with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s "
            "AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s)",
            [_LEADER, _LEADER],
        )
        return bool(cursor.fetchone()[0])
