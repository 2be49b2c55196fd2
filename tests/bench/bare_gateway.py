"""The gateway's reference: frames in, one insert a batch, commit, answers out. Nothing is read.

``python bare_gateway.py PORT`` uses ``DATABASE_URL`` and a table ``bench_raw`` that it makes.
"""

from __future__ import annotations

import asyncio
import os
import sys

import psycopg

from afterglow.interop.hl7v2.framing import FrameKind, MllpDecoder, frame

Waiting = tuple[bytes, asyncio.StreamWriter]


async def commit_in_groups(queue: asyncio.Queue[Waiting]) -> None:
    """Store whatever waits in one transaction, then answer all of it."""
    connection = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"])
    async with connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS bench_raw (content bytea)")
        await connection.commit()
        while True:
            batch = [await queue.get()]
            while not queue.empty():
                batch.append(queue.get_nowait())
            async with connection.cursor() as cursor:
                await cursor.executemany(
                    "INSERT INTO bench_raw VALUES (%s)", [(raw,) for raw, _ in batch]
                )
            await connection.commit()
            for raw, writer in batch:
                control_id = raw.split(b"|", 10)[9]
                answer = b"MSH|^~\\&|||||20260101||ACK|1|P|2.6\rMSA|AA|" + control_id + b"\r"
                writer.write(frame(answer))


async def main(port: int) -> None:
    """Serve until killed."""
    queue: asyncio.Queue[Waiting] = asyncio.Queue()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = MllpDecoder()
        while data := await reader.read(65536):
            for one in decoder.feed(data):
                if one.kind is FrameKind.MESSAGE:
                    queue.put_nowait((one.data, writer))
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", port)
    async with server:
        await commit_in_groups(queue)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
