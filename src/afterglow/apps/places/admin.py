"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.places.models import EquipmentCheck, Room, Site
from afterglow.db.admin import look_up

look_up(Site, "code", "name", "time_zone", "is_active")
look_up(Room, "name", "site", "point_of_care", "is_active")
look_up(EquipmentCheck, "site", "local_date", "at", "passed")
