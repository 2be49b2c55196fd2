"""How one message would be read, segment by segment, for the person who writes a profile."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.monitoring.explaining import Explained, ExplainedSegment, Reading
from afterglow.apps.monitoring.incoming import HowToRead, IncomingValue, ValueTime
from afterglow.core.monitoring.catalogue import definition
from afterglow.core.monitoring.measurements import read_measurement
from afterglow.interop.hl7v2.ack import Verdict, acknowledge, objection
from afterglow.interop.hl7v2.alerts import ALERT_EVENTS, alerts_of
from afterglow.interop.hl7v2.framing import END, START
from afterglow.interop.hl7v2.message import Message, Segment, Undecodable, decode
from afterglow.interop.hl7v2.oru import decode_oru
from afterglow.interop.hl7v2.report import Observation
from afterglow.interop.hl7v2.store import NO_VALUE, still_wrong, value_of


def explain(content: bytes, how: HowToRead, *, at: datetime) -> Explained:
    """Return how ``content`` would be read; line ends and frames of a pasted text are forgiven."""
    raw = content.removeprefix(START).removesuffix(END).replace(b"\r\n", b"\r")
    raw = raw.replace(b"\n", b"\r").strip(b"\r \x0b\x1c") + b"\r"
    try:
        message = decode(raw)
    except Undecodable as error:
        return Explained((), (error.sentence,))
    why = objection(message)
    report = decode_oru(message, default_zone=how.zone, received_at=at)
    readings = {each.obx_index: each for each in report.observations}
    alerts = alerts_of(message, report) if message.type[1] in ALERT_EVENTS else ()
    segments, index = [], 0
    for segment in message.segments:
        index += segment.name == "OBX"
        if alerts and segment.name == "OBX":
            about = Reading.READ, f"Part of: {', '.join(alert.event for alert in alerts)}"
        elif segment.name == "OBX" and index in readings:
            about = _reading(readings[index], how)
        else:
            about = Reading.STRUCTURE, _structure(segment, message)
        segments.append(ExplainedSegment(segment.name, _text(segment), *about))
    wrong = still_wrong(report, how.profile)
    verdict = Verdict.ACCEPT if why is None else Verdict.REJECT
    answer = acknowledge(message, verdict, at=at, control_id="1", problems=wrong)
    problems = (*([why.sentence] if why else []), *(p.sentence for p in wrong))
    return Explained(
        tuple(segments),
        tuple(dict.fromkeys(problems)),
        answer.decode("utf-8", "replace").replace("\r", "\n").strip() if answer else "",
    )


def _text(segment: Segment) -> str:
    fields = segment.fields[:1] + segment.fields[2:] if segment.name == "MSH" else segment.fields
    return segment.separators.field.join(fields)[:400]


def _structure(segment: Segment, message: Message) -> str:
    match segment.name:
        case "MSH":
            return (
                f"From {segment.get(3) or 'nobody'} ({segment.get(3, 2) or 'no id'}), "
                f"number {message.control_id}, version {message.version}, "
                f"processing {message.processing_id or 'empty'}"
            )
        case "PV1":
            bed = "^".join(segment.get(3, n) for n in (1, 2, 3)).strip("^")
            return f"Bed {bed}" if bed else "No bed"
        case "PID":
            return "Names a patient" if segment.raw(3) or segment.raw(5) else "Names nobody"
        case "OBR":
            return f"Begins a group; its time is {segment.get(7) or 'missing'}"
        case "OBX":
            return "A part of the device"
    return "Not read"


def _reading(observation: Observation, how: HowToRead) -> tuple[Reading, str]:
    value = value_of(observation, how.profile)
    if value is None:
        return Reading.IGNORED, f"{observation.refid or observation.code} is not a sign we know"
    name = definition(value.metric).name
    if why := _unfit(value):
        return Reading.REVIEW, f"{name}: {why}"
    measured = read_measurement(
        value.metric, value.text, unit_code=value.unit_code, ucum=value.ucum
    )
    if value.doubt == NO_VALUE or measured.has_no_value:
        return Reading.DOUBTED, f"{name}: the device says that it has no value; nothing is charted"
    if value.doubt or measured.reasons:
        words = [reason.sentence for reason in measured.reasons] or [value.doubt]
        return Reading.DOUBTED, f"{name}: {' '.join(words)}"
    shown = (
        definition(value.metric).with_unit(measured.value)
        if measured.value is not None
        else measured.text
    )
    local = value.taken_at.astimezone(how.zone) if value.taken_at else None
    at = f"{local:%d %b %Y %H:%M:%S %Z}" if local else ""
    return Reading.READ, f"{name} {shown}, {at}, channel {value.channel or '–'}"


def _unfit(value: IncomingValue) -> str:
    if value.is_demo:
        return "a demonstration"
    if value.disagreement:
        return value.disagreement
    if value.time is ValueTime.FUTURE:
        return "its time lies in the future"
    if value.taken_at is None:
        return "it has no time"
    return "it cannot be read" if value.is_bad else ""
