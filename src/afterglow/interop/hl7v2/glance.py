"""A glance at a message in which everything is usual: judged and answered without reading it out.

Almost every message of a monitor is like the one before it, and a reading is charted later, by
another process. So the gateway looks only for what could be wrong. A glance that finds nothing
means that ``decode``, ``objection`` and ``decode_oru`` would find nothing either, and its answer is
theirs to the byte (``tests/property/test_hl7v2_glance.py`` holds it to that). Whatever is not usual
gives None, and is read in full.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.ack import PROCESSING_IDS, Verdict, acknowledge, objection
from afterglow.interop.hl7v2.message import STANDARD, Undecodable, decode
from afterglow.interop.hl7v2.oru import FUTURE_TOLERANCE, code_state
from afterglow.interop.hl7v2.times import format_time, parse_time

_HEAD = b"MSH|^~\\&|"
_NUMBER = re.compile(rb"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})")
_ID = re.compile(rb"[A-Za-z0-9_.:/ -]{1,199}")
_CHARSETS = frozenset((b"", b"ASCII", b"UNICODE", b"UNICODE UTF-8", b"UTF-8", b"8859/1"))
"""Those in which ASCII bytes are ASCII characters, whatever stands before them."""
_MARK, _OWN_MARK = b"AFTERGLOW-THEIRS", b"AFTERGLOW-OURS"
_THEN = datetime(2000, 1, 1, tzinfo=UTC)
_READ_PAST = frozenset((b"PV1", b"NTE"))
_MOST_LINES = 4096


class Usual(NamedTuple):
    """How a usual message is answered: what stands between the times and ids of the answer."""

    pieces: tuple[bytes, bytes, bytes, bytes] | None
    control_id: bytes

    def answer(self, at: datetime, control_id: str) -> bytes | None:
        """Return what ``acknowledge`` would for an accepted message without problems."""
        if self.pieces is None:
            return None
        before, between, then, after = self.pieces
        told = _told(at.replace(microsecond=0), at.tzinfo)
        own = control_id.encode()
        return b"".join((before, told, between, own, then, self.control_id, after))


def glance(raw: bytes, *, received_at: datetime) -> Usual | None:
    """Return how to answer a message in which nothing is wrong; None: read it in full."""
    end = raw.find(b"\r")
    if end < 0 or not raw.startswith(_HEAD) or not raw.isascii() or b"\n" in raw:
        return None
    parts = raw[:end].split(b"|", 10)
    if len(parts) < 11 or not _ID.fullmatch(parts[9]) or (parts[6] and _time(parts[6]) is None):
        return None
    pieces = _pieces(*parts[1:6], *parts[7:9], parts[10])
    if pieces is None or not _is_body_usual(raw[end + 1 :].split(b"\r"), received_at):
        return None
    return Usual(pieces or None, parts[9])


def _is_body_usual(lines: list[bytes], received_at: datetime) -> bool:
    latest = received_at + FUTURE_TOLERANCE
    group: datetime | None = None
    readings = patients = 0
    for line in lines:
        if line in _NODES:
            readings += 1
            continue
        name = line[:4]
        if name == b"OBX|":
            readings += 1
            fields = line.split(b"|")
            if len(fields) < 12:
                return False
            is_node, is_wrong = _code(fields[3])
            if is_node and not fields[5]:
                _keep(line)
                continue
            if is_wrong or not _is_value_usual(fields[2], fields[5]):
                return False
            at = _time(fields[14]) if len(fields) > 14 and fields[14] else group
            if at is None or at > latest:
                return False
        elif name == b"OBR|":
            fields = line.split(b"|", 8)
            group = None
            if len(fields) > 7 and fields[7]:
                group = _time(fields[7])
                if group is None:
                    return False
        elif name == b"PID|":
            patients += 1
            if patients > 1:
                return False
        elif line and line.partition(b"|")[0] not in _READ_PAST:
            return False
    return readings > 0


def _is_value_usual(kind: bytes, value: bytes) -> bool:
    if not value:
        return True
    if kind == b"NM":
        return _NUMBER.fullmatch(value) is not None
    return bool(kind) and kind != b"SN"


_NODES: set[bytes] = set()
"""Lines that name a part of a device, which are the same in every message of it."""


def _keep(line: bytes) -> None:
    if len(_NODES) >= _MOST_LINES:
        _NODES.clear()
    if len(line) < 400:
        _NODES.add(line)


@lru_cache(maxsize=1024)
def _code(text: bytes) -> tuple[bool, bool]:
    return code_state(text.decode("ascii"), STANDARD)


@lru_cache(maxsize=4096)
def _time(text: bytes) -> datetime | None:
    """Return the instant, without a zone in UTC as the journal reads it; None for no time."""
    try:
        return parse_time(text.decode("ascii"), zone=UTC)
    except InvalidValue:
        return None


@lru_cache(maxsize=4096)
def _pieces(
    marks: bytes,
    app: bytes,
    facility: bytes,
    to_app: bytes,
    to_facility: bytes,
    security: bytes,
    kind: bytes,
    rest: bytes,
) -> tuple[bytes, bytes, bytes, bytes] | tuple[()] | None:
    """Return the pieces of the answer to such a header, () for silence, None for an unusual one.

    The header is read, and the answer made, by the code that reads and answers in full.
    """
    fields = (b"MSH", marks, app, facility, to_app, to_facility, b"", security, kind, _MARK, rest)
    header = b"|".join(fields)
    after = rest.split(b"|")
    charset = after[7] if len(after) > 7 else b""
    if charset not in _CHARSETS or header.count(b"AFTERGLOW-") != 1:
        return None
    try:
        message = decode(header)
    except Undecodable:
        return None
    if message.problems or objection(message, processing_ids=PROCESSING_IDS) is not None:
        return None
    answer = acknowledge(message, Verdict.ACCEPT, at=_THEN, control_id=_OWN_MARK.decode())
    if answer is None:
        return ()
    head, found, tail = answer.partition(_OWN_MARK)
    before, dated, between = head.rpartition(format_time(_THEN).encode())
    then, echoed, last = tail.rpartition(_MARK)
    return (before, between, then, last) if found and dated and echoed else None


@lru_cache(maxsize=4)
def _told(second: datetime, zone: tzinfo | None) -> bytes:
    """A time as answers tell it, made once a second."""
    return format_time(second).encode()
