"""HL7 v2 messages as segments, fields and components, split by hand because monitors never stop.

Fields are kept as they came and unescaped when read. Decoding is forgiving about what does not
change meaning (line ends, unknown segments, a wrong character set name) and says so in
``Message.problems``; it refuses only what cannot be a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from afterglow.core.errors import AfterglowError
from afterglow.interop.hl7v2.problems import ErrorCode, Problem

_CHARSETS = {
    "": "utf-8",
    "ASCII": "utf-8",  # every ASCII text is UTF-8, and devices say ASCII while sending UTF-8
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "iso-8859-1",
    "8859/2": "iso-8859-2",
    "8859/3": "iso-8859-3",
    "8859/4": "iso-8859-4",
    "8859/5": "iso-8859-5",
    "8859/6": "iso-8859-6",
    "8859/7": "iso-8859-7",
    "8859/8": "iso-8859-8",
    "8859/9": "iso-8859-9",
    "8859/15": "iso-8859-15",
    "WINDOWS-1252": "cp1252",
    "ISO IR6": "utf-8",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": "big5",
    "BIG-5": "big5",
}
_USUAL = frozenset(("MSH", "PID", "PV1", "OBR", "OBX", "NTE", "MSA", "ERR"))
_IN_VALUES = frozenset("+-._")
_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)


class Undecodable(AfterglowError):
    """Bytes that are not an HL7 v2 message. ``code`` is the error for the acknowledgement."""

    def __init__(self, sentence: str, code: ErrorCode = ErrorCode.SEGMENT_SEQUENCE) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Separators(NamedTuple):
    """The characters of MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


STANDARD = Separators()


class Segment:
    """One segment; fields are counted as in the standard, so PID-3 is ``field(3)``."""

    __slots__ = ("fields", "separators")

    def __init__(self, fields: list[str], separators: Separators = STANDARD) -> None:
        self.fields = fields
        self.separators = separators

    @property
    def name(self) -> str:
        """The three letters it starts with."""
        return self.fields[0]

    def raw(self, field: int) -> str:
        """Return a field as it came, or "" when it is absent."""
        return self.fields[field] if field < len(self.fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """Return the repetitions of a field as they came; an absent field has none."""
        text = self.raw(field)
        return text.split(self.separators.repetition) if text else []

    def get(
        self, field: int, component: int = 1, subcomponent: int = 1, *, repetition: int = 1
    ) -> str:
        """Return one unescaped value, or "" when it is absent. All counts start at 1."""
        text = self.raw(field)
        if not text:
            return ""
        if self.name == "MSH" and field <= 2:
            return text
        if repetition == 1:
            return part(
                text.partition(self.separators.repetition)[0],
                self.separators,
                component,
                subcomponent,
            )
        parts = text.split(self.separators.repetition)
        if repetition > len(parts):
            return ""
        return part(parts[repetition - 1], self.separators, component, subcomponent)


def part(text: str, separators: Separators, component: int, subcomponent: int = 1) -> str:
    """Return one unescaped component of a field repetition, or "" when it is absent."""
    components = text.split(separators.component, component)
    if component > len(components):
        return ""
    found = components[component - 1]
    if subcomponent == 1 and separators.subcomponent not in found:
        return unescape(found, separators)
    subs = found.split(separators.subcomponent)
    return unescape(subs[subcomponent - 1], separators) if subcomponent <= len(subs) else ""


class Identity(NamedTuple):
    """What makes two arrivals the same message: sender, facility, control id and every byte.

    The id alone will not do: it restarts after a power cycle.
    """

    application: str
    facility: str
    control_id: str
    digest: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A decoded message. ``problems`` says what decoding had to forgive."""

    segments: tuple[Segment, ...]
    separators: Separators
    raw: bytes
    problems: tuple[Problem, ...] = ()

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    def named(self, name: str) -> Iterator[Segment]:
        """Yield the segments of one name, in order."""
        return (segment for segment in self.segments if segment.fields[0] == name)

    def first(self, name: str) -> Segment | None:
        """Return the first segment of one name."""
        return next(self.named(name), None)

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.get(10)

    @property
    def type(self) -> tuple[str, str]:
        """MSH-9: message code and trigger event, such as ORU, R01."""
        return self.header.get(9, 1), self.header.get(9, 2)

    @property
    def processing_id(self) -> str:
        """MSH-11: P production, T training, D debugging."""
        return self.header.get(11)

    @property
    def version(self) -> str:
        """MSH-12."""
        return self.header.get(12)

    @property
    def identity(self) -> Identity:
        """What makes a second arrival a repeat of this message."""
        header = self.header
        digest = sha256(self.raw).digest()
        return Identity(header.raw(3), header.raw(4), header.get(10), digest)


def _as_read(start: bytes) -> str:
    """Return some bytes as a person reads them: letters in quotation marks, else as hexadecimal."""
    if not start:
        return "nothing"
    if start.isascii() and start.decode("ascii").isprintable():
        return f"“{start.decode('ascii')}”"
    return f"the bytes {start.hex(' ').upper()}"


def decode(raw: bytes) -> Message:
    """Return the message in ``raw`` (no framing). Raises Undecodable, and nothing else."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if raw[:3] != b"MSH":
        raise Undecodable(f"The message starts with {_as_read(raw[:3])}, not with MSH.")
    separators = _separators(raw)
    text, problems = _text(raw, separators)
    segments: list[Segment] = []
    for line in text.replace("\r\n", "\r").replace("\n", "\r").split("\r"):
        if not line:
            continue
        fields = line.split(separators.field)
        if fields[0] not in _USUAL and not _SEGMENT_NAME.fullmatch(fields[0]):
            sentence = "A line is not a segment; it was kept but not read."
            problems.append(Problem(ErrorCode.SEGMENT_SEQUENCE, sentence))
            continue
        segments.append(Segment(fields, separators))
    header = segments[0].fields
    header.insert(1, separators.field)  # MSH-1 is the separator itself
    return Message(tuple(segments), separators, raw, tuple(problems))


def _separators(raw: bytes) -> Separators:
    try:
        head = raw[3:9].decode("ascii")
    except UnicodeDecodeError:
        raise Undecodable("MSH-1 and MSH-2 are not ASCII characters.") from None
    field, marks = head[:1], head[1:].partition(head[:1] or "|")[0]
    if len(marks) < 4:
        raise Undecodable("MSH-2 has fewer than four encoding characters.")
    component, repetition, escape, subcomponent = tuple(marks[:4])
    chosen = (field, component, repetition, escape, subcomponent)
    if len(set(chosen)) < 5 or any(c.isalnum() or c.isspace() or c < " " for c in chosen):
        raise Undecodable("The separators of MSH-1 and MSH-2 are not five different marks.")
    if used := set(chosen) & _IN_VALUES:
        raise Undecodable(
            f"MSH-1 and MSH-2 separate with {min(used)}, which numbers, times or codes are written "
            "with: nothing in such a message could be read with certainty."
        )
    return Separators(*chosen)


def _text(raw: bytes, separators: Separators) -> tuple[str, list[Problem]]:
    end = raw.find(b"\r")
    header = raw[: end if end >= 0 else len(raw)].split(separators.field.encode("ascii"))
    # MSH-18 may repeat; the first names the set of the whole message. Index 17: see decode().
    name = header[17].split(separators.repetition.encode("ascii"))[0] if len(header) > 17 else b""
    charset = _CHARSETS.get(name.decode("ascii", "replace").strip().upper())
    problems = []
    if charset is None:
        sentence = (
            f"Character set {name[:40].decode('ascii', 'replace')!r} is not known; read as UTF-8."
        )
        problems.append(Problem(ErrorCode.TABLE_VALUE, sentence, "MSH-18"))
        charset = "utf-8"
    try:
        return raw.decode(charset), problems
    except UnicodeDecodeError:
        sentence = f"Some bytes are not {charset}; they were replaced by a mark."
        problems.append(Problem(ErrorCode.DATA_TYPE, sentence, "MSH-18"))
        return raw.decode(charset, "replace"), problems


def unescape(text: str, separators: Separators = STANDARD) -> str:
    """Return ``text`` with escape sequences replaced. Unknown sequences stay as they are."""
    mark = separators.escape
    if mark not in text:
        return text
    out: list[str] = []
    rest = text
    while True:
        before, found, rest = rest.partition(mark)
        out.append(before)
        if not found:
            return "".join(out)
        body, closed, after = rest.partition(mark)
        if not closed:
            out.append(mark)
            out.append(body)
            return "".join(out)
        out.append(_unescaped(body, separators))
        rest = after


def _unescaped(body: str, separators: Separators) -> str:
    match body:
        case "F":
            return separators.field
        case "S":
            return separators.component
        case "T":
            return separators.subcomponent
        case "R":
            return separators.repetition
        case "E":
            return separators.escape
        case ".br":
            return "\n"
    if body[:1] == "X" and len(body) > 1:
        try:
            return bytes.fromhex(body[1:]).decode("utf-8")
        except (ValueError, UnicodeDecodeError):
            pass
    return f"{separators.escape}{body}{separators.escape}"


def escape(text: str, separators: Separators = STANDARD) -> str:
    """Return ``text`` safe to stand in a component: separators and control characters escaped."""
    names = {
        separators.escape: "E",
        separators.field: "F",
        separators.component: "S",
        separators.subcomponent: "T",
        separators.repetition: "R",
    }
    mark = separators.escape
    return "".join(
        f"{mark}{names[c]}{mark}" if c in names else f"{mark}X{ord(c):02X}{mark}" if c < " " else c
        for c in text
    )
