"""The gateway over a real socket on a real database: acknowledged means on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.devices.models import (
    JOURNAL_CHANNEL,
    Device,
    JournaledMessage,
    RawMessage,
)
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring.models import DeviceAssignment, ReviewItem, ReviewReason, VitalSign
from afterglow.apps.monitoring.services import charting, release_devices, store_messages
from afterglow.config import processes
from afterglow.interop.hl7v2 import charter
from afterglow.interop.hl7v2 import journal as journal_module
from afterglow.interop.hl7v2.framing import frame
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.journal import Journal
from afterglow.web import clock
from support.clinic_messages import PULSE, SPO2, bed, journal, oru

pytestmark = pytest.mark.django_db(transaction=True)

Talk = Callable[[int], Awaitable[None]]


def connect() -> dict[str, Any]:
    """Say where the test's database is."""
    return connection.get_connection_params()


def through_a_gateway(talk: Talk) -> None:
    """Run a gateway on the real store and talk to its port."""

    async def run() -> None:
        journal = Journal(await asyncio.to_thread(connect))
        gateway = GatewayServer("127.0.0.1", 0, store=journal, clock=clock.now)
        await gateway.start()
        try:
            await talk(gateway.port)
        finally:
            await gateway.stop()
            await journal.close()

    asyncio.run(run())
    charter.chart_everything()


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
        await sync_to_async(break_the_table)("devices_journaledmessage", "journal_gone")
        answers.append(await exchange(port, raw))
        await sync_to_async(break_the_table)("journal_gone", "devices_journaledmessage")
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


def test_half_a_message_is_kept_and_never_charted_although_it_could_be_read() -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    whole = oru(here.monitor, {SPO2: "97", PULSE: "61"}, at=clock.now(), control_id="1")
    half = whole[: whole.rindex(b"OBX|")]
    other = oru(here.monitor, {SPO2: "96"}, at=clock.now(), control_id="2")

    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0b" + half + frame(other))
        answers = await asyncio.wait_for(reader.readuntil(b"MSA|AA|2"), 10)
        assert b"MSA|AA|1" not in answers
        writer.close()

    through_a_gateway(talk)

    assert [sign.value for sign in VitalSign.objects.all()] == [96]
    assert ReviewItem.objects.get().reason == ReviewReason.NOT_UNDERSTOOD


def test_a_charter_that_dies_in_the_middle_charts_every_message_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    for n in range(5):
        raw = oru(here.monitor, {SPO2: str(90 + n)}, at=clock.now(), control_id=str(n))
        JournaledMessage.objects.create(
            received_at=clock.now(), peer="127.0.0.1", port=1, content=raw
        )

    def dies(messages: Any, **more: Any) -> None:
        store_messages(messages, **more)
        raise OperationalError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(charter, "store_messages", dies)
        with pytest.raises(OperationalError):
            charter.chart_some()
    left = JournaledMessage.objects.count()
    charted = charter.chart_everything()

    assert (left, charted) == (5, 5)
    assert not JournaledMessage.objects.exists()
    assert RawMessage.objects.count() == VitalSign.objects.count() == 5


def test_a_row_that_the_database_refuses_takes_no_other_message_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    for n in range(4):
        journal(oru(here.monitor, {SPO2: str(90 + n)}, at=clock.now(), control_id=str(n)))
    chart = charting.chart

    def too_long(report: Any, **more: Any) -> charting.Charted:
        done = chart(report, **more)
        for row in done.vital_signs:
            row.flag = "x" * 80 if row.value == 92 else row.flag
        return done

    monkeypatch.setattr(charting, "chart", too_long)
    touched: set[int] = set()
    charted = charter.chart_some(touched=touched)

    assert (charted, touched) == (4, {here.session.pk})
    assert not JournaledMessage.objects.exists()
    assert sorted(sign.value for sign in VitalSign.objects.all()) == [90, 91, 93]
    assert RawMessage.objects.count() == 4
    assert ReviewItem.objects.get().reason == ReviewReason.NOT_UNDERSTOOD
    assert OutboxEvent.objects.filter(event="vital-signs-recorded").count() == 3


def test_what_a_monitor_says_after_it_moved_reaches_the_next_patient_only() -> None:
    began = clock.now() - timedelta(minutes=5)
    here, there = bed(at=began), bed(at=began)
    moved = clock.now() - timedelta(seconds=5)
    journal(oru(here.monitor, {SPO2: "91"}, at=moved - timedelta(seconds=5), control_id="1"))
    charter.chart_some(touched=set())
    for one in (here, there):
        release_devices(session=one.session.public_id, by=one.clinician, at=moved)
    DeviceAssignment.objects.create(
        device=here.monitor, session=there.session, during=DateTimeTZRange(moved, None)
    )
    journal(oru(here.monitor, {SPO2: "92"}, at=clock.now(), control_id="2"))
    charter.chart_some(touched=set())

    assert list(VitalSign.objects.order_by("pk").values_list("session_id", "value")) == [
        (here.session.pk, Decimal(91)),
        (there.session.pk, Decimal(92)),
    ]


def test_messages_are_taken_slowly_when_charting_lags(monkeypatch: pytest.MonkeyPatch) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    monkeypatch.setattr(journal_module, "BACKLOG_AT_MOST", 1)
    monkeypatch.setattr(journal_module, "LOOK_EVERY", 1)
    took: list[float] = []

    async def talk(port: int) -> None:
        for n in range(4):
            raw = oru(here.monitor, {SPO2: str(90 + n)}, at=clock.now(), control_id=str(n))
            began = asyncio.get_running_loop().time()
            assert b"MSA|AA|" in await exchange(port, raw)
            took.append(asyncio.get_running_loop().time() - began)

    through_a_gateway(talk)

    assert took[3] >= journal_module.SLOWLY_S


def test_the_charter_is_rung_for_when_a_message_is_on_disk() -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    heard: list[int] = []

    async def talk(port: int) -> None:
        parameters = {k: v for k, v in journal_of().items() if v}
        listening = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
        async with listening:
            await listening.execute(f"LISTEN {JOURNAL_CHANNEL}")
            for n in range(3):
                raw = oru(here.monitor, {SPO2: str(90 + n)}, at=clock.now(), control_id=str(n))
                assert b"MSA|AA|" in await exchange(port, raw)
                assert [ring async for ring in listening.notifies(timeout=5, stop_after=1)]
                row = await listening.execute("SELECT count(*) FROM devices_journaledmessage")
                heard.append((await row.fetchone() or (0,))[0])

    def journal_of() -> dict[str, Any]:
        return {k: v for k, v in found.items() if k not in journal_module._DJANGOS_OWN}

    found = connect()
    through_a_gateway(talk)

    assert heard == [1, 2, 3]


def test_no_message_waits_for_a_bell_that_does_not_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    monkeypatch.setattr(journal_module, "JOURNAL_CHANNEL", "no channel at all")  # a syntax error

    async def talk(port: int) -> None:
        for n in range(3):
            raw = oru(here.monitor, {SPO2: str(90 + n)}, at=clock.now(), control_id=str(n))
            assert b"MSA|AA|" in await exchange(port, raw)

    through_a_gateway(talk)

    assert VitalSign.objects.count() == 3


def test_a_release_under_way_leaves_no_later_number_in_the_old_chart() -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    released = clock.now() - timedelta(seconds=1)
    journal(oru(here.monitor, {SPO2: "92"}, at=clock.now(), control_id="1"))
    is_waiting = Thread(target=charted_elsewhere)

    with transaction.atomic():
        release_devices(session=here.session.public_id, by=here.clinician, at=released)
        is_waiting.start()  # it sees the device still serve, and waits for the session
        assert processes.wait_until(somebody_waits_for_a_lock, seconds=20)
    is_waiting.join(20)

    assert not JournaledMessage.objects.exists()
    assert not VitalSign.objects.exists()
    assert ReviewItem.objects.get().reason == ReviewReason.NO_SESSION


def charted_elsewhere() -> None:
    try:
        charter.chart_some(touched=set())
    finally:
        connection.close()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        (count,) = cursor.fetchone() or (0,)
    return bool(count)
