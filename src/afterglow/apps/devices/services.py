"""Register devices, change them, and say in which room they stand."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from ipaddress import ip_network
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.devices.models import Device, DeviceKind, DevicePlacement
from afterglow.apps.events.services import publish
from afterglow.apps.places.models import Room, Site
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action

_EUI64 = re.compile(r"[0-9A-F]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeviceWords:
    """What a person says of a device. The EUI-64 may be written with colons or dashes."""

    kind: DeviceKind
    name: str
    eui64: str
    serial: str = ""
    time_zone: str = ""
    is_active: bool = True
    sends_as: str = ""
    bed: str = ""
    addresses: str = ""
    messages_per_s: int | None = None
    profile: str = ""
    serviced_on: date | None = None
    service_due_on: date | None = None

    def __post_init__(self) -> None:
        plain = self.eui64.replace(":", "").replace("-", "").replace(" ", "").upper()
        if not plain and self.bed.strip():
            plain = _own_id()
        if not _EUI64.fullmatch(plain):
            raise InvalidValue(
                "'%(eui64)s' is not an EUI-64: sixteen hexadecimal digits, such as "
                "00-11-AA-FF-FE-22-33-44.",
                eui64=self.eui64,
            )
        if self.time_zone and self.time_zone not in available_timezones():
            raise InvalidValue(
                "'%(time_zone)s' is not a time zone; write one such as America/New_York.",
                time_zone=self.time_zone,
            )
        for part in filter(None, (each.strip() for each in self.addresses.split(","))):
            try:
                ip_network(part, strict=False)
            except ValueError:
                raise InvalidValue(
                    "'%(part)s' is not an address or a network, such as 10.1.0.7 or 10.1.0.0/24.",
                    part=part,
                ) from None
        if self.messages_per_s is not None and self.messages_per_s < 1:
            raise InvalidValue(
                "%(messages_per_s)s messages a second is too few; leave it empty for no limit "
                "of its own.",
                messages_per_s=self.messages_per_s,
            )
        if self.serviced_on and self.service_due_on and self.service_due_on < self.serviced_on:
            raise InvalidValue(
                "Service would be due on %(service_due_on)s, before it was done on "
                "%(serviced_on)s.",
                service_due_on=f"{self.service_due_on:%d %b %Y}",
                serviced_on=f"{self.serviced_on:%d %b %Y}",
            )
        if not self.name.strip():
            raise InvalidValue("A device needs a name that people call it by.")
        object.__setattr__(self, "eui64", plain)


@transaction.atomic
def register_device(*, site: UUID, words: DeviceWords, by: Account, at: datetime) -> Device:
    """Add a device. Raises InvalidValue when its EUI-64 is known already, or Forbidden."""
    place = Site.objects.get(public_id=site)
    policies.check(Action.EDIT_DEVICES, by=by, site=place, on=place.local_date(at))
    known = Device.objects.filter(eui64=words.eui64).first()
    if known is not None:
        raise InvalidValue(
            "The EUI-64 %(eui64)s belongs to %(name)s already.",
            eui64=words.eui64,
            name=known.name,
        )
    _check_bed(words, None)
    device = Device.objects.create(site=place, **_values(words))
    _tell("device-registered", device, by, at, {"eui64": device.eui64, "kind": device.kind})
    return device


@transaction.atomic
def edit_device(
    *, device: UUID, words: DeviceWords, by: Account, at: datetime, seen: int | None = None
) -> Device:
    """Change a device. Raises StaleRow, InvalidValue or Forbidden."""
    row = _locked(device, by, at)
    if is_own_id(row.eui64) and is_own_id(words.eui64):
        words = replace(words, eui64=row.eui64)  # left empty again: it keeps the one it was given
    taken = Device.objects.filter(eui64=words.eui64).exclude(pk=row.pk).first()
    if taken is not None:
        raise InvalidValue(
            "The EUI-64 %(eui64)s belongs to %(name)s already.",
            eui64=words.eui64,
            name=taken.name,
        )
    _check_bed(words, row)
    changed: dict[str, object] = {}
    for name, value in _values(words).items():
        if getattr(row, name) != value:
            changed[name] = [str(getattr(row, name)), str(value)]
            setattr(row, name, value)
    if changed:
        row.save_version(seen=seen)
        _tell("device-changed", row, by, at, changed)
    return row


@transaction.atomic
def place_device(
    *, device: UUID, room: UUID | None, by: Account, at: datetime
) -> DevicePlacement | None:
    """Say where a device stands from now on; None: in no room. Safe to repeat.

    Whom it serves is not changed by this: a device in use is moved with its patient. Raises
    InvalidValue for a room of another site, or Forbidden.
    """
    row = _locked(device, by, at)
    target = Room.objects.get(public_id=room) if room is not None else None
    if target is not None and target.site_id != row.site_id:
        raise InvalidValue(
            "%(name)s is not a room of %(name2)s.",
            name=target.name,
            name2=row.site.name,
        )
    current = DevicePlacement.objects.filter(device=row, during__contains=at).first()
    if current is not None and current.room == target:
        return current
    if current is not None:
        current.during = DateTimeTZRange(current.during.lower, max(at, current.during.lower))
        if at <= current.during.lower:
            current.delete()  # it stood there for no time at all; the history keeps the row
        else:
            current.save(update_fields=["during"])
    placed = None
    if target is not None:
        placed = DevicePlacement.objects.create(
            device=row, room=target, during=DateTimeTZRange(at, None), placed_by=by
        )
    room_id = str(target.public_id) if target else None
    _tell("device-placed", row, by, at, {"room": room_id})
    return placed


def _check_bed(words: DeviceWords, row: Device | None) -> None:
    """Two devices of one bed and sender could not be told apart."""
    if not words.bed.strip():
        return
    others = Device.objects.filter(
        sends_as=words.sends_as.strip(), bed=words.bed.strip().strip("^")
    )
    other = (others.exclude(pk=row.pk) if row else others).first()
    if other is not None:
        raise InvalidValue(
            "The bed %(bed)s belongs to %(name)s already.",
            bed=words.bed,
            name=other.name,
        )


def _own_id() -> str:
    """An EUI-64 for a device that has none: random, and marked as locally administered."""
    number = secrets.randbits(64)
    return f"{(number | 0x02 << 56) & ~(0x01 << 56):016X}"


def is_own_id(eui64: str) -> bool:
    """Whether an EUI-64 was given here, because the device has none of its own."""
    return bool(int(eui64[:2], 16) & 0x02)


def _locked(device: UUID, by: Account, at: datetime) -> Device:
    row = (
        Device.objects.select_for_update(of=("self",)).select_related("site").get(public_id=device)
    )
    policies.check(Action.EDIT_DEVICES, by=by, site=row.site, on=row.site.local_date(at))
    return row


def _values(words: DeviceWords) -> dict[str, object]:
    return {
        "kind": words.kind,
        "name": words.name.strip(),
        "eui64": words.eui64,
        "serial": words.serial.strip(),
        "time_zone": words.time_zone,
        "is_active": words.is_active,
        "sends_as": words.sends_as.strip(),
        "bed": words.bed.strip().strip("^"),
        "addresses": words.addresses.strip(),
        "messages_per_s": words.messages_per_s,
        "profile": words.profile,
        "serviced_on": words.serviced_on,
        "service_due_on": words.service_due_on,
    }


def _tell(what: str, device: Device, by: Account, at: datetime, detail: dict[str, object]) -> None:
    audit.record(what, subject=device, by=by, at=at, site=device.site, detail=detail)
    site = device.site.public_id
    publish(what, topic=site, subject=device.public_id, site=site, at=at)
