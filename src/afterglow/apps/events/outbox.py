"""Read the outbox in the order in which transactions became visible, and miss nothing.

A serial number is given when a row is written and seen when its transaction commits, so a reader
that asks for "numbers above the last one I saw" loses every row that commits late. Here the order
is (transaction id, row id), and only rows below the oldest transaction that still runs are taken:
nothing can appear behind the reader any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db import connection

from afterglow.apps.events.models import CHANNEL, OutboxEvent
from afterglow.core.errors import InvalidValue

KEEP = timedelta(days=2)
"""A screen that was away for longer starts anew."""

_LARGEST = 2**63 - 1


class Position(NamedTuple):
    """A place in the outbox: everything up to and including it has been seen."""

    xid: int
    row: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"812-44"``, as ``Last-Event-ID`` carries it. Raises InvalidValue."""
        xid, dash, row = text.strip().partition("-")
        if not (dash and xid.isascii() and row.isascii() and xid.isdigit() and row.isdigit()):
            raise InvalidValue(f"{text[:40]!r} is not a place in the outbox, such as '812-44'.")
        place = cls(int(xid), int(row))
        if max(place) > _LARGEST:
            raise InvalidValue(f"{text[:40]!r} is not a place in the outbox: it is too large.")
        return place

    def __str__(self) -> str:
        return f"{self.xid}-{self.row}"


class Event(NamedTuple):
    """One row of the outbox."""

    position: Position
    event: str
    version: int
    topic: UUID
    subject: UUID
    site: UUID
    at: datetime


_COLUMNS = "xid::text::bigint, id, event, version, topic, subject, site, at"
_VISIBLE = "xid < pg_snapshot_xmin(pg_current_snapshot())"
NEXT_SQL = (
    f"SELECT {_COLUMNS} FROM events_outboxevent "  # noqa: S608 (constants)
    f"WHERE (xid, id) > (%s::text::xid8, %s) AND {_VISIBLE} ORDER BY xid, id LIMIT %s"
)
REPLAY_SQL = (
    f"SELECT {_COLUMNS} FROM events_outboxevent "  # noqa: S608 (constants)
    "WHERE (xid, id) > (%s::text::xid8, %s) AND (xid, id) <= (%s::text::xid8, %s) "
    "AND topic = %s ORDER BY xid, id LIMIT %s"
)
# Whether rows are written that may not be read yet, and the oldest transaction that still runs.
WAITING_SQL = (
    "SELECT EXISTS (SELECT 1 FROM events_outboxevent "
    "WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())), "
    "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)
NOW_SQL = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
OLDEST_SQL = "SELECT xid::text::bigint, id, at FROM events_outboxevent ORDER BY xid, id LIMIT 1"
LISTEN_SQL = f"LISTEN {CHANNEL}"


def parameters(place: Position) -> tuple[str, int]:
    """Return a position as the statements take it."""
    return str(place.xid), place.row


def event_of(row: tuple[Any, ...]) -> Event:
    """Return a row of one of the statements above as an event."""
    xid, pk, *rest = row
    return Event(Position(xid, pk), *rest)


def position() -> Position:
    """Return where the outbox stands now: whatever this transaction cannot see comes after it.

    A page takes it before it reads anything, and its stream begins there: nothing between falls
    through, and what is told twice is told with the same ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(NOW_SQL)
        return Position(cursor.fetchone()[0], 0)


def read_after(place: Position, *, limit: int = 1000) -> list[Event]:
    """Return what became final after a position, in order, at most ``limit`` events."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_SQL, [*parameters(place), limit])
        return [event_of(row) for row in cursor.fetchall()]


def prune(*, at: datetime, keep: timedelta = KEEP) -> int:
    """Delete events older than ``keep`` but the last of them; return how many.

    The one that stays marks where the deleting stopped: a screen that stopped before it may have
    missed something, and one that stopped behind it has not.
    """
    old = OutboxEvent.objects.filter(at__lt=at - keep)
    last = old.order_by("-xid", "-pk").values_list("pk", flat=True).first()
    if last is None:
        return 0
    deleted, _ = old.exclude(pk=last).delete()
    return deleted


def is_pruned_before(oldest: tuple[Any, ...], place: Position, *, at: datetime) -> bool:
    """Whether events behind a position may be gone; ``oldest`` is a row of ``OLDEST_SQL``."""
    return Position(*oldest[:2]) > place and oldest[2] < at - KEEP
