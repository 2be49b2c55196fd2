"""Who may connect, how fast, in which framing, and under which certificate: real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.device_profile import Framing
from afterglow.interop.hl7v2 import connection
from afterglow.interop.hl7v2.framing import FrameKind, MllpDecoder, SegmentDecoder, frame
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.main import tls_context
from afterglow.interop.hl7v2.message import decode
from afterglow.interop.hl7v2.peers import PeerRules, Peers, networks
from support import hl7v2_samples as samples
from support.authority import Authority
from support.memory_store import MemoryStore

pytestmark = pytest.mark.enable_socket
NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)
LOOPBACK = networks("127.0.0.1")[0]


@asynccontextmanager
async def gateway(
    store: MemoryStore, peers: Peers | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[GatewayServer]:
    server = GatewayServer(
        "127.0.0.1", 0, store=store, clock=lambda: NOW, peers=peers or Peers(), tls=tls
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def numbered(number: int) -> bytes:
    return samples.monitor(MSG000042=f"M{number}")


async def next_answer(reader: asyncio.StreamReader) -> str:
    raw = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
    return raw.decode()


def test_a_sender_without_frames_is_answered_without_frames() -> None:
    async def talk() -> tuple[list[str], bytes]:
        store = MemoryStore()
        bare = PeerRules(framing=Framing.SEGMENTS)
        async with gateway(store, Peers(by_network=((LOOPBACK, bare),))) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            whole = numbered(1) + numbered(2)
            for at in range(0, len(whole), 700):
                writer.write(whole[at : at + 700])
                await writer.drain()
                await asyncio.sleep(0.01)
            answers = b""
            while answers.count(b"MSA|AA|") < 2:
                answers += await asyncio.wait_for(reader.read(4096), 10)
            writer.close()
            return store.control_ids, answers

    ids, answers = asyncio.run(talk())

    assert ids == ["M1", "M2"]
    assert b"\x0b" not in answers
    assert b"\x1c" not in answers


@given(st.lists(st.integers(1, 400), max_size=12), st.sampled_from([b"\r", b"\n", b"\r\n"]))
def test_segments_give_the_same_messages_however_they_are_split(
    cuts: list[int], ending: bytes
) -> None:
    sent = [numbered(n).replace(b"\r", ending) for n in range(3)]
    stream, found, decoder = b"".join(sent), [], SegmentDecoder()
    for cut in [*cuts, len(stream)]:
        piece, stream = stream[:cut], stream[cut:]
        found += decoder.feed(piece)
    found += decoder.flush()

    assert [decode(each.data).control_id for each in found] == ["M0", "M1", "M2"]
    assert {each.kind for each in found} == {FrameKind.MESSAGE}


def test_a_line_that_is_not_complete_is_never_taken_for_the_end() -> None:
    decoder = SegmentDecoder()
    decoder.feed(b"MSH|^~\\&|A\rOBX|1|NM|15")

    assert decoder.flush() == []
    assert [each.kind for each in decoder.close()] == [FrameKind.CUT]


def test_a_message_without_frames_above_the_limit_is_cut_and_the_next_one_read() -> None:
    decoder = SegmentDecoder(limit=200)

    found = decoder.feed(b"MSH|" + b"x" * 500 + b"\r") + decoder.feed(b"more\rMSH|2\rOBX|1\r")
    found += decoder.flush()

    assert [each.kind for each in found] == [FrameKind.OVERSIZE, FrameKind.MESSAGE]
    assert found[1].data == b"MSH|2\rOBX|1\r"


def test_an_address_that_is_not_listed_cannot_connect() -> None:
    async def talk() -> tuple[bytes, list[str]]:
        store = MemoryStore()
        async with gateway(store, Peers(allowed=networks("10.0.0.0/8"))) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(frame(numbered(1)))
            try:
                heard = await asyncio.wait_for(reader.read(), 5)
            except ConnectionError:
                heard = b""
            return heard, store.control_ids

    assert asyncio.run(talk()) == (b"", [])


@pytest.mark.parametrize("by", ["address", "equipment"])
def test_a_device_above_its_limit_is_slowed_and_loses_nothing(by: str) -> None:
    slow = PeerRules(messages_per_s=10)
    peers = (
        Peers(by_network=((LOOPBACK, slow),))
        if by == "address"
        else Peers(by_equipment={samples.EQUIPMENT: slow})
    )

    async def talk() -> tuple[float, int]:
        store = MemoryStore()
        async with gateway(store, peers) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            began = asyncio.get_running_loop().time()
            for n in range(28):
                writer.write(frame(numbered(n)))
                await next_answer(reader)
            writer.close()
            return asyncio.get_running_loop().time() - began, len(store.kept)

    took, kept = asyncio.run(talk())

    assert kept == 28
    assert took > 0.5, "twenty at once, then ten a second"


def test_the_narrowest_network_decides() -> None:
    fast, slow = PeerRules(100), PeerRules(1)
    peers = Peers(by_network=((networks("10.0.0.0/8")[0], fast), (networks("10.1.2.3")[0], slow)))

    assert peers.rules_of("10.1.2.3") is slow
    assert peers.rules_of("10.9.9.9") is fast
    assert peers.rules_of("192.0.2.1") is peers.usual


def test_what_is_no_network_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"'10\.0\.0\.x' is not an address"):
        networks("10.0.0.1, 10.0.0.x")


def test_two_hundred_idle_connections_each_are_answered_when_they_speak() -> None:
    async def talk() -> int:
        store = MemoryStore()
        async with gateway(store) as server:
            lines = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(200)]
            await asyncio.sleep(0.2)
            for reader, writer in lines:
                writer.write(b"\r\n" + frame(numbered(id(reader))))  # some send line ends to stay
            answers = [await next_answer(reader) for reader, _ in lines]
            for _, writer in lines:
                writer.close()
            return sum("MSA|AA|" in answer for answer in answers)

    assert asyncio.run(talk()) == 200


def test_a_peer_that_has_gone_silently_is_probed_and_given_up() -> None:
    async def talk() -> tuple[int, int]:
        import socket

        store = MemoryStore()
        async with gateway(store) as server:
            _reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            await asyncio.sleep(0.1)
            (one,) = server._connections
            assert one._transport is not None
            sock = one._transport.get_extra_info("socket")
            writer.close()
            return (
                sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            )

    alive, idle = asyncio.run(talk())

    assert alive == 1
    assert idle <= connection.DEAD_AFTER_S


def test_unfinished_messages_hold_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterglow.interop.hl7v2.gateway.MAX_HELD_BYTES", 300_000)

    async def talk() -> tuple[int, int, bytes]:
        store = MemoryStore()
        async with gateway(store) as server:
            lines = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)]
            for number, (_, writer) in enumerate(lines):
                writer.write(b"\x0bMSH|" + b"x" * (50_000 + 10_000 * number))
                await writer.drain()
                await asyncio.sleep(0.05)
            held = sum(each.held for each in server._connections)
            gone = await asyncio.wait_for(lines[4][0].read(), 5)
            lines[0][1].close()
            return held, server.counts["held_too_much"], gone

    held, closed, gone = asyncio.run(talk())

    assert held <= 300_000
    assert closed == 1
    assert gone == b"", "the largest was closed"


@pytest.mark.parametrize("who", ["a device of ours", "a stranger", "nobody"])
def test_only_a_device_with_our_certificate_is_heard(tmp_path: Path, who: str) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    cert, key = ours.issue("gateway")
    tls = tls_context(str(cert), str(key), str(ours.path))
    client = ssl.create_default_context(cafile=str(ours.path))
    if who != "nobody":
        client.load_cert_chain(*(ours if who == "a device of ours" else theirs).issue("device"))

    async def talk() -> tuple[bytes, list[str]]:
        store = MemoryStore()
        async with gateway(store, tls=tls) as server:
            heard = b""
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=client)
                writer.write(frame(numbered(1)))
                heard = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 5)
                writer.close()
            except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError):
                pass
            return heard, store.control_ids

    heard, ids = asyncio.run(talk())

    assert (b"MSA|AA|M1" in heard, ids) == (
        (True, ["M1"]) if who == "a device of ours" else (False, [])
    )


def test_tls_needs_all_three_files(tmp_path: Path) -> None:
    assert tls_context("", "", "") is None
    with pytest.raises(InvalidValue, match="three files"):
        tls_context("cert.pem", "", "")
    with pytest.raises(InvalidValue, match="cannot be read"):
        tls_context(*(str(tmp_path / name) for name in ("a", "b", "c")))


def test_frames_and_segments_agree_on_what_a_message_is() -> None:
    framed = MllpDecoder().feed(frame(samples.MONITOR))[0].data
    decoder = SegmentDecoder()
    decoder.feed(samples.MONITOR)

    assert decoder.flush()[0].data == framed
