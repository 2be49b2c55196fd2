"""The MLLP gateway: takes messages from devices, has them stored, and only then answers.

Group commit: while one call of the store is under way, everything that arrives waits for the next
call, so that one commit carries many messages when the floor is busy and one when it is quiet.
When the store fails, nothing is answered and the connections are closed: the senders keep their
messages and send them again.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.ack import (
    PROCESSING_IDS,
    Verdict,
    acknowledge,
    objection,
    reject_undecodable,
)
from afterglow.interop.hl7v2.connection import Connection
from afterglow.interop.hl7v2.framing import Frame, FrameKind
from afterglow.interop.hl7v2.glance import glance
from afterglow.interop.hl7v2.message import Undecodable, decode
from afterglow.interop.hl7v2.peers import Peers
from afterglow.interop.hl7v2.port import STORED, Received, Store, Stored, StoredAs
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem

log = logging.getLogger(__name__)

MAX_BATCH = 500
MAX_CONNECTIONS = 512
MAX_HELD_BYTES = 32 << 20
"""Of unfinished messages over all connections; the largest is closed above it."""

_SENTENCES = {
    FrameKind.CUT: "A new message started before this one ended.",
    FrameKind.OVERSIZE: "The message is above the size limit; its head was kept.",
    FrameKind.NOISE: "These bytes stood outside any frame.",
}


class GatewayServer:
    """An MLLP server in front of one store.

    >>> # server = GatewayServer("127.0.0.1", 2575, store=store_messages, clock=now)
    >>> # await server.start(); …; await server.stop()
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        store: Store,
        clock: Callable[[], datetime],
        allow_remote: bool = False,
        tls: ssl.SSLContext | None = None,
        peers: Peers = Peers(),  # noqa: B008 (a frozen value)
        processing_ids: frozenset[str] = PROCESSING_IDS,
        store_timeout_s: float = 30.0,
    ) -> None:
        if not allow_remote and tls is None and not _is_loopback(host):
            raise InvalidValue(
                f"The gateway would listen on {host}, which other machines can reach, without "
                "encryption. Give it a certificate, say that remote senders are allowed, or use "
                "127.0.0.1."
            )
        self._host = host
        self._port = port
        self._store = store
        self._clock = clock
        self._processing_ids = processing_ids
        # A glance knows what is usual, and that is: production messages are read.
        self._may_glance = processing_ids >= PROCESSING_IDS
        self._store_timeout_s = store_timeout_s
        self._tls = tls
        self._held = 0
        self.peers = peers
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._committer: asyncio.Task[None] | None = None
        self._stopping = False
        # Own ids stay apart over restarts: the start in milliseconds, then a count.
        self._ids = (f"AG{time.time_ns() // 1_000_000}.{n}" for n in itertools.count(1))
        self.counts: Counter[str] = Counter()

    @property
    def port(self) -> int:
        """The port it listens on; the real one after ``start`` when 0 was asked for."""
        return self._port

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), self._host, self._port, backlog=256, ssl=self._tls
        )
        self._port = self._server.sockets[0].getsockname()[1]
        self._committer = asyncio.create_task(self._commit_for_ever(), name="hl7v2 committer")

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Take nothing new, store and answer what has arrived, then close. Safe to repeat."""
        if self._server is None or self._committer is None:
            return
        self._stopping = True
        self._server.close()
        for connection in self._connections:
            connection.pause()
        self._arrived.set()
        await asyncio.wait([self._committer], timeout=timeout_s)
        self._committer.cancel()
        await asyncio.gather(self._committer, return_exceptions=True)
        for connection in tuple(self._connections):
            connection.close()
        self._server = self._committer = None

    @property
    def is_stopping(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._stopping

    def join(self, connection: Connection) -> bool:
        """Take a connection in, if there is room and its address may connect."""
        if not self.peers.may_connect(connection.peer[0]):
            self.counts["addresses_refused"] += 1
            log.warning("An address that may not connect was refused.")
            return False
        if self._stopping or len(self._connections) >= MAX_CONNECTIONS:
            self.counts["connections_refused"] += 1
            return False
        self._connections.add(connection)
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has gone."""
        self._connections.discard(connection)

    def hold(self, connection: Connection, more: int) -> None:
        """Count bytes that wait for the rest of their message; too many cost the largest holder."""
        self._held += more
        if more > 0 and self._held > MAX_HELD_BYTES:
            self.counts["held_too_much"] += 1
            max(self._connections, key=lambda each: each.held, default=connection).fail()

    def take(self, connection: Connection, piece: Frame) -> None:
        """Take one piece of a stream, to be stored and answered."""
        self.counts[piece.kind] += 1
        received = self._receive(connection, piece)
        connection.waiting += 1
        self._waiting.append(_Waiting(connection, piece.kind, received))
        self._arrived.set()

    def _receive(self, connection: Connection, piece: Frame) -> Received:
        message = None
        peer, port = connection.peer
        if piece.kind is FrameKind.MESSAGE:
            at = self._clock()
            usual = glance(piece.data, received_at=at) if self._may_glance else None
            if usual is not None:
                received = Received(piece.data, at, peer, port, usual=usual)
                if not connection.is_known and received.message is not None:
                    connection.meet(received.message)
                return received
            try:
                message = decode(piece.data)
                connection.meet(message)
                why = objection(message, processing_ids=self._processing_ids)
            except Undecodable as error:
                why = Problem(error.code, error.sentence, "", ErrorSeverity.ERROR)
        else:
            sentence = _SENTENCES[piece.kind]
            why = Problem(ErrorCode.SEGMENT_SEQUENCE, sentence, "", ErrorSeverity.ERROR)
        return Received(piece.data, self._clock(), peer, port, message, why)

    async def _commit_for_ever(self) -> None:
        while not self._stopping or self._waiting:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                # What follows a message that could not be stored will be sent again with it.
                count = min(MAX_BATCH, len(self._waiting))
                taken = [self._waiting.popleft() for _ in range(count)]
                batch = [w for w in taken if not w.connection.failed]
                if batch:
                    await self._commit(batch)

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Store a batch and answer it; when it fails, find out whether one message is to blame."""
        results = await self._try_store(batch)
        if results is not None:
            self._answer_all(batch, results)
            return
        failures = 0
        for waiting in batch:
            if waiting.connection.failed:
                continue
            one = await self._try_store([waiting]) if len(batch) > 1 and failures < 2 else None
            if one is None:
                failures += 1
                self.counts["store_failures"] += 1
                waiting.connection.fail()
            else:
                failures = 0
                self._answer_all([waiting], one)

    async def _try_store(self, batch: Sequence[_Waiting]) -> Sequence[Stored] | None:
        try:
            results = await asyncio.wait_for(
                self._store([w.received for w in batch]), self._store_timeout_s
            )
        except Exception as error:  # whatever it was: not stored, so not acknowledged
            log.error("%s messages could not be stored: %s", len(batch), type(error).__name__)
            return None
        if len(results) != len(batch):
            log.error("The store answered %s for %s messages.", len(results), len(batch))
            return None
        return results

    def _answer_all(self, batch: Sequence[_Waiting], results: Sequence[Stored]) -> None:
        answers: dict[Connection, list[bytes]] = {}
        for waiting, stored in zip(batch, results, strict=True):
            self.counts[stored.outcome] += 1
            waiting.connection.waiting -= 1
            answer = self._answer(waiting, stored)
            mine = answers.setdefault(waiting.connection, [])
            if answer is not None:
                mine.append(answer)
        for connection, of_one in answers.items():
            connection.send(of_one)

    def _answer(self, waiting: _Waiting, stored: Stored) -> bytes | None:
        received = waiting.received
        at, own_id = self._clock(), next(self._ids)
        if received.usual is not None and stored == STORED:
            return received.usual.answer(at, own_id)
        if received.message is None:
            if waiting.kind is FrameKind.NOISE or received.objection is None:
                return None
            return reject_undecodable(received.raw, received.objection, at=at, control_id=own_id)
        refused = received.objection is not None or stored.outcome is StoredAs.REJECTED
        reasons = (received.objection,) if received.objection else ()
        return acknowledge(
            received.message,
            Verdict.REJECT if refused else Verdict.ACCEPT,
            at=at,
            control_id=own_id,
            problems=(*reasons, *stored.problems),
        )


class _Waiting:
    """A piece that waits to be stored and answered."""

    __slots__ = ("connection", "kind", "received")

    def __init__(self, connection: Connection, kind: FrameKind, received: Received) -> None:
        self.connection = connection
        self.kind = kind
        self.received = received


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
