"""The demo's day at the moment of starting: who is in which chair, who is expected, who is booked.

The main site gets two running infusions, a patient in recovery, one who went home, one who is due
now and whom anybody may take through, and bookings for later. The other sites have lighter days.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring import facts as monitoring_facts
from afterglow.apps.monitoring.models import DeviceAssignment
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.outcomes import Booked
from afterglow.apps.scheduling.services.appointments import book_appointment
from afterglow.apps.treatment.coverages import open_coverage
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo import arriving, places, walk
from afterglow.config.demo.arriving import MINUTE, Team
from afterglow.config.demo.bedside import Bedside, every
from afterglow.config.demo.cast import CHARTS, MAIN, PLACES
from afterglow.config.demo.charts import (
    chart_of,
    course_of,
    nurses_of,
    prescriber_of,
    rested,
    weight_now,
)
from afterglow.config.demo.stale import close_appointments
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.schedule import SlotState
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.treatment.endings import SessionEnding
from afterglow.core.treatment.lifecycles import SessionState

log = logging.getLogger(__name__)

RUNNING = 2
STARTED_AGO = (21, 11)
"""A minute after a set was taken: the next one is due in nine."""
RECOVERING_SINCE_START = 56
"""The pump stopped sixteen minutes ago, and the first set of the recovery was taken just now."""
LATER = (60, 95, 150, 185)
ELSEWHERE = (45, 120)
EXPECTED = [AppointmentState.BOOKED, AppointmentState.CONFIRMED, AppointmentState.ARRIVED]


@dataclass(frozen=True, slots=True)
class Slot:
    """A room and a clinician who are both free for a while."""

    room: Room
    clinician: Account


def begin(*, at: dt.datetime) -> None:
    """Bring every site to the middle of its day."""
    main = Site.objects.get(code=MAIN)
    _open(main, at=at)
    _take_what_is_due(main, at=at)
    if _infusing(main) < RUNNING:
        close_appointments(main, before=at + dt.timedelta(days=1), at=at)
    # Oldest first: one clinician and one room after the other, as the day went.
    if not _finished_lately(main, at=at):
        _walk(main, at=at, started_ago=160, before=30)
    if not _has(main, [SessionState.RECOVERY]):
        _walk(main, at=at, started_ago=RECOVERING_SINCE_START, before=30)
    for minutes in STARTED_AGO[_infusing(main) :]:
        _walk(main, at=at, started_ago=minutes, before=30)
    _expect_one(main, at=at)
    _book_later(main, LATER, at=at)
    for place in PLACES:
        if place.code != MAIN:
            site = Site.objects.get(code=place.code)
            _open(site, at=at)
            _book_later(site, ELSEWHERE, at=at)


def _open(site: Site, *, at: dt.datetime) -> None:
    by = nurses_of(site)[0]
    opened = at - dt.timedelta(hours=4)
    for moment in (opened, at):
        places.check_equipment(site, by=by, day_of=moment, opened=opened)
    places.receive_vials(site, at=at - dt.timedelta(hours=5))


def _take_what_is_due(site: Site, *, at: dt.datetime) -> None:
    """Have whoever is with a patient take the set that fell due while the demo was off."""
    rows = TreatmentSession.objects.filter(
        site=site,
        state__in=[SessionState.INFUSING, SessionState.RECOVERY],
        patient__is_demo=True,
    )
    for row in rows.select_related("clinician"):
        waits = {each.state for each in monitoring_facts.schedule(row, at)}
        there = open_coverage(row)
        if there is not None and waits & {SlotState.DUE, SlotState.OVERDUE}:
            try:
                walk.take_vitals(row, by=there.clinician, at=at)
            except AfterglowError as refused:  # a newcomer left it in a state of their own
                log.warning("A set that was due could not be taken: %s", refused)


def go_on_speaking(*, since: dt.datetime, until: dt.datetime) -> None:
    """Have the devices of every running session send what they would have sent until ``until``."""
    states = [SessionState.INFUSING, SessionState.RECOVERY]
    for row in TreatmentSession.objects.filter(state__in=states, patient__is_demo=True):
        if row.device_assignments.exists() and row.checked_in_at < since:
            Bedside(row, every=dt.timedelta(seconds=10), since=since).play(until=until)


def _has(site: Site, states: list[SessionState]) -> bool:
    return TreatmentSession.objects.filter(
        site=site, state__in=states, patient__is_demo=True
    ).exists()


def _infusing(site: Site) -> int:
    running = TreatmentSession.objects.filter(site=site, state=SessionState.INFUSING)
    return min(RUNNING, running.filter(patient__is_demo=True).count())


def _finished_lately(site: Site, *, at: dt.datetime) -> bool:
    return TreatmentSession.objects.filter(
        site=site,
        ended_at__gt=at - dt.timedelta(hours=10),
        ending=SessionEnding.COMPLETED,
        patient__is_demo=True,
    ).exists()


def _patients(site: Site, *, at: dt.datetime) -> list[int]:
    """Return rested patients of a site; where the pool is used up, a new one."""
    own = [number for number, chart in enumerate(CHARTS) if chart.site == site.code]
    if free := rested(own, at=at):
        return free
    if site.code != MAIN:
        return []
    number = len(CHARTS)
    while True:
        if free := rested(list(range(number, number + 8)), at=at):
            return free
        number += 8


def _free(site: Site, *, since: dt.datetime, until: dt.datetime, keep: int = 0) -> Slot | None:
    """Return a room and a clinician free for the span; the first ``keep`` nurses are left out."""
    span = DateTimeTZRange(since, until)
    taken = Appointment.objects.filter(site=site, during__overlap=span).exclude(
        state__in=[AppointmentState.CANCELLED, AppointmentState.NO_SHOW]
    )
    wired = DeviceAssignment.objects.filter(device__site=site, during__overlap=span)
    rooms = (
        site.rooms.filter(is_active=True)
        .exclude(pk__in=taken.values("room"))
        .exclude(placements__device__assignments__in=wired)
        .exclude(Q(sessions__state__in=[SessionState.INFUSING, SessionState.RECOVERY]))
        .order_by("name")
    )
    running = TreatmentSession.objects.filter(site=site, state=SessionState.INFUSING)
    busy = {
        *taken.values_list("clinician", flat=True),
        *running.values_list("clinician", flat=True),
    }
    nurses = [person for person in nurses_of(site)[keep:] if person.pk not in busy]
    # Nobody is taken away from a patient who recovers while somebody else is free.
    recovering = TreatmentSession.objects.filter(site=site, state=SessionState.RECOVERY)
    watching = set(recovering.values_list("clinician", flat=True))
    nurses.sort(key=lambda person: person.pk in watching)
    room = rooms.first()
    return Slot(room, nurses[0]) if room is not None and nurses else None


def _book(
    site: Site,
    number: int,
    slot: Slot,
    *,
    starts: dt.datetime,
    ends: dt.datetime,
    at: dt.datetime,
) -> Appointment | None:
    course = course_of(number, at=at)
    booked = book_appointment(
        key=places.key("today", number, starts.isoformat()),
        course=course.public_id,
        room=slot.room.public_id,
        clinician=slot.clinician.public_id,
        starts=starts,
        ends=ends,
        by=prescriber_of(site),
        at=min(at, starts) - dt.timedelta(days=3),
        cautions_seen=True,
    )
    if isinstance(booked, Booked):
        return booked.appointment
    log.warning("The demo could not book: %s", ", ".join(booked.decision.codes))
    return None


def _walk(site: Site, *, at: dt.datetime, started_ago: int, before: int) -> None:
    """Walk one session that started ``started_ago`` minutes ago as far as it has come."""
    slot = None
    # Right after a restart the rooms were taken until a moment ago: then the day is shorter.
    for ago, lead in ((started_ago, before), (started_ago, 15), (7, 15), (1, 15)):
        started = at - ago * MINUTE
        arrived = started - lead * MINUTE
        ends = arrived + 120 * MINUTE
        if ago <= started_ago and slot is None:
            slot = _free(site, since=arrived, until=ends, keep=2)
        if slot is not None:
            break
    if slot is None:
        log.warning("No room or clinician is free for a session of %s min ago.", started_ago)
        return
    number = _patients(site, at=at)[0]
    with transaction.atomic():
        booked = _book(site, number, slot, starts=arrived, ends=ends, at=at)
        if booked is None:
            return
        nurses = nurses_of(site)
        second = next(person for person in reversed(nurses) if person.pk != slot.clinician.pk)
        earlier = booked.patient.sessions.count()
        walk.whole_day(
            booked,
            Team(slot.clinician, second, prescriber_of(site), every(0.5)),
            arrived=arrived,
            started=started,
            kg=weight_now(number, earlier=earlier),
            mg_per_kg=chart_of(number).mg_per_kg,
            phq9=max(4, chart_of(number).phq9 - 4 * earlier),
            until=at,
        )


def _expect_one(site: Site, *, at: dt.datetime) -> None:
    """Have one patient due now, with everything ready that is ready before somebody comes."""
    due = Appointment.objects.filter(
        site=site,
        state__in=EXPECTED,
        during__startswith__gt=at - 25 * MINUTE,
        during__startswith__lte=at + 10 * MINUTE,
    )
    if due.exists() or _has(site, [SessionState.CHECKED_IN, SessionState.PREPARING]):
        return
    slot = None
    for late in (5, 1, -2):
        starts = at - late * MINUTE
        ends = starts + 150 * MINUTE
        slot = _free(site, since=starts, until=ends)
        if slot is not None:
            break
    if slot is None:
        log.warning("No room or clinician is free for the patient who is due now.")
        return
    number = _patients(site, at=at)[0]
    with transaction.atomic():
        booked = _book(site, number, slot, starts=starts, ends=ends, at=at)
        if booked is not None:
            nurses = nurses_of(site)
            arriving.sign_order(
                booked,
                Team(slot.clinician, nurses[-1], prescriber_of(site)),
                mg_per_kg=chart_of(number).mg_per_kg,
                minutes=40,
                at=at - 90 * MINUTE,
            )


def _book_later(site: Site, minutes: tuple[int, ...], *, at: dt.datetime) -> None:
    """Book patients for later, until as many are booked as this site's day has."""
    coming = Appointment.objects.filter(
        site=site, state__in=EXPECTED, during__startswith__gt=at + 10 * MINUTE
    ).count()
    quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    for ahead in minutes[coming:]:
        starts = quarter + ahead // 15 * 15 * MINUTE
        ends = starts + 120 * MINUTE
        slot = _free(site, since=starts, until=ends)
        numbers = _patients(site, at=at)
        if slot is None or not numbers:
            return
        with transaction.atomic():
            _book(site, numbers[-1], slot, starts=starts, ends=ends, at=at)
