"""One device's connection: it reads no faster than the store keeps up, or than its limit says."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import Protocol, cast

from afterglow.core.monitoring.device_profile import Framing
from afterglow.interop.hl7v2.framing import Frame, FrameKind, MllpDecoder, SegmentDecoder, frame
from afterglow.interop.hl7v2.message import Message
from afterglow.interop.hl7v2.oru import equipment_ids
from afterglow.interop.hl7v2.peers import PeerRules, Peers

MAX_WAITING = 256
QUIET_S = 1.0
"""A sender without frames has ended its message when it is quiet for so long after a line."""
DEAD_AFTER_S = 60
"""A peer that answers no probe for so long is gone, though it never said goodbye."""
BURST_S = 2
"""How many seconds' worth of its limit a device may send at once, as after a lost network."""


class Gateway(Protocol):
    """What a connection asks of the gateway that it came to."""

    peers: Peers
    counts: Counter[str]

    @property
    def is_stopping(self) -> bool:
        """Whether nothing new is taken any more."""
        ...

    def join(self, connection: Connection) -> bool:
        """Take a connection in, if there is room and its address may connect."""
        ...

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has gone."""
        ...

    def hold(self, connection: Connection, more: int) -> None:
        """Count bytes that wait for the rest of their message."""
        ...

    def take(self, connection: Connection, piece: Frame) -> None:
        """Take one piece of a stream, to be stored and answered."""
        ...


class Connection(asyncio.Protocol):
    """One device's connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._decoder: MllpDecoder | SegmentDecoder = MllpDecoder()
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self._paused = False
        self._held = 0
        self._quiet: asyncio.TimerHandle | None = None
        self._limit = _Limit(PeerRules(), asyncio.get_running_loop())
        self.is_known = False
        self.peer = ("", 0)
        self.waiting = 0
        self.failed = False
        self._ended = False

    @property
    def held(self) -> int:
        """Bytes held back because their message is not complete."""
        return self._held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = (str(peer[0]), int(peer[1])) if peer else ("", 0)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            _notice_the_dead(sock)
        if not self._gateway.join(self):
            self._transport.abort()
            return
        rules = self._gateway.peers.rules_of(self.peer[0])
        self._limit.follow(rules)
        if rules.framing is Framing.SEGMENTS:
            self._decoder = SegmentDecoder()

    def data_received(self, data: bytes) -> None:
        self._take(self._decoder.feed(data))
        if isinstance(self._decoder, SegmentDecoder):
            self._wait_for_quiet()
        self._regulate()

    def eof_received(self) -> bool:
        """Stay for the answers: some senders close their own half when they have said all."""
        self._ended = True
        if isinstance(self._decoder, SegmentDecoder):
            self._take(self._decoder.close())
        # TLS knows no half of a connection: it closes, and the sender sends again.
        assert self._transport is not None  # noqa: S101 (nothing ends before it was made)
        return self.waiting > 0 and self._transport.get_extra_info("ssl_object") is None

    def connection_lost(self, exc: Exception | None) -> None:
        # A cut frame was never acknowledged, so its sender still has it: only count it.
        left = self._decoder.close()
        if self._quiet is not None:
            self._quiet.cancel()
        if isinstance(self._decoder, SegmentDecoder):
            self._take(left)  # without frames, the end of the stream is the end of the message
        else:
            self._gateway.counts["cut_by_close"] += len(left)
        self._hold()
        self._gateway.leave(self)
        self._limit.forget()
        self._transport = None

    def pause_writing(self) -> None:
        self._writable = False
        self._regulate()

    def resume_writing(self) -> None:
        self._writable = True
        self._regulate()

    def meet(self, message: Message) -> None:
        """Apply the limit of the device that a first message names."""
        if self.is_known:
            return
        self.is_known = True
        rules = self._gateway.peers.rules_of_equipment(equipment_ids(message))
        if rules is not None:
            self._limit.follow(rules)

    def send(self, answers: list[bytes]) -> None:
        """Send answers, if the device is still there."""
        if self._transport is not None and not self.failed and answers:
            bare = isinstance(self._decoder, SegmentDecoder)
            self._transport.write(b"".join(a if bare else frame(a) for a in answers))
        if self._ended and not self.waiting:
            self.close()
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

    def _take(self, pieces: list[Frame]) -> None:
        for piece in pieces:
            self._gateway.take(self, piece)
            if piece.kind is FrameKind.MESSAGE:
                self._limit.spend()
        self._hold()

    def _hold(self) -> None:
        before, self._held = self._held, self._decoder.pending
        self._gateway.hold(self, self._held - before)

    def _wait_for_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        loop = asyncio.get_running_loop()
        self._quiet = loop.call_later(QUIET_S, self._end_by_quiet)

    def _end_by_quiet(self) -> None:
        if isinstance(self._decoder, SegmentDecoder) and self._transport is not None:
            self._take(self._decoder.flush())

    def _regulate(self) -> None:
        if self._transport is None or self.failed or self._gateway.is_stopping:
            return
        wait_s = self._limit.wait_s
        full = self.waiting >= MAX_WAITING or not self._writable or wait_s > 0
        if wait_s > 0:
            self._limit.call_when_due(self._regulate)
        if full and not self._paused:
            self.pause()
        elif not full and self._paused:
            self._paused = False
            self._transport.resume_reading()


class _Limit:
    """A bucket of messages; nothing that overflows is lost, it is only read later."""

    def __init__(self, rules: PeerRules, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: asyncio.TimerHandle | None = None
        self._at = loop.time()
        self._per_s = 0
        self._left = 0.0
        self.follow(rules)

    def follow(self, rules: PeerRules) -> None:
        self._per_s = rules.messages_per_s
        self._left = float(self._per_s * BURST_S)

    def spend(self) -> None:
        now = self._loop.time()
        most = float(self._per_s * BURST_S)
        self._left = min(most, self._left + (now - self._at) * self._per_s) - 1
        self._at = now

    @property
    def wait_s(self) -> float:
        """How long nothing more may be read."""
        if not self._per_s or self._left >= 0:
            return 0.0
        return max(0.0, self._at - self._left / self._per_s - self._loop.time())

    def call_when_due(self, regulate: object) -> None:
        if self._due is None or self._due.cancelled() or self._due.when() <= self._loop.time():
            self._due = self._loop.call_later(self.wait_s, regulate)  # type: ignore[arg-type]

    def forget(self) -> None:
        if self._due is not None:
            self._due.cancel()


def _notice_the_dead(sock: socket.socket) -> None:
    """A monitor pulled from the wall says no goodbye: probe it, and give up what it never took."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", DEAD_AFTER_S // 2),
        ("TCP_KEEPINTVL", DEAD_AFTER_S // 6),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", DEAD_AFTER_S * 1000),
    ):
        option = getattr(socket, name, None)
        if option is not None:  # not every system has each of them
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
