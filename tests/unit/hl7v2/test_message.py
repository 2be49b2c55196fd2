"""Segments, fields, escapes, character sets and times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.message import Undecodable, decode, escape, unescape
from afterglow.interop.hl7v2.times import format_time, parse_time
from support import hl7v2_samples as samples

NEW_YORK = ZoneInfo("America/New_York")


def test_fields_are_counted_as_in_the_standard() -> None:
    message = decode(samples.MONITOR)
    pid = message.first("PID")

    assert message.control_id == "MSG000042"
    assert message.type == ("ORU", "R01")
    assert (message.processing_id, message.version) == ("P", "2.6")
    assert message.header.get(1) == "|"
    assert message.header.get(2) == "^~\\&"
    assert pid is not None
    assert (pid.get(3), pid.get(3, 4), pid.get(5, 2)) == ("MRN000123", "KETCLINIC", "Dana")
    assert pid.get(99) == pid.get(3, 99) == pid.get(3, 1, 99) == pid.get(3, repetition=9) == ""


def test_a_message_with_separators_of_its_own_is_read() -> None:
    message = decode(b"MSH#*!@%#APP#FAC#####ORU*R01#7#P#2.6\rPID###one*x!two*y")
    pid = message.first("PID")

    assert message.control_id == "7"
    assert pid is not None
    assert [pid.get(3, 2), pid.get(3, 1, repetition=2)] == ["x", "two"]


@pytest.mark.parametrize("mark", ["+", "-", ".", "_"])
@pytest.mark.parametrize("place", range(5))
def test_what_numbers_and_codes_are_written_with_separates_nothing(mark: str, place: int) -> None:
    marks = list("|^~\\&")
    marks[place] = mark
    line = "".join(["MSH", *marks, marks[0].join(["", "APP", "", "", "", "7", "P", "2.6"])])

    with pytest.raises(Undecodable, match=f"separate with [{mark}], which numbers"):
        decode(f"{line}\r".encode())


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_ends_a_segment(end: str) -> None:
    message = decode(end.join(samples.MONITOR_LINES).encode())

    assert len(message.segments) == len(samples.MONITOR_LINES)


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"a\F\b", "a|b"),
        (r"\S\\T\\R\\E\ ", "^&~\\ "),
        (r"\X41C3A9\ ", "Aé "),
        (r"line\.br\line", "line\nline"),
        (r"\H\bold\N\ ", r"\H\bold\N\ "),
        (r"\Xzz\ ", r"\Xzz\ "),
        ("half\\E", "half\\E"),
        ("", ""),
    ],
)
def test_escapes_are_undone(escaped: str, plain: str) -> None:
    assert unescape(escaped) == plain


def test_separators_in_a_name_survive_the_way_out_and_back() -> None:
    assert unescape(escape("O|Neil^&~\\ \r\n é")) == "O|Neil^&~\\ \r\n é"


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("", "utf-8"),
        ("8859/1", "iso-8859-1"),
        ("8859/15", "iso-8859-15"),
    ],
)
def test_the_character_set_of_msh_18_is_followed(charset: str, codec: str) -> None:
    text = f"MSH|^~\\&|A|B|||||ORU^R01|1|P|2.6||||||{charset}\rPID|||||Núñez"
    message = decode(text.encode(codec))
    pid = message.first("PID")

    assert pid is not None
    assert pid.get(5) == "Núñez"
    assert message.problems == ()


def test_a_wrong_byte_in_a_name_does_not_void_the_message() -> None:
    message = decode(b"MSH|^~\\&|A|B|||||ORU^R01|1|P|2.6\rPID|||||N\xfa\xf1ez\rOBX|1")

    assert [s.name for s in message.segments] == ["MSH", "PID", "OBX"]
    assert [p.location for p in message.problems] == ["MSH-18"]


def test_an_unknown_character_set_is_named_and_read_as_utf_8() -> None:
    message = decode(b"MSH|^~\\&|A|B|||||ORU^R01|1|P|2.6||||||KLINGON\r")

    assert message.problems[0].sentence == "Character set 'KLINGON' is not known; read as UTF-8."


def test_a_line_that_is_no_segment_is_reported_and_the_rest_is_read() -> None:
    message = decode(b"MSH|^~\\&|A|B|||||ORU^R01|1|P|2.6\rwhat is this\rOBX|1")

    assert [s.name for s in message.segments] == ["MSH", "OBX"]
    assert len(message.problems) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PID|1",
        b"MSH",
        b"MSH|",
        b"MSH|^~",
        b"MSH|^^^^|",
        b"MSH\xff^~\\&|",
        b"MSHA^~\\&A",
        b"MSH\r^~\\&\r",
        b"GET / HTTP/1.1",
    ],
)
def test_what_is_no_message_is_refused_with_one_error(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(raw)


def test_the_same_id_with_other_content_is_another_message() -> None:
    first, again = decode(samples.MONITOR), decode(samples.MONITOR)
    other = decode(samples.monitor(**{"|97|": "|96|"}))

    assert first.identity == again.identity
    assert first.identity != other.identity
    assert first.identity[:3] == other.identity[:3]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20261123183015-0500", datetime(2026, 11, 23, 23, 30, 15, tzinfo=UTC)),
        ("20261123183015.25+0100", datetime(2026, 11, 23, 17, 30, 15, 250000, tzinfo=UTC)),
        ("202611231830+0000", datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        ("20261123183015", datetime(2026, 11, 23, 23, 30, 15, tzinfo=UTC)),
        ("20260723183015", datetime(2026, 7, 23, 22, 30, 15, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_their_offset_or_in_the_given_zone(
    text: str, expected: datetime
) -> None:
    assert parse_time(text, zone=NEW_YORK) == expected


@pytest.mark.parametrize(
    ("hour", "near"),
    [(5, datetime(2026, 11, 1, 5, 31, tzinfo=UTC)), (6, datetime(2026, 11, 1, 6, 31, tzinfo=UTC))],
)
def test_the_hour_that_occurs_twice_is_the_one_near_arrival(hour: int, near: datetime) -> None:
    at = parse_time("20261101013000", zone=NEW_YORK, near=near)

    assert at == datetime(2026, 11, 1, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261123",
        "2026112318",
        "20261332183015",
        "20261123256015",
        "20261123183015-9900",
        "20261123183015-0500x",
        "٢٠٢٦١١٢٣١٨٣٠",
        "00010101000000+1400",
        "99991231235959-1400",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_time(text, zone=NEW_YORK)


def test_a_time_without_a_zone_is_never_sent() -> None:
    with pytest.raises(InvalidValue):
        format_time(datetime(2026, 11, 23, 18, 30))  # noqa: DTZ001 (that is the point)
