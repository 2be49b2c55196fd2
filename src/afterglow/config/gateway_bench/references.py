"""What the gateway is measured against, built here so that both run on one machine at one time.

``bare``: frames in, one COPY of whatever waits, commit, answers out; nothing is read.
``python-hl7``: that library's own listener parses each message, answers, and stores nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from typing import Any

import psycopg

from afterglow.interop.hl7v2.framing import END, START

Waiting = tuple[bytes, asyncio.StreamWriter]
ANSWER = b"MSH|^~\\&|||||20260101||ACK|1|P|2.6\rMSA|AA|%s\r"


async def bare(port: int) -> None:
    """Serve until killed: durable when answered, and nothing else."""
    queue: asyncio.Queue[Waiting] = asyncio.Queue()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                raw = await reader.readuntil(END)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            queue.put_nowait((raw.removeprefix(START).removesuffix(END), writer))

    server = await asyncio.start_server(converse, "127.0.0.1", port, limit=1 << 20)
    connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
    await connection.execute("CREATE TABLE IF NOT EXISTS bench_raw (content bytea)")
    async with server, connection:
        while True:
            batch = [await queue.get()]
            while not queue.empty():
                batch.append(queue.get_nowait())
            async with (
                connection.cursor() as cursor,
                cursor.copy("COPY bench_raw FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types(["bytea"])
                for raw, _ in batch:
                    await copy.write_row((raw,))
            for raw, writer in batch:
                writer.write(START + ANSWER % raw.split(b"|", 10)[9] + END)


async def python_hl7(port: int) -> None:
    """Serve until killed with python-hl7's own stream server and its own acknowledgement."""
    mllp: Any = importlib.import_module("hl7.mllp")

    async def converse(reader: Any, writer: Any) -> None:
        while True:
            try:
                message = await reader.readmessage()
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            writer.writemessage(message.create_ack())
            await writer.drain()

    server = await mllp.start_hl7_server(converse, "127.0.0.1", port, limit=1 << 20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run({"bare": bare, "python-hl7": python_hl7}[sys.argv[1]](int(sys.argv[2])))
