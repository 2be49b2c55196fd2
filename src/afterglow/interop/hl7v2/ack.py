"""Answers to device messages: original and enhanced acknowledgement, with reasons.

Which answer, if any, is the sender's choice in MSH-15 and MSH-16. Where it asks for an application
answer it gets one of AA, AE, AR; where it asks only for an accept answer, one of CA, CE, CR. One
frame answers one message: storing and accepting are one step here, so the application answer says
both, and a sender that pairs each message with the next frame it reads stays in step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from afterglow.interop.hl7v2.message import STANDARD, Message, Separators, escape
from afterglow.interop.hl7v2.problems import ERROR_TEXTS, ErrorCode, ErrorSeverity, Problem
from afterglow.interop.hl7v2.times import format_time

PROCESSING_IDS = frozenset({"P"})
EVENTS = frozenset({"R01", "R40", "R42"})
"""Readings, alarms (IHE PCD-04) and events (PCD-10); waveforms and queries are refused."""
MAX_REASONS = 20
_LOCATION = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?", re.ASCII)
_CONTROL_ID = re.compile(rb"MSH\|[^\r]{4}(?:\|[^|\r]*){7}\|([^|\r]{1,199})", re.ASCII)


class Verdict(StrEnum):
    """What became of a message. An ERROR invites the sender to try again; a REJECT does not."""

    ACCEPT = "A"
    ERROR = "E"
    REJECT = "R"


def objection(
    message: Message, *, processing_ids: frozenset[str] = PROCESSING_IDS
) -> Problem | None:
    """Return why a decoded message is not one we read, or None. It is stored either way."""
    code, event = message.type
    if code != "ORU":
        return _no(ErrorCode.MESSAGE_TYPE, f"Message type {code[:20]!r} is not read; ORU is.", 9)
    if event not in EVENTS:
        wanted = ", ".join(sorted(EVENTS))
        return _no(ErrorCode.EVENT, f"Trigger event {event[:20]!r} is not read; {wanted} are.", 9)
    if not message.version.startswith("2."):
        seen = message.version[:20]
        return _no(ErrorCode.VERSION, f"Version {seen!r} is not read; 2.x is.", 12)
    if message.processing_id not in processing_ids:
        wanted = ", ".join(sorted(processing_ids))
        seen = message.processing_id[:20]
        sentence = f"Processing id {seen!r} never reaches a chart; {wanted} is accepted."
        return _no(ErrorCode.PROCESSING_ID, sentence, 11)
    if not message.control_id:
        return _no(ErrorCode.MISSING_FIELD, "MSH-10 is empty; a message needs its id.", 10)
    return None


def _no(code: ErrorCode, sentence: str, field: int) -> Problem:
    return Problem(code, sentence, f"MSH-{field}", ErrorSeverity.ERROR)


def acknowledge(
    message: Message,
    verdict: Verdict,
    *,
    at: datetime,
    control_id: str,
    problems: Sequence[Problem] = (),
) -> bytes | None:
    """Return the answer, or None where the sender wants silence for this verdict.

    ``control_id`` is the answer's own id (MSH-10). Warnings go along as ERR segments, twenty at
    the most.
    """
    header = message.header
    accept, application = header.get(15).upper(), header.get(16).upper()
    good = verdict is Verdict.ACCEPT
    if (not accept and not application) or _wanted(application, good=good):
        letter = "A"
    elif _wanted(accept, good=good):
        letter = "C"
    else:
        return None
    separators = message.separators
    head = [
        f"MSH{separators.field}{''.join(separators[1:])}",
        *(header.raw(n) for n in (5, 6, 3, 4)),
        format_time(at),
        "",
        separators.component.join(("ACK", escape(message.type[1], separators), "ACK")),
        control_id,
        header.raw(11) or "P",
        header.raw(12) or "2.6",
    ]
    lines = [
        separators.field.join(head + [""] * 5 + ["UNICODE UTF-8"]),
        separators.field.join(("MSA", letter + verdict.value, header.raw(10))),
    ]
    if _has_modern_err(message.version):
        lines += _reasons(problems, separators)
    return "".join(f"{line}\r" for line in lines).encode()


def reject_undecodable(raw: bytes, problem: Problem, *, at: datetime, control_id: str) -> bytes:
    """Return a rejection of bytes that are no message, naming its id where one can be seen."""
    found = _CONTROL_ID.match(raw)
    echoed = found.group(1).decode("ascii", "replace") if found else ""
    lines = [
        f"MSH|^~\\&|||||{format_time(at)}||ACK|{control_id}|P|2.6||||||UNICODE UTF-8",
        f"MSA|AR|{echoed}",
        *_reasons([problem], STANDARD),
    ]
    return "".join(f"{line}\r" for line in lines).encode()


def _wanted(condition: str, *, good: bool) -> bool:
    """HL7 table 0155: always, never, on error, on success."""
    return condition == "AL" or condition == ("SU" if good else "ER")


def _has_modern_err(version: str) -> bool:
    """ERR took its present form in version 2.5."""
    found = re.match(r"2\.(\d+)", version, re.ASCII)
    return found is None or int(found.group(1)[:3]) >= 5


def _reasons(problems: Iterable[Problem], separators: Separators) -> list[str]:
    lines = []
    for problem in list(problems)[:MAX_REASONS]:
        code = (problem.code.value, ERROR_TEXTS[problem.code], "HL70357")
        fields = [""] * 9
        fields[0] = "ERR"
        fields[2] = _location(problem.location, separators)
        fields[3] = separators.component.join(code)
        fields[4] = problem.severity.value
        fields[8] = escape(problem.sentence, separators)[:250]
        lines.append(separators.field.join(fields))
    return lines


def _location(text: str, separators: Separators) -> str:
    found = _LOCATION.fullmatch(text)
    if found is None:
        return ""
    segment, number, field = found.groups()
    parts = [segment, number or "1", *([field] if field else [])]
    return separators.component.join(parts)
