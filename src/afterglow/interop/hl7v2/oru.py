"""Read ORU^R01 of IHE PCD-01: what a monitor or a pump reports.

A wrong OBX costs that reading its value, never the message: it stays in the report with its
problems. Nothing is converted here; units and plausible ranges are the catalogue's business.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring import catalogue
from afterglow.core.monitoring.catalogue import identify
from afterglow.interop.hl7v2.message import Message, Segment, Separators, decode, part, unescape
from afterglow.interop.hl7v2.panels import pressure_panels
from afterglow.interop.hl7v2.problems import ErrorCode, Problem
from afterglow.interop.hl7v2.report import (
    DeviceIdentity,
    Location,
    Observation,
    ObservationReport,
    PatientHint,
    PatientIdentifier,
    TimeState,
)
from afterglow.interop.hl7v2.times import parse_time, span_words

FUTURE_TOLERANCE = timedelta(minutes=2)
"""A reading further ahead of its arrival goes to review (interoperability reference 1.7)."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})", re.ASCII)
_INTEGER = re.compile(r"\d{1,9}", re.ASCII)
_OBJECT_PARTITION = 1


class _Code(NamedTuple):
    """OBX-3, read once for each distinct text; ``sent`` is its first component as it came."""

    mdc: int | None
    refid: str
    problems: tuple[Problem, ...]
    sent: str = ""


class _Unit(NamedTuple):
    """OBX-6, read once for each distinct text."""

    mdc: int | None
    ucum: str | None


class _Group(NamedTuple):
    """The OBR a reading belongs to."""

    time: datetime | None
    state: TimeState


def decode_oru(
    source: bytes | Message,
    *,
    default_zone: tzinfo,
    received_at: datetime,
    future_tolerance: timedelta = FUTURE_TOLERANCE,
) -> ObservationReport:
    """Return what an ORU^R01 message reports.

    Times without an offset are read in ``default_zone``. Raises Undecodable for bytes that are no
    message; any message that decodes gives a report, however little it says.
    """
    message = decode(source) if isinstance(source, bytes) else source
    reader = _Reader(message, default_zone, received_at, received_at + future_tolerance)
    return reader.read()


class _Reader:
    """One pass over the segments of one message."""

    def __init__(
        self, message: Message, zone: tzinfo, received_at: datetime, latest: datetime
    ) -> None:
        self.message = message
        self.separators = message.separators
        self.zone = zone
        self.received_at = received_at
        self.latest = latest
        self.problems: list[Problem] = list(message.problems)
        self.observations: list[Observation] = []
        self.patients: list[PatientHint] = []
        self.equipment: dict[str, str] = {}  # MDS number → equipment id
        self.group = _Group(None, TimeState.MISSING)
        self.order_id = ""
        self.location: Location | None = None

    def read(self) -> ObservationReport:
        index = 0
        for segment in self.message.segments:
            match segment.fields[0]:
                case "OBX":
                    index += 1
                    self._observation(segment.fields, index)
                case "OBR":
                    self._order(segment)
                case "PID":
                    self._patient(segment)
                case "PV1" if self.location is None:
                    self.location = _location(segment)
        if len(self.patients) > 1:
            sentence = f"The message names {len(self.patients)} patients; none is assumed."
            self.problems.append(Problem(ErrorCode.SEGMENT_SEQUENCE, sentence, "PID"))
        if not index:
            sentence = "The message has no OBX segment: it reports nothing."
            self.problems.append(Problem(ErrorCode.MISSING_FIELD, sentence, "OBX"))
        header = self.message.header
        observations = tuple(self.observations)
        return ObservationReport(
            control_id=header.get(10),
            processing_id=header.get(11),
            device=DeviceIdentity(
                application=header.get(3, 1),
                application_id=header.get(3, 2),
                facility=header.get(4, 1),
                equipment_ids=tuple(dict.fromkeys(self.equipment.values())),
            ),
            patients=tuple(self.patients),
            location=self.location,
            order_id=self.order_id,
            sent_at=self._time(header.get(7), "MSH-7")[0],
            observations=observations,
            panels=pressure_panels(observations),
            problems=(*self.problems, *(p for o in observations for p in o.problems)),
        )

    def _order(self, segment: Segment) -> None:
        time, state = self._time(segment.get(7), "OBR-7")
        self.group = _Group(time, TimeState.GROUP if state is TimeState.OWN else state)
        self.order_id = self.order_id or segment.get(3)

    def _patient(self, segment: Segment) -> None:
        hint = _patient(segment)
        if hint is not None and hint not in self.patients:
            self.patients.append(hint)

    def _observation(self, fields: list[str], index: int) -> None:
        size = len(fields)
        if size < 12:
            fields = fields + [""] * (12 - size)
        containment = fields[4]
        equipment = self._equipment(fields[18] if size > 18 else "", containment)
        code = _code(fields[3], self.separators)
        if _is_node(code, fields):
            return
        problems = [p._replace(location=f"OBX[{index}]-3") for p in code.problems]
        value = self._value(fields[2], fields[5], index, problems)
        unit = _unit(fields[6], self.separators)
        time, state = self._reading_time(fields[14] if size > 14 else "", index, problems)
        self.observations.append(
            Observation(
                code.mdc,
                code.refid,
                containment,
                value,
                unit.mdc,
                unit.ucum,
                time,
                state,
                fields[11],
                fields[8],
                equipment,
                index,
                tuple(problems),
                code.sent,
            )
        )

    def _equipment(self, text: str, containment: str) -> str:
        """The reading's own equipment id, or that of the MDS it belongs to."""
        mds = containment.partition(".")[0]
        if not text:
            return self.equipment.get(mds, "")
        found = equipment_of(text, self.separators)
        # Containment ends in zeros for an object: only the MDS speaks for what is inside it.
        if found and (mds not in self.equipment or containment.endswith(".0.0.0")):
            self.equipment[mds] = found
        return found

    def _value(
        self, kind: str, text: str, index: int, problems: list[Problem]
    ) -> Decimal | str | None:
        if not text or text == '""':
            return None
        if kind == "NM" or not kind:
            stripped = text.strip()
            if _NUMBER.fullmatch(stripped):
                return Decimal(stripped)
            if kind and not catalogue.is_no_value(stripped):
                sentence = f"{text[:40]!r} is not a number."
                problems.append(Problem(ErrorCode.DATA_TYPE, sentence, f"OBX[{index}]-5"))
            return unescape(text, self.separators)
        if kind == "SN":
            return self._structured(text, index, problems)
        if kind in ("CWE", "CE", "CNE", "CF"):
            return part(text, self.separators, 2) or part(text, self.separators, 1) or None
        return unescape(text, self.separators)

    def _structured(self, text: str, index: int, problems: list[Problem]) -> Decimal | str:
        """SN: comparator, number, separator, number. Only a plain number is a number."""
        parts = text.split(self.separators.component)
        if len(parts) == 2 and parts[0] in ("", "=") and _NUMBER.fullmatch(parts[1]):
            return Decimal(parts[1])
        sentence = f"{text[:40]!r} is a range or a comparison, not one number."
        problems.append(Problem(ErrorCode.DATA_TYPE, sentence, f"OBX[{index}]-5"))
        return unescape(text.replace(self.separators.component, " ").strip(), self.separators)

    def _reading_time(
        self, text: str, index: int, problems: list[Problem]
    ) -> tuple[datetime | None, TimeState]:
        location = f"OBX[{index}]-14"
        time, state = self._time(text, location, problems) if text else self.group
        if time is not None and time > self.latest:
            sentence = (
                "The time of the reading is ahead of its arrival by "
                f"{span_words(time - self.received_at)}."
            )
            problems.append(Problem(ErrorCode.DATA_TYPE, sentence, location))
            return time, TimeState.FUTURE
        if state is TimeState.MISSING:
            sentence = "The reading has no time, and neither has its group."
            problems.append(Problem(ErrorCode.MISSING_FIELD, sentence, location))
        return time, state

    def _time(
        self, text: str, location: str, problems: list[Problem] | None = None
    ) -> tuple[datetime | None, TimeState]:
        if not text:
            return None, TimeState.MISSING
        try:
            return parse_time(text, zone=self.zone, near=self.received_at), TimeState.OWN
        except InvalidValue as error:
            into = self.problems if problems is None else problems
            into.append(Problem(ErrorCode.DATA_TYPE, str(error), location))
            return None, TimeState.INVALID


def _is_node(code: _Code, fields: list[str]) -> bool:
    """Whether an OBX names a part of the device instead of a reading."""
    return not fields[5] and _names_node(code)


def _names_node(code: _Code) -> bool:
    if code.mdc is not None:
        return code.mdc >> 16 == _OBJECT_PARTITION
    return code.refid.startswith("MDC_DEV_")


def code_state(text: str, separators: Separators) -> tuple[bool, bool]:
    """Return whether OBX-3 names a part of a device, and whether something is wrong with it."""
    code = _code(text, separators)
    return _names_node(code), bool(code.problems)


@lru_cache(maxsize=1024)
def _code(text: str, separators: Separators) -> _Code:
    """Read OBX-3; the MDC code may stand in the alternate triplet behind a vendor's own."""
    parts = [unescape(p, separators) for p in text.split(separators.component)]
    parts += [""] * (6 - len(parts))
    number, refid, system = parts[3:6] if parts[5] == "MDC" != parts[2] else parts[:3]
    mdc = int(number) if _INTEGER.fullmatch(number) else None
    if system != "MDC":
        sentence = f"{text[:60]!r} is not an MDC code."
        problem = Problem(ErrorCode.TABLE_VALUE, sentence)
        return _Code(None, refid or number, (problem,), number)
    found = identify(mdc, refid)
    if mdc is None:
        mdc = found.term.code if found.term else None
        sentence = f"{number[:20]!r} is not a code number; the name {refid[:60]!r} was used."
        return _Code(mdc, refid, (Problem(ErrorCode.TABLE_VALUE, sentence),), number)
    if found.disagreement:
        problem = Problem(ErrorCode.TABLE_VALUE, found.disagreement[:200])
        return _Code(mdc, refid, (problem,), number)
    return _Code(mdc, refid or (found.term.refid if found.term else ""), (), number)


@lru_cache(maxsize=1024)
def _unit(text: str, separators: Separators) -> _Unit:
    """Read OBX-6: an MDC triplet, a UCUM triplet, both in either order, or a bare UCUM text."""
    if not text:
        return _Unit(None, None)
    parts = [unescape(p, separators) for p in text.split(separators.component)]
    parts += [""] * (6 - len(parts))
    mdc: int | None = None
    ucum: str | None = None
    for identifier, _, system in (parts[:3], parts[3:6]):
        if system == "MDC" and _INTEGER.fullmatch(identifier):
            mdc = int(identifier)
        elif system == "UCUM" or (not system and identifier and ucum is None):
            ucum = identifier or None
    if ucum is None and mdc is not None and (known := catalogue.term(mdc)) and known.ucum:
        ucum = known.ucum[0]
    return _Unit(mdc, ucum)


@lru_cache(maxsize=1024)
def equipment_of(text: str, separators: Separators) -> str:
    """OBX-18 is an EI: the universal id when it says EUI-64, the plain id otherwise."""
    return part(text, separators, 3) or part(text, separators, 1)


def equipment_ids(message: Message) -> tuple[str, ...]:
    """Return the EUI-64s that a message names: what measured (OBX-18) first, then who sent it."""
    found = [
        equipment_of(text, message.separators)
        for segment in message.named("OBX")
        if (text := segment.raw(18))
    ]
    found.append(message.header.get(3, 2))
    return tuple(dict.fromkeys(each for each in found if each))


def _patient(segment: Segment) -> PatientHint | None:
    separators = segment.separators
    identifiers = tuple(
        PatientIdentifier(value, part(text, separators, 4), part(text, separators, 5))
        for text in segment.repetitions(3)
        if (value := part(text, separators, 1))
    )
    family, given = segment.get(5, 1), segment.get(5, 2)
    if not identifiers and not family and not given:
        return None
    return PatientHint(identifiers, family, given, _birth_date(segment.get(7)))


def _birth_date(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
    except ValueError:
        return None


def _location(segment: Segment) -> Location | None:
    parts = tuple(segment.get(3, component) for component in (1, 2, 3, 4))
    return Location(*parts) if any(parts) else None
