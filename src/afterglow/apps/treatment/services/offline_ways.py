"""What can become of an entry that waits for a person: each way is tried, and taken back.

A page offers only what would succeed now. The verbs that chart judge that themselves; nothing here
knows their rules a second time. Each try holds the session's row for as long as charting takes: a
page asks for one entry, and steps aside where somebody charts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import OfflineEntry, PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineOutcome
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.lines import PumpLine, chart_line
from afterglow.apps.treatment.services.offline_charting import attempt
from afterglow.apps.treatment.services.offline_lines import PUMP, line_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.treatment.codes.pump import RATE_ABOVE_HARD_LIMIT

_FIRM = (PumpActionKind.START, PumpActionKind.STOP)
_WAITS: Final = "100ms"
"""How long a try waits for the session's row: longer, and it would stand before a stop."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways that are open for one entry now.

    ``against``: what stands against charting it at its time; empty where nothing does.
    ``really_ran``: it can be charted as what the pump really ran at, and only so.
    ``another_time``: it could be charted now, so at a later time than its own. ``later``: the pump
    entry after it, which can be taken back where that one is the wrong one.
    """

    against: Decision
    really_ran: bool = False
    another_time: bool = False
    later: PumpAction | None = None

    @property
    def at_its_time(self) -> bool:
        """Whether it can be charted at its own time as it was typed."""
        return not self.against.refused


class ChartedNow(Exception):
    """Somebody charts in this session at this moment; ask again."""


class _OnlyTried(Exception):
    """Takes back what was charted to see whether it can be."""


def ways_of(session: TreatmentSession, entry: OfflineEntry, *, by: Account, at: datetime) -> Ways:
    """Return what can become of an entry besides a note. It writes nothing.

    Raises ChartedNow where somebody else holds the session.
    """
    against = _tried(session, entry, by=by, at=at)
    if not against.refused:
        return Ways(against)
    blockers = {why.code for why in against.blockers}
    ran = RATE_ABOVE_HARD_LIMIT.code in blockers
    if ran and len(blockers) == 1:
        at_its_time = _tried(session, entry, by=by, at=at, really_ran=True)
        if not at_its_time.refused:
            return Ways(against, really_ran=True)
    now = _tried(session, entry, by=by, at=at, really_ran=ran, happened_at=at)
    return Ways(
        against,
        really_ran=ran and not now.refused,
        another_time=not now.refused,
        later=_later(session, entry) if entry.kind == PUMP else None,
    )


def chart_after_all(
    session: TreatmentSession,
    entry: OfflineEntry,
    *,
    by: Account,
    at: datetime,
    happened_at: datetime | None = None,
    really_ran: bool = False,
    reason: str = "",
) -> Decision:
    """Chart an entry that waited, at its own time or another; the session is locked.

    ``really_ran``: a rate that the pump ran at, past the protocol's fastest, for this ``reason``.
    Returns what stood against it; where that refuses, nothing is charted.
    """
    infusion = queries.infusion_of(session)
    last = queries.actions_of(infusion)[-1].sequence if infusion else 0

    def verb() -> Done[Any] | Refused:
        line, _seen = line_of(entry.kind, entry.body, happened_at or entry.happened_at)
        if isinstance(line, PumpLine) and really_ran:
            line = replace(line, really_ran=True, reason=reason or line.reason)
        key = uuid.uuid5(entry.key, "charted")
        return chart_line(session, line, by=by, at=at, key=key, seen=last)

    outcome, decision = attempt(verb, about=entry.key)
    return Decision() if outcome is OfflineOutcome.CHARTED else decision


def _tried(
    session: TreatmentSession, entry: OfflineEntry, *, by: Account, at: datetime, **more: Any
) -> Decision:
    """Return what would stand against charting it so, and leave everything as it was."""
    found = Decision()
    try:
        with transaction.atomic():
            locked = _locked(session)
            found = chart_after_all(locked, entry, by=by, at=at, reason="?", **more)
            raise _OnlyTried
    except _OnlyTried:
        return found


def _locked(session: TreatmentSession) -> TreatmentSession:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [_WAITS])
        try:
            row: TreatmentSession = TreatmentSession.objects.locked().get(pk=session.pk)
        except OperationalError as problem:
            if isinstance(problem.__cause__, LockNotAvailable):
                raise ChartedNow from problem
            raise
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    return row


def _later(session: TreatmentSession, entry: OfflineEntry) -> PumpAction | None:
    """Return the last pump entry where it is after this one and can be taken back."""
    infusion = queries.infusion_of(session)
    last = queries.actions_of(infusion)[-1] if infusion else None
    is_after = last is not None and last.at >= entry.happened_at
    return last if is_after and last is not None and last.kind not in _FIRM else None
