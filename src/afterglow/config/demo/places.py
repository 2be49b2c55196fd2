"""The demo's sites, rooms, devices, staff, shifts and stock. Everything is added once."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account, Credential, RoleGrant, StaffProfile
from afterglow.apps.devices.models import Device, DeviceKind, DevicePlacement
from afterglow.apps.medicines.models import Product
from afterglow.apps.places import services as places
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.scheduling.services.shifts import plan_shift
from afterglow.apps.stock import services as stock
from afterglow.apps.stock.models import Vial
from afterglow.config.demo.cast import (
    PASSWORD,
    PIN,
    PLACES,
    STAFF,
    Place,
    eui64_of,
    serial_of,
)
from afterglow.core.quantities import Volume
from afterglow.core.roles import CredentialKind, Role

SPACE = uuid.UUID("7f1c8f3e-9d6f-5c1b-8a54-6f0d3c2b1a90")
"""Names made under it are the keys of what the demo adds, so that adding twice adds once."""
BEFORE = dt.timedelta(days=90)
"""How long before its first start the demo clinic was opened."""
KETAMINE = "ketamine-50-10"
CHECKED = (
    *("oxygen", "suction", "bag_valve_mask", "airways", "defibrillator"),
    *("resuscitation_drugs", "emergency_plan", "call_bell", "expiry_log"),
)


def key(*words: object) -> uuid.UUID:
    """Return the key of one thing the demo adds: the same words, the same key."""
    return uuid.uuid5(SPACE, "/".join(map(str, words)))


def open_places(*, at: dt.datetime) -> None:
    """Add sites, rooms, devices, staff and papers that are not there yet."""
    made = _add_staff(at)
    admin = Account.objects.get(username="admin", is_demo=True)
    for number, place in enumerate(PLACES):
        if not Site.objects.filter(code=place.code).exists():
            _add_site(place, number, by=admin, at=at - BEFORE)
    if made:
        _grant(at)


def _add_staff(at: dt.datetime) -> bool:
    known = set(Account.objects.filter(is_demo=True).values_list("username", flat=True))
    missing = [each for each in STAFF if each.username not in known]
    if not missing:
        return False
    # One hash for all: everybody has the same printed password, and hashing is slow on purpose.
    password, pin = make_password(PASSWORD), make_password(PIN)
    begun = (at - 4 * BEFORE).date()
    for each in missing:
        account = Account.objects.create(
            username=each.username,
            given_name=each.given,
            family_name=each.family,
            password=password,
            is_demo=True,
        )
        StaffProfile.objects.create(account=account, title=each.title, pin=pin)
        if each.site == "":
            RoleGrant.objects.create(account=account, role=each.role, site=None, starts_on=begun)
        for kind in _papers(each.role):
            Credential.objects.create(
                account=account,
                kind=kind,
                number=f"DEMO-{kind.upper()}-{account.pk:04d}",
                issued_by="Demo board",
                expires_on=(at + dt.timedelta(days=700)).date(),
            )
    return True


def _papers(role: Role) -> tuple[CredentialKind, ...]:
    match role:
        case Role.MONITOR:
            return (CredentialKind.LICENCE, CredentialKind.ACLS, CredentialKind.BLS)
        case Role.PRESCRIBER | Role.MEDICAL_DIRECTOR:
            return (CredentialKind.LICENCE, CredentialKind.DEA, CredentialKind.ACLS)
        case Role.CUSTODIAN:
            return (CredentialKind.LICENCE,)
        case _:
            return ()


def _grant(at: dt.datetime) -> None:
    begun = (at - 4 * BEFORE).date()
    sites = {site.code: site for site in Site.objects.all()}
    for each in STAFF:
        if each.site:
            RoleGrant.objects.get_or_create(
                account=Account.objects.get(username=each.username, is_demo=True),
                role=each.role,
                site=sites[each.site],
                defaults={"starts_on": begun},
            )


def _add_site(place: Place, number: int, *, by: Account, at: dt.datetime) -> None:
    site = places.create_site(
        code=place.code,
        words=places.SiteWords(
            name=place.name,
            time_zone=place.time_zone,
            phone=f"555-01{number}0",
            after_hours_phone=f"555-01{number}9",
            address=place.address,
        ),
        by=by,
        at=at,
        on=at.date(),
    )
    hours = {day: (dt.time(place.opens), dt.time(place.closes)) for day in range(6)}
    places.set_hours(site=site.public_id, hours=hours, by=by, at=at, on=at.date())
    for index, name in enumerate(place.rooms, start=1):
        room = places.create_room(
            site=site.public_id,
            name=name,
            point_of_care=f"INFUSION^{name.upper().replace(' ', '')}",
            by=by,
            at=at,
            on=at.date(),
        )
        for kind in DeviceKind:
            _add_device(kind, room, number, index, by=by, at=at)


def _add_device(
    kind: DeviceKind, room: Room, site: int, index: int, *, by: Account, at: dt.datetime
) -> None:
    device = Device.objects.create(
        site=room.site,
        kind=kind,
        name=f"{'Monitor' if kind is DeviceKind.MONITOR else 'Pump'} {room.name}",
        serial=f"DEMO{serial_of(kind, site, index):05d}",
        eui64=eui64_of(kind, site, index),
        is_demo=True,
    )
    DevicePlacement.objects.create(
        device=device, room=room, during=DateTimeTZRange(at, None), placed_by=by
    )


def cover(site: Site, *, since: dt.datetime, until: dt.datetime) -> None:
    """See to it that everybody of a site is on shift from ``since`` to ``until``."""
    admin = Account.objects.get(username="admin", is_demo=True)
    people = Account.objects.filter(
        username__in=[each.username for each in STAFF if each.site == site.code], is_demo=True
    )
    wanted = DateTimeTZRange(since, until)
    shifts: dict[int, list[StaffShift]] = {}
    for shift in StaffShift.objects.filter(account__in=people, during__overlap=wanted).order_by(
        "during"
    ):
        shifts.setdefault(shift.account_id, []).append(shift)
    for person in people:
        free_from = since
        for shift in shifts.get(person.pk, []):
            _plan(site, person, free_from, shift.during.lower, by=admin)
            free_from = max(free_from, shift.during.upper)
        _plan(site, person, free_from, until, by=admin)


def _plan(
    site: Site, person: Account, starts: dt.datetime, ends: dt.datetime, *, by: Account
) -> None:
    if ends - starts < dt.timedelta(minutes=1):
        return
    plan_shift(
        key=key("shift", person.username, starts.isoformat()),
        site=site,
        account=person.public_id,
        starts=starts,
        ends=ends,
        by=by,
        at=starts,
    )


def check_equipment(site: Site, *, by: Account, day_of: dt.datetime, opened: dt.datetime) -> None:
    """Check the emergency equipment of the site's day of ``day_of``, unless somebody did already.

    The check is made when the clinic opened, or at midnight where the day began while it was open.
    """
    here = day_of.astimezone(site.zone)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if not site.equipment_checks.filter(local_date=here.date(), passed=True).exists():
        places.record_equipment_check(
            site=site.public_id,
            items=dict.fromkeys(CHECKED, True),
            by=by,
            at=max(midnight.astimezone(dt.UTC), opened),
        )


def receive_vials(site: Site, *, at: dt.datetime, number: int = 12) -> None:
    """Receive vials while fewer than four at the site are unopened and in date."""
    full = Vial.objects.filter(
        site=site, opened_at=None, closed_at=None, expires_on__gt=site.local_date(at)
    ).count()
    if full >= 4:
        return
    custodian = Account.objects.get(username="custodian", is_demo=True)
    product = Product.objects.get(key=KETAMINE)
    have = Vial.objects.filter(site=site).count()
    for index in range(have + 1, have + 1 + number):
        stock.receive_vial(
            site=site,
            product=product,
            number=f"{site.code[:2].upper()}-{index:04d}",
            lot="DEMO-24118",
            expires_on=site.local_date(at) + dt.timedelta(days=400),
            contents=Volume.ml("10"),
            by=custodian,
            at=at,
            key=key("vial", site.code, index),
        )
