"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.work.models import Task
from afterglow.db.admin import look_up

look_up(Task, "kind", "state", "opened_at", "due_at", "owner_role")
