"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.audit.models import AuditEntry, BreakGlass
from afterglow.db.admin import look_up

look_up(AuditEntry, "at", "action", "by", "subject_type", "subject")
look_up(BreakGlass, "at", "by", "patient", "expires_at")
