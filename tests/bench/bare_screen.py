"""The reference of the screen bench: frames in, one COPY, commit, and the value to every stream.

``python bare_screen.py PORT STREAM_PORT`` uses ``DATABASE_URL``. It reads nothing but one number.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys

import psycopg

from afterglow.interop.hl7v2.framing import END, START

VALUE = re.compile(rb"\|(7[0-9]\.[0-9]{3})\|")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


async def main(port: int, stream_port: int) -> None:
    """Serve until killed."""
    queue: asyncio.Queue[tuple[bytes, asyncio.StreamWriter]] = asyncio.Queue()
    screens: set[asyncio.StreamWriter] = set()

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                raw = await reader.readuntil(END)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            queue.put_nowait((raw, writer))

    async def screen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        screens.add(writer)
        await reader.read()
        screens.discard(writer)

    await asyncio.start_server(device, "127.0.0.1", port, limit=1 << 20)
    await asyncio.start_server(screen, "127.0.0.1", stream_port)
    connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
    await connection.execute("CREATE TABLE IF NOT EXISTS bench_screen (content bytea)")
    while True:
        batch = [await queue.get()]
        while not queue.empty():
            batch.append(queue.get_nowait())
        async with (
            connection.cursor() as cursor,
            cursor.copy("COPY bench_screen FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(["bytea"])
            for raw, _ in batch:
                await copy.write_row((raw,))
        for raw, writer in batch:
            found = VALUE.search(raw)
            frame = b"data: %s\n\n" % (found[1] if found else b"?")
            for each in screens:
                each.write(frame)
            writer.write(START + b"MSH|^~\\&|||||1||ACK|1|P|2.6\rMSA|AA|1\r" + END)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
