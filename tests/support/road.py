"""The whole road of a device's bytes: a socket of the real gateway in, a chart out.

The gateway, its journal, the rules of the devices' rows and the charter are the shipped ones, run
as ``afterglow gateway`` and ``afterglow charter`` run them. Only the processes are missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from afterglow.interop.hl7v2 import charter
from afterglow.interop.hl7v2.framing import MllpDecoder, frame
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.main import serve
from afterglow.web import clock

T = TypeVar("T")
PATIENCE_S = 10.0
QUIET_S = 0.4
"""A sender that is not answered for so long is taken not to be answered at all."""


def through(
    talk: Callable[[int], Awaitable[T]],
    *,
    at: datetime | None = None,
    tls: ssl.SSLContext | None = None,
) -> T:
    """Run the gateway as it is served, talk to its port, and chart what it has taken.

    ``at`` sets the clock of both.
    """

    async def run() -> T:
        ready: asyncio.Future[GatewayServer] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(
            serve("127.0.0.1", 0, tls=tls, ready=lambda server: ready.set_result(server))
        )
        try:
            either: set[asyncio.Future[Any]] = {ready, serving}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            return await talk(ready.result().port)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    with clock.fixed(at) if at is not None else contextlib.nullcontext():
        said = asyncio.run(run())
        charter.chart_everything()
    return said


def answers_to(stream: bytes, *, expect: int, at: datetime | None = None) -> list[bytes]:
    """Send a stream on one connection; return the answers, ``expect`` of them or fewer.

    After them the wire must stay silent: one answer too many is returned as well.
    """

    async def talk(port: int) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(stream)
        await writer.drain()
        found = await heard(reader, expect)
        writer.close()
        return found

    return through(talk, at=at)


async def heard(reader: asyncio.StreamReader, expect: int) -> list[bytes]:
    """Return the framed answers that come, up to ``expect`` and whatever follows at once."""
    decoder = MllpDecoder()
    found: list[bytes] = []
    while True:
        patience = PATIENCE_S if len(found) < expect else QUIET_S
        try:
            data = await asyncio.wait_for(reader.read(65536), patience)
        except TimeoutError:
            return found
        if not data:
            return found
        found += [piece.data for piece in decoder.feed(data)]


def framed(*messages: bytes) -> bytes:
    """Return messages one after the other, each in its frame."""
    return b"".join(frame(each) for each in messages)


def verdicts(answers: list[bytes]) -> list[str]:
    """Return MSA-1 and MSA-2 of each answer, such as "AA 1"."""
    return [
        " ".join(line.decode().split("|")[1:3])
        for answer in answers
        for line in answer.split(b"\r")
        if line.startswith(b"MSA")
    ]
