"""What the page of one parked message shows: who is named and who is here, and what it would chart.

Read only. What may be charted is decided by the services; this says it before the press.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from afterglow.apps.devices.models import Device, DevicePlacement
from afterglow.apps.monitoring import queries
from afterglow.apps.monitoring.incoming import IncomingValue, NamedPatient, Report, ValueTime
from afterglow.apps.monitoring.matching import compared
from afterglow.apps.monitoring.models import (
    ChartingMistake,
    DeviceAssignment,
    QueueCharting,
    ReviewItem,
    VitalSign,
)
from afterglow.apps.monitoring.services.charting import LONG_PAST, by_our_clock
from afterglow.apps.monitoring.services.queue_chartings import read_again
from afterglow.apps.monitoring.services.recognising import KnownDevices, known_devices
from afterglow.apps.places.models import Room, Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import definition
from afterglow.core.monitoring.device_profile import Trust, eui64
from afterglow.core.monitoring.identity import Agreement, Comparison
from afterglow.core.monitoring.measurements import read_measurement
from afterglow.db import months

CAN_BE_CHARTED = ("", "disagrees")
"""A code that says two things is charted once a person says which is right."""


@dataclass(frozen=True, slots=True)
class SentValue:
    """One value of a message. ``why_not`` is why it would not be charted; empty: it would be.

    ``why_not``: ``future``, ``no_time``, ``demo``, ``disagrees``, ``long_past``, ``no_device``, or
    ``no_value``. ``off`` is how far its time is from its arrival, where that is why.
    """

    name: str
    shown: str
    at: datetime | None
    why_not: str = ""
    off: timedelta | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A session that the message may belong to, and how its patient compares with who is named."""

    session: TreatmentSession
    comparison: Comparison | None
    is_over: bool = False
    """Whether the session had ended when the message arrived."""
    was_taken_back: bool = False
    """Whether it was charted here before, by mistake."""

    @property
    def is_sure(self) -> bool:
        """Whether nothing of the identity stands against it: it agrees, or names nobody."""
        return self.comparison is None or self.comparison.proves

    @property
    def is_another(self) -> bool:
        """Whether nobody may chart it here."""
        return self.comparison is not None and self.comparison.contradicts

    @property
    def is_barred(self) -> bool:
        """Whether a service would refuse it, whatever is said."""
        return self.is_another or self.is_over or self.was_taken_back


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """All that the page says of one message."""

    is_readable: bool
    is_known: bool
    """Whether the device that sent it is registered."""
    named: tuple[NamedPatient, ...]
    device: Device | None
    room: Room | None
    served: TreatmentSession | None
    """Whose the device was when the message arrived."""
    site: Site | None
    values: tuple[SentValue, ...]
    choices: tuple[Choice, ...]
    on_arrival: int
    """How many of its values were charted when it arrived."""
    notices: int = 0

    @property
    def person(self) -> NamedPatient | None:
        """The one whom the message names; None for nobody or several."""
        return self.named[0] if len(self.named) == 1 else None

    @property
    def here(self) -> Comparison | None:
        """Who is named beside who is in the chair."""
        if self.person is None or self.served is None:
            return None
        return compared(self.person, self.served.patient)

    @property
    def names(self) -> list[tuple[str, Agreement]]:
        """The agreement of each identifier, for the table."""
        here = self.here
        return [(str(i), a) for i, a in here.by_identifier.items()] if here else []

    @property
    def holds_something(self) -> bool:
        """Whether anything of it could be charted to anybody."""
        return (
            self.is_readable
            and self.is_known
            and len(self.named) < 2
            and (bool(self.notices) or any(v.why_not in CAN_BE_CHARTED for v in self.values))
        )

    @property
    def sure(self) -> list[Choice]:
        """The sessions that take it by the main act of the page."""
        return self._open(lambda one: one.is_sure)

    @property
    def doubtful(self) -> list[Choice]:
        """The sessions that take it with a reason, in a second step."""
        return self._open(lambda one: not one.is_sure)

    @property
    def others(self) -> list[Choice]:
        """The sessions that nobody may chart it to."""
        return [c for c in self.choices if c.is_barred]

    @property
    def names_another(self) -> bool:
        """Whether it is each time somebody else whom the message names."""
        return bool(self.others) and all(choice.is_another for choice in self.others)

    def _open(self, fits: Callable[[Choice], bool]) -> list[Choice]:
        if not self.holds_something:
            return []
        return [one for one in self.choices if fits(one) and not one.is_barred]


def review_page(row: ReviewItem, *, trust: Trust | None = None) -> ReviewPage:
    """Return what the page of a parked message shows. ``trust`` as for charting it."""
    message = read_again(row)
    at = row.message.received_at
    devices = known_devices([message], profiles_at=None)
    devices.of_then = True  # as when it is charted: what is known of a clock now is not of then
    sender = devices.of(message)
    report: Report | None = None
    if message.read is not None and message.is_for_charts:
        report = message.read(devices.how_to_read(sender, trust=trust))
    named = () if report is None else report.patients
    sessions = queries.sessions_for_review(row.site, at=at)
    taken_back = set(
        ChartingMistake.objects.filter(message=row.message).values_list("session_id", flat=True)
    )
    return ReviewPage(
        is_readable=report is not None,
        is_known=sender is not None,
        named=named,
        device=sender,
        room=_room_of(sender, at),
        served=_served(sender, at),
        site=row.site or (sender.site if sender else None),
        values=() if report is None else tuple(_sent_of(report, devices, sender, at)),
        choices=tuple(
            Choice(
                one,
                _compared(named, one),
                is_over=one.ended_at is not None and at > one.ended_at,
                was_taken_back=one.pk in taken_back,
            )
            for one in sessions
        ),
        on_arrival=VitalSign.objects.filter(
            months.since(months.stored_since(at, now=at)), message=row.message
        )
        .exclude(session_id__in=taken_back)
        .count(),
        notices=len(report.notifications) if report is not None else 0,
    )


def choice_of(page: ReviewPage, session: str) -> Choice | None:
    """Return the doubtful session with this public id, or None."""
    return next((c for c in page.doubtful if str(c.session.public_id) == session), None)


def chartings_of(row: ReviewItem) -> list[QueueCharting]:
    """Return by whom a message was charted from the queue, to whom, and what was taken back."""
    return list(
        QueueCharting.objects.filter(message=row.message_id)
        .select_related(
            "session__patient", "session__room", "session__site", "by", "mistake", "mistake__by"
        )
        .order_by("-pk")
    )


def settled_lately(sites: Sequence[Site], *, since: datetime) -> list[ReviewItem]:
    """Return what people settled at some sites since then, the newest first."""
    return list(
        ReviewItem.objects.filter(settled_at__gte=since, settled_by__isnull=False)
        .filter(Q(site__in=sites) | Q(site=None))
        .select_related("message__device", "settled_by", "session__room", "site")
        .order_by("-settled_at", "-pk")[:30]
    )


def _compared(named: Sequence[NamedPatient], session: TreatmentSession) -> Comparison | None:
    return compared(named[0], session.patient) if len(named) == 1 else None


def _room_of(device: Device | None, at: datetime) -> Room | None:
    if device is None:
        return None
    placed = DevicePlacement.objects.filter(device=device, during__contains=at)
    row = placed.select_related("room").first()
    return row.room if row is not None else None


def _served(device: Device | None, at: datetime) -> TreatmentSession | None:
    if device is None:
        return None
    serving = DeviceAssignment.objects.filter(device=device, during__contains=at)
    row = serving.select_related("session__patient", "session__room", "session__site").first()
    return row.session if row is not None else None


def _sent_of(
    report: Report, devices: KnownDevices, sender: Device | None, at: datetime
) -> Iterator[SentValue]:
    """Yield what each value of a message is, by the device that measured it."""
    for value in report.values:
        device = devices.by_eui.get(eui64(value.equipment)) if value.equipment else sender
        if device is None:
            yield _sent(value, at, is_known=False)
        else:
            clock = devices.clock_of(device, report.sent_at, at)
            yield _sent(by_our_clock(value, clock, at), at, is_known=True)


def _sent(value: IncomingValue, arrived: datetime, *, is_known: bool) -> SentValue:
    line = definition(value.metric)
    measured = read_measurement(
        value.metric, value.text, unit_code=value.unit_code, ucum=value.ucum
    )
    shown = line.with_unit(measured.value) if measured.value is not None else value.text
    off = value.taken_at - arrived if value.taken_at is not None else None
    why, remark = "", ""
    if not is_known:
        why = "no_device"
    elif value.is_demo:
        why = "demo"
    elif value.disagreement:
        why, remark = "disagrees", value.disagreement
    elif value.time is ValueTime.FUTURE:
        why = "future"
    elif value.taken_at is None:
        why = "no_time"
    elif arrived - value.taken_at > LONG_PAST:
        why = "long_past"
    elif measured.has_no_value or (measured.value is None and not line.is_text):
        why = "no_value"
    elif measured.reasons:
        remark = measured.reasons[0].code
    return SentValue(line.name, shown, value.taken_at, why, off, remark)
