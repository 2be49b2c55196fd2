"""What must hold for any bytes on the gateway's port; shared by Hypothesis and atheris.

No crash, bounded memory, and for every message an answer that HL7's acknowledgement rules allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from afterglow.core.monitoring.measurements import read_measurement
from afterglow.interop.hl7v2.ack import Verdict, acknowledge, objection, reject_undecodable
from afterglow.interop.hl7v2.alerts import ALERT_EVENTS, alerts_of
from afterglow.interop.hl7v2.framing import FrameKind, MllpDecoder, SegmentDecoder
from afterglow.interop.hl7v2.message import Message, Undecodable, decode
from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.interop.hl7v2.problems import ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.store import report_of

NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)
LIMIT = 4096
_ERROR_CODES = {code.value for code in ErrorCode}
_ZONE = ZoneInfo("America/New_York")


def check_stream(pieces: Iterable[bytes], *, framed: bool = True) -> None:
    """Feed pieces of a stream to a decoder; judge every frame that comes out."""
    decoder = MllpDecoder(LIMIT) if framed else SegmentDecoder(LIMIT)
    for piece in pieces:
        found = decoder.feed(piece)
        assert decoder.pending <= LIMIT + 2, "what is held back stays below the limit"
        for frame in found:
            assert len(frame.data) <= LIMIT + len(piece)
            if frame.kind is FrameKind.MESSAGE:
                check_message(frame.data)
    for frame in decoder.close():
        if frame.kind is FrameKind.MESSAGE:
            check_message(frame.data)


def check_message(raw: bytes) -> None:
    """Read a message as the gateway and the charter do, and judge its answer."""
    try:
        message = decode(raw)
    except Undecodable as error:
        why = Problem(error.code, error.sentence, "", ErrorSeverity.ERROR)
        answer = reject_undecodable(raw, why, at=NOW, control_id="1")
        assert b"\rMSA|AR|" in answer
        decode(answer)
        return
    why_not = objection(message)
    report = decode_oru(message, default_zone=_ZONE, received_at=NOW)
    alerts = alerts_of(message, report) if message.type[1] in ALERT_EVENTS else ()
    for value in report_of(report, alerts=alerts).values:
        assert value.taken_at is None or value.taken_at.tzinfo is not None
        read_measurement(value.metric, value.text, unit_code=value.unit_code, ucum=value.ucum)
    verdict = Verdict.ACCEPT if why_not is None else Verdict.REJECT
    answer_or_none = acknowledge(message, verdict, at=NOW, control_id="1", problems=report.problems)
    _check_answer(message, answer_or_none, accepted=why_not is None)


def _check_answer(message: Message, answer: bytes | None, *, accepted: bool) -> None:
    accept, application = message.header.get(15).upper(), message.header.get(16).upper()
    original = not accept and not application
    asked = {"AL", "SU" if accepted else "ER"}
    may_be = set()
    if original or application in asked:
        may_be.add("A")
    if not original and accept in asked:
        may_be.add("C")
    if answer is None:
        assert not may_be, "silence only where silence was asked for"
        return
    back = decode(answer)
    msa = back.first("MSA")
    assert msa is not None
    code = msa.get(1)
    assert code[:1] in may_be
    assert code[1:] == ("A" if accepted else "R")
    assert msa.raw(2) == message.header.raw(10), "it names the message it answers"
    for error in back.named("ERR"):
        assert error.get(3) in _ERROR_CODES, "table 0357"
        assert error.get(4) in ("E", "W", "I"), "table 0516"
    assert re.fullmatch(r"\d{14}\+0000", back.header.get(7))
