"""Laws of the HL7 v2 codec: they hold for any bytes a device, or anybody else, can send."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from afterglow.interop.hl7v2.ack import Verdict, acknowledge, objection
from afterglow.interop.hl7v2.emit import (
    MONITOR_SLOTS,
    PUMP,
    PUMP_SLOTS,
    Reading,
    Sender,
    SentPatient,
    build_oru,
)
from afterglow.interop.hl7v2.framing import Frame, FrameKind, MllpDecoder, frame
from afterglow.interop.hl7v2.message import Separators, Undecodable, decode, escape, unescape
from afterglow.interop.hl7v2.oru import decode_oru
from support import hl7v2_samples as samples

NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)
LIMIT = 24

pieces = st.sampled_from(
    [b"\x0b", b"\x1c", b"\r", b"\x1c\r", b"MSH", b"\x0bMSH", b"|", b"x", b"xxxxxxxxxx", b"\n"]
)
streams = st.one_of(st.binary(max_size=120), st.lists(pieces, max_size=40).map(b"".join))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 (made aware)
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
numbers = st.decimals(-9999, 9999, places=2)
words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda word: word != '""'
)


def mutated(message: bytes) -> st.SearchStrategy[bytes]:
    """The message with a few bytes replaced, removed or added anywhere."""

    def change(edits: list[tuple[int, bytes, int]]) -> bytes:
        out = message
        for place, new, gone in edits:
            at = place % (len(out) + 1)
            out = out[:at] + new + out[at + gone :]
        return out

    edit = st.tuples(
        st.integers(0, 10_000),
        st.one_of(
            st.binary(max_size=4), pieces, st.sampled_from([b"^", b"~", b"&", b"\\", b"\x00"])
        ),
        st.integers(0, 12),
    )
    return st.lists(edit, min_size=1, max_size=6).map(change)


def frames_of(stream: bytes, cuts: list[int]) -> list[Frame]:
    decoder = MllpDecoder(LIMIT)
    ends = sorted({0, len(stream), *(c % (len(stream) + 1) for c in cuts)})
    frames = [f for a, b in pairwise(ends) for f in decoder.feed(stream[a:b])]
    return frames + decoder.close()


@given(streams, st.lists(st.integers(0, 10_000), max_size=12))
def test_any_split_of_any_stream_gives_the_same_frames(stream: bytes, cuts: list[int]) -> None:
    whole = frames_of(stream, [])

    assert frames_of(stream, cuts) == whole
    assert frames_of(stream, list(range(len(stream)))) == whole
    assert all(len(f.data) <= LIMIT for f in whole)


@given(st.lists(st.text(alphabet="MSHabc|\r", min_size=1, max_size=20), max_size=8))
def test_what_is_framed_comes_out_again(messages: list[str]) -> None:
    wanted = [m.encode() for m in messages if m.strip()]
    stream = b"".join(frame(m) for m in wanted)

    assert frames_of(stream, []) == [Frame(FrameKind.MESSAGE, m) for m in wanted]


@given(st.one_of(st.binary(max_size=200), mutated(samples.MONITOR), mutated(samples.PUMP)))
def test_any_bytes_give_a_report_or_the_one_declared_error(raw: bytes) -> None:
    try:
        message = decode(raw)
    except Undecodable:
        return
    report = decode_oru(message, default_zone=UTC, received_at=NOW)
    answer = acknowledge(message, Verdict.ACCEPT, at=NOW, control_id="A1", problems=report.problems)
    objection(message)

    assert answer is None or decode(answer).type[0] == "ACK"
    assert all(isinstance(o.value, (Decimal, str, type(None))) for o in report.observations)
    assert all(o.value.is_finite() for o in report.observations if isinstance(o.value, Decimal))
    grouped = [r for p in report.panels for r in (p.systolic, p.diastolic, p.mean) if r]
    assert all(
        r.device_time == p.device_time
        for p in report.panels
        for r in (p.systolic, p.diastolic, p.mean)
        if r
    )
    assert len(grouped) == len({r.obx_index for r in grouped})


@given(texts)
def test_any_text_survives_escaping(text: str) -> None:
    other = Separators("#", "*", "!", "@", "%")

    assert unescape(escape(text)) == text
    assert unescape(escape(text, other), other) == text


@given(texts)
def test_escaped_text_never_breaks_a_message(text: str) -> None:
    assert not set(escape(text)) & set("|^~&\r\n\x0b\x1c")


@given(
    st.dictionaries(
        st.sampled_from(sorted(MONITOR_SLOTS)), st.one_of(st.none(), numbers), min_size=1
    ),
    moments,
    words,
    words,
)
def test_what_a_monitor_sends_is_what_is_read(
    values: dict[str, Decimal | None], at: datetime, family: str, identifier: str
) -> None:
    raw = build_oru(
        [Reading(refid, value, at) for refid, value in values.items()],
        sender=Sender("SIM", samples.EQUIPMENT),
        control_id="1",
        sent_at=at,
        patient=SentPatient(identifier, family),
    )
    report = decode_oru(raw, default_zone=UTC, received_at=at)

    assert {o.refid: o.value for o in report.observations} == values
    assert {o.device_time for o in report.observations} == {at}
    assert {o.equipment_id for o in report.observations} == {samples.EQUIPMENT}
    assert report.patient is not None
    assert report.patient.family == family
    assert report.patient.identifiers[0].value == identifier
    assert report.problems == ()


@given(
    st.dictionaries(st.sampled_from(sorted(PUMP_SLOTS)), st.one_of(words, numbers), min_size=1),
    moments,
)
def test_what_a_pump_sends_is_what_is_read(values: dict[str, Decimal | str], at: datetime) -> None:
    raw = build_oru(
        [Reading(refid, value, at) for refid, value in values.items()],
        sender=Sender("SIM", samples.EQUIPMENT),
        control_id="1",
        sent_at=at,
        device=PUMP,
    )
    report = decode_oru(raw, default_zone=UTC, received_at=at)

    assert {o.refid: o.value for o in report.observations} == values
