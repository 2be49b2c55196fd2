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
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import cast

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.ack import (
    PROCESSING_IDS,
    Verdict,
    acknowledge,
    objection,
    reject_undecodable,
)
from afterglow.interop.hl7v2.framing import Frame, FrameKind, MllpDecoder, frame
from afterglow.interop.hl7v2.message import Undecodable, decode
from afterglow.interop.hl7v2.port import Received, Store, Stored, StoredAs
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem

log = logging.getLogger(__name__)

MAX_BATCH = 500
MAX_WAITING_PER_CONNECTION = 256
MAX_CONNECTIONS = 512

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
        processing_ids: frozenset[str] = PROCESSING_IDS,
        store_timeout_s: float = 30.0,
    ) -> None:
        if not allow_remote and not _is_loopback(host):
            raise InvalidValue(
                f"The gateway would listen on {host}, which other machines can reach, without "
                "encryption. Say that remote senders are allowed, or use 127.0.0.1."
            )
        self._host = host
        self._port = port
        self._store = store
        self._clock = clock
        self._processing_ids = processing_ids
        self._store_timeout_s = store_timeout_s
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._connections: set[_Connection] = set()
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
            lambda: _Connection(self), self._host, self._port, backlog=128
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

    def _join(self, connection: _Connection) -> bool:
        if self._stopping or len(self._connections) >= MAX_CONNECTIONS:
            self.counts["connections_refused"] += 1
            return False
        self._connections.add(connection)
        return True

    def _leave(self, connection: _Connection) -> None:
        self._connections.discard(connection)

    def _take(self, connection: _Connection, piece: Frame) -> None:
        self.counts[piece.kind] += 1
        received = self._receive(connection, piece)
        connection.waiting += 1
        self._waiting.append(_Waiting(connection, piece.kind, received))
        self._arrived.set()

    def _receive(self, connection: _Connection, piece: Frame) -> Received:
        message = None
        if piece.kind is FrameKind.MESSAGE:
            try:
                message = decode(piece.data)
                why = objection(message, processing_ids=self._processing_ids)
            except Undecodable as error:
                why = Problem(error.code, error.sentence, "", ErrorSeverity.ERROR)
        else:
            sentence = _SENTENCES[piece.kind]
            why = Problem(ErrorCode.SEGMENT_SEQUENCE, sentence, "", ErrorSeverity.ERROR)
        peer, port = connection.peer
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
        answers: dict[_Connection, list[bytes]] = {}
        for waiting, stored in zip(batch, results, strict=True):
            self.counts[stored.outcome] += 1
            waiting.connection.waiting -= 1
            answer = self._answer(waiting, stored)
            answers.setdefault(waiting.connection, []).append(
                frame(answer) if answer is not None else b""
            )
        for connection, frames in answers.items():
            connection.send(b"".join(frames))

    def _answer(self, waiting: _Waiting, stored: Stored) -> bytes | None:
        received = waiting.received
        at, own_id = self._clock(), next(self._ids)
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

    def __init__(self, connection: _Connection, kind: FrameKind, received: Received) -> None:
        self.connection = connection
        self.kind = kind
        self.received = received


class _Connection(asyncio.Protocol):
    """One device's connection. It reads no faster than the store keeps up."""

    def __init__(self, gateway: GatewayServer) -> None:
        self._gateway = gateway
        self._decoder = MllpDecoder()
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self._paused = False
        self.peer = ("", 0)
        self.waiting = 0
        self.failed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = (str(peer[0]), int(peer[1])) if peer else ("", 0)
        sock = transport.get_extra_info("socket")
        if sock is not None:  # a monitor pulled from the wall says no goodbye
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if not self._gateway._join(self):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        for piece in self._decoder.feed(data):
            self._gateway._take(self, piece)
        self._regulate()

    def connection_lost(self, exc: Exception | None) -> None:
        # A cut frame was never acknowledged, so its sender still has it: only count it.
        self._gateway.counts["cut_by_close"] += len(self._decoder.close())
        self._gateway._leave(self)
        self._transport = None

    def pause_writing(self) -> None:
        self._writable = False
        self._regulate()

    def resume_writing(self) -> None:
        self._writable = True
        self._regulate()

    def send(self, data: bytes) -> None:
        """Send answers, if the device is still there."""
        if self._transport is not None and not self.failed and data:
            self._transport.write(data)
        self._regulate()

    def pause(self) -> None:
        """Read nothing more."""
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def fail(self) -> None:
        """Close without an answer: what waits here was not stored and will be sent again."""
        self.failed = True
        if self._transport is not None:
            self._transport.close()

    def _regulate(self) -> None:
        if self._transport is None or self.failed or self._gateway._stopping:
            return
        full = self.waiting >= MAX_WAITING_PER_CONNECTION or not self._writable
        if full and not self._paused:
            self.pause()
        elif not full and self._paused:
            self._paused = False
            self._transport.resume_reading()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
