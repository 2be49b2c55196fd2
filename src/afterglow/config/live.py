"""``/live/sessions/<id>/`` and ``/live/sites/<id>/``: what happens, as server-sent events.

``Last-Event-ID`` (or ``?after=``, from the page) replays what was missed. A heartbeat carries the
server's time, so that a silent line is told from a quiet room.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from django.db import DatabaseError, close_old_connections

from afterglow.apps.events.outbox import Position
from afterglow.config import live_access, live_frames
from afterglow.config.live_access import Access, Kind
from afterglow.config.live_hub import Client, Hub, connect
from afterglow.core.errors import InvalidValue

log = logging.getLogger(__name__)

HEARTBEAT_S = 10.0
ASK_AGAIN_S = 60.0
RECONNECT_MS = 1000
MAX_STREAMS = 1000
CATCH_UP_AT_ONCE = 4
START_WITHIN_S = 5.0

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")

_PATH = re.compile(r"/live/(sessions|sites)/([0-9a-fA-F-]{36})/", re.ASCII)
_WORDS = {
    400: "The request cannot be read.",
    401: "Sign in to follow this.",
    403: "Your roles do not include this.",
    404: "There is nothing to follow here.",
    405: "A stream is only read.",
    503: "The streams are not ready, or too many screens are open.",
}


class Live:
    """The streams of one process."""

    def __init__(self, *, heartbeat_s: float = HEARTBEAT_S, ask_again_s: float = ASK_AGAIN_S):
        self.hub = Hub()
        self._heartbeat_s = heartbeat_s
        self._ask_again_s = ask_again_s
        # Who may watch is asked of Django, which needs threads; two are plenty.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live-access")
        # After a restart every screen comes back at once; the database has few connections.
        self._catching_up = asyncio.Semaphore(CATCH_UP_AT_ONCE)

    async def run(self) -> None:
        """Follow the outbox until cancelled."""
        await self.hub.run()

    def stop(self) -> None:
        """End every stream; browsers come back by themselves."""
        for client in self.hub.clients:
            client.end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for a stream."""
        found = _PATH.fullmatch(scope["path"])
        if found is None:
            return await _refuse(send, 404)
        if scope["method"] != "GET":
            return await _refuse(send, 405)
        try:
            topic = UUID(found[2])
            after = _after(scope)
            cookies = _cookies(scope)
        except (ValueError, InvalidValue, CookieError):
            return await _refuse(send, 400)
        if len(self.hub.clients) >= MAX_STREAMS:
            return await _refuse(send, 503)
        kind = Kind(found[1])
        try:
            access = await self._in_thread(lambda: live_access.ask(kind, topic, cookies))
            await asyncio.wait_for(self.hub.started.wait(), START_WITHIN_S)
        except (DatabaseError, TimeoutError) as problem:
            log.warning("A stream could not be opened: %s", type(problem).__name__)
            return await _refuse(send, 503)
        if access.status != 200:
            return await _refuse(send, access.status)
        await self._stream(kind, topic, access, after, receive, send)

    async def _stream(
        self,
        kind: Kind,
        topic: UUID,
        access: Access,
        after: Position | None,
        receive: Receive,
        send: Send,
    ) -> None:
        client = Client(topic)
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if access.may_grant and access.account is not None:
            headers.append((b"set-cookie", live_access.grant(topic, access.account).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.create_task(_gone(receive))
        gone.add_done_callback(lambda _: client.wake())
        self.hub.join(client)
        try:
            await _write(send, f"retry: {RECONNECT_MS}\n\n".encode())
            async for chunk in self._chunks(kind, topic, access, after, client, gone):
                await _write(send, chunk)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass  # the screen went away
        finally:
            self.hub.leave(client)
            gone.cancel()

    async def _chunks(
        self,
        kind: Kind,
        topic: UUID,
        access: Access,
        after: Position | None,
        client: Client,
        gone: asyncio.Task[None],
    ) -> AsyncIterator[bytes]:
        """Yield what the screen is sent, several frames at once where several wait."""
        loop = asyncio.get_running_loop()
        # The id of where we stand: a screen that hears nothing more still knows where to go on.
        yield self._beat(self.hub.place if after is None else None)
        open_alarms = b""
        async with self._catching_up:
            if after is not None:
                await self.hub.replay(client, after)
            if kind is Kind.SESSION:
                async with await connect() as connection:
                    open_alarms = await live_frames.open_alarms(connection, topic)
        if open_alarms:
            yield open_alarms
        ask_at = loop.time() + self._ask_again_s
        beat_at = loop.time() + self._heartbeat_s
        while not gone.done():
            await client.wait(max(0.0, min(ask_at, beat_at) - loop.time()))
            if not client.queue.empty():
                chunk, is_last = _waiting(client)
                if chunk:
                    yield chunk
                if is_last:
                    return
            if loop.time() >= beat_at:
                beat_at = loop.time() + self._heartbeat_s
                yield self._beat(None)
            if loop.time() >= ask_at:
                ask_at = loop.time() + self._ask_again_s
                if not await self._still_allowed(kind, topic, access):
                    yield live_frames.sse("stream-closed", {})
                    return

    async def _still_allowed(self, kind: Kind, topic: UUID, access: Access) -> bool:
        """Ask once more. A database that does not answer takes nothing away from a screen."""
        account = access.account
        if account is None:
            return False
        try:
            return (
                await self._in_thread(lambda: live_access.again(kind, topic, account))
            ).status == 200
        except Exception as problem:  # whatever it is: numbers do not stop for it
            log.warning("A stream's permission could not be asked: %s", type(problem).__name__)
            return True

    def _beat(self, place: Position | None) -> bytes:
        is_reading = self.hub.is_reading and not self.hub.is_behind
        return live_frames.sse(
            live_frames.BEAT, {**self.hub.standing(), "reading": is_reading}, id=place
        )

    async def _in_thread(self, ask: Callable[[], T]) -> T:
        def run() -> T:
            close_old_connections()
            try:
                return ask()
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)


def _waiting(client: Client) -> tuple[bytes, bool]:
    """Join the frames that wait; say whether the stream ends there."""
    joined: list[bytes] = []
    while not client.queue.empty():
        frame = client.queue.get_nowait()
        if frame is None:
            return b"".join(joined), True
        joined.append(frame)
    return (joined[0] if len(joined) == 1 else b"".join(joined)), False


async def _gone(receive: Receive) -> None:
    """Return when the screen has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": _WORDS[status].encode()})


def _after(scope: Scope) -> Position | None:
    """Where the screen stopped: the browser's own header outranks the page's address."""
    header = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    query = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", [""])[0]
    text = header or query
    return Position.parse(text) if text else None


def _cookies(scope: Scope) -> dict[str, str]:
    line = "; ".join(v.decode("latin-1") for k, v in scope["headers"] if k == b"cookie")
    return {name: morsel.value for name, morsel in SimpleCookie(line).items()}
