"""What an uploaded file really is: read from its bytes, never from its name."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from afterglow.core.errors import InvalidValue

MOST_BYTES: Final = 1_000_000
MOST_PIXELS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A picture's type and its size in pixels."""

    media_type: str
    width: int
    height: int


def measure(content: bytes) -> Measured:
    """Return what a picture is. Raises InvalidValue for another kind of file or one too large.

    PNG, JPEG and WebP only: an SVG may carry script, so the project draws its own.
    """
    if len(content) > MOST_BYTES:
        raise InvalidValue(
            "The file has %(count)s kB; a picture may have %(most_bytes)s kB.",
            count=len(content) // 1000,
            most_bytes=MOST_BYTES // 1000,
        )
    try:
        found = _png(content) or _jpeg(content) or _webp(content)
    except (struct.error, IndexError):
        found = None
    if found is None:
        raise InvalidValue("This is no picture we can show; give a PNG, JPEG or WebP file.")
    if not (0 < found.width <= MOST_PIXELS and 0 < found.height <= MOST_PIXELS):
        raise InvalidValue(
            "The picture is %(width)s × %(height)s pixels; the limit is %(most_pixels)s.",
            width=found.width,
            height=found.height,
            most_pixels=MOST_PIXELS,
        )
    return found


def _png(content: bytes) -> Measured | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return Measured("image/png", width, height)


def _jpeg(content: bytes) -> Measured | None:
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Measured("image/jpeg", width, height)
        at += 2 + length
    return None


def _webp(content: bytes) -> Measured | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    match content[12:16]:
        case b"VP8X":
            width = int.from_bytes(content[24:27], "little") + 1
            height = int.from_bytes(content[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (size & 0x3FFF for size in struct.unpack("<HH", content[26:30]))
        case _:
            return None
    return Measured("image/webp", width, height)
