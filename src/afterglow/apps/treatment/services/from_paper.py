"""Copy a paper record back: all lines in order of their paper times, or none of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import done_before, lock_session, refuse, tell
from afterglow.apps.treatment.services.lines import (
    CoverageLine,
    LateLine,
    MedicineLine,
    NoteLine,
    PumpLine,
    ReadingsLine,
    chart_line,
)
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action


@dataclass(frozen=True, slots=True)
class RefusedAt(Refused):
    """A refusal that knows which line it is about, counted as the lines were given."""

    line: int


class _NotThisLine(Exception):
    """Takes back every line when one is refused."""

    def __init__(self, line: int, decision: Decision) -> None:
        super().__init__(line)
        self.line, self.decision = line, decision


@transaction.atomic
def copy_from_paper(
    *,
    session: UUID,
    lines: Sequence[LateLine],
    kept_by: Account,
    by: Account,
    at: datetime,
    key: UUID,
    seen_sequence: int,
    sheet: str = "",
) -> Done[SessionEvent] | Refused:
    """Chart what stands on a paper sheet, each line at its paper time; all of it or nothing.

    ``kept_by`` wrote the paper, ``by`` copies it. ``seen_sequence`` is the last pump entry on the
    copier's screen (StaleRow when another tablet has charted one since). One event of the record
    says who copied what from which sheet. Safe to repeat with the same key; a refused line is named
    by :class:`RefusedAt`.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    if not lines:
        why = blocker("NOTHING_ON_PAPER", "No line of the paper was filled in.")
        return refuse("copy-from-paper", session=row, decision=Decision((why,)), by=by, at=at)
    ordered = sorted(enumerate(lines), key=lambda each: (each[1].at, each[0]))
    try:
        with transaction.atomic():
            cautions = Decision()
            for number, line in ordered:
                step = uuid.uuid5(key, str(number))
                done = chart_line(row, line, by=by, at=at, key=step, seen=seen_sequence)
                if isinstance(done, Refused):
                    raise _NotThisLine(number, done.decision)
                cautions &= done.decision
                if isinstance(line, PumpLine):
                    seen_sequence = done.row.sequence
    except _NotThisLine as stopped:
        refuse("copy-from-paper", session=row, decision=stopped.decision, by=by, at=at)
        return RefusedAt(stopped.decision, stopped.line)
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.DOWNTIME_ENTRY,
        label=sheet[:40],
        text=_told(lines),
        data={
            "kept_by": str(kept_by.public_id),
            "kept_by_name": kept_by.full_name,
            "sheet": sheet[:40],
            "keys": [str(uuid.uuid5(key, str(number))) for number in range(len(lines))],
            "from": ordered[0][1].at.isoformat(),
            "until": ordered[-1][1].at.isoformat(),
        },
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell(
        "copied-from-paper",
        session=row,
        subject=event,
        by=by,
        at=at,
        detail={"lines": len(lines), "kept_by": str(kept_by.public_id), "sheet": sheet[:40]},
    )
    return Done(event, cautions)


def _told(lines: Sequence[LateLine]) -> str:
    """Say in one line what was copied, as it stands in the record: English, as all of it."""
    words = {
        ReadingsLine: ("set of readings", "sets of readings"),
        PumpLine: ("pump entry", "pump entries"),
        MedicineLine: ("medicine", "medicines"),
        NoteLine: ("note", "notes"),
        CoverageLine: ("hand-over", "hand-overs"),
    }
    counted = [
        (sum(isinstance(line, kind) for line in lines), names) for kind, names in words.items()
    ]
    return ", ".join(f"{count} {names[count != 1]}" for count, names in counted if count)
