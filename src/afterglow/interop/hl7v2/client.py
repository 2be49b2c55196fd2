"""An MLLP sender that keeps every message until it is acknowledged.

Messages go out in order, one at a time or a few in flight; after a lost connection, a silence or
an AE, what was not acknowledged is sent again, in order. A message that is rejected (AR, CR) is
not sent again: it is counted, and its reason kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass, field

from afterglow.interop.hl7v2.framing import FrameKind, MllpDecoder, frame
from afterglow.interop.hl7v2.message import Undecodable, decode

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What happened so far. ``sent`` counts messages, ``transmissions`` every time on the wire."""

    sent: int = 0
    acknowledged: int = 0
    rejected: int = 0
    transmissions: int = 0
    connections: int = 0
    acknowledged_ids: list[str] = field(default_factory=list)
    last_rejection: str = ""


class MllpSender:
    """A sender for one device. Use it as an async context manager, or ``start`` and ``close``.

    ``answer_within_s`` is the silence after which a connection is given up; ``window`` how many
    messages may be in flight (answers come in order).
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        answer_within_s: float = 10.0,
        pause_s: float = 0.2,
        longest_pause_s: float = 5.0,
        window: int = 1,
        keep_ids: bool = False,
    ) -> None:
        self._address = (host, port)
        self._answer_within_s = answer_within_s
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._window = window
        self._keep_ids = keep_ids
        self._queue: deque[tuple[str, bytes]] = deque()
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.tally = Tally()

    async def __aenter__(self) -> MllpSender:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def start(self) -> None:
        """Begin to connect and send in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="mllp sender")

    async def close(self) -> None:
        """Stop sending; what is not acknowledged stays in ``pending``."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def pending(self) -> int:
        """Messages not acknowledged yet."""
        return len(self._queue)

    async def send(self, message: bytes) -> None:
        """Queue a message; returns at once. Raises Undecodable when it is no message."""
        control_id = decode(message).control_id
        async with self._changed:
            self._queue.append((control_id, message))
            self.tally.sent += 1
            self._changed.notify_all()

    async def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until everything is acknowledged or rejected; False when the time runs out."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: not self._queue)
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        pause = self._pause_s
        while True:
            before = self.tally.acknowledged + self.tally.rejected
            try:
                await self._converse()
            except (OSError, TimeoutError, EOFError) as error:
                log.info("Connection to the gateway lost: %s", type(error).__name__)
            if self.tally.acknowledged + self.tally.rejected > before:
                pause = self._pause_s
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._longest_pause_s)

    async def _converse(self) -> None:
        """One connection: send from the head of the queue, take answers off it."""
        async with asyncio.timeout(self._answer_within_s):
            reader, writer = await asyncio.open_connection(*self._address)
        self.tally.connections += 1
        decoder = MllpDecoder()
        answers: deque[bytes] = deque()
        in_flight = 0
        try:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: bool(self._queue))
                while in_flight < min(self._window, len(self._queue)):
                    writer.write(frame(self._queue[in_flight][1]))
                    self.tally.transmissions += 1
                    in_flight += 1
                async with asyncio.timeout(self._answer_within_s):
                    await writer.drain()
                    while not answers:
                        data = await reader.read(65536)
                        if not data:
                            raise EOFError
                        answers.extend(
                            f.data for f in decoder.feed(data) if f.kind is FrameKind.MESSAGE
                        )
                while answers:
                    if await self._settle(answers.popleft()):
                        in_flight -= 1
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    async def _settle(self, raw: bytes) -> bool:
        """Take the message an answer is about off the queue. Raises EOFError to start afresh."""
        try:
            answer = decode(raw)
        except Undecodable:
            raise EOFError from None
        msa = answer.first("MSA")
        code, control_id = (msa.get(1), msa.get(2)) if msa else ("", "")
        if not self._queue or control_id != self._queue[0][0]:
            return False  # a late answer from before a reconnection
        if code[1:] not in ("A", "R"):
            raise EOFError
        async with self._changed:
            self._queue.popleft()
            if code[1:] == "A":
                self.tally.acknowledged += 1
                if self._keep_ids:
                    self.tally.acknowledged_ids.append(control_id)
            else:
                self.tally.rejected += 1
                reason = answer.first("ERR")
                self.tally.last_rejection = reason.get(8) if reason else code
            self._changed.notify_all()
        return True
