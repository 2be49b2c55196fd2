"""Times as a refusal says them: on the clock of the site, never as a machine writes them."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.visits.models import TreatmentSession


def clock_of(session: TreatmentSession, at: datetime) -> str:
    """Return a time on the wall of the session's site: 23:50:00, with its date on another day."""
    local = at.astimezone(session.site.zone)
    same_day = local.date() == session.checked_in_at.astimezone(session.site.zone).date()
    return f"{local:%H:%M:%S}" if same_day else f"{local:%Y-%m-%d %H:%M:%S}"
