"""The gateway's store: whatever waits goes on disk in one COPY, and then its senders are answered.

One COPY by itself is one transaction, so a commit costs two round trips however many connections
wait. Charting follows in a process of its own (``charter``), so that a slow chart never keeps a
monitor waiting, and a dead one loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from afterglow.apps.devices.models import JOURNAL_CHANNEL
from afterglow.core.monitoring.device_profile import STANDARD, DeviceProfile
from afterglow.interop.hl7v2.message import Message
from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.interop.hl7v2.port import STORED, Received, Stored, StoredAs
from afterglow.interop.hl7v2.store import still_wrong

log = logging.getLogger(__name__)

_COPY = (
    "COPY devices_journaledmessage (received_at, peer, port, problem, content) "
    "FROM STDIN (FORMAT BINARY)"
)
_HEADER, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_BEFORE_PEER = struct.Struct("!hiqi")  # five columns; the time in 8 bytes; how long the peer is
_PORT = struct.Struct("!iii")  # the port in 4 bytes; how long the problem is
_LENGTH = struct.Struct("!i")
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_BACKLOG = "SELECT COALESCE(max(id) - min(id) + 1, 0) FROM devices_journaledmessage"
BACKLOG_AT_MOST = 50_000
"""Above it messages are taken as slowly as they are charted: the journal stays bounded."""
LOOK_EVERY = 1000
SLOWLY_S = 0.5
RING_EVERY_S = 0.005
_UTC = ZoneInfo("UTC")
_DJANGOS_OWN = frozenset({"cursor_factory", "context", "prepare_threshold", "client_encoding"})

ProfileOf = Callable[[Message], DeviceProfile]


class Journal:
    """Keeps messages durably, in order. Raises when it could not: nothing is acknowledged then."""

    def __init__(
        self, connect: Mapping[str, Any], *, profile_of: ProfileOf = lambda _message: STANDARD
    ) -> None:
        # Django adds what only its own kind of connection understands.
        self._connect = {k: v for k, v in connect.items() if k not in _DJANGOS_OWN}
        self._profile_of = profile_of
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._since_look = LOOK_EVERY
        self._bell = _Bell(self._connect)

    async def __call__(self, received: Sequence[Received]) -> Sequence[Stored]:
        """Store a batch with one commit, and say what was wrong with each message."""
        try:
            connection = await self._ready()
            await self._wait_for_charts(connection, len(received))
            async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                await copy.write(_rows(received))
        except BaseException:
            await self._leave()  # also when the gateway gave up waiting: the state is not known
            raise
        self._bell.ring()
        return [self._judged(each) for each in received]

    async def close(self) -> None:
        """Give the connections back; the next batch opens others."""
        await self._bell.close()
        await self._leave()

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        await _close(connection)

    async def _ready(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            connection = await psycopg.AsyncConnection.connect(**self._connect, autocommit=True)
            await connection.execute("SET synchronous_commit = on")
            self._connection = connection
        return self._connection

    async def _wait_for_charts(self, connection: psycopg.AsyncConnection[Any], count: int) -> None:
        self._since_look += count
        if self._since_look < LOOK_EVERY:
            return
        self._since_look = 0
        row = await (await connection.execute(_BACKLOG)).fetchone()
        if row is not None and row[0] > BACKLOG_AT_MOST:
            log.warning("%s messages wait to be charted; new ones are taken slowly.", row[0])
            self._since_look = LOOK_EVERY
            await asyncio.sleep(SLOWLY_S)

    def _judged(self, received: Received) -> Stored:
        """Validate a message. Whose it is, and whether it came before, is the charter's to say."""
        if received.usual is not None:
            return STORED
        if received.message is None or received.objection is not None:
            return Stored(StoredAs.REJECTED)
        report = decode_oru(received.message, default_zone=_UTC, received_at=received.received_at)
        if not report.problems:
            return Stored(StoredAs.STORED)
        profile = self._profile_of(received.message)
        return Stored(StoredAs.STORED, still_wrong(report, profile))


class _Bell:
    """Wakes the charter after a commit, on a connection of its own: no sender waits for it.

    A commit with a notification holds a lock of the whole server until it is on disk, so the commit
    of a batch carries none. While many come, one ring is for all of them; a lost one costs the
    charter's own patience, a quarter of a second.
    """

    def __init__(self, connect: Mapping[str, Any]) -> None:
        self._connect = connect
        self._wanted = asyncio.Event()
        self._ringing: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Ring soon."""
        self._wanted.set()
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._ring_for_ever(), name="hl7v2 bell")

    async def close(self) -> None:
        """Ring no more."""
        ringing, self._ringing = self._ringing, None
        if ringing is not None:
            ringing.cancel()
            await asyncio.gather(ringing, return_exceptions=True)

    async def _ring_for_ever(self) -> None:
        connection: psycopg.AsyncConnection[Any] | None = None
        try:
            connection = await psycopg.AsyncConnection.connect(**self._connect, autocommit=True)
            await connection.execute("SET synchronous_commit = off")  # it writes nothing to lose
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                await connection.execute(f"NOTIFY {JOURNAL_CHANNEL}")
                await asyncio.sleep(RING_EVERY_S)
        except (psycopg.Error, OSError) as problem:
            log.warning("The charter could not be woken: %s", type(problem).__name__)
        finally:
            await _close(connection)


async def _close(connection: psycopg.AsyncConnection[Any] | None) -> None:
    if connection is not None:
        with contextlib.suppress(psycopg.Error, OSError):
            await connection.close()


def _rows(received: Sequence[Received]) -> bytes:
    """Return rows as PostgreSQL's binary COPY takes them, made by hand: one write for a batch."""
    pieces = [_HEADER]
    for each in received:
        peer, why = each.peer[:80].encode(), _why_not(each).encode()
        at = (each.received_at - _EPOCH) // _MICROSECOND
        pieces += (
            _BEFORE_PEER.pack(5, 8, at, len(peer)),
            peer,
            _PORT.pack(4, each.port, len(why)),
            why,
            _LENGTH.pack(len(each.raw)),
            each.raw,
        )
    pieces.append(_END)
    return b"".join(pieces)


def _why_not(received: Received) -> str:
    """Why some bytes are no message; one that was read is read again when it is charted."""
    if received.usual is not None or received.message is not None or received.objection is None:
        return ""
    return received.objection.sentence.replace("\x00", "")[:200]
