"""The product's programs with a clock at each stage, for the bench of the road to the screen.

``python staged.py gateway|charter …`` and ``bench.staged:application`` are the product's own; each
stage writes the number that a message carries and the machine's monotonic time into a file of
``AFTERGLOW_STAGES``. What a program does is not changed.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

VALUE = re.compile(rb"\b(7[0-9]\.[0-9]{3})\b")


class Stages:
    """One line for each message and stage, kept in memory until a moment without work."""

    def __init__(self) -> None:
        folder = Path(os.environ["AFTERGLOW_STAGES"])
        self._file = (folder / f"{os.getpid()}.txt").open("a", buffering=1)

    def note(self, stage: str, texts: Iterable[bytes]) -> None:
        """Write that some messages are at a stage now."""
        now = time.perf_counter()
        for text in texts:
            for value in VALUE.findall(text):
                self._file.write(f"{stage} {value.decode()} {now:.6f}\n")


def trace_gateway(stages: Stages) -> None:
    """Note when a message is taken and when it is on disk."""
    from afterglow.interop.hl7v2.gateway import GatewayServer

    take, answer = GatewayServer.take, GatewayServer._answer_all

    def taken(self: Any, connection: Any, piece: Any) -> None:
        stages.note("taken", [piece.data])
        take(self, connection, piece)

    def answered(self: Any, batch: Any, results: Any) -> None:
        stages.note("on disk", [waiting.received.raw for waiting in batch])
        answer(self, batch, results)

    GatewayServer.take, GatewayServer._answer_all = taken, answered  # type: ignore[method-assign]


def trace_charter(stages: Stages) -> None:
    """Note when messages are read from the journal and when their chart is committed."""
    charter: Any = importlib.import_module("afterglow.interop.hl7v2.charter")
    store, some = charter.store_messages, charter.chart_some
    under_way: list[bytes] = []

    def stored(received: Any, **more: Any) -> Any:
        under_way[:] = [message.content for message in received]
        stages.note("seen by the charter", under_way)
        found = store(received, **more)
        stages.note("written", under_way)
        return found

    def charted(*words: Any, **more: Any) -> int:
        under_way.clear()
        count: int = some(*words, **more)
        stages.note("charted", under_way)
        return count

    charter.store_messages, charter.chart_some = stored, charted


def trace_live(stages: Stages) -> None:
    """Note when a batch's frames are made and begin to be handed to the screens."""
    live_frames: Any = importlib.import_module("afterglow.config.live_frames")
    frames = live_frames.frames

    async def made(*words: Any) -> Any:
        began = time.perf_counter()
        told = await frames(*words)
        now = time.perf_counter()
        for of_one in told.values():
            for value in VALUE.findall(b"".join(of_one)):
                stages._file.write(f"heard by the stream {value.decode()} {began:.6f}\n")
                stages._file.write(f"framed {value.decode()} {now:.6f}\n")
        return told

    live_frames.frames = made


if __name__ == "__main__":
    from afterglow.config import cli
    from afterglow.config.commands.database import set_up_django
    from afterglow.config.connection import URL

    set_up_django(os.environ[URL])
    {"gateway": trace_gateway, "charter": trace_charter}[sys.argv[1]](Stages())
    sys.exit(cli.main(sys.argv[1:]))
elif "AFTERGLOW_STAGES" in os.environ:
    from afterglow.config.asgi import application as application

    trace_live(Stages())
