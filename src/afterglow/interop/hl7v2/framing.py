"""MLLP: where one message ends and the next begins on a byte stream.

A frame is ``VT message FS CR``. The decoder takes bytes as the network delivers them, in any split,
and gives the same frames whatever the split. It keeps what it cannot understand: bytes outside
frames, a frame cut short by the start of another, and the head of a frame above the size limit
come out as frames of their own kind, so that they can be stored and shown.

FS alone does not end a frame: a stray FS inside a message stays in it, because to end there would
acknowledge half a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

START = b"\x0b"
END = b"\x1c\r"
MAX_FRAME_BYTES = 1 << 20
"""One MiB: some hundred times a full monitor message."""

_RESTART = b"\x0bMSH"
_FIRST_LETTER = ord("M")
_BLANK = b"\r\n\x00 \t\x1c"


class FrameKind(StrEnum):
    """What a piece of the stream turned out to be."""

    MESSAGE = "message"
    CUT = "cut"
    """A frame without its end: another one started inside it."""
    OVERSIZE = "oversize"
    """The head of a frame above the limit; the rest was discarded."""
    NOISE = "noise"
    """Bytes outside any frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of the stream. Only a MESSAGE may be answered with a positive acknowledgement."""

    kind: FrameKind
    data: bytes


class MllpDecoder:
    """An incremental MLLP decoder for one connection.

    >>> decoder = MllpDecoder()
    >>> decoder.feed(b"\\x0bMSH|one"), decoder.feed(b"\\x1c\\r")
    ([], [Frame(kind=<FrameKind.MESSAGE: 'message'>, data=b'MSH|one')])
    """

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._inside = False
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes, in order. Empty frames give nothing."""
        if self._is_one_frame(data):
            return [Frame(FrameKind.MESSAGE, data[1:-2])]
        self._buffer += data
        frames: list[Frame] = []
        while self._step(frames):
            pass
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the peer has gone: a cut frame or noise, or nothing."""
        left = bytes(self._buffer[: self._limit])
        kind = FrameKind.CUT if self._inside else FrameKind.NOISE
        skipping, self._skipping, self._inside = self._skipping, False, False
        self._buffer.clear()
        self._searched = 0
        return [] if skipping or not left.strip(_BLANK) else [Frame(kind, left)]

    def _is_one_frame(self, data: bytes) -> bool:
        """Whether this is a whole frame and nothing else, as almost all that comes is."""
        return (
            not self._buffer
            and not self._inside
            and not self._skipping
            and data.startswith(START)
            and data.endswith(END)
            and 64 < len(data) <= self._limit
            and data.find(END) == len(data) - len(END)
            and data.find(START, 1) < 0
            and data[1] == _FIRST_LETTER
        )

    def _step(self, frames: list[Frame]) -> bool:
        if self._skipping:
            return self._skip()
        return self._read_frame(frames) if self._inside else self._find_start(frames)

    def _find_start(self, frames: list[Frame]) -> bool:
        start = self._buffer.find(START, self._searched, self._limit)
        if start < 0:
            if len(self._buffer) < self._limit:
                self._searched = len(self._buffer)
                return False
            self._give(frames, FrameKind.NOISE, self._limit, self._limit)
            return True
        self._give(frames, FrameKind.NOISE, start, start + 1)
        self._inside = True
        return True

    def _read_frame(self, frames: list[Frame]) -> bool:
        # A frame of exactly the limit is still a frame: its end may stand just behind it.
        end = self._buffer.find(END, self._searched, self._limit + len(END))
        if end < 0:
            if len(self._buffer) < self._limit + len(END):
                self._searched = max(0, len(self._buffer) - 1)
                return False
            self._give_frame(frames, FrameKind.OVERSIZE, self._limit, self._limit)
            self._skipping = True
        else:
            self._give_frame(frames, FrameKind.MESSAGE, end, end + len(END))
        self._inside = False
        return True

    def _skip(self) -> bool:
        end = self._buffer.find(END)
        restart = self._buffer.find(_RESTART)
        if restart >= 0 and (end < 0 or restart < end):
            del self._buffer[:restart]
        elif end >= 0:
            del self._buffer[: end + len(END)]
        else:
            # Keep what may be the first half of either mark.
            del self._buffer[: max(0, len(self._buffer) - len(_RESTART) + 1)]
            return False
        self._skipping = False
        return True

    def _give_frame(self, frames: list[Frame], kind: FrameKind, size: int, used: int) -> None:
        """Give a frame; a message start inside it means that what came before was cut short."""
        body = bytes(self._buffer[:size])
        while (restart := body.find(_RESTART)) >= 0:
            piece, body = body[:restart], body[restart + 1 :]
            if piece.endswith(b"\x1c"):  # a sender that leaves out the CR after FS
                self._append(frames, FrameKind.MESSAGE, piece[:-1])
            else:
                self._append(frames, FrameKind.CUT, piece)
        self._append(frames, kind, body)
        del self._buffer[:used]
        self._searched = 0

    def _give(self, frames: list[Frame], kind: FrameKind, size: int, used: int) -> None:
        self._append(frames, kind, bytes(self._buffer[:size]))
        del self._buffer[:used]
        self._searched = 0

    @staticmethod
    def _append(frames: list[Frame], kind: FrameKind, data: bytes) -> None:
        if data.strip(_BLANK):
            frames.append(Frame(kind, data))


class SegmentDecoder:
    """The decoder of a stream without frames: segments only, as some older monitors send.

    A message begins with a line that starts with MSH and ends where the next one begins. The last
    one ends by ``flush``, which the connection calls when the sender has been quiet for a while; a
    line that is not complete is never taken for the end.

    >>> decoder = SegmentDecoder()
    >>> decoder.feed(b"MSH|one\\rOBX|1\\r"), decoder.flush()
    ([], [Frame(kind=<FrameKind.MESSAGE: 'message'>, data=b'MSH|one\\rOBX|1\\r')])
    """

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 1
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes held back because their message is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the messages that ``data`` shows to be complete, in order."""
        # Some of these senders end with FS or VT now and then all the same.
        self._buffer += data.replace(b"\x0b", b"").replace(b"\x1c", b"")
        frames: list[Frame] = []
        while (start := self._next_start()) is not None:
            self._give(frames, start)
            self._skipping = False
        self._searched = max(1, len(self._buffer) - 4)
        if len(self._buffer) > self._limit:
            self._give(frames, self._limit, FrameKind.OVERSIZE)
            self._buffer.clear()
            self._searched, self._skipping = 1, True
        return frames

    def flush(self) -> list[Frame]:
        """Return the message that a pause has ended, unless its last line is still open."""
        frames: list[Frame] = []
        if bytes(self._buffer[-1:]) in (b"\r", b"\n"):
            self._give(frames, len(self._buffer))
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the peer has gone: a cut piece when its last line is open."""
        frames = self.flush()
        if self._buffer:
            self._give(frames, len(self._buffer), FrameKind.CUT)
        return frames

    def _next_start(self) -> int | None:
        """Where the next message starts behind the one that is being collected."""
        found = [self._buffer.find(mark, self._searched - 1) for mark in (b"\rMSH", b"\nMSH")]
        return min((at + 1 for at in found if at >= 0), default=None)

    def _give(self, frames: list[Frame], size: int, kind: FrameKind | None = None) -> None:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 1
        if kind is None:
            kind = FrameKind.MESSAGE if data.lstrip(_BLANK).startswith(b"MSH") else FrameKind.NOISE
        if data.strip(_BLANK) and not self._skipping:
            frames.append(Frame(kind, data.lstrip(_BLANK)))


def frame(message: bytes) -> bytes:
    """Return ``message`` framed for the wire."""
    return START + message + END
