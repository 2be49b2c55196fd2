"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.events.models import OutboxEvent
from afterglow.db.admin import look_up

look_up(OutboxEvent, "id", "at", "event", "topic", "subject")
