"""How real monitors speak on the wire: bytes into the gateway's socket, a chart out.

docs/reference/monitor_habits.md names, for each clause, the test that proves it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from pathlib import Path

import pytest
from pytest_django import Settings

from afterglow.apps.devices.models import Device, MessageOutcome, RawMessage
from afterglow.apps.monitoring.models import ReviewReason
from afterglow.apps.people.models import Patient
from afterglow.interop.hl7v2.emit import SentPatient
from afterglow.interop.hl7v2.framing import END, MAX_FRAME_BYTES, START, frame
from afterglow.interop.hl7v2.main import tls_context
from afterglow.interop.hl7v2.message import decode
from support.authority import Authority
from support.clinic_messages import (
    PULSE,
    SPO2,
    bed,
    give_profile,
    later,
    oru,
)
from support.monitor_says import NOW, changed, charted, said, spo2, waits
from support.road import answers_to, framed, heard, through, verdicts

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stream_in_pieces_and_heaps_with_empty_frames_and_stray_bytes_is_charted_whole() -> None:
    here = bed()
    one, two, three, four = spo2(here, 91, 92, 93, 94)
    stream = b"\r\n" + framed(one) + b"\x1c" + START + END + framed(two, three)
    stream += b"\r\n\r\n" + framed(four)

    async def talk(port: int) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = framed(one)[:90]
        for at in range(0, len(first), 9):
            writer.write(first[at : at + 9])
            await writer.drain()
            await asyncio.sleep(0.005)
        writer.write(stream[stream.index(first) + len(first) :])
        found = await heard(reader, 4)
        writer.close()
        return found

    assert verdicts(through(talk, at=NOW)) == ["AA 0", "AA 1", "AA 2", "AA 3"]
    assert charted() == [("spo2", v) for v in (91, 92, 93, 94)]
    assert waits() == []


def test_an_oversize_message_is_refused_and_the_next_one_charted() -> None:
    here = bed()
    (good,) = spo2(here, 97)
    huge = START + b"MSH|^~\\&|GW|" + b"x" * (MAX_FRAME_BYTES + 10) + END

    answers = answers_to(huge + framed(good), expect=2, at=NOW)

    assert [one[:2] for one in verdicts(answers)] == ["AR", "AA"]
    assert charted() == [("spo2", 97)]
    assert waits() == [ReviewReason.NOT_UNDERSTOOD]
    assert RawMessage.objects.get(outcome=MessageOutcome.NOT_UNDERSTOOD).content[:3] == b"MSH"


def test_a_message_cut_by_the_next_one_is_not_charted() -> None:
    here = bed()
    whole, good = spo2(here, 60, 97)

    answers = answers_to(START + whole[:-40] + framed(good), expect=2, at=NOW)

    assert [one[:2] for one in verdicts(answers)] == ["AR", "AA"]
    assert charted() == [("spo2", 97)]


def test_a_monitor_without_frames_is_charted_where_its_profile_says_so() -> None:
    here = bed()
    give_profile(here.monitor, {"framing": "segments"})
    Device.objects.filter(pk=here.monitor.pk).update(addresses="127.0.0.1")
    one, two = spo2(here, 95, 96)

    async def talk(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(one + two)
        found = b""
        while found.count(b"MSA|AA|") < 2:  # the second by the pause that follows it
            found += await asyncio.wait_for(reader.read(4096), 10)
        writer.close()
        return found

    answers = through(talk, at=NOW)

    assert START not in answers, "it is answered as it speaks"
    assert charted() == [("spo2", 95), ("spo2", 96)]


def test_without_that_profile_bytes_without_frames_are_never_acknowledged() -> None:
    here = bed()
    (one,) = spo2(here, 95)

    async def talk(port: int) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(one)
        found = await heard(reader, 0)
        writer.close()
        return found

    assert through(talk, at=NOW) == []
    assert charted() == []


def test_a_connection_that_idles_and_sends_line_ends_is_kept_and_answered() -> None:
    here = bed()
    one, two = spo2(here, 95, 96)

    async def talk(port: int) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed(one))
        found = await heard(reader, 1)
        for _ in range(3):
            writer.write(b"\r\n")
            await asyncio.sleep(0.2)
        writer.write(framed(two))
        found += await heard(reader, 1)
        writer.close()
        return found

    assert verdicts(through(talk, at=NOW)) == ["AA 0", "AA 1"]
    assert charted() == [("spo2", 95), ("spo2", 96)]


def test_a_sender_that_closes_its_own_half_is_answered() -> None:
    here = bed()
    one, two = spo2(here, 95, 96)

    async def talk(port: int) -> tuple[list[bytes], bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed(one, two))
        writer.write_eof()
        found = await heard(reader, 2)
        last = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return found, last

    answers, last = through(talk, at=NOW)

    assert verdicts(answers) == ["AA 0", "AA 1"]
    assert last == b"", "and then the gateway closes its half"
    assert charted() == [("spo2", 95), ("spo2", 96)]


def test_a_monitor_that_is_gone_before_its_answer_sends_again_and_is_charted_once() -> None:
    here = bed()
    (one,) = spo2(here, 95)

    async def talk(port: int) -> list[bytes]:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed(one))
        await writer.drain()
        await asyncio.sleep(0.3)
        hard = struct.pack("ii", 1, 0)  # a reset, as when the plug is pulled
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
        writer.transport.abort()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed(one))
        found = await heard(reader, 1)
        writer.close()
        return found

    assert verdicts(through(talk, at=NOW)) == ["AA 0"]
    assert charted() == [("spo2", 95)]
    assert RawMessage.objects.count() == 1


def test_two_hundred_connections_at_once_are_each_answered_and_charted() -> None:
    here = bed()
    raws = [
        oru(here.monitor, {PULSE: str(50 + n % 100)}, at=later(1, n), control_id=str(n))
        for n in range(200)
    ]

    async def talk(port: int) -> list[bytes]:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in raws]
        for (_, writer), raw in zip(lines, raws, strict=True):
            writer.write(frame(raw))
        found = [await asyncio.wait_for(r.readuntil(END), 20) for r, _ in lines]
        for _, writer in lines:
            writer.close()
        return found

    answers = through(talk, at=NOW)

    assert verdicts(answers) == [f"AA {n}" for n in range(200)]
    assert sorted(v for _, v in charted()) == sorted(50 + n % 100 for n in range(200))


ACKNOWLEDGEMENTS = [
    ("", "", "AA"),
    ("AL", "NE", "CA"),
    ("AL", "AL", "AA"),
    ("NE", "AL", "AA"),
    ("NE", "NE", None),
    ("NE", "ER", None),
    ("ER", "NE", None),
]


def test_each_way_to_be_acknowledged_is_kept_to_and_each_message_is_charted() -> None:
    here = bed()
    raws = [
        changed(said(here, {SPO2: str(90 + n)}, str(n)), ("|||NE|AL|", f"|||{accept}|{own}|"))
        for n, (accept, own, _) in enumerate(ACKNOWLEDGEMENTS)
    ]
    expected = [f"{c} {n}" for n, (_, _, c) in enumerate(ACKNOWLEDGEMENTS) if c]

    answers = answers_to(framed(*raws), expect=len(expected), at=NOW)

    assert verdicts(answers) == expected
    assert charted() == [("spo2", 90 + n) for n in range(len(ACKNOWLEDGEMENTS))]


def test_what_never_reaches_a_chart_is_refused_in_the_same_ways() -> None:
    here = bed()
    refused = {"": "AR", "AL|NE": "CR", "NE|ER": "AR", "NE|NE": "", "ER|NE": "CR"}
    raws = [
        changed(
            said(here, {SPO2: "40"}, str(n)),
            ("|||NE|AL|", f"|||{how or '|'}|"),
            ("|P|2.6|", f"|{'TD'[n % 2]}|2.6|"),
        )
        for n, how in enumerate(refused)
    ]
    expected = [f"{word} {n}" for n, word in enumerate(refused.values()) if word]

    answers = answers_to(framed(*raws), expect=len(expected), at=NOW)

    assert verdicts(answers) == expected
    for answer in answers:
        (error,) = decode(answer).named("ERR")
        assert (error.get(3), error.get(3, 3), error.get(4)) == ("202", "HL70357", "E")
    assert charted() == []
    outcomes = set(RawMessage.objects.values_list("outcome", flat=True))
    assert outcomes == {MessageOutcome.NOT_FOR_CHARTS}


def test_one_bad_obx_costs_itself_and_comes_back_as_a_warning() -> None:
    here = bed()
    raw = changed(said(here, {SPO2: "97", PULSE: "88"}), ("|88|", "|eighty|"))

    (answer,) = answers_to(framed(raw), expect=1, at=NOW)

    (error,) = decode(answer).named("ERR")
    assert verdicts([answer]) == ["AA 1"]
    assert (error.get(2), error.get(2, 3)) == ("OBX", "5")
    assert (error.get(3), error.get(3, 3), error.get(4)) == ("102", "HL70357", "W")
    assert "eighty" in error.get(8)
    assert charted() == [("spo2", 97)]
    assert waits() == [ReviewReason.BAD_OBSERVATION]


@pytest.mark.parametrize(
    ("named", "codec"),
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("", "utf-8"), ("KLINGON", "utf-8")],
)
def test_the_character_set_of_msh_18_decides_who_the_patient_is(named: str, codec: str) -> None:
    here = bed()
    patient = here.session.patient
    Patient.objects.filter(pk=patient.pk).update(family_name="Núñez")
    sent = SentPatient(patient.mrn, "Núñez", patient.given_name)
    raw = oru(here.monitor, {SPO2: "97"}, at=NOW, control_id="1", patient=sent)
    raw = raw.decode().replace("UNICODE UTF-8", named).encode(codec)

    (answer,) = answers_to(framed(raw), expect=1, at=NOW)

    assert verdicts([answer]) == ["AA 1"]
    assert charted() == [("spo2", 97)], "read in another set it would be another name"
    errors = [(e.get(3), e.get(4)) for e in decode(answer).named("ERR")]
    assert errors == ([("103", "W")] if named == "KLINGON" else [])


@pytest.mark.parametrize("who", ["ours", "theirs"])
def test_over_tls_only_a_device_with_our_certificate_reaches_a_chart(
    tmp_path: Path, who: str
) -> None:
    here = bed()
    (one,) = spo2(here, 95)
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    client = ssl.create_default_context(cafile=str(ours.path))
    client.load_cert_chain(*(ours if who == "ours" else theirs).issue("device"))
    cert, key = ours.issue("gateway")

    async def talk(port: int) -> list[bytes]:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
            writer.write(framed(one))
            found = await heard(reader, 1)
            writer.close()
        except (ssl.SSLError, ConnectionError):
            return []
        return found

    answers = through(talk, at=NOW, tls=tls_context(str(cert), str(key), str(ours.path)))

    assert verdicts(answers) == (["AA 0"] if who == "ours" else [])
    assert charted() == ([("spo2", 95)] if who == "ours" else [])


def test_an_address_that_is_not_on_the_gateways_list_is_not_heard(settings: Settings) -> None:
    here = bed()
    settings.AFTERGLOW_GATEWAY_ALLOW = "10.0.0.0/8"
    (one,) = spo2(here, 95)

    async def talk(port: int) -> list[bytes]:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(framed(one))
            return await heard(reader, 1)
        except ConnectionError:
            return []

    assert through(talk, at=NOW) == []
    assert not RawMessage.objects.exists()


def test_a_device_that_sends_from_where_it_may_not_waits_for_a_person() -> None:
    here = bed()
    Device.objects.filter(pk=here.monitor.pk).update(addresses="10.1.0.0/24")

    answers = answers_to(framed(*spo2(here, 95)), expect=1, at=NOW)

    assert verdicts(answers) == ["AA 0"], "an error would make it send for ever"
    assert charted() == []
    assert waits() == [ReviewReason.ADDRESS_NOT_ALLOWED]


def test_a_device_above_its_own_limit_is_slowed_and_all_it_says_is_charted() -> None:
    here = bed()
    Device.objects.filter(pk=here.monitor.pk).update(messages_per_s=10)
    eui = here.monitor.eui64
    dashed = "-".join(eui[n : n + 2] for n in range(0, 16, 2)).lower()
    raws = [raw.replace(eui.encode(), dashed.encode()) for raw in spo2(here, *range(70, 100))]

    async def talk(port: int) -> tuple[float, list[bytes]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        loop = asyncio.get_running_loop()
        began, found = loop.time(), []
        for raw in raws:
            writer.write(frame(raw))
            found.append(await asyncio.wait_for(reader.readuntil(END), 10))
        writer.close()
        return loop.time() - began, found

    took, answers = through(talk, at=NOW)

    assert verdicts(answers) == [f"AA {n}" for n in range(30)]
    assert took > 0.6, "twenty at once, then ten a second"
    assert charted() == [("spo2", v) for v in range(70, 100)]
