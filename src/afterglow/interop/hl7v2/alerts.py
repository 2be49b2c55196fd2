"""Read what devices tell beside their readings: alarms (PCD-04, R40) and events (PCD-10, R42).

Both are ORU messages of facets: the event itself, what it is about, phase, state and priority.
Which OBX is which facet is told by its code; their order and numbering are not relied on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from afterglow.core.monitoring.catalogue import term
from afterglow.interop.hl7v2.message import Message, Segment
from afterglow.interop.hl7v2.oru import equipment_of
from afterglow.interop.hl7v2.report import Observation, ObservationReport

ALERT_EVENTS = frozenset({"R40", "R42"})
_EVENT_PARTITION = 3
_METRIC_PARTITION = 2


class Facet(StrEnum):
    """REFIDs of the facets (interoperability reference 1.7)."""

    ALARM = "MDC_EVT_ALARM"
    CONDITION = "MDC_ATTR_EVT_COND"
    SOURCE = "MDC_ATTR_EVT_SOURCE"
    PHASE = "MDC_ATTR_EVENT_PHASE"
    STATE = "MDC_ATTR_ALARM_STATE"
    PRIORITY = "MDC_ATTR_ALARM_PRIORITY"


OVER_PHASES = frozenset({"end", "reset"})
OVER_STATES = frozenset({"inactive"})


@dataclass(frozen=True, slots=True)
class Alert:
    """One alarm or event. ``alert`` is the device's id, the same for all news of one alarm."""

    is_alarm: bool
    alert: str
    event: str
    about: str = ""
    seen: str = ""
    phase: str = ""
    state: str = ""
    priority: str = ""
    at: datetime | None = None
    equipment: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the device says that it has ended."""
        return self.phase in OVER_PHASES or self.state in OVER_STATES


class _Coded(NamedTuple):
    number: int | None
    name: str

    @property
    def partition(self) -> int:
        return self.number >> 16 if self.number is not None else 0

    @property
    def refid(self) -> str:
        known = term(self.number) if self.number is not None else None
        return self.name or (known.refid if known else str(self.number or ""))


def alerts_of(message: Message, report: ObservationReport) -> tuple[Alert, ...]:
    """Return the alarms or events of a message, one for each OBR; ``report`` is its reading."""
    times = {each.obx_index: each for each in report.observations}
    found: list[Alert] = []
    group: list[tuple[int, Segment]] = []
    order: Segment | None = None
    index = 0
    for segment in message.segments:
        if segment.name == "OBR":
            found += _alert(message, order, group, times, report)
            order, group = segment, []
        elif segment.name == "OBX":
            index += 1
            group.append((index, segment))
    found += _alert(message, order, group, times, report)
    return tuple(found)


def _alert(
    message: Message,
    order: Segment | None,
    group: list[tuple[int, Segment]],
    times: dict[int, Observation],
    report: ObservationReport,
) -> Iterable[Alert]:
    if not group:
        return
    told: dict[str, str] = {}
    event, about, seen, priority = "", "", "", ""
    for _, segment in group:
        code, answer = _coded(segment, 3), _coded(segment, 5)
        if code.refid in (Facet.ALARM, Facet.CONDITION):
            event = answer.refid or event
        elif code.refid == Facet.SOURCE:
            about = answer.refid or about
        elif code.refid in list(Facet):
            told[code.refid] = (segment.get(5, 2) or segment.get(5)).strip()
        elif code.partition == _EVENT_PARTITION:
            event = event or code.refid
        elif code.partition == _METRIC_PARTITION and segment.raw(5):
            about, seen = code.refid, segment.get(5)
            priority = _priority(segment.repetitions(8))
    if not event:
        return
    sample = next((times[i] for i, _ in group if i in times), None)
    yield Alert(
        is_alarm=message.type[1] == "R40",
        alert=(order.get(3) if order else "")[:120],
        event=event[:80],
        about=about[:80],
        seen=seen[:60],
        phase=told.get(Facet.PHASE, "").lower()[:20],
        state=told.get(Facet.STATE, "").lower()[:20],
        priority=(told.get(Facet.PRIORITY, "") or priority)[:10],
        at=sample.device_time if sample and sample.device_time else report.sent_at,
        equipment=_equipment(group, report),
    )


def _coded(segment: Segment, field: int) -> _Coded:
    number, name = segment.get(field, 1), segment.get(field, 2)
    return _Coded(int(number) if number.isascii() and number.isdigit() else None, name)


def _priority(flags: list[str]) -> str:
    """PH, PM, PL or PI among the repetitions of OBX-8."""
    return next((flag for flag in flags if flag in ("PH", "PM", "PL", "PI")), "")


def _equipment(group: list[tuple[int, Segment]], report: ObservationReport) -> str:
    for _, segment in group:
        if text := segment.raw(18):
            return equipment_of(text, segment.separators)
    return report.device.equipment_ids[0] if report.device.equipment_ids else ""
