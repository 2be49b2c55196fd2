"""An MLLP client that is not ours talks to our gateway, as it comes from its package."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import open_hl7_connection

from afterglow.interop.hl7v2.gateway import GatewayServer
from support import hl7v2_samples as samples
from support.memory_store import MemoryStore

pytestmark = pytest.mark.enable_socket
NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)


async def _exchange(store: MemoryStore, texts: list[str]) -> list[hl7.Message]:
    server = GatewayServer("127.0.0.1", 0, store=store, clock=lambda: NOW)
    await server.start()
    reader, writer = await open_hl7_connection("127.0.0.1", server.port)
    answers = []
    for text in texts:
        writer.writemessage(hl7.parse(text))
        await writer.drain()
        answers.append(await reader.readmessage())
    writer.close()
    await server.stop()
    return answers


def test_an_asyncio_client_gets_one_answer_for_each_message_in_order() -> None:
    store = MemoryStore()
    texts = [samples.monitor(MSG000042=f"M{n}").decode() for n in range(50)]

    answers = asyncio.run(_exchange(store, texts))

    assert [str(a.segment("MSA")) for a in answers] == [f"MSA|AA|M{n}" for n in range(50)]
    assert store.control_ids == [f"M{n}" for n in range(50)]


def test_a_rejection_is_readable_to_another_library() -> None:
    (answer,) = asyncio.run(
        _exchange(MemoryStore(), [samples.monitor(**{"|P|2.6": "|T|2.6"}).decode()])
    )

    assert str(answer.segment("MSA")[1]) == "AR"
    assert str(answer.segment("ERR")[3][0][0]) == "202"


def test_a_blocking_client_is_answered_too() -> None:
    async def run() -> bytes:
        server = GatewayServer("127.0.0.1", 0, store=MemoryStore(), clock=lambda: NOW)
        await server.start()

        def talk() -> bytes:
            with MLLPClient("127.0.0.1", server.port) as client:
                return bytes(client.send_message(samples.MONITOR.decode()))

        answer = await asyncio.to_thread(talk)
        await server.stop()
        return answer

    assert b"MSA|AA|MSG000042" in asyncio.run(run())
