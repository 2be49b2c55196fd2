"""The load: many connections, one message in flight on each, every acknowledgement timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from afterglow.interop.hl7v2.framing import END, frame


@dataclass(frozen=True)
class Round:
    """One round of one side: messages a second, and acknowledgement times in milliseconds."""

    per_s: float
    p50_ms: float
    p99_ms: float


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def send(port: int, of_each: Sequence[Sequence[bytes]]) -> Round:
    """Send each connection's messages one after the other; each must be accepted."""
    lines = [await asyncio.open_connection("127.0.0.1", port, limit=1 << 20) for _ in of_each]
    times: list[float] = []

    async def one(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mine: Sequence[bytes]
    ) -> None:
        for raw in mine:
            began = time.perf_counter()
            writer.write(frame(raw))
            answer = await reader.readuntil(END)
            times.append(1000 * (time.perf_counter() - began))
            if b"|AA|" not in answer:
                raise AssertionError(f"not accepted: {answer[:200]!r}")

    began = time.perf_counter()
    await asyncio.gather(
        *(one(reader, writer, mine) for (reader, writer), mine in zip(lines, of_each, strict=True))
    )
    took = time.perf_counter() - began
    for _, writer in lines:
        writer.close()
    return Round(len(times) / took, percentile(times, 0.5), percentile(times, 0.99))
