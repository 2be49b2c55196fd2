"""A glance says "nothing is wrong" only where the full reading finds nothing, and answers as it."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afterglow.interop.hl7v2.ack import Verdict, acknowledge, objection
from afterglow.interop.hl7v2.framing import MllpDecoder, frame
from afterglow.interop.hl7v2.glance import glance
from afterglow.interop.hl7v2.message import decode
from afterglow.interop.hl7v2.oru import decode_oru
from support import hl7v2_samples as samples

UTC = ZoneInfo("UTC")
PUMP_FIRST = samples.PUMP.replace(b"MSG000043", b"P-1 a/b:c_d.e")
FIELD = re.compile(rb"[^|\r]+")
PIECES = (
    *(b"", b'""', b"NM", b"SN", b"ST", b"CWE", b"TX", b"-99.9", b" 97", b"97 ", b"97.", b".5"),
    *(b"+1", b"1e4", b"1" * 16, b"=^5", b">^5", b"20261123183014-0500", b"20261123183014"),
    *(b"202611231830", b"20261123", b"20271123183014-0500", b"20261123183014-0500^S", b"9"),
    *(b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"150456^MDC_ECG_HEART_RATE^MDC", b"X^Y^99ZZZ"),
    *(b"69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", b"abc^MDC_PULS_OXIM_SAT_O2^MDC"),
    *(b"8859/1", b"ISO IR87", b"UTF-8~ASCII", b"UNICODE UTF-8", b"2.3", b"2.5", b"3.0", b"T"),
    *(b"P", b"P^T", b"AL", b"NE", b"ER", b"SU", b"al", b"ORU^R40^X", b"ORU^W01", b"ORU", b"\x00"),
    *(b"AFTERGLOW-OURS", b"AFTERGLOW-THEIRS", b"\\T\\", b"a&b", b"a~b", b"\xc3\xa9", b"MSH", b"A"),
)
LINES = (
    *(b"PID|||B^^^C^MR||A^B", b"PID|||MRN000123^^^KETCLINIC^MR||Rivera^Dana", b"NTE|1||hello"),
    *(b"ZAB|1", b"not a segment", b"OBX", b"OBX|", b"OBR|", b"MSH|^~\\&|again", b"EVN|R01", b""),
    *(b"OBR|1||||||", b"OBR|1||||||20261123183014-0500", b"OBR|1||||||20271123183014-0500"),
    *(b"OBX|9|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97||||||R|||", b"\x0b", b"\x1c"),
)


@st.composite
def almost_usual(draw: st.DrawFn) -> bytes:
    """A usual message in which some fields and some lines are other ones."""
    raw = draw(st.sampled_from([samples.MONITOR, samples.PUMP, PUMP_FIRST]))
    for _ in range(draw(st.integers(0, 3))):
        fields = list(FIELD.finditer(raw))
        one = draw(st.sampled_from(fields))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)))
        raw = raw[: one.start()] + piece + raw[one.end() :]
    lines = raw.split(b"\r")
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(1, len(lines)))
        if draw(st.booleans()) and len(lines) > 2:
            lines.pop(min(at, len(lines) - 1))
        else:
            lines.insert(at, draw(st.sampled_from(LINES)))
    return draw(st.sampled_from([b"\r", b"\r", b"\r", b"\r\n", b"\n"])).join(lines)


def check(raw: bytes) -> None:
    usual = glance(raw, received_at=samples.ARRIVAL)
    if usual is None:
        return
    message = decode(raw)
    assert message.problems == ()
    assert objection(message) is None
    report = decode_oru(message, default_zone=UTC, received_at=samples.ARRIVAL)
    assert report.problems == ()
    for at in (samples.ARRIVAL, samples.ARRIVAL.astimezone(ZoneInfo("America/Denver"))):
        told = usual.answer(at, "AG1.7")
        assert told == acknowledge(message, Verdict.ACCEPT, at=at, control_id="AG1.7")


@given(almost_usual())
@example(samples.MONITOR)
@example(samples.PUMP)
@settings(max_examples=300)
def test_a_glance_never_sees_less_than_the_full_reading(raw: bytes) -> None:
    check(raw)


@pytest.mark.slow
@given(almost_usual())
@settings(max_examples=30_000, deadline=None)
def test_a_glance_never_sees_less_for_a_long_time(raw: bytes) -> None:
    check(raw)


@pytest.mark.parametrize("raw", [samples.MONITOR, samples.PUMP, PUMP_FIRST])
def test_what_is_usual_needs_no_more_than_a_glance(raw: bytes) -> None:
    """Else the gateway would be slow, and right, and nobody would notice."""
    assert glance(raw, received_at=samples.ARRIVAL) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"|97|", b"|x97|"),
        (b"|P|2.6|", b"|T|2.6|"),
        (b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"150456^MDC_ECG_HEART_RATE^MDC"),
        (b"20261123183014-0500", b"20261123193014-0500"),
        (b"20261123183014-0500", b"20261323193014-0500"),
        (b"UNICODE UTF-8", b"KLINGON"),
        (b"MSG000042", b""),
        (b"Rivera", b"Rivi\xe8re"),
    ],
)
def test_what_is_not_usual_is_read_in_full(old: bytes, new: bytes) -> None:
    raw = samples.MONITOR.replace(old, new)
    assert raw != samples.MONITOR
    assert glance(raw, received_at=samples.ARRIVAL) is None


def test_a_reading_is_of_the_future_only_beside_its_arrival() -> None:
    early = samples.ARRIVAL - timedelta(hours=1)
    assert glance(samples.MONITOR, received_at=early) is None


@given(st.lists(st.integers(0, 4000), max_size=4), st.booleans())
def test_a_whole_frame_alone_is_what_any_split_of_it_gives(cuts: list[int], twice: bool) -> None:
    wire = frame(samples.MONITOR) * (2 if twice else 1)
    whole = MllpDecoder().feed(wire)
    places = sorted({0, len(wire), *(c for c in cuts if c < len(wire))})
    decoder = MllpDecoder()
    split = [f for a, b in itertools.pairwise(places) for f in decoder.feed(wire[a:b])]
    assert split == whole
    assert decoder.pending == 0
