"""Sessions with monitors in the scratch database, and the messages that those monitors send."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.devices.models import Device, DeviceKind
from afterglow.apps.monitoring.models import DeviceAssignment
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.interop.hl7v2.emit import Reading, Sender, build_oru

CUFF = "MDC_PRESS_BLD_NONINV_SYS"
SIGNS = {
    "MDC_PULS_OXIM_SAT_O2": 97,
    "MDC_PULS_OXIM_PULS_RATE": 72,
    "MDC_ECG_HEART_RATE": 72,
    "MDC_AWAY_CO2_ET": 38,
    "MDC_CO2_RESP_RATE": 15,
    CUFF: 128,
}
"""Six readings a message, and what a quiet patient's wander about."""
ALARMING = 20
"""One patient in so many is beyond several limits, with other numbers in every message."""


def make_beds(count: int, *, at: dt.datetime) -> list[str]:
    """Make sessions with a monitor each and return the monitors' EUI-64s. Nobody in them exists."""
    site = Site.objects.create(code="bench", name="Bench", time_zone="UTC")
    protocol = Definition.objects.filter(kind=DefinitionKind.DOSING_PROTOCOL).latest("version")
    found = []
    for number in range(count):
        clinician = Account.objects.create(
            username=f"bench{number}", given_name="B", family_name=f"{number}"
        )
        room = Room.objects.create(site=site, name=f"Room {number}")
        patient = Patient.objects.create(
            mrn=f"B{number:05d}",
            given_name="Bench",
            family_name=f"Bed{number}",
            date_of_birth=dt.date(1980, 1, 1),
            sex_at_birth="female",
            home_site=site,
            search_name=f"bed{number} bench",
            created_at=at,
        )
        course = Course.objects.create(
            patient=patient,
            site=site,
            indication="Bench",
            indication_code="F33.2",
            phase=CoursePhase.FOUNDATION,
            protocol=protocol,
            prescriber=clinician,
            accepted_at=at,
            accepted_by=clinician,
            opened_at=at,
        )
        appointment = Appointment.objects.create(
            course=course,
            patient=patient,
            site=site,
            room=room,
            clinician=clinician,
            during=DateTimeTZRange(at, at + dt.timedelta(hours=2)),
            booked_by=clinician,
            booked_at=at,
        )
        session = TreatmentSession.objects.create(
            appointment=appointment,
            course=course,
            patient=patient,
            site=site,
            room=room,
            clinician=clinician,
            protocol=protocol,
            local_date=at.date(),
            checked_in_at=at,
            checked_in_by=clinician,
            state=SessionState.INFUSING,
        )
        device = Device.objects.create(
            site=site,
            kind=DeviceKind.MONITOR,
            name=f"Monitor {number}",
            eui64=f"{0x0011AAFFFE000000 + number:016X}",
        )
        DeviceAssignment.objects.create(
            device=device, session=session, during=DateTimeTZRange(at, None)
        )
        found.append(device.eui64)
    return found


def messages_of(
    monitors: Sequence[str],
    each: int,
    *,
    at: dt.datetime,
    ids: Iterator[int] | None = None,
    cuff_at: dt.datetime | None = None,
) -> list[list[bytes]]:
    """Return the messages of each monitor: six readings, never the same twice.

    Five in a hundred patients are in alarm all the time. ``cuff_at``: when the cuff was inflated
    last; its pressure is then said again in every message, as monitors do.
    """
    count = ids or itertools.count()
    return [
        [
            build_oru(
                [
                    Reading(sign, Decimal(_value(usual, number, place % ALARMING == 0)), at)
                    if cuff_at is None or sign != CUFF
                    else Reading(sign, Decimal(_value(usual, cuff_at.second, False)), cuff_at)
                    for sign, usual in SIGNS.items()
                ],
                sender=Sender("BENCH", monitor),
                control_id=f"B{number}",
                sent_at=at,
            )
            for number in itertools.islice(count, each)
        ]
        for place, monitor in enumerate(monitors)
    ]


def _value(usual: int, number: int, is_alarming: bool) -> int:
    return 60 + number % 35 if is_alarming else usual + number % 5 - 2
