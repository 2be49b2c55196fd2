"""Which rooms are on a screen: noted when a screen asks for its alarms, which it does by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from afterglow.apps.visits.models import TreatmentSession

_SELDOM: Final = timedelta(seconds=5)
"""Ten screens that show one room write its row once in so long; nothing is judged by this."""
_NOTE: Final = """
INSERT INTO treatment_roomshown (session_id, at) VALUES (%s, %s)
ON CONFLICT (session_id) DO UPDATE SET at = EXCLUDED.at
WHERE treatment_roomshown.at < EXCLUDED.at - make_interval(secs => %s)
"""


def note_room_shown(session: TreatmentSession, *, at: datetime) -> None:
    """Note that a screen shows this session's room at ``at``. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [session.pk, at, _SELDOM.total_seconds()])
