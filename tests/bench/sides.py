"""One round of each side: requests, streams, messages. Each returns what one of them cost."""

from __future__ import annotations

import asyncio
import http.client
import re
import time
import uuid
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import psycopg

from afterglow.interop.hl7v2.client import MllpSender
from bench.measuring import Run, cpu_ms
from bench.stand import Server

MARK = re.compile(rb"(?:event|data): mark-(\d+)")
STREAM_CLIENTS = 200
EVENTS_PER_S = 20


def requests(
    server: Server,
    count: int,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    body: Callable[[], dict[str, str]] = dict,
) -> Run:
    """Send requests one after the other over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    sent = {"Host": "localhost", **(headers or {})}
    if method == "POST":
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    times, before = [], cpu_ms(server.pid)
    for _ in range(count):
        content = urlencode(body()) if method == "POST" else None
        began = time.perf_counter()
        connection.request(method, path, body=content, headers=sent)
        response = connection.getresponse()
        text = response.read()
        times.append(time.perf_counter() - began)
        assert response.status in (200, 204), (response.status, path, text[:300])
    connection.close()
    used = cpu_ms(server.pid) - before
    return Run(1000 * sorted(times)[count // 2], used / count)


def starts(server: Server, sessions: Sequence[tuple[str, str]], token: str) -> Run:
    """Start each session's infusion once: ``sessions`` holds paths and cookies of ready ones."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    times, before = [], cpu_ms(server.pid)
    for path, cookie in sessions:
        began = time.perf_counter()
        connection.request(
            "POST",
            path,
            body=urlencode({"key": str(uuid.uuid4())}),
            headers={
                "Host": "localhost",
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"{cookie}; csrftoken={token}",
                "X-CSRFToken": token,
            },
        )
        response = connection.getresponse()
        text = response.read()
        times.append(time.perf_counter() - began)
        assert response.status == 302, (response.status, path, text[:600])
        assert (response.headers["Location"] or "").endswith("/infusion/"), response.headers
    connection.close()
    used = cpu_ms(server.pid) - before
    return Run(1000 * sorted(times)[len(times) // 2], used / len(times))


def stream(
    server: Server, path: str, cookie: str, mark: Callable[[int], None], n: int
) -> list[float]:
    """Follow a stream on many screens while marks are committed; ms from commit to socket."""
    return asyncio.run(_stream(server, path, cookie, mark, n))


async def _stream(
    server: Server, path: str, cookie: str, mark: Callable[[int], None], count: int
) -> list[float]:
    committed: dict[int, float] = {}
    latencies: list[float] = []

    async def screen() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        assert b" 200 " in await reader.readline()
        ready.release()
        seen = 0
        while seen < count:
            line = await reader.readline()
            if not line:
                raise EOFError(f"{path} ended after {seen} of {count} marks")
            # Ours names the mark in its event line, the bare stream in its data line.
            found = MARK.fullmatch(line.strip())
            if found:
                latencies.append(1000 * (time.perf_counter() - committed[int(found[1])]))
                seen += 1
        writer.close()

    ready = asyncio.Semaphore(0)
    screens = [asyncio.create_task(screen()) for _ in range(STREAM_CLIENTS)]
    for _ in screens:
        await asyncio.wait_for(ready.acquire(), 30)
    await asyncio.sleep(1)
    for number in range(count):
        committed[number] = time.perf_counter()
        await asyncio.to_thread(mark, number)
        await asyncio.sleep(1 / EVENTS_PER_S)
    await asyncio.wait_for(asyncio.gather(*screens), 60)
    return latencies


def marks_in_the_outbox(url: str, session: uuid.UUID) -> Callable[[int], None]:
    """Commit outbox events, as a service does."""
    connection = psycopg.connect(url, autocommit=True)

    def mark(number: int) -> None:
        connection.execute(
            "INSERT INTO events_outboxevent (event, version, topic, subject, site, at) "
            "VALUES (%s, 1, %s, %s, %s, now())",
            [f"mark-{number}", session, session, session],
        )

    return mark


def bare_marks(url: str) -> Callable[[int], None]:
    """Commit a bare notice."""
    connection = psycopg.connect(url, autocommit=True)
    return lambda number: connection.execute("SELECT pg_notify('bench', %s)", [f"mark-{number}"])  # type: ignore[return-value]


def messages(server: Server, of_each: Sequence[Sequence[bytes]]) -> Run:
    """Send each connection's messages, one in flight, and wait for every acknowledgement."""
    return asyncio.run(_messages(server, of_each))


async def _messages(server: Server, of_each: Sequence[Sequence[bytes]]) -> Run:
    senders = [MllpSender("127.0.0.1", server.port) for _ in of_each]
    for sender, mine in zip(senders, of_each, strict=True):
        for message in mine:
            await sender.send(message)
    before, began = cpu_ms(server.pid), time.perf_counter()
    for sender in senders:
        sender.start()
    for sender in senders:
        assert await sender.flush(120), "not everything was acknowledged"
    took, used = time.perf_counter() - began, cpu_ms(server.pid) - before
    for sender in senders:
        await sender.close()
    count = sum(map(len, of_each))
    assert sum(sender.tally.acknowledged for sender in senders) == count
    return Run(1000 * took / count, used / count)
