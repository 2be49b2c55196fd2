"""The gateway over a real socket on a real database: acknowledged means on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.monitoring.models import VitalSign
from afterglow.interop.hl7v2.framing import frame
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.store import make_store
from afterglow.web import clock
from support.clinic_messages import SPO2, bed, oru

pytestmark = pytest.mark.django_db(transaction=True)

Talk = Callable[[int], Awaitable[None]]


def through_a_gateway(talk: Talk) -> None:
    """Run a gateway on the real store and talk to its port."""

    async def run() -> None:
        store, close = make_store()
        gateway = GatewayServer("127.0.0.1", 0, store=store, clock=clock.now)
        await gateway.start()
        try:
            await talk(gateway.port)
        finally:
            await gateway.stop()
            await asyncio.to_thread(close)

    asyncio.run(run())


async def exchange(port: int, raw: bytes) -> bytes:
    """Send one message and return the answer; empty when the connection was closed instead."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(raw))
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
    except asyncio.IncompleteReadError:
        return b""
    finally:
        writer.close()


def test_ten_devices_at_once_each_reach_their_own_patient() -> None:
    beds = [bed(at=clock.now() - timedelta(minutes=5)) for _ in range(10)]
    each = 20
    answers: list[bytes] = []

    async def device(port: int, number: int, monitor: Device) -> None:
        for n in range(each):
            raw = oru(monitor, {SPO2: str(90 + number)}, at=clock.now(), control_id=f"{number}-{n}")
            answers.append(await exchange(port, raw))

    async def talk(port: int) -> None:
        await asyncio.gather(*(device(port, n, b.monitor) for n, b in enumerate(beds)))

    through_a_gateway(talk)

    assert all(b"MSA|AA|" in answer for answer in answers)
    assert len(answers) == RawMessage.objects.count() == 10 * each
    for number, here in enumerate(beds):
        values = VitalSign.objects.filter(session=here.session).values_list("value", flat=True)
        assert set(values) == {90 + number}


def test_a_message_that_could_not_be_stored_is_not_acknowledged_and_may_come_again() -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    raw = oru(here.monitor, {SPO2: "97"}, at=clock.now(), control_id="1")
    answers: list[bytes] = []

    def break_the_table(name: str, other: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {name} RENAME TO {other}")
        connections.close_all()

    async def talk(port: int) -> None:
        await sync_to_async(break_the_table)("events_outboxevent", "events_gone")
        answers.append(await exchange(port, raw))
        await sync_to_async(break_the_table)("events_gone", "events_outboxevent")
        answers.append(await exchange(port, raw))

    through_a_gateway(talk)

    assert answers[0] == b""
    assert b"MSA|AA|1" in answers[1]
    assert RawMessage.objects.count() == VitalSign.objects.count() == 1


def test_a_true_repeat_is_acknowledged_again_and_stored_once() -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    raw = oru(here.monitor, {SPO2: "97"}, at=clock.now(), control_id="1")
    answers: list[bytes] = []

    async def talk(port: int) -> None:
        answers.append(await exchange(port, raw))
        answers.append(await exchange(port, raw))

    through_a_gateway(talk)

    assert [b"MSA|AA|1" in answer for answer in answers] == [True, True]
    assert RawMessage.objects.count() == 1
