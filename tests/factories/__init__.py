"""Plausible people and places who do not exist.

Every factory gives what the service under test needs and no more; ``infusion_day`` gives a whole
day up to check-in. Times default to ``AT``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any

import factory
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from factory.django import DjangoModelFactory

from afterglow.apps.accounts.models import Account, Credential, RoleGrant, StaffProfile
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.devices.models import Device, DeviceKind
from afterglow.apps.medicines.models import LabelClass, Product
from afterglow.apps.people.models import AllergyReview, Patient, SexAtBirth
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.quantities import Concentration, Height, Volume
from afterglow.core.roles import CredentialKind, Role

AT = dt.datetime(2026, 11, 23, 18, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
PASSWORD = "correct horse battery staple"


class SiteFactory(DjangoModelFactory[Site]):
    """A site in New York's zone."""

    class Meta:
        model = Site

    code = factory.Sequence(lambda n: f"site-{n}")
    name = factory.Sequence(lambda n: f"Harbour Street {n}")
    time_zone = "America/New_York"
    phone = "555-0100"
    after_hours_phone = "555-0199"


class RoomFactory(DjangoModelFactory[Room]):
    """A room at a site."""

    class Meta:
        model = Room

    site = factory.SubFactory(SiteFactory)
    name = factory.Sequence(lambda n: f"Room {n}")


class AccountFactory(DjangoModelFactory[Account]):
    """An account without roles."""

    class Meta:
        model = Account

    username = factory.Sequence(lambda n: f"person{n}")
    given_name = "Jo"
    family_name = factory.Sequence(lambda n: f"Okafor{n}")


@cache
def _hashed(hasher: str) -> str:
    """Return the hash of PASSWORD, made once for each way of hashing: the shipped one is slow."""
    return make_password(PASSWORD)


def staff(
    *roles: Role,
    site: Site | None = None,
    expires_on: dt.date = dt.date(2028, 1, 1),
    **fields: Any,
) -> Account:
    """Make a member of staff with roles at a site (None: everywhere) and every credential."""
    account = AccountFactory.create(**fields)
    account.password = _hashed(settings.PASSWORD_HASHERS[0])
    account.save()
    StaffProfile.objects.create(account=account, title="RN")
    for role in roles:
        RoleGrant.objects.create(
            account=account, role=role, site=site, starts_on=dt.date(2020, 1, 1)
        )
    for kind in CredentialKind:
        Credential.objects.create(account=account, kind=kind, number="X1", expires_on=expires_on)
    return account


class PatientFactory(DjangoModelFactory[Patient]):
    """A patient of 42 with a height and reviewed allergies."""

    class Meta:
        model = Patient

    mrn = factory.Sequence(lambda n: f"{n:06d}")
    given_name = "Dana"
    family_name = factory.Sequence(lambda n: f"Rivera{n}")
    date_of_birth = dt.date(1984, 5, 14)
    sex_at_birth = SexAtBirth.FEMALE
    height_cm = Height.cm("165")
    home_site = factory.SubFactory(SiteFactory)
    allergy_review = AllergyReview.NO_KNOWN_ALLERGIES
    search_name = factory.LazyAttribute(lambda o: f"{o.family_name} {o.given_name}".lower())
    created_at = AT


def definition(
    kind: DefinitionKind, key: str, body: dict[str, Any], version: int = 1
) -> Definition:
    """Return a definition with this body, made once a database."""
    text = json.dumps(body, sort_keys=True)
    return Definition.objects.get_or_create(
        kind=kind,
        key=key,
        version=version,
        defaults={
            "title": key.replace("_", " ").capitalize(),
            "source": "tests",
            "body": body,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "created_at": AT,
        },
    )[0]


def protocol() -> Definition:
    """Return the shipped dosing protocol."""
    folder = resources.files("afterglow") / "data" / "protocols" / "iv_ketamine_adult" / "4"
    body = {
        name: json.loads((folder / f"{name}.json").read_text())
        for name in ("dosing", "session", "monitoring")
    }
    return definition(DefinitionKind.DOSING_PROTOCOL, "iv_ketamine_adult", body, version=4)


class CourseFactory(DjangoModelFactory[Course]):
    """An accepted course in its foundation phase."""

    class Meta:
        model = Course

    patient = factory.SubFactory(PatientFactory)
    site = factory.SelfAttribute("patient.home_site")
    indication = "Major depressive disorder, recurrent, severe"
    indication_code = "F33.2"
    phase = CoursePhase.FOUNDATION
    protocol = factory.LazyFunction(protocol)
    prescriber = factory.LazyAttribute(lambda o: staff(Role.PRESCRIBER, site=o.site))
    accepted_at = AT - dt.timedelta(days=10)
    accepted_by = factory.SelfAttribute("prescriber")
    opened_at = AT - dt.timedelta(days=20)


class AppointmentFactory(DjangoModelFactory[Appointment]):
    """Two hours from AT, in a room, with a clinician."""

    class Meta:
        model = Appointment

    course = factory.SubFactory(CourseFactory)
    patient = factory.SelfAttribute("course.patient")
    site = factory.SelfAttribute("course.site")
    room = factory.LazyAttribute(lambda o: RoomFactory.create(site=o.site))
    clinician = factory.LazyAttribute(lambda o: staff(Role.MONITOR, site=o.site))
    during = DateTimeTZRange(AT, AT + dt.timedelta(hours=2))
    booked_by = factory.SelfAttribute("clinician")
    booked_at = AT - dt.timedelta(days=7)


class SessionFactory(DjangoModelFactory[TreatmentSession]):
    """A session just checked in, without its check-in answers."""

    class Meta:
        model = TreatmentSession

    appointment = factory.SubFactory(AppointmentFactory)
    course = factory.SelfAttribute("appointment.course")
    patient = factory.SelfAttribute("appointment.patient")
    site = factory.SelfAttribute("appointment.site")
    room = factory.SelfAttribute("appointment.room")
    clinician = factory.SelfAttribute("appointment.clinician")
    protocol = factory.SelfAttribute("course.protocol")
    local_date = TODAY
    checked_in_at = AT
    checked_in_by = factory.SelfAttribute("clinician")


class KetamineFactory(DjangoModelFactory[Product]):
    """Ketamine 50 mg/mL, 10 mL."""

    class Meta:
        model = Product
        django_get_or_create = ("key",)

    key = "ketamine-50-10"
    medicine = "ketamine"
    name = "Ketamine 50 mg/mL, 10 mL vial"
    strength_mg_per_ml = Concentration.mg_per_ml("50")
    pack_ml = Volume.ml("10")
    label_class = LabelClass.INDUCTION
    schedule = "III"
    excipients = ["benzethonium chloride"]


class DeviceFactory(DjangoModelFactory[Device]):
    """A bedside monitor."""

    class Meta:
        model = Device

    site = factory.SubFactory(SiteFactory)
    kind = DeviceKind.MONITOR
    name = factory.Sequence(lambda n: f"Monitor {n}")
    eui64 = factory.Sequence(lambda n: f"{0x0011AAFFFE000000 + n:016X}")
