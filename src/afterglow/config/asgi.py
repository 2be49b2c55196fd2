"""The front: live streams are served here, everything else by Django's WSGI in threads.

One origin, one process. Streams are asyncio from end to end and hold no thread; pages keep the
WSGI application, which is several times faster than Django's own ASGI.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware

from afterglow.config import env
from afterglow.config.commands.programs import let_rest
from afterglow.config.wsgi import application as django

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Threads that answer pages, each with its own database connection. Django holds the interpreter
# for most of a request, so more threads buy patience for slow ones, not speed.
PAGE_THREADS = int(env.read("AFTERGLOW_PAGE_THREADS"))
LIVE = "/live/"


def _coroutine(receive: Receive) -> Receive:
    """Return ``receive`` as a coroutine function.

    Granian's gives a future, and the bridge to WSGI reads a request's body from a thread, where
    only a coroutine can be handed to the loop: without this every POST fails.
    """

    async def next_message() -> MutableMapping[str, Any]:
        return await receive()

    return next_message


class Front:
    """Sends each request to the streams or to the pages, and starts and stops the streams."""

    def __init__(self) -> None:
        from afterglow.config.live import Live

        pages: Any = django
        self._pages = WSGIMiddleware(pages, workers=PAGE_THREADS, send_queue_size=16)
        self._live = Live()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(LIVE):
            await self._live(scope, receive, send)
        elif scope["type"] == "http":
            await self._pages(scope, _coroutine(receive), send)  # type: ignore[arg-type]

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        reading: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                reading = asyncio.create_task(self._live.run(), name="live hub")
                let_rest()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._live.stop()
                if reading is not None:
                    reading.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await reading
                await send({"type": "lifespan.shutdown.complete"})
                return


application = Front()
