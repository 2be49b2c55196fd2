"""What pages read of a session: latest values, the grid, trends, alarms, the pump."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Max, Min, Q, QuerySet, Value, When

from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.monitoring import extension, facts, lines, pumps
from afterglow.apps.monitoring.models import (
    Alarm,
    AlarmAct,
    ArtefactMark,
    ReviewItem,
    ReviewReason,
    ReviewState,
    VitalSign,
)
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.windows import INSTANT
from afterglow.apps.places.models import Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.conditions import AlarmCondition, AlarmPriority
from afterglow.core.monitoring.readings import Baseline, Reading, Source
from afterglow.core.monitoring.schedule import Slot, next_due
from afterglow.core.monitoring.technical import pump_conditions
from afterglow.core.quantities import Rate, Volume
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db import months
from afterglow.db.looks import read_once
from afterglow.web import clock


@dataclass(frozen=True, slots=True)
class LatestReading:
    """The last believed value of one sign from one source. ``pk`` names it for an artefact mark."""

    pk: int
    sign: VitalSignCode
    source: Source
    value: Decimal
    unit: str
    taken_at: datetime
    arrived_at: datetime
    batch: UUID
    """What it arrived with: one message or one entry by hand."""

    def age(self, at: datetime) -> timedelta:
        """How old it is."""
        return at - self.taken_at


@read_once
def latest_readings(session: TreatmentSession, *, at: datetime) -> tuple[LatestReading, ...]:
    """Return the last believed value of every sign and source, in the catalogue's order."""
    found = lines.last_of(
        sorted(
            lines.every_line([session.pk], until=at + INSTANT),
            key=lambda line: list(VitalSignCode).index(VitalSignCode(line.code)),
        )
    )
    return tuple(
        LatestReading(
            pk=each.pk,
            sign=VitalSignCode(each.line.code),
            source=Source(each.line.source),
            value=each.value,
            unit=each.unit,
            taken_at=each.taken_at,
            arrived_at=each.arrived_at,
            batch=each.batch,
        )
        for each in found
    )


@read_once
def baseline(session: TreatmentSession, *, at: datetime) -> Mapping[str, Baseline]:
    """Return the baseline of every sign: the mean of the two readings before the start."""
    courses = extension.courses_of([session.pk], at)
    return facts.baseline([session], courses, at)[session.pk]


def believed_readings(
    session: TreatmentSession,
    *,
    since: datetime,
    until: datetime,
    signs: Sequence[VitalSignCode] = tuple(VitalSignCode),
) -> tuple[Reading, ...]:
    """Return every reading of a stretch with artefacts marked as such, in order of time."""
    marked = _marks(session)
    rows = (
        VitalSign.objects.filter(
            months.since(months.stored_since(session.checked_in_at, now=clock.now())),
            session=session,
            source__in=list(Source),
            code__in=signs,
            taken_at__gte=since,
            taken_at__lte=until,
        )
        .order_by("taken_at", "pk")
        .values_list("pk", "code", "value", "taken_at", "source", "flag")
    )
    return tuple(
        Reading(code, value, taken_at, Source(source), bool(flag) or marked.get(pk, False))
        for pk, code, value, taken_at, source, flag in rows
    )


def schedule(session: TreatmentSession, *, at: datetime) -> tuple[Slot, ...]:
    """Return every observation slot: upcoming, due, overdue, fulfilled or missed."""
    return facts.schedule(session, at)


def next_reading_due(session: TreatmentSession, *, at: datetime) -> Slot | None:
    """Return the slot that waits for its readings, or None when none does."""
    return next_due(schedule(session, at=at))


@dataclass(frozen=True, slots=True)
class GridRow:
    """One slot with the readings taken in its window, by sign and source."""

    slot: Slot
    values: Mapping[tuple[str, Source], LatestReading]
    scores: tuple[Reading, ...]
    sets: Mapping[tuple[str, Source], lines.Sets]
    """What stands of a sign in the window, by hand or by the cuff: how many, lowest, highest."""
    until: datetime
    """Where the next column begins: a reading that counts for two slots is drawn once."""


@read_once
def grid(session: TreatmentSession, *, at: datetime) -> tuple[GridRow, ...]:
    """Return the observation grid, one row a slot that has opened, oldest first.

    A slot shows the last set that was taken by hand or by the cuff in its window, and of a
    continuous sign the first reading; nothing is carried forward.
    """
    planned, found = facts.observed(session, at)
    columns = _columns(planned, at)
    until = {window.since: window.until for _slot, window in columns}
    by_window: dict[datetime, dict[tuple[str, Source], LatestReading]] = {}
    counts: dict[datetime, dict[tuple[str, Source], lines.Sets]] = {}
    for each in found:
        line = each.line
        if each.taken_at < until.get(line.since, each.taken_at):
            by_window.setdefault(line.since, {})[(line.code, Source(line.source))] = _read(each)
    for each, of in lines.last_sets_in(session.pk, [window for _slot, window in columns]):
        line = each.line
        by_window.setdefault(line.since, {})[(line.code, Source(line.source))] = _read(each)
        counts.setdefault(line.since, {})[(line.code, Source(line.source))] = of
    scores = extension.scores_of([session.pk], at)[session.pk]
    return tuple(
        GridRow(
            slot,
            by_window.get(slot.opens_at, {}),
            tuple(s for s in scores if slot.opens_at <= s.at < window.until),
            counts.get(slot.opens_at, {}),
            window.until,
        )
        for slot, window in columns
    )


def _columns(planned: Iterable[Slot], at: datetime) -> list[tuple[Slot, lines.Window]]:
    """Return the slots that have opened, each with the stretch that its column shows.

    A slot's window may reach into that of a recheck, so that one reading counts for both; the
    column of the set ends where the recheck's begins.
    """
    opened = sorted((s for s in planned if s.opens_at <= at), key=lambda slot: slot.opens_at)
    begins = [*(slot.opens_at for slot in opened[1:]), at + INSTANT]
    found = []
    for slot, following in zip(opened, begins, strict=True):
        whole = facts.window_of(slot, at)
        found.append((slot, lines.Window(whole.since, min(whole.until, following))))
    return sorted(found, key=lambda column: column[0].due_at)


def _read(found: lines.Found) -> LatestReading:
    return LatestReading(
        pk=found.pk,
        sign=VitalSignCode(found.line.code),
        source=Source(found.line.source),
        value=found.value,
        unit=found.unit,
        taken_at=found.taken_at,
        arrived_at=found.arrived_at,
        batch=found.batch,
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """Between which values a sign moved in a stretch, by what its device said and is believed."""

    low: Decimal
    high: Decimal
    count: int


@read_once
def spreads(session: TreatmentSession, *, at: datetime) -> Mapping[tuple[datetime, str], Spread]:
    """Return the spread of each continuous sign in each slot's window, by its opening and sign."""
    planned, _found = facts.observed(session, at)
    windows = [window for _slot, window in _columns(planned, at)]
    return {
        (window.since, code): Spread(low, high, count)
        for window, code, low, high, count in lines.spread_in(session.pk, windows)
    }


@read_once
def open_alarms(session: TreatmentSession) -> QuerySet[Alarm]:
    """Return the alarms that are open, the most urgent first."""
    return open_alarms_of([session.pk])


def last_acknowledged_by(alarms: Sequence[int]) -> dict[int, str]:
    """Return who acknowledged some alarms last, by primary key; no query for none."""
    if not alarms:
        return {}
    acts = (
        AlarmAct.objects.filter(alarm__in=alarms, act=AlarmActKind.ACKNOWLEDGED, by__isnull=False)
        .select_related("by__staff")
        .order_by("at", "pk")
    )
    return {act.alarm_id: act.by.get_short_name() for act in acts if act.by is not None}


def open_alarms_of(sessions: Sequence[int]) -> QuerySet[Alarm]:
    """Return the open alarms of some sessions, the most urgent first."""
    weight = Case(
        *(When(priority=p, then=Value(-p.weight)) for p in AlarmPriority),
        output_field=IntegerField(),
    )
    return (
        Alarm.objects.filter(session__in=sessions, ended_at__isnull=True)
        .select_related("acknowledged_by", "silenced_by")
        .order_by(weight, "raised_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class PumpView:
    """The pump beside the chart. What the pump reports outranks what was charted.

    ``differences`` are the rules' own words: "The pump still reports 52 mL/h, and the chart says
    that it is stopped." An empty tuple means that the two agree, or may still settle.
    """

    reported_rate: Rate
    reported_at: datetime
    reported_volume: Volume | None
    drug: str
    status: str
    charted_rate: Rate | None
    charted_volume: Volume | None
    differences: tuple[AlarmCondition, ...]


@read_once
def pump(session: TreatmentSession, *, at: datetime) -> PumpView | None:
    """Return what the pump last said, beside what was charted for that moment; None: silence."""
    report = facts.last_pump_readings([session.pk]).get(session.pk)
    if report is None or report.rate_ml_per_h is None:
        return None
    course = extension.courses_of([session.pk], at)[session.pk]
    started = (
        [pumps.Counted(session.pk, report.device_id, course.started)] if course.started else []
    )
    compared = facts.pump_facts(report, course, pumps.counted_at_start(started))
    differences: tuple[AlarmCondition, ...] = ()
    if compared is not None:
        differences = tuple(pump_conditions(compared, rules_of(session).pump, at=at))
    return PumpView(
        reported_rate=report.rate_ml_per_h,
        reported_at=report.taken_at,
        reported_volume=report.delivered_ml,
        drug=report.drug,
        status=report.status,
        charted_rate=Rate.ml_per_h(compared.charted_rate) if compared else None,
        charted_volume=Volume.ml(compared.charted_volume or 0) if compared else None,
        differences=differences,
    )


def _marks(session: TreatmentSession) -> dict[int, bool]:
    return dict(
        ArtefactMark.objects.filter(session=session)
        .order_by("at", "pk")
        .values_list("vital_sign_id", "is_artefact")
    )


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """Open reviews of one reason and one device: a stranger's monitor sends every few seconds."""

    newest: ReviewItem
    reason: ReviewReason
    device: Device | None
    application: str
    count: int
    oldest_at: datetime


def open_reviews(sites: Sequence[Site]) -> tuple[ReviewGroup, ...]:
    """Return what waits for a person at some sites, grouped, the newest group first.

    A device that nobody knows may stand anywhere, so every site sees it.
    """
    groups = (
        ReviewItem.objects.filter(Q(site__in=sites) | Q(site=None), state=ReviewState.OPEN)
        .values("reason", "message__device", "message__sending_application")
        .annotate(count=Count("pk"), newest=Max("pk"), oldest_at=Min("opened_at"))
        .order_by("-newest")
    )
    rows = ReviewItem.objects.select_related("message", "message__device", "site").in_bulk(
        [group["newest"] for group in groups]
    )
    return tuple(
        ReviewGroup(
            newest=rows[group["newest"]],
            reason=ReviewReason(group["reason"]),
            device=rows[group["newest"]].message.device,
            application=group["message__sending_application"],
            count=group["count"],
            oldest_at=group["oldest_at"],
        )
        for group in groups
    )


def review_after(item: ReviewItem, sites: Sequence[Site]) -> ReviewItem | None:
    """Return the newest message of the line below this one's in the queue, or of the first."""
    lines = [group.newest for group in open_reviews(sites)]
    below = [row for row in lines if row.pk < item.pk and row.reason != item.reason]
    others = [row for row in lines if row.pk != item.pk]
    return next(iter(below or others), None)


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a message, as a person reads it: its name and its fields that say something."""

    name: str
    fields: tuple[tuple[int, str], ...]


def segments_of(message: RawMessage) -> tuple[Segment, ...]:
    """Return a stored message segment by segment; bytes that are no text are shown as such."""
    text = bytes(message.content).decode("utf-8", "backslashreplace").replace("\n", "\r")
    found = []
    for line in filter(None, (line.strip() for line in text.split("\r"))):
        name, *fields = line.split("|")
        found.append(
            Segment(
                name[:20],
                tuple(
                    # MSH-1 is the separator itself.
                    (n, field[:300])
                    for n, field in enumerate(fields, 2 if name == "MSH" else 1)
                    if field
                ),
            )
        )
    return tuple(found)


def sessions_for_review(site: Site | None, *, at: datetime) -> QuerySet[TreatmentSession]:
    """Return the sessions that a parked message may belong to: those of its day, not signed."""
    open_ones = TreatmentSession.objects.filter(
        checked_in_at__lte=at, checked_in_at__gte=at - timedelta(days=1)
    ).exclude(state=SessionState.SIGNED)
    if site is not None:
        open_ones = open_ones.filter(site=site)
    return open_ones.select_related("patient", "room", "site").order_by("room__name")
