"""Where one message ends and the next begins."""

from __future__ import annotations

import pytest

from afterglow.interop.hl7v2.framing import Frame, FrameKind, MllpDecoder, frame

LIMIT = 64


def read(*chunks: bytes) -> list[tuple[str, bytes]]:
    decoder = MllpDecoder(LIMIT)
    return [(f.kind.value, f.data) for chunk in chunks for f in decoder.feed(chunk)]


@pytest.mark.parametrize(
    ("what", "chunks", "expected"),
    [
        ("one frame", [b"\x0bMSH|a\x1c\r"], [("message", b"MSH|a")]),
        (
            "two frames in one packet",
            [b"\x0bMSH|a\x1c\r\x0bMSH|b\x1c\r"],
            [("message", b"MSH|a"), ("message", b"MSH|b")],
        ),
        ("a frame in three packets", [b"\x0bMS", b"H|a\x1c", b"\r"], [("message", b"MSH|a")]),
        ("an empty frame", [b"\x0b\x1c\r"], []),
        ("an empty frame, then a real one", [b"\x0b\x1c\r\x0bMSH\x1c\r"], [("message", b"MSH")]),
        ("line ends as keep-alive", [b"\r\n\r\n\x0bMSH\x1c\r\r\n"], [("message", b"MSH")]),
        ("a lone FS inside stays inside", [b"\x0bMSH|a\x1cb\x1c\r"], [("message", b"MSH|a\x1cb")]),
        ("a lone FS outside is nothing", [b"\x1c\x0bMSH\x1c\r"], [("message", b"MSH")]),
        (
            "FS without CR before the next message",
            [b"\x0bMSH|a\x1c\x0bMSH|b\x1c\r"],
            [("message", b"MSH|a"), ("message", b"MSH|b")],
        ),
        (
            "a message cut by the next",
            [b"\x0bMSH|a\r\x0bMSH|b\x1c\r"],
            [("cut", b"MSH|a\r"), ("message", b"MSH|b")],
        ),
        (
            "a vertical tab in a note",
            [b"\x0bMSH|a\x0bb\x1c\r"],
            [("message", b"MSH|a\x0bb")],
        ),
        (
            "bytes outside any frame",
            [b"hello\x0bMSH\x1c\r"],
            [("noise", b"hello"), ("message", b"MSH")],
        ),
    ],
)
def test_the_stream_is_cut_where_the_sender_meant(
    what: str, chunks: list[bytes], expected: list[tuple[str, bytes]]
) -> None:
    assert read(*chunks) == expected


def test_a_frame_of_exactly_the_limit_passes() -> None:
    message = b"M" * LIMIT

    assert read(frame(message)) == [("message", message)]


def test_a_frame_above_the_limit_gives_its_head_and_the_next_message_is_read() -> None:
    stream = frame(b"M" * (LIMIT + 1)) + frame(b"MSH|next")

    assert read(stream) == [("oversize", b"M" * LIMIT), ("message", b"MSH|next")]


def test_an_endless_frame_takes_no_more_memory_than_the_limit() -> None:
    decoder = MllpDecoder(LIMIT)
    for _ in range(100):
        decoder.feed(b"\x0bM" + b"M" * 50)

    assert decoder.pending <= LIMIT + 2


def test_a_sender_that_starts_again_after_an_oversize_message_is_heard() -> None:
    stream = b"\x0b" + b"M" * (LIMIT * 3) + frame(b"MSH|again")

    assert read(stream) == [("oversize", b"M" * LIMIT), ("message", b"MSH|again")]


def test_what_is_left_at_the_end_is_named() -> None:
    cut, noise, clean = MllpDecoder(), MllpDecoder(), MllpDecoder()
    cut.feed(b"\x0bMSH|half")
    noise.feed(b"GET / HTTP/1.1")
    clean.feed(frame(b"MSH|whole"))

    assert cut.close() == [Frame(FrameKind.CUT, b"MSH|half")]
    assert noise.close() == [Frame(FrameKind.NOISE, b"GET / HTTP/1.1")]
    assert clean.close() == []
