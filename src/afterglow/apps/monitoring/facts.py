"""What the rules of monitoring are judged from, gathered for many sessions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models.expressions import RawSQL

from afterglow.apps.devices.models import DeviceKind as StoredDeviceKind
from afterglow.apps.devices.models import DevicePlacement
from afterglow.apps.monitoring import extension, lines, pumps
from afterglow.apps.monitoring.extension import InfusionCourse
from afterglow.apps.monitoring.models import (
    ArtefactMark,
    DeviceAssignment,
    DeviceNotification,
    MissedReading,
    NotificationKind,
    PumpReading,
)
from afterglow.apps.monitoring.models.chartings import not_taken_back, notifications_taken_back
from afterglow.apps.monitoring.no_values import with_no_values
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.pumps import Counted
from afterglow.apps.monitoring.second_sources import note_second_sources
from afterglow.apps.monitoring.stretches import pressures_beyond
from afterglow.apps.monitoring.windows import (
    INSTANT,
    SEEN_AT,
    SPARSE_WINDOW,
    BaselineKey,
    Signal,
    Windows,
    heard_at,
    in_windows,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing.totals import RateFrom, delivered, segments
from afterglow.core.monitoring.alarms import AlarmFacts
from afterglow.core.monitoring.catalogue import words_of
from afterglow.core.monitoring.device_clock import PROMPT
from afterglow.core.monitoring.readings import (
    LOOKED_BACK,
    Baseline,
    Reading,
    Source,
    baselines,
)
from afterglow.core.monitoring.rules import ScheduleRules
from afterglow.core.monitoring.schedule import ScheduleFacts, Slot, slots
from afterglow.core.monitoring.technical import (
    ChartedRate,
    DeviceFacts,
    DeviceKind,
    DeviceNotice,
    PumpFacts,
)
from afterglow.core.quantities import Volume
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db import months
from afterglow.db.looks import read_once
from afterglow.web import clock

# A device says again every minute or so what it still alarms about.
NOTICE_HOLDS = timedelta(minutes=5)

_LAST_REPORT = f"""
SELECT p.id FROM unnest(%s::bigint[]) AS s(id) CROSS JOIN LATERAL (
    SELECT r.id FROM monitoring_pumpreading r
    WHERE r.session_id = s.id AND {months.bound("r")} AND r.rate_ml_per_h IS NOT NULL
      AND {not_taken_back("r")}
    ORDER BY r.taken_at DESC, r.id DESC LIMIT 1
) p
"""  # noqa: S608 (constants)

WATCHED = (
    SessionState.CHECKED_IN,
    SessionState.PREPARING,
    SessionState.READY,
    SessionState.INFUSING,
    SessionState.RECOVERY,
)
"""The states in which alarms are judged: from check-in until the patient has left."""

Sessions = Sequence[TreatmentSession]


def watched(sessions: Sessions) -> list[TreatmentSession]:
    """Return the sessions whose patient is here: alarms are judged of them."""
    return [session for session in sessions if session.state in WATCHED]


def alarms(
    sessions: Sessions,
    at: datetime,
    *,
    with_schedule: bool = True,
    windows: Windows | None = None,
) -> Mapping[int, AlarmFacts]:
    """Return what each session's alarms are judged from, by primary key.

    Without the schedule it costs eleven queries for any number of sessions; with it a few more for
    each, and who has left the site is asked only then. A session before its infusion has no limits
    to compare a pump with. With ``windows``, readings are those that the caller keeps in mind and
    has brought up to date.
    """
    keys = [session.pk for session in sessions]
    courses = extension.courses_of(keys, at)
    scores = extension.scores_of(keys, at)
    if windows is None:
        readings = _windows(keys, at)
        starts = baseline(sessions, courses, at)
    else:
        readings = {}
        starts = _kept_baselines(sessions, courses, at, windows)
    devices = _devices(sessions, at, _signals(keys, at, windows))
    told = _pumps(keys, courses)
    notices = _notices(keys, at)
    absent = extension.absent_of(keys, at) if with_schedule else {}
    presence = extension.presence_of(keys, at) if with_schedule else {}
    return {
        session.pk: AlarmFacts(
            readings=(*readings.get(session.pk, ()), *scores[session.pk]),
            lines=None
            if windows is None
            else windows.lines(session.pk, at=at, scores=scores[session.pk]),
            baseline=starts[session.pk],
            symptoms=courses[session.pk].symptoms,
            devices=tuple(devices.get(session.pk, ())),
            pump=told.get(session.pk),
            charted=_charted(courses[session.pk], at),
            notices=tuple(notices.get(session.pk, ())),
            absent=tuple(absent.get(session.pk, ())),
            coverage=courses[session.pk].coverage,
            presence=presence.get(session.pk),
            schedule=schedule(session, at, course=courses[session.pk], scores=scores[session.pk])
            if with_schedule
            else (),
        )
        for session in sessions
    }


def baseline(
    sessions: Sessions, courses: Mapping[int, InfusionCourse], at: datetime
) -> Mapping[int, Mapping[str, Baseline]]:
    """Return the baseline of every sign: the mean of the last two readings before the start.

    Before the start it is provisional and follows the readings. Device and hand never mix.
    """
    gaps = {s.pk: _apart(s) for s in sessions}
    before = {s.pk: courses[s.pk].started or at for s in sessions}
    last = lines.last_of(
        line
        for session in sessions
        for line in lines.every_line([session.pk], until=before[session.pk] + INSTANT)
    )
    earlier = lines.last_of(
        found.line._replace(until=found.taken_at - gaps[found.line.session] + INSTANT)
        for found in last
    )
    readings: dict[int, list[Reading]] = defaultdict(list)
    for found in (*last, *earlier):
        readings[found.line.session].append(found.reading)
    return {
        s.pk: baselines(
            readings[s.pk],
            before=before[s.pk],
            apart=rules_of(s).schedule.baseline_apart,
            tolerance=rules_of(s).schedule.early,
        )
        for s in sessions
    }


@read_once
def baseline_of(session: TreatmentSession, *, at: datetime) -> Mapping[str, Baseline]:
    """Return one session's baseline, as alarms and the way home are judged by."""
    return baseline([session], extension.courses_of([session.pk], at), at)[session.pk]


def schedule(
    session: TreatmentSession,
    at: datetime,
    *,
    course: InfusionCourse | None = None,
    scores: Sequence[Reading] | None = None,
) -> tuple[Slot, ...]:
    """Return every observation slot of a session: due, fulfilled, overdue or missed."""
    if course is None and scores is None:
        return observed(session, at)[0]
    return observed(session, at, course=course, scores=scores)[0]


@read_once
def observed(
    session: TreatmentSession,
    at: datetime,
    *,
    course: InfusionCourse | None = None,
    scores: Sequence[Reading] | None = None,
) -> tuple[tuple[Slot, ...], tuple[lines.Found, ...]]:
    """Return every slot of a session, and the first reading of each line in each slot's window.

    When the second baseline reading is due follows from the first one, so the windows are asked
    for again until they stand still.
    """
    if course is None:
        course = extension.courses_of([session.pk], at)[session.pk]
    if scores is None:
        scores = extension.scores_of([session.pk], at)[session.pk]
    rules = rules_of(session).schedule
    beyond = pressures_beyond(session, at) if course.started is not None else ()
    reasons = dict(MissedReading.objects.filter(session=session).values_list("due_at", "reason"))
    readings: tuple[Reading, ...] = tuple(scores)
    asked: set[lines.Window] = set()
    known: list[lines.Found] = []
    while True:
        planned = slots(
            ScheduleFacts(
                baseline_from=session.checked_in_at,
                started=course.started,
                stopped=course.stopped,
                released=course.released or session.ended_at,
                planned_stop=course.planned_stop,
                sedatives=course.sedatives,
                readings=readings,
                reasons=reasons,
                closely=course.closely,
                beyond=beyond,
                doses=course.doses,
            ),
            rules,
            at,
        )
        windows = {window_of(slot, at) for slot in planned if slot.opens_at <= at}
        if windows <= asked:
            return planned, tuple(
                f for f in known if lines.Window(f.line.since, f.line.until) in windows
            )
        found = lines.first_in(session.pk, sorted(windows - asked))
        asked |= windows
        known += found
        readings = (*readings, *(f.reading for f in found))
        for window in {w for f in found if (w := _open_and_late(f, rules, at)) is not None}:
            # What is late fills no open slot, so the first of a line is not enough of it.
            readings = (*readings, *lines.by_hand_in(session.pk, window))


def _open_and_late(found: lines.Found, rules: ScheduleRules, at: datetime) -> lines.Window | None:
    window = lines.Window(found.line.since, found.line.until)
    return window if window.until > at and rules.late.is_late(found.reading) else None


def window_of(slot: Slot, at: datetime) -> lines.Window:
    """Return the stretch in which a reading counts for a slot, as far as it has passed."""
    return lines.Window(slot.opens_at, min(slot.closes_at or at + INSTANT, at + INSTANT))


def owed_reasons(planned: Iterable[Slot]) -> tuple[Slot, ...]:
    """Return the missed slots that nobody has explained yet."""
    return tuple(slot for slot in planned if slot.owes_a_reason)


def _apart(session: TreatmentSession) -> timedelta:
    rules = rules_of(session).schedule
    return rules.baseline_apart - rules.early


def _windows(keys: Sequence[int], at: datetime) -> Mapping[int, list[Reading]]:
    """The readings that limits are compared with; artefacts stay in, marked as such."""
    rows = (
        in_windows(keys, at)
        .alias(seen_at=SEEN_AT)
        .filter(
            months.since(months.stored_since(at - SPARSE_WINDOW, now=clock.now())),
            seen_at__lte=at,
        )
        .order_by("seen_at", "pk")
        .values_list("session_id", "code", "value", SEEN_AT, "source", "flag", "pk", "arrived_at")
    )
    marked = dict(
        ArtefactMark.objects.filter(session_id__in=keys)
        .order_by("at", "pk")
        .values_list("vital_sign_id", "is_artefact")
    )
    found: dict[int, list[Reading]] = defaultdict(list)
    for session, code, value, taken_at, source, flag, pk, arrived_at in rows:
        artefact = bool(flag) or marked.get(pk, False)
        entered_at = arrived_at if source == Source.HAND else None
        found[session].append(Reading(code, value, taken_at, Source(source), artefact, entered_at))
    return found


def _kept_baselines(
    sessions: Sessions, courses: Mapping[int, InfusionCourse], at: datetime, windows: Windows
) -> Mapping[int, Mapping[str, Baseline]]:
    """Baselines, read from the rows only before a start or when an older reading came since."""
    keys = {
        s.pk: BaselineKey(started, rules_of(s).schedule.baseline_apart, rules_of(s).schedule.early)
        for s in sessions
        if (started := courses[s.pk].started) is not None
    }
    found = {
        pk: kept for pk, key in keys.items() if (kept := windows.baseline(pk, key)) is not None
    }
    read = baseline([s for s in sessions if s.pk not in found], courses, at)
    for pk in read.keys() & keys.keys():
        windows.keep_baseline(pk, keys[pk], read[pk])
    return {**found, **read}


def _signals(keys: Sequence[int], at: datetime, windows: Windows | None) -> dict[int, list[Signal]]:
    """When each sign of a session was last had from a device."""
    signals: dict[int, list[Signal]] = defaultdict(list)
    if windows is not None:
        return {pk: [*windows.signals(pk, at=at)] for pk in keys}
    for last in lines.last_of(lines.every_line(keys, until=at + INSTANT, sources=(Source.DEVICE,))):
        heard = heard_at(last.taken_at, last.arrived_at)
        signals[last.line.session].append(Signal(last.line.code, last.taken_at, heard))
    return signals


def _heard(signals: Iterable[Signal]) -> tuple[tuple[str, datetime], ...]:
    return tuple((each.code, each.heard_at) for each in signals)


def _is_corrected(known_s: Decimal | None, ahead_s: Decimal | None) -> bool:
    """Whether what a device sent last has our time; not what says far less than its known clock."""
    if known_s is None or abs(known_s) <= PROMPT.total_seconds():
        return False
    return ahead_s is None or known_s - ahead_s <= LOOKED_BACK.total_seconds()


def _devices(
    sessions: Sessions, at: datetime, signals: dict[int, list[Signal]]
) -> Mapping[int, list[DeviceFacts]]:
    """The devices that serve each session, and those in its room that serve nobody."""
    found: dict[int, list[DeviceFacts]] = defaultdict(list)
    keys = [session.pk for session in sessions]
    had = dict(signals)  # each session's are given to its first monitor below
    serving = (
        DeviceAssignment.objects.filter(session_id__in=keys, during__contains=at)
        .select_related("device", "device__status")
        .order_by("pk")
    )
    for row in serving:
        status = getattr(row.device, "status", None)
        is_monitor = row.device.kind == StoredDeviceKind.MONITOR
        ahead = status.clock_ahead_s if status else None
        known_s = status.clock_known_s if status else None
        found[row.session_id].append(
            DeviceFacts(
                kind=DeviceKind(row.device.kind),
                name=row.device.name,
                is_assigned=True,
                key=row.device_id,
                expected_since=row.during.lower or at,
                last_heard=max(status.last_heard_at, row.during.lower) if status else None,
                clock_offset=timedelta(seconds=float(ahead)) if ahead is not None else None,
                is_corrected=_is_corrected(known_s, ahead),
                signals=tuple(
                    (each.code, each.heard_at) for each in signals.pop(row.session_id, ())
                )
                if is_monitor
                else (),
            )
        )
    note_second_sources(found, serving, at)
    with_no_values(found, serving, had)
    rooms = {s.room_id: s.pk for s in sessions if s.room_id is not None}
    idle = (
        DevicePlacement.objects.filter(room_id__in=rooms, during__contains=at)
        .exclude(device__assignments__during__contains=at)
        .select_related("device")
        .order_by("pk")
    )
    for placement in idle:
        found[rooms[placement.room_id]].append(
            DeviceFacts(
                kind=DeviceKind(placement.device.kind),
                name=placement.device.name,
                is_assigned=False,
                expected_since=placement.during.lower or at,
            )
        )
    return found


def _notices(keys: Sequence[int], at: datetime) -> Mapping[int, list[DeviceNotice]]:
    """What devices alarm about now: the last word of each alarm, unless it says that it is over.

    An alarm that its device does not repeat is no longer believed after ``NOTICE_HOLDS``. Events
    count where they are alarming ones, such as an occlusion.
    """
    last: dict[tuple[int, int, str], DeviceNotification] = {}
    rows = DeviceNotification.objects.filter(
        session_id__in=keys, arrived_at__gt=at - NOTICE_HOLDS, arrived_at__lte=at
    ).exclude(pk__in=notifications_taken_back(keys))
    for row in rows.select_related("device").order_by("pk"):
        if row.kind == NotificationKind.ALARM or words_of(row.event) is not None:
            last[(row.session_id or 0, row.device_id, row.alert or row.event)] = row
    found: dict[int, list[DeviceNotice]] = defaultdict(list)
    for (session, _, _), row in last.items():
        if not row.is_over:
            found[session].append(
                DeviceNotice(row.device.name, row.event, row.at, row.about, row.seen)
            )
    return found


def _pumps(keys: Sequence[int], courses: Mapping[int, InfusionCourse]) -> Mapping[int, PumpFacts]:
    """What each pump said last, beside what the chart says it should be doing."""
    found: dict[int, PumpFacts] = {}
    reports = last_pump_readings(keys).values()
    showed = pumps.counted_at_start(
        Counted(report.session_id, report.device_id, started)
        for report in reports
        if (started := courses[report.session_id].started) is not None
    )
    for report in reports:
        compared = pump_facts(report, courses[report.session_id], showed)
        if compared is not None:
            found[report.session_id] = compared
    return found


def pump_facts(
    report: PumpReading, course: InfusionCourse, showed: Mapping[Counted, Decimal]
) -> PumpFacts | None:
    """Return a pump's report beside the chart and the plan; None where nothing was started."""
    now = charted_rate(course.rates, report.taken_at)
    if now is None or report.rate_ml_per_h is None:
        return None
    return PumpFacts(
        reported_rate=report.rate_ml_per_h.value,
        reported_at=report.taken_at,
        charted_rate=now.rate.value,
        charted_since=now.at,
        reported_volume=reported_volume(report, course, showed),
        charted_volume=_in_the_bag(
            delivered(segments(course.rates, until=report.taken_at)), course.to_be_infused
        ),
        reported_drug=report.drug,
        planned_drug=course.drug,
        reported_to_be_infused=_ml(report.to_be_infused_ml),
        planned_to_be_infused=_ml(course.to_be_infused),
    )


def _charted(course: InfusionCourse, at: datetime) -> ChartedRate | None:
    """The rate that the chart has now, beside the most its bag was allowed."""
    now = charted_rate(course.rates, at)
    if now is None or course.at_most is None:
        return None
    return ChartedRate(now.rate.value, now.at, course.at_most.value)


def _in_the_bag(charted: Volume, planned: Volume | None) -> Decimal:
    """Return the charted volume: a pump gives what it was set to, and no more."""
    return charted.value if planned is None else min(charted.value, planned.value)


def _ml(volume: Volume | None) -> Decimal | None:
    return None if volume is None else volume.value


def reported_volume(
    report: PumpReading, course: InfusionCourse, showed: Mapping[Counted, Decimal]
) -> Decimal | None:
    """Return what a report says was delivered (mL) since its infusion started."""
    if report.delivered_ml is None:
        return None
    if course.started is None:
        return report.delivered_ml.value
    of = Counted(report.session_id, report.device_id, course.started)
    return pumps.less(report.delivered_ml.value, showed.get(of))


@read_once
def last_pump_readings(keys: Sequence[int]) -> Mapping[int, PumpReading]:
    """Return the last report of each session's pump that carries a rate."""
    oldest = lines.oldest_id(keys)
    last = RawSQL(_LAST_REPORT, [list(keys), oldest])  # noqa: S611 (constants)
    rows = PumpReading.objects.filter(months.since(oldest), pk__in=last).select_related("device")
    return {row.session_id: row for row in rows}


def charted_rate(rates: Sequence[RateFrom], at: datetime) -> RateFrom | None:
    """Return the rate the chart says the pump has at ``at``; None before the start."""
    return next((rate for rate in reversed(rates) if rate.at <= at), None)
