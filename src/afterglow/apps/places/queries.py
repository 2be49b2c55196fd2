"""Read sites, rooms, hours and the equipment check of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from afterglow.apps.places.models import EquipmentCheck, Room, Site


def active_sites() -> list[Site]:
    """Return the sites in use, by name."""
    return list(Site.objects.filter(is_active=True))


def organisation_day(at: datetime) -> date:
    """Return the day it is at ``at`` for what belongs to no site: by the calendar of the first.

    Without a site in use it is the UTC day.
    """
    first = Site.objects.filter(is_active=True).order_by("pk").first()
    return at.astimezone(UTC).date() if first is None else first.local_date(at)


def rooms_of(site: Site) -> list[Room]:
    """Return a site's rooms in use, by name."""
    return list(site.rooms.filter(is_active=True))


def equipment_check_today(site: Site, at: datetime) -> EquipmentCheck | None:
    """Return the last check made on the site's own day of ``at``, up to ``at``; None: unchecked.

    Ask ``passed`` of it: a later failing check outranks an earlier good one.
    """
    today = at.astimezone(site.zone).date()
    return (
        EquipmentCheck.objects.filter(site=site, local_date=today, at__lte=at)
        .order_by("-at", "-pk")
        .first()
    )


def is_open(site: Site, at: datetime) -> bool:
    """Whether the site is open at ``at``, by its own clock and week."""
    here = at.astimezone(site.zone)
    return site.hours.filter(
        weekday=here.weekday(), opens__lte=here.time(), closes__gt=here.time()
    ).exists()
