"""One process of several leads: by a lock that dies with its connection."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection


class Lead:
    """Whether this process leads, asked once on each connection, because the lock lies on it.

    ``number``: any that nothing else in the database locks. ``hears``: channels that a leader
    listens to from the moment it leads.
    """

    def __init__(self, number: int, *, hears: str = "") -> None:
        self._number = number
        self._hears = hears
        self._on: object = None

    def holds(self) -> bool:
        """Return whether we lead; where we may, we begin to."""
        connection.ensure_connection()
        if self._on is connection.connection:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._number])
            leads = bool(cursor.fetchone()[0])
            if leads:
                if self._hears:
                    cursor.execute(f"LISTEN {self._hears}")
                self._on = connection.connection
        return leads


def heard(seconds: float) -> Iterator[str]:
    """Wait for a word on the channels that are listened to, or a moment; yield what was said.

    What came while the connection was busy is not lost: it is said at the next call.
    """
    for said in connection.connection.notifies(timeout=seconds, stop_after=1):
        yield said.payload
