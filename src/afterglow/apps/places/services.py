"""Create and edit sites, hours and rooms; check the emergency equipment of the day."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.definitions.services import definition_of
from afterglow.apps.events.services import publish
from afterglow.apps.places.models import EquipmentCheck, Room, Site, SiteHours
from afterglow.apps.work import services as work
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.writing import refuse_results
from afterglow.core.permission import Actor, check
from afterglow.core.roles import Action

CHECKLIST = "emergency_equipment"


@dataclass(frozen=True, slots=True)
class SiteWords:
    """What a person may change of a site."""

    name: str
    time_zone: str
    phone: str
    after_hours_phone: str
    address: str = ""
    emergency_number: str = "911"
    is_active: bool = True
    shows_predicted_level: bool = True

    def __post_init__(self) -> None:
        refuse_results(self.name, self.address)  # both stand on public pages that nobody reviews
        if self.time_zone not in zoneinfo.available_timezones():
            raise InvalidValue(
                "'%(time_zone)s' is not a time zone; write one such as America/New_York.",
                time_zone=self.time_zone,
            )


@transaction.atomic
def create_site(*, code: str, words: SiteWords, by: Actor, at: datetime, on: date) -> Site:
    """Create a site; creating one of a code that exists is refused with InvalidValue."""
    check(Action.EDIT_SITES, by=by, site=None, on=on)
    if Site.objects.filter(code=code).exists():
        raise InvalidValue(
            "There is already a site with the code '%(code)s'.",
            code=code,
        )
    site = Site.objects.create(code=code, **_values(words))
    audit.record("site-created", subject=site, by=by, at=at, site=site, detail={"code": code})
    _publish("site-created", site, at)
    return site


@transaction.atomic
def edit_site(
    *, site: UUID, words: SiteWords, by: Actor, at: datetime, on: date, seen: int | None = None
) -> Site:
    """Change a site. Raises StaleRow when somebody changed it first."""
    row = Site.objects.select_for_update(no_key=True).get(public_id=site)
    check(Action.EDIT_SITES, by=by, site=row, on=on)
    changed = _apply(row, _values(words))
    if not changed:
        return row
    row.save_version(seen=seen)
    audit.record("site-changed", subject=row, by=by, at=at, site=row, detail=changed)
    _publish("site-changed", row, at)
    return row


@transaction.atomic
def set_hours(
    *, site: UUID, hours: Mapping[int, tuple[time, time]], by: Actor, at: datetime, on: date
) -> list[SiteHours]:
    """Set a site's whole week: weekday (Monday 0) to opening and closing by its own clock.

    A weekday left out is closed. Raises InvalidValue for a day that closes before it opens.
    """
    row = Site.objects.select_for_update(no_key=True).get(public_id=site)
    check(Action.EDIT_SITES, by=by, site=row, on=on)
    for weekday, (opens, closes) in hours.items():
        if not 0 <= weekday <= 6:
            raise InvalidValue(
                "Weekday %(weekday)s is not between 0 (Monday) and 6 (Sunday).",
                weekday=weekday,
            )
        if closes <= opens:
            raise InvalidValue(
                "Closing at %(closes)s is not after opening at %(opens)s.",
                closes=f"{closes:%H:%M}",
                opens=f"{opens:%H:%M}",
            )
    week = {day.weekday: (day.opens, day.closes) for day in row.hours.all()}
    if week != dict(hours):
        for weekday in week.keys() - hours.keys():
            row.hours.filter(weekday=weekday).delete()
        for weekday, (opens, closes) in hours.items():
            row.hours.update_or_create(weekday=weekday, defaults={"opens": opens, "closes": closes})
        detail = {str(day): [str(a), str(b)] for day, (a, b) in sorted(hours.items())}
        audit.record("site-hours-set", subject=row, by=by, at=at, site=row, detail=detail)
        _publish("site-changed", row, at)
    return list(row.hours.all())


@transaction.atomic
def create_room(
    *, site: UUID, name: str, by: Actor, at: datetime, on: date, point_of_care: str = ""
) -> Room:
    """Create a room. Raises InvalidValue when the site has a room of that name."""
    place = Site.objects.select_for_update(no_key=True).get(public_id=site)
    check(Action.EDIT_SITES, by=by, site=place, on=on)
    if place.rooms.filter(name=name).exists():
        raise InvalidValue(
            "%(name)s already has a room named '%(name2)s'.",
            name=place.name,
            name2=name,
        )
    room = Room.objects.create(site=place, name=name, point_of_care=point_of_care)
    audit.record("room-created", subject=room, by=by, at=at, site=place)
    _publish("room-created", place, at, subject=room.public_id)
    return room


@transaction.atomic
def edit_room(
    *,
    room: UUID,
    name: str,
    point_of_care: str,
    is_active: bool,
    by: Actor,
    at: datetime,
    on: date,
    seen: int | None = None,
) -> Room:
    """Change a room. Raises StaleRow when somebody changed it first."""
    row = (
        Room.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site")
        .get(public_id=room)
    )
    check(Action.EDIT_SITES, by=by, site=row.site, on=on)
    if row.site.rooms.filter(name=name).exclude(pk=row.pk).exists():
        raise InvalidValue(
            "%(name)s already has a room named '%(name2)s'.",
            name=row.site.name,
            name2=name,
        )
    changed = _apply(row, {"name": name, "point_of_care": point_of_care, "is_active": is_active})
    if changed:
        row.save_version(seen=seen)
        audit.record("room-changed", subject=row, by=by, at=at, site=row.site, detail=changed)
        _publish("room-changed", row.site, at, subject=row.public_id)
    return row


@transaction.atomic
def record_equipment_check(
    *, site: UUID, items: Mapping[str, bool], by: Actor, at: datetime, note: str = ""
) -> EquipmentCheck:
    """Record the day's check of the emergency equipment, every item of the checklist in force.

    A check that fails opens a task at once. Raises InvalidValue when an item is missing or unknown.
    The same answers by the same person within the same minute are one check.
    """
    place = Site.objects.select_for_update(no_key=True).get(public_id=site)
    on = at.astimezone(place.zone).date()
    check(Action.CHECK_EQUIPMENT, by=by, site=place, on=on)
    checklist = definition_of(DefinitionKind.CHECKLIST, CHECKLIST, at)
    wanted = [item["key"] for item in checklist.body["items"]]
    if missing := [key for key in wanted if key not in items]:
        raise InvalidValue(
            "%(count)s of %(count2)s items have no answer: %(missing)s.",
            count=len(missing),
            count2=len(wanted),
            missing=", ".join(missing),
        )
    if unknown := sorted(set(items) - set(wanted)):
        raise InvalidValue(
            "The checklist does not have %(unknown)s.",
            unknown=", ".join(unknown),
        )
    answers = {"checklist": str(checklist), **{key: bool(items[key]) for key in wanted}}
    minute = at.replace(second=0, microsecond=0)
    repeat = place.equipment_checks.filter(by=by.public_id, at__gte=minute, items=answers).first()
    if repeat is not None:
        return repeat
    row = EquipmentCheck.objects.create(
        site=place,
        local_date=on,
        at=at,
        by=by.public_id,
        items=answers,
        passed=all(items[key] for key in wanted),
        note=note.strip(),
    )
    failed = [key for key in wanted if not items[key]]
    audit.record(
        "equipment-checked",
        subject=row,
        by=by,
        at=at,
        site=place,
        detail={"passed": row.passed, "failed": failed},
    )
    publish(
        "equipment-checked",
        topic=place.public_id,
        subject=row.public_id,
        site=place.public_id,
        at=at,
    )
    if not row.passed:
        work.open_task(kind="equipment_failed", subject=row, site=place, by=by, at=at)
    return row


def _values(words: SiteWords) -> dict[str, Any]:
    return {name: getattr(words, name) for name in SiteWords.__dataclass_fields__}


def _apply(row: Site | Room, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the values and return what changed: name → [old, new]."""
    changed = {
        name: [getattr(row, name), value]
        for name, value in values.items()
        if getattr(row, name) != value
    }
    for name, (_old, new) in changed.items():
        setattr(row, name, new)
    return changed


def _publish(event: str, site: Site, at: datetime, *, subject: UUID | None = None) -> None:
    publish(
        event,
        topic=site.public_id,
        subject=subject or site.public_id,
        site=site.public_id,
        at=at,
    )
