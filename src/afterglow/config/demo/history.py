"""Earlier infusions of the demo's patients, two to three weeks back, each walked and signed."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.outcomes import Booked
from afterglow.apps.scheduling.services.appointments import book_appointment
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo import places, walk
from afterglow.config.demo.arriving import MINUTE, Team, WalkRefused
from afterglow.config.demo.bedside import every
from afterglow.config.demo.cast import CHARTS
from afterglow.config.demo.charts import course_of, nurses_of, prescriber_of, weight_now

FIRST = dt.timedelta(days=18)
APART = dt.timedelta(days=7)


def walk_earlier_sessions(*, at: dt.datetime) -> int:
    """Walk every earlier session that is not there yet, oldest first; return how many."""
    planned = [
        (at - FIRST + APART * visit + number * 6 * MINUTE, number, visit)
        for number, chart in enumerate(CHARTS)
        for visit in range(chart.sessions)
    ]
    known = set(
        TreatmentSession.objects.filter(patient__is_demo=True).values_list(
            "appointment__public_id", flat=True
        )
    )
    missing = [entry for entry in sorted(planned) if places.key("earlier", *entry[1:]) not in known]
    for when, number, visit in missing:
        _walk(number, visit, at=at, arrived=when)
    return len(missing)


@transaction.atomic
def _walk(number: int, visit: int, *, at: dt.datetime, arrived: dt.datetime) -> None:
    chart = CHARTS[number]
    course = course_of(number, at=at)
    site = Site.objects.get(pk=course.site_id)
    nurses = nurses_of(site)
    place = number % len(site.rooms.all())
    team = Team(
        nurses[place % len(nurses)],
        nurses[(place + 1) % len(nurses)],
        prescriber_of(site),
        every(4),
    )
    places.cover(site, since=arrived - dt.timedelta(hours=2), until=arrived + dt.timedelta(hours=8))
    opened = arrived - dt.timedelta(minutes=30)
    places.check_equipment(site, by=team.clinician, day_of=arrived, opened=opened)
    places.receive_vials(site, at=arrived - dt.timedelta(days=1))
    booked = book_appointment(
        key=places.key("earlier", number, visit),
        course=course.public_id,
        room=site.rooms.order_by("name")[place].public_id,
        clinician=team.clinician.public_id,
        starts=arrived,
        ends=arrived + 120 * MINUTE,
        by=team.prescriber,
        at=arrived - dt.timedelta(days=2),
        cautions_seen=True,
    )
    if not isinstance(booked, Booked):
        raise WalkRefused("; ".join(reason.sentence for reason in booked.decision.blockers))
    walk.whole_day(
        booked.appointment,
        team,
        arrived=arrived,
        started=arrived + 30 * MINUTE,
        kg=weight_now(number, earlier=visit),
        mg_per_kg=chart.mg_per_kg,
        phq9=max(4, chart.phq9 - 5 * visit),
        until=at,
    )
