"""Sessions that got something new from a device: told, looked at, and judged where it matters."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction

from afterglow.apps.monitoring import facts
from afterglow.apps.monitoring.protocol import with_rules
from afterglow.apps.monitoring.services import common
from afterglow.apps.monitoring.services.alarms import judge, would_change
from afterglow.apps.monitoring.windows import Windows
from afterglow.core.errors import AfterglowError

log = logging.getLogger(__name__)

TOUCHED_CHANNEL = "afterglow_sessions_touched"
MOST_TOLD = 400
"""Keys in one notification: PostgreSQL takes 8,000 letters, and a key has at most 19."""


def tell_touched(keys: Collection[int]) -> None:
    """Tell whoever judges that sessions got something new; call it after the commit.

    A word that is lost costs seconds: the watch judges all sessions by itself.
    """
    ordered = sorted(keys)
    for start in range(0, len(ordered), MOST_TOLD):
        said = " ".join(map(str, ordered[start : start + MOST_TOLD]))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [TOUCHED_CHANNEL, said])


def told_of(said: str) -> Iterator[int]:
    """Return the sessions that a word on the channel names."""
    return map(int, said.split())


def judge_touched(keys: Iterable[int], *, at: datetime, windows: Windows) -> int:
    """Judge the alarms of sessions that got readings; return how many alarms changed.

    A session's lock is held while its new readings are read, and again where an alarm changes;
    not while it is looked at: readings are charted meanwhile. That is safe because a look decides
    only that nothing is to be done, and whoever changes what it saw judges it himself before his
    commit, or tells of it after it. The schedule is the watch's.
    """
    with transaction.atomic():
        sessions = with_rules(common.lock_sessions(keys).values())
        windows.refresh([s.pk for s in facts.watched(sessions)], at=at)
    try:
        changing = would_change(sessions, at=at, windows=windows)
        if not changing:
            return 0
        with transaction.atomic():
            locked = with_rules(common.lock_sessions(changing).values())
            windows.refresh([s.pk for s in facts.watched(locked)], at=at)
            return judge(locked, at=at, with_schedule=False, windows=windows)
    except AfterglowError:
        log.exception("The alarms of %s sessions could not be judged", len(sessions))
        return 0
