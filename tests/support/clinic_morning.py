"""A clinic this morning: a patient is expected, everybody who is needed is there, nothing is done.

Times are the real ones: a browser and a monitor keep real time. The site's zone is chosen so that
it is about noon there, whatever the hour of the run.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services import set_pin
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.consent.models import Consent, SignatureMethod
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.devices.models import Device, DevicePlacement
from afterglow.apps.medicines.services import sync_medicines
from afterglow.apps.monitoring.models import BodyMassMeasurement
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.stock import services as stock
from afterglow.apps.stock.models import Vial
from afterglow.core.quantities import BodyMass, Volume
from afterglow.core.roles import Role
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock
from factories import (
    PASSWORD,
    AppointmentFactory,
    CourseFactory,
    DeviceFactory,
    KetamineFactory,
    PatientFactory,
    RoomFactory,
    SessionFactory,
    SiteFactory,
    definition,
    staff,
)
from support.infusion_day import clinic, on_shift

PIN = "481926"


@dataclass
class Morning:
    """Everybody and everything, before the first thing is done."""

    site: Site
    room: Room
    nurse: Account
    second: Account
    prescriber: Account
    patient: Patient
    appointment: Appointment
    vial: Vial
    monitor: Device
    pump: Device


def noon_zone(at: dt.datetime) -> str:
    """Return the name of a zone in which ``at`` is around noon."""
    ahead = 12 - at.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def site_at_noon(at: dt.datetime, **fields: Any) -> Site:
    """Return a site where it is about noon now."""
    site: Site = SiteFactory.create(name="Harbour Street", time_zone=noon_zone(at), **fields)
    return site


def with_pin(account: Account, at: dt.datetime) -> Account:
    """Give somebody the PIN of the stories."""
    set_pin(account=account, pin=PIN, password=PASSWORD, by=account, at=at)
    return account


def morning() -> Morning:
    """Make the clinic: site, people on shift with PINs, patient with consent, vial, devices."""
    at = clock.now()
    assessments.forget()
    site = clinic(site_at_noon(at), at=at)
    sync_medicines(at=at)
    nurse = staff(Role.MONITOR, site=site, given_name="Ada", family_name="Okafor", username="ada")
    second = staff(Role.MONITOR, site=site, given_name="Mo", family_name="Lindqvist", username="mo")
    prescriber = staff(
        Role.PRESCRIBER, site=site, given_name="Ines", family_name="Duarte", username="ines"
    )
    for each in (nurse, second, prescriber):
        on_shift(with_pin(each, at), site, at=at)
    patient = PatientFactory.create(home_site=site, family_name="Rivera", mrn="000123")
    course = CourseFactory.create(patient=patient, prescriber=prescriber)
    room = RoomFactory.create(site=site, name="Room 1")
    monitor = DeviceFactory.create(site=site, name="Monitor 1")
    pump = DeviceFactory.create(site=site, kind="pump", name="Pump 1")
    for device in (monitor, pump):
        DevicePlacement.objects.create(
            device=device, room=room, during=DateTimeTZRange(at - dt.timedelta(days=1), None)
        )
    last_week = at - dt.timedelta(days=7)
    BodyMassMeasurement.objects.create(
        session=SessionFactory.create(
            appointment=AppointmentFactory.create(
                course=course,
                room=room,
                clinician=nurse,
                during=DateTimeTZRange(last_week, last_week + dt.timedelta(hours=2)),
                state=AppointmentState.DONE,
            ),
            state=SessionState.DISCHARGED,
            local_date=site.local_date(last_week),
            checked_in_at=last_week,
        ),
        mass_kg=BodyMass.kg("70.6"),
        at=last_week,
        recorded_at=last_week,
        by=nurse,
    )
    text = definition(DefinitionKind.CONSENT_TEXT, "iv_ketamine", {"sections": []})
    Consent.objects.create(
        patient=patient,
        course=course,
        text=text,
        signed_name=str(patient),
        method=SignatureMethod.ON_SCREEN,
        signed_at=at - dt.timedelta(days=5),
        explained_by=prescriber,
        recorded_at=at - dt.timedelta(days=5),
    )
    appointment = AppointmentFactory.create(
        course=course,
        room=room,
        clinician=nurse,
        during=DateTimeTZRange(at - dt.timedelta(minutes=5), at + dt.timedelta(hours=2)),
    )
    vial = stock.receive_vial(
        site=site,
        product=KetamineFactory.create(),
        number="V1",
        lot="L24-118",
        expires_on=site.local_date(at) + dt.timedelta(days=400),
        contents=Volume.ml("10"),
        by=staff(Role.CUSTODIAN, site=site),
        at=at - dt.timedelta(days=2),
        key=uuid.uuid4(),
    )
    return Morning(site, room, nurse, second, prescriber, patient, appointment, vial, monitor, pump)
