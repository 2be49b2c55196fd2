"""From when to when a blood pressure was beyond a limit, by the lives of its alarms."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.monitoring.models import AlarmAct
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.alarms import pressure_codes

_BEGINS = (AlarmActKind.RAISED, AlarmActKind.ESCALATED)
_ENDS = (AlarmActKind.CONDITION_GONE, AlarmActKind.ENDED)


def pressures_beyond(
    session: TreatmentSession, at: datetime
) -> tuple[tuple[datetime, datetime | None], ...]:
    """Return every stretch in which a pressure of a session was beyond a limit, in order of time.

    An alarm that nobody saw and whose condition comes back has several. Each begins when it was
    noticed and keeps that for good, so that the rechecks that follow from it stay where they are.
    """
    acts = AlarmAct.objects.filter(
        alarm__session=session,
        alarm__condition__in=pressure_codes(rules_of(session)),
        act__in=[*_BEGINS, *_ENDS],
        at__lte=at,
    ).order_by("alarm_id", "at", "pk")
    found: list[tuple[datetime, datetime | None]] = []
    began: dict[int, datetime] = {}
    for alarm, act, when in acts.values_list("alarm_id", "act", "at"):
        if act in _BEGINS:
            began.setdefault(alarm, when)
        elif alarm in began:
            found.append((began.pop(alarm), when))
    return tuple(sorted([*found, *((when, None) for when in began.values())], key=lambda s: s[0]))
