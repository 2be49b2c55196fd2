"""The references' front: bare Django in threads, and a stream that only passes notices on."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

import psycopg
from a2wsgi import WSGIMiddleware

from afterglow.config.wsgi import application as django

CHANNEL = "bench"
pages: Any = WSGIMiddleware(django, workers=8, send_queue_size=16)  # type: ignore[arg-type]
listeners: set[asyncio.Queue[bytes]] = set()


async def follow() -> None:
    """Hand every notice to every listener."""
    connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for notice in connection.notifies():
            frame = f"event: mark\ndata: {notice.payload}\n\n".encode()
            for queue in listeners:
                queue.put_nowait(frame)


async def stream(receive: Any, send: Any) -> None:
    """Send what comes until the screen goes."""
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    listeners.add(queue)
    passing = asyncio.create_task(pass_on(queue, send))
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    finally:
        listeners.discard(queue)
        passing.cancel()


async def pass_on(queue: asyncio.Queue[bytes], send: Any) -> None:
    """Write frames as they come."""
    await send({"type": "http.response.body", "body": b"\n", "more_body": True})
    while True:
        frame = await queue.get()
        await send({"type": "http.response.body", "body": frame, "more_body": True})


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one connection."""
    if scope["type"] == "lifespan":
        following = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                following = asyncio.create_task(follow())
                await send({"type": "lifespan.startup.complete"})
            else:
                if following is not None:
                    following.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return
    elif scope["path"].startswith("/stream/"):
        with contextlib.suppress(OSError):
            await stream(receive, send)
    else:
        await pages(scope, receive, send)
