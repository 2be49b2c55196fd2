"""What a sender is told of times and of bytes is in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from afterglow.interop.hl7v2.message import Undecodable, decode
from afterglow.interop.hl7v2.times import span_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "3 s"), (599.81132, "10 min 0 s"), (7260, "2 h 1 min"), (90000, "1 d 1 h"), (-3, "3 s")],
)
def test_a_length_of_time_is_said_in_whole_seconds(seconds: float, words: str) -> None:
    assert span_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"garbled", "“gar”"), (b"\x00\xffX", "the bytes 00 FF 58"), (b"", "nothing")],
)
def test_what_a_message_starts_with_is_said_as_a_person_reads_it(raw: bytes, words: str) -> None:
    with pytest.raises(Undecodable, match=f"^The message starts with {words}, not with MSH"):
        decode(raw)
