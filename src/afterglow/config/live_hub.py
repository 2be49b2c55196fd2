"""One reader of the outbox for all screens: listens, reads each batch once, fans it out.

A screen that cannot keep up does not slow the others and does not fill the memory: its queue is
emptied and it is told to start anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection as django_connection

from afterglow.apps.events import outbox
from afterglow.apps.events.outbox import Position
from afterglow.config import live_frames
from afterglow.web import clock

log = logging.getLogger(__name__)

QUEUE_FRAMES = 256
BATCH = 1000
REPLAY_LIMIT = 2000
POLL_S = 1.0
RETRY_SOON_S = 0.05
RECONNECT_S = 1.0
BEHIND_AFTER = timedelta(seconds=5)
"""How long one open transaction may hold events back before screens are told."""
STALLED = "stream-stalled"
RESUMED = "stream-resumed"


class Client:
    """One screen: what it follows and what waits for it."""

    def __init__(self, topic: UUID) -> None:
        self.topic = topic
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_FRAMES + 1)
        self.joined_at: Position | None = None
        self.dropped = 0
        self._waiter: asyncio.Future[None] | None = None

    def put(self, frame: bytes, *, at: Position | None = None) -> None:
        """Queue a frame; a full queue is emptied and the screen is told to fetch all anew."""
        self.wake()
        if self.queue.qsize() < QUEUE_FRAMES:
            self.queue.put_nowait(frame)
            return
        while not self.queue.empty():
            self.queue.get_nowait()
            self.dropped += 1
        self.queue.put_nowait(live_frames.sse(live_frames.RESYNC, {}, id=at))

    def end(self) -> None:
        """Close the stream after what is queued."""
        self.wake()
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)

    async def wait(self, seconds: float) -> None:
        """Return when a frame waits, when woken, or after some seconds.

        One future and one timer, because two hundred screens do this for every reading.
        """
        if self.queue.empty():
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(seconds, self.wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None

    def wake(self) -> None:
        """Let the screen look whether it is still there and what it is to be sent."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """Follows the outbox as long as it runs, through every loss of the database."""

    def __init__(self) -> None:
        self.place: Position | None = None
        self.is_reading = False
        self.started = asyncio.Event()
        self.queries = 0
        self.proof: datetime | None = None
        """Until when everything that was written has been told."""
        self._is_told_behind = False
        self._held_by: int | None = None
        self._clients: dict[UUID, set[Client]] = defaultdict(set)

    def join(self, client: Client) -> None:
        """Let a screen hear what comes from now on; what came before is up to ``replay``."""
        client.joined_at = self.place
        self._clients[client.topic].add(client)

    def leave(self, client: Client) -> None:
        """Forget a screen."""
        followers = self._clients.get(client.topic)
        if followers is not None:
            followers.discard(client)
            if not followers:
                del self._clients[client.topic]

    @property
    def is_behind(self) -> bool:
        """Whether events are held back for longer than a screen may look calm about."""
        return self.proof is None or clock.now() - self.proof > BEHIND_AFTER

    @property
    def clients(self) -> list[Client]:
        """Every screen that listens."""
        return [client for followers in self._clients.values() for client in followers]

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                async with await connect() as connection:
                    await self._follow(connection)
            except (psycopg.Error, OSError) as problem:
                log.warning("Live streams wait for the database: %s", type(problem).__name__)
                self._tell_all(STALLED)
                self.is_reading = False
                await asyncio.sleep(RECONNECT_S)

    async def replay(self, client: Client, after: Position) -> None:
        """Queue what a screen missed before it joined; too much or too long ago: it starts anew.

        What the hub has queued since then comes behind it.
        """
        until = client.joined_at
        if until is None or after >= until:
            return
        waiting = []
        async with await connect() as connection:
            row = await (await connection.execute(outbox.OLDEST_SQL)).fetchone()
            is_pruned = row is not None and outbox.is_pruned_before(row, after, at=clock.now())
            cursor = await connection.execute(
                outbox.REPLAY_SQL,
                [
                    *outbox.parameters(after),
                    *outbox.parameters(until),
                    client.topic,
                    REPLAY_LIMIT + 1,
                ],
            )
            events = [outbox.event_of(row) for row in await cursor.fetchall()]
            if is_pruned or len(events) > REPLAY_LIMIT:
                waiting.append(live_frames.sse(live_frames.RESYNC, {}, id=until))
            else:
                told = await live_frames.frames(connection, events, [client.topic])
                waiting = told.get(client.topic, [])
        came_meanwhile = []
        while not client.queue.empty():
            came_meanwhile.append(client.queue.get_nowait())
        if len(waiting) + len(came_meanwhile) > QUEUE_FRAMES:
            waiting, came_meanwhile = [live_frames.sse(live_frames.RESYNC, {}, id=until)], []
        for frame in (*waiting, *came_meanwhile):
            client.queue.put_nowait(frame)

    async def _follow(self, connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute(outbox.LISTEN_SQL)
        if self.place is None:
            row = await (await connection.execute(outbox.NOW_SQL)).fetchone()
            self.place = Position(row[0] if row else 0, 0)
            self.proof = clock.now()
            self.started.set()
        if not self.is_reading:
            self.is_reading = True
            self._tell_all(RESUMED)
        while True:
            is_waiting = await self._drain(connection)
            self._say_how_far_behind(is_waiting)
            # A row behind an older transaction sends no second notice: look again soon.
            pause = RETRY_SOON_S if is_waiting else POLL_S
            async for _notice in connection.notifies(timeout=pause, stop_after=1):
                pass

    async def _drain(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Fan out everything that is final; return whether something is written but not final."""
        assert self.place is not None  # noqa: S101 (set before the first call)
        while True:
            cursor = await connection.execute(
                outbox.NEXT_SQL, [*outbox.parameters(self.place), BATCH]
            )
            self.queries += 1
            events = [outbox.event_of(row) for row in await cursor.fetchall()]
            if not events:
                row = await (await connection.execute(outbox.WAITING_SQL)).fetchone()
                is_waiting, oldest = row if row else (False, None)
                if not is_waiting or oldest != self._held_by:
                    # Nothing waits, or another transaction than before is in the way: it moves.
                    self.proof = clock.now()
                self._held_by = oldest
                return bool(is_waiting)
            told = await live_frames.frames(connection, events, self._clients)
            # From here to the end nothing else runs: who joins now is either before or after.
            self.place = events[-1].position
            for topic, frames in told.items():
                for client in self._clients.get(topic, ()):
                    for frame in frames:
                        client.put(frame, at=self.place)

    def _say_how_far_behind(self, is_waiting: bool) -> None:
        if is_waiting and self.is_behind and not self._is_told_behind:
            self._is_told_behind = True
            log.warning("Live streams are behind: a transaction has been open since %s", self.proof)
            self._tell_all(STALLED)
        elif self._is_told_behind and not self.is_behind:
            self._is_told_behind = False
            self._tell_all(RESUMED)

    def _tell_all(self, event: str) -> None:
        for client in self.clients:
            client.put(live_frames.sse(event, self.standing()))

    def standing(self) -> dict[str, Any]:
        """Return what a screen says of the stream: now, and until when everything was told."""
        return {
            "now": clock.now().isoformat(),
            "proof": self.proof.isoformat() if self.proof else None,
        }


async def connect() -> psycopg.AsyncConnection[Any]:
    """Return a connection of our own to Django's database."""
    parameters = django_connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "options")
    return await psycopg.AsyncConnection.connect(
        **{name: parameters[name] for name in wanted if parameters.get(name)},
        autocommit=True,
        application_name="afterglow live",
    )
