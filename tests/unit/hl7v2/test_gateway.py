"""The gateway and the sender, over real sockets on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import wraps
from typing import Any

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.client import MllpSender
from afterglow.interop.hl7v2.emit import Reading, Sender, build_oru
from afterglow.interop.hl7v2.framing import MllpDecoder, frame
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.message import Message, decode
from afterglow.interop.hl7v2.port import Stored
from afterglow.interop.hl7v2.problems import ErrorCode
from support import hl7v2_samples as samples
from support.memory_store import MemoryStore

pytestmark = pytest.mark.enable_socket
NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 20))

    return run


@asynccontextmanager
async def gateway(store: MemoryStore, port: int = 0) -> AsyncIterator[GatewayServer]:
    server = GatewayServer("127.0.0.1", port, store=store, clock=lambda: NOW)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Wire:
    """A bare connection that sends bytes and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._decoder = MllpDecoder()
        self._answers: list[Message] = []

    async def answer(self) -> Message:
        while not self._answers:
            data = await self.reader.read(65536)
            if not data:
                raise EOFError
            self._answers += [decode(f.data) for f in self._decoder.feed(data)]
        return self._answers.pop(0)

    async def code(self) -> tuple[str, str]:
        msa = (await self.answer()).first("MSA")
        assert msa is not None
        return msa.get(1), msa.get(2)


@asynccontextmanager
async def wire(server: GatewayServer) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def message(number: int, value: int = 97) -> bytes:
    return build_oru(
        [Reading("MDC_PULS_OXIM_SAT_O2", Decimal(value), NOW)],
        sender=Sender("TEST", samples.EQUIPMENT),
        control_id=str(number),
        sent_at=NOW,
    )


@in_a_loop
async def test_a_message_is_stored_and_then_acknowledged() -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(samples.MONITOR))

        assert await device.code() == ("AA", "MSG000042")
        assert [r.raw for r in store.kept] == [samples.MONITOR]
        assert (store.kept[0].received_at, store.kept[0].peer) == (NOW, "127.0.0.1")


@in_a_loop
async def test_nothing_is_acknowledged_while_the_store_has_not_returned() -> None:
    store = MemoryStore()
    store.delay_s = 0.3
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(samples.MONITOR))

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(device.answer(), 0.15)
        assert store.kept == []
        assert await device.code() == ("AA", "MSG000042")


@in_a_loop
async def test_a_repeat_is_acknowledged_again_and_not_stored_twice() -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(samples.MONITOR) * 3)

        assert [await device.code() for _ in range(3)] == [("AA", "MSG000042")] * 3
        assert len(store.kept) == 1


@in_a_loop
async def test_the_same_id_with_another_value_is_a_new_message() -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(message(1, 97)) + frame(message(1, 96)))

        assert [await device.code() for _ in range(2)] == [("AA", "1")] * 2
        assert len(store.kept) == 2


@in_a_loop
async def test_what_waits_while_one_commit_runs_goes_into_the_next_together() -> None:
    store = MemoryStore()
    store.delay_s = 0.1
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(message(0)))
        await asyncio.sleep(0.05)
        device.writer.write(b"".join(frame(message(n)) for n in range(1, 41)))

        codes = [await device.code() for _ in range(41)]
        assert codes == [("AA", str(n)) for n in range(41)]
        assert store.batches == [1, 40]


@in_a_loop
async def test_a_store_that_fails_means_no_answer_and_a_closed_connection() -> None:
    store = MemoryStore()
    store.down = True
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(samples.MONITOR))

        with pytest.raises(EOFError):
            await device.answer()
        assert store.kept == []


@in_a_loop
async def test_a_store_that_answers_for_fewer_messages_than_it_got_acknowledges_none() -> None:
    async def forgetful(batch: object) -> list[Stored]:
        return []

    server = GatewayServer("127.0.0.1", 0, store=forgetful, clock=lambda: NOW)
    await server.start()
    async with wire(server) as device:
        device.writer.write(frame(samples.MONITOR))

        with pytest.raises(EOFError):
            await device.answer()
    await server.stop()


@in_a_loop
async def test_one_message_that_cannot_be_stored_does_not_stop_the_other_devices() -> None:
    store = MemoryStore()
    store.delay_s = 0.05
    store.poison = b"|bad|"
    async with gateway(store) as server, wire(server) as first, wire(server) as second:
        first.writer.write(frame(message(0)))
        await asyncio.sleep(0.02)
        first.writer.write(frame(samples.monitor(**{"MSG000042": "bad"})))
        second.writer.write(frame(message(1)))

        assert await first.code() == ("AA", "0")
        assert await second.code() == ("AA", "1")
        with pytest.raises(EOFError):
            await first.answer()


@pytest.mark.parametrize(
    ("raw", "code", "echoed", "error"),
    [
        (b"not a message", "AR", "", ErrorCode.SEGMENT_SEQUENCE),
        (samples.monitor(**{"|P|2.6": "|T|2.6"}), "AR", "MSG000042", ErrorCode.PROCESSING_ID),
        (samples.monitor(**{"ORU^R01": "ADT^A01"}), "AR", "MSG000042", ErrorCode.MESSAGE_TYPE),
        (samples.monitor(**{"|P|2.6": "|P|9.9"}), "AR", "MSG000042", ErrorCode.VERSION),
        (samples.monitor(**{"|MSG000042|": "||"}), "AR", "", ErrorCode.MISSING_FIELD),
    ],
)
@in_a_loop
async def test_what_cannot_be_read_is_kept_and_rejected_with_its_reason(
    raw: bytes, code: str, echoed: str, error: ErrorCode
) -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(raw))
        answer = await device.answer()

    msa, err = answer.first("MSA"), answer.first("ERR")
    assert msa is not None
    assert err is not None
    assert (msa.get(1), msa.get(2), err.get(3), err.get(4)) == (code, echoed, error, "E")
    assert err.get(8) != ""
    assert [r.raw for r in store.kept] == [raw]
    assert store.kept[0].objection is not None


@in_a_loop
async def test_noise_and_cut_frames_are_kept_and_never_accepted() -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(b"noise\x0bMSH|^~\\&|cut" + frame(samples.MONITOR))

        assert (await device.code())[0] == "AR"
        assert await device.code() == ("AA", "MSG000042")
    assert [r.raw for r in store.kept] == [b"noise", b"MSH|^~\\&|cut", samples.MONITOR]


@in_a_loop
async def test_a_sender_that_wants_silence_gets_silence_and_is_stored() -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(samples.monitor(**{"|||NE|AL|": "|||NE|NE|"})))
        device.writer.write(frame(message(2)))

        assert await device.code() == ("AA", "2")
        assert store.control_ids == ["MSG000042", "2"]


@in_a_loop
async def test_stopping_stores_and_answers_what_has_arrived() -> None:
    store = MemoryStore()
    store.delay_s = 0.2
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(message(1)) + frame(message(2)))
        await asyncio.sleep(0.1)
        await server.stop()

        assert [await device.code() for _ in range(2)] == [("AA", "1"), ("AA", "2")]
        assert store.control_ids == ["1", "2"]
        with pytest.raises(EOFError):
            await device.answer()


def test_an_address_that_others_can_reach_is_refused_unless_it_is_wanted() -> None:
    with pytest.raises(InvalidValue, match=r"0\.0\.0\.0"):
        GatewayServer("0.0.0.0", 0, store=MemoryStore(), clock=lambda: NOW)  # noqa: S104

    GatewayServer("0.0.0.0", 0, store=MemoryStore(), clock=lambda: NOW, allow_remote=True)  # noqa: S104


@in_a_loop
async def test_a_device_that_never_reads_its_answers_does_not_hold_up_the_others() -> None:
    store = MemoryStore()
    async with gateway(store) as server, wire(server) as deaf, wire(server) as device:
        deaf.writer.write(frame(samples.MONITOR) * 2000)
        await asyncio.sleep(0.05)
        device.writer.write(frame(message(1)))

        assert await device.code() == ("AA", "1")


@in_a_loop
async def test_the_sender_keeps_its_order_and_counts() -> None:
    store = MemoryStore()
    async with gateway(store) as server, MllpSender("127.0.0.1", server.port, window=8) as sender:
        for number in range(100):
            await sender.send(message(number))
        assert await sender.flush(10)

        assert (sender.tally.sent, sender.tally.acknowledged, sender.pending) == (100, 100, 0)
    assert store.control_ids == [str(n) for n in range(100)]


@in_a_loop
async def test_the_sender_sends_again_until_the_store_is_back() -> None:
    store = MemoryStore()
    store.down = True
    async with (
        gateway(store) as server,
        MllpSender("127.0.0.1", server.port, pause_s=0.02, window=4) as sender,
    ):
        for number in range(10):
            await sender.send(message(number))
        assert not await sender.flush(0.3)
        assert sender.tally.acknowledged == 0
        store.down = False

        assert await sender.flush(10)
        assert sender.tally.connections > 1
    assert store.control_ids == [str(n) for n in range(10)]


@in_a_loop
async def test_the_sender_outlives_a_gateway_that_is_stopped_and_started() -> None:
    store = MemoryStore()
    async with gateway(store) as server:
        port = server.port
        sender = MllpSender("127.0.0.1", port, pause_s=0.02)
        sender.start()
        await sender.send(message(1))
        assert await sender.flush(5)
    await sender.send(message(2))
    assert not await sender.flush(0.2)
    async with gateway(store, port):
        assert await sender.flush(10)
    await sender.close()

    assert store.control_ids == ["1", "2"]
    assert sender.tally.acknowledged == 2


@in_a_loop
async def test_the_sender_gives_up_a_gateway_that_does_not_answer() -> None:
    store = MemoryStore()
    store.delay_s = 0.5
    async with (
        gateway(store) as server,
        MllpSender("127.0.0.1", server.port, answer_within_s=0.1, pause_s=0.02) as sender,
    ):
        await sender.send(message(1))
        assert not await sender.flush(0.4)
        store.delay_s = 0.0

        assert await sender.flush(10)
    assert store.control_ids == ["1"]


@in_a_loop
async def test_a_rejected_message_is_not_sent_for_ever() -> None:
    store = MemoryStore()
    async with gateway(store) as server, MllpSender("127.0.0.1", server.port) as sender:
        await sender.send(samples.monitor(**{"|P|2.6": "|T|2.6"}))
        await sender.send(message(2))

        assert await sender.flush(10)
    assert (sender.tally.rejected, sender.tally.acknowledged) == (1, 1)
    assert "never reaches a chart" in sender.tally.last_rejection


@in_a_loop
async def test_messages_behind_one_that_failed_are_not_stored_ahead_of_it() -> None:
    store = MemoryStore()
    store.poison = b"|1|P|"
    async with gateway(store) as server, wire(server) as device:
        device.writer.write(frame(message(1)) + frame(message(2)))
        with pytest.raises(EOFError):
            await device.answer()

    assert store.kept == []
