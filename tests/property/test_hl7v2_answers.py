"""Whatever arrives: no crash, bounded memory, and an answer that the standard allows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import hl7v2_samples as samples
from support.hl7v2_oracle import check_message, check_stream

WORDS = (
    *(b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\x0b", b"\x1c", b"\x1c\r", b"MSH", b"OBX"),
    *(b"AL", b"NE", b"ER", b"SU", b"ORU^R40", b"ORU^R42", b"ORU^W01", b"QRY^A19", b"2.3", b"T"),
    *(b"\xff", b"\x00", b"-99.9", b"1e400", b"9" * 40, b"99991231235959", b"ISO IR87", b'""'),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sample with pieces replaced, removed and doubled, as a broken sender would."""
    raw = draw(st.sampled_from([samples.MONITOR, samples.PUMP]))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        size = draw(st.integers(0, 30))
        word = draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8)))
        raw = raw[:at] + word + raw[at + size :]
    return raw


@given(mutated())
def test_every_message_gets_an_answer_that_the_standard_allows(raw: bytes) -> None:
    check_message(raw)


@given(st.lists(st.one_of(mutated(), st.sampled_from(WORDS), st.binary(max_size=60)), max_size=8))
def test_no_stream_breaks_the_framing_or_grows_without_bound(pieces: list[bytes]) -> None:
    check_stream(pieces)
    check_stream([b"\x0b", *pieces, b"\x1c\r"])


@given(st.lists(st.one_of(mutated(), st.binary(max_size=60)), max_size=8))
def test_no_stream_without_frames_breaks_it_either(pieces: list[bytes]) -> None:
    check_stream(pieces, framed=False)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(mutated())
def test_every_message_for_a_long_time(raw: bytes) -> None:
    check_message(raw)
    check_stream([b"\x0b" + raw[:700], raw[700:] + b"\x1c\r"])
