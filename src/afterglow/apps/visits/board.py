"""The board of a site's day: rooms down, the day across, what is wrong at the top."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from afterglow.apps.places import queries as places
from afterglow.apps.places.models import EquipmentCheck, Room, Site
from afterglow.apps.scheduling import queries as scheduling
from afterglow.apps.scheduling import words as booking_words
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.times import day_bounds
from afterglow.apps.visits import slots, words
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web.cards import AlarmCard, AlarmLevel

OVER: Final = (SessionState.DISCHARGED, SessionState.ENDED, SessionState.SIGNED)
AWAITED: Final = (AppointmentState.BOOKED, AppointmentState.CONFIRMED, AppointmentState.ARRIVED)
_LEVELS: Final = (AlarmLevel.RED, AlarmLevel.AMBER, AlarmLevel.TECHNICAL)
STEP: Final = dt.timedelta(hours=1)
LOOK_BACK: Final = dt.timedelta(hours=2)
"""So much of the past stands on today's board at least."""
WORDS: Final = 0.27
"""The share of the axis that a bar's words need (clinic.css, .board-words), on a small screen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One appointment or session as a bar in its room's row."""

    name: str
    born: dt.date
    mrn: str
    state: str | Promise
    chip: str
    clinician: str
    starts: dt.datetime
    ends: dt.datetime
    url: str
    is_session: bool
    is_over: bool = False
    late: bool = False
    next_due: dt.datetime | None = None
    alarm: AlarmLevel | None = None
    reads_back: bool = False
    """Whether its words end where the bar ends: to the right there is no room for them."""


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room with its bars in as few lanes as keep them apart."""

    room: Room | None
    lanes: tuple[tuple[Bar, ...], ...]
    alarm: AlarmLevel | None = None


@dataclass(frozen=True, slots=True)
class RoomAlarm:
    """The worst alarm of a room, risen to the top; ``others`` are the rest, one line each."""

    room_name: str
    bar: Bar
    card: AlarmCard
    others: tuple[AlarmCard, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody expected or waiting today."""

    appointment: Appointment
    state: str | Promise
    chip: str
    late: bool
    check_in_url: str


@dataclass(frozen=True, slots=True)
class Board:
    """A site's day at one moment."""

    day: dt.date
    begins: dt.datetime
    ends: dt.datetime
    hours: tuple[dt.datetime, ...]
    rows: tuple[RoomRow, ...]
    alarms: tuple[RoomAlarm, ...]
    arrivals: tuple[Arrival, ...]
    equipment: EquipmentCheck | None
    open_tasks: int
    overdue_tasks: int


def board(site: Site, *, day: dt.date, at: dt.datetime) -> Board:
    """Return the board of a site's day. A session keeps its day though it may cross midnight."""
    sessions = _sessions(site, day)
    taken = {session.appointment_id for session in sessions}
    appointments = [
        row
        for row in scheduling.appointments_between(site, day, day)
        if row.pk not in taken
        and row.state not in (AppointmentState.CANCELLED, AppointmentState.NO_SHOW)
    ]
    watches = slots.watch([s for s in sessions if s.state != SessionState.SIGNED], at)
    there = slots.watchers(sessions)
    placed = [
        (s.room_id, _session_bar(s, watches.get(s.pk, slots.Watch()), there, at)) for s in sessions
    ]
    placed += [(row.room_id, _appointment_bar(row, at)) for row in appointments]
    rooms: list[Room | None] = list(places.rooms_of(site))
    known = {room.pk for room in rooms if room}
    others = {s.room_id: s.room for s in sessions if s.room and s.room_id not in known}
    rooms += others.values()
    if any(room_pk is None for room_pk, _bar in placed):
        rooms.append(None)
    begins, ends = _axis(site, day, [bar for _pk, bar in placed], at=at)
    tasks = Task.objects.filter(site=site.public_id, state=TaskState.OPEN)
    return Board(
        day=day,
        begins=begins,
        ends=ends,
        hours=_hours(begins, ends),
        rows=tuple(_row(room, placed, begins, ends) for room in rooms),
        alarms=_alarms(sessions, watches, there, at),
        arrivals=tuple(_arrival(row, at) for row in appointments if row.state in AWAITED),
        equipment=places.equipment_check_today(site, at),
        open_tasks=tasks.count(),
        overdue_tasks=tasks.filter(due_at__lt=at).count(),
    )


def _sessions(site: Site, day: dt.date) -> list[TreatmentSession]:
    """Return the day's sessions, and those of the day before that still go on."""
    before = day - dt.timedelta(days=1)
    return list(
        TreatmentSession.objects.filter(site=site)
        .filter(Q(local_date=day) | (Q(local_date=before) & ~Q(state__in=[str(s) for s in OVER])))
        .select_related("patient", "room", "clinician", "appointment", "site")
        .order_by("checked_in_at", "pk")
    )


def session_url(session: TreatmentSession) -> str:
    """Return the session's own page, or its patient's chart until there is one."""
    try:
        return reverse("treatment:session", args=[session.public_id])
    except NoReverseMatch:
        return reverse("visits:chart", args=[session.patient.public_id])


def _session_bar(
    session: TreatmentSession, watch: slots.Watch, there: Mapping[int, str], at: dt.datetime
) -> Bar:
    over = session.state in OVER
    planned = session.appointment.during.upper if session.appointment else session.checked_in_at
    ends = session.ended_at or (planned if over else max(planned, at))
    return Bar(
        name=session.patient.full_name,
        born=session.patient.date_of_birth,
        mrn=session.patient.mrn,
        state=words.STATE[session.state],
        chip=words.CHIP[session.state],
        clinician=_with_whom(session, there),
        starts=session.checked_in_at,
        ends=max(ends, session.checked_in_at + dt.timedelta(minutes=15)),
        url=session_url(session),
        is_session=True,
        is_over=over,
        next_due=watch.next_due,
        alarm=_worst(watch.alarms),
    )


def _with_whom(session: TreatmentSession, there: Mapping[int, str]) -> str:
    """Return who is with the patient; before the start, who is to be."""
    if session.pk in there:
        return there[session.pk] or str(words.NOBODY)
    return session.clinician.get_short_name() if session.clinician else ""


def _appointment_bar(row: Appointment, at: dt.datetime) -> Bar:
    return Bar(
        name=row.patient.full_name,
        born=row.patient.date_of_birth,
        mrn=row.patient.mrn,
        state=booking_words.STATE[row.state],
        chip=booking_words.CHIP[row.state],
        clinician=row.clinician.get_short_name(),
        starts=row.during.lower,
        ends=row.during.upper,
        url=reverse("scheduling:appointment", args=[row.public_id]),
        is_session=False,
        is_over=row.state == AppointmentState.DONE,
        late=scheduling.late(row, at=at),
    )


def _worst(alarms: Sequence[AlarmCard]) -> AlarmLevel | None:
    present = {alarm.level for alarm in alarms}
    return next((level for level in _LEVELS if level in present), None)


def _row(
    room: Room | None,
    placed: Sequence[tuple[int | None, Bar]],
    begins: dt.datetime,
    ends: dt.datetime,
) -> RoomRow:
    """Put a room's bars in lanes so that neither bars nor the words beside them overlap."""
    pk = room.pk if room else None
    words = (ends - begins) * WORDS
    bars = sorted(
        (
            replace(bar, reads_back=bar.starts + words > ends)
            for room_pk, bar in placed
            if room_pk == pk
        ),
        key=lambda bar: bar.starts,
    )
    lanes: list[list[Bar]] = []
    taken: list[dt.datetime] = []
    for bar in bars:
        first = min(bar.starts, bar.ends - words) if bar.reads_back else bar.starts
        last = bar.ends if bar.reads_back else max(bar.ends, bar.starts + words)
        number = next((n for n, until in enumerate(taken) if until <= first), None)
        if number is None:
            lanes.append([bar])
            taken.append(last)
        else:
            lanes[number].append(bar)
            taken[number] = last
    levels = {bar.alarm for bar in bars}
    worst = next((level for level in _LEVELS if level in levels), None)
    return RoomRow(room, tuple(tuple(lane) for lane in lanes), worst)


def _alarms(
    sessions: Sequence[TreatmentSession],
    watches: Mapping[int, slots.Watch],
    there: Mapping[int, str],
    at: dt.datetime,
) -> tuple[RoomAlarm, ...]:
    """Return each alarmed room once. Order: level, then onset, so that none jumps about."""
    found = []
    for session in sessions:
        watch = watches.get(session.pk)
        if watch is None or not watch.alarms:
            continue
        first = watch.alarms[0]
        found.append(
            RoomAlarm(
                session.room.name if session.room else "",
                _session_bar(session, watch, there, at),
                first,
                watch.alarms[1:],
            )
        )
    order = {level: n for n, level in enumerate(_LEVELS)}
    return tuple(sorted(found, key=lambda each: (order[each.card.level], each.card.since or at)))


def _arrival(row: Appointment, at: dt.datetime) -> Arrival:
    try:
        check_in = reverse("treatment:begin", args=[row.public_id])
    except NoReverseMatch:
        check_in = ""
    return Arrival(
        row,
        booking_words.STATE[row.state],
        booking_words.CHIP[row.state],
        scheduling.late(row, at=at),
        check_in,
    )


def _axis(
    site: Site, day: dt.date, bars: Sequence[Bar], *, at: dt.datetime
) -> tuple[dt.datetime, dt.datetime]:
    """Return the span that shows opening hours and every bar, on whole hours of the site.

    Of the day that runs, hours that are over and in which nothing stood are left out.
    """
    midnight, next_midnight = day_bounds(day, site.zone)
    hours = site.hours.filter(weekday=day.weekday()).first()
    opens = hours.opens if hours else dt.time(8)
    closes = hours.closes if hours else dt.time(18)
    first = dt.datetime.combine(day, opens, tzinfo=site.zone).astimezone(dt.UTC)
    last = dt.datetime.combine(day, closes, tzinfo=site.zone).astimezone(dt.UTC)
    if midnight <= at < next_midnight:
        first = max(first, min(at, last) - LOOK_BACK)
    first = min([first, *(bar.starts for bar in bars)])
    last = max([last, *(bar.ends for bar in bars)])
    begins = max(_floor(first), midnight - 3 * STEP)
    ends = min(_floor(last + STEP - dt.timedelta(seconds=1)), next_midnight + 6 * STEP)
    return begins, max(ends, begins + STEP)


def _floor(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hours(begins: dt.datetime, ends: dt.datetime) -> tuple[dt.datetime, ...]:
    count = int((ends - begins) / STEP)
    return tuple(begins + n * STEP for n in range(count))
