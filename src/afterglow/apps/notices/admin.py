"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.notices.models import Notice
from afterglow.db.admin import look_up

look_up(Notice, "created_at", "template", "channel", "state", "attempts")
