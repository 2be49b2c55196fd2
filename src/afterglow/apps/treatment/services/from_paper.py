"""Copy a paper record back: all lines in order of their paper times, or none of them."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
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
from afterglow.apps.treatment.services.offline_charting import signed_before
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import AfterglowError, RecordLocked
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Action
from afterglow.db.models import StaleRow

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedAt(Refused):
    """A refusal that knows which line it is about, counted as the lines were given.

    ``every``: what stands against each line that was refused, the first of them included.
    """

    line: int
    every: Mapping[int, Decision]


class _NotThese(Exception):
    """Takes back every line when some are refused."""


class _OnlyAsked(Exception):
    """Takes back every line: it was only asked what stands against them."""


class _NotThis(Exception):
    """Takes back what a line wrote before it was refused."""


_MAY_FOLLOW: Final[Mapping[str, frozenset[type]]] = {
    "PUMP_STEP_NOT_POSSIBLE": frozenset({PumpLine}),
    "SESSION_NOT_IN_STATE": frozenset({PumpLine}),
    "PAPER_EMERGENCY_OUT_OF_ORDER": frozenset({NoteLine}),
    "PAPER_NOBODY_TO_RELIEVE": frozenset({PumpLine, CoverageLine}),
    "PAPER_TAKE_OVER_OUT_OF_ORDER": frozenset({PumpLine, CoverageLine}),
    "PAPER_STOP_TWICE": frozenset({PumpLine}),
}
"""What may stand against a line only because one before it, of such a kind, is not charted."""


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
    sheet_unknown: bool = False,
) -> Done[SessionEvent] | Refused:
    """Chart what stands on a paper sheet, each line at its paper time; all of it or nothing.

    ``kept_by`` wrote the paper, ``by`` copies it. ``seen_sequence`` is the last pump entry on the
    copier's screen (StaleRow when another tablet has charted one since). One event of the record
    says who copied what from which sheet; ``sheet_unknown``: the copier kept to a sheet that
    nobody is known to have printed for this patient. Safe to repeat with the same key; the lines
    that are refused are named by :class:`RefusedAt`, all of them at once. Raises Forbidden or
    DoesNotExist for the sheet as a whole only; a record that is signed is a refusal.
    """
    try:
        row = lock_session(session, action=Action.CHART, by=by, at=at)
    except RecordLocked:
        return Refused(signed_before())
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    if not lines:
        why = blocker("NOTHING_ON_PAPER", "No line of the paper was filled in.")
        return refuse("copy-from-paper", session=row, decision=Decision((why,)), by=by, at=at)
    ordered = _in_order(lines)
    against: dict[int, Decision] = {}
    try:
        with transaction.atomic():
            cautions = _chart_all(row, ordered, against, by=by, at=at, key=key, seen=seen_sequence)
            if against:
                raise _NotThese
    except _NotThese:
        first = next(number for number, _line in ordered if number in against)
        every = Decision.from_reasons(*against.values())
        refuse("copy-from-paper", session=row, decision=every, by=by, at=at)
        return RefusedAt(against[first], first, against)
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.DOWNTIME_ENTRY,
        label=sheet[:40],
        text=_told(lines),
        data={
            "kept_by": str(kept_by.public_id),
            "kept_by_name": kept_by.full_name,
            "sheet": sheet[:40],
            "sheet_unknown": sheet_unknown,
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


@transaction.atomic
def against_the_lines(
    *,
    session: UUID,
    lines: Sequence[LateLine],
    unread: frozenset[type],
    by: Account,
    at: datetime,
) -> Mapping[int, Decision]:
    """Return what stands against each line as the record is now, and chart none of them.

    For a sheet of which other lines cannot be read yet: every mistake is said at once. A line that
    may be refused only because another is missing is not among them; ``unread``: of which kinds
    such lines are. Of a record that is signed nothing is said before the sheet can be read.
    """
    try:
        row = lock_session(session, action=Action.CHART, by=by, at=at)
    except RecordLocked:
        return {}
    infusion = queries.infusion_of(row)
    seen = queries.actions_of(infusion)[-1].sequence if infusion else 0
    against: dict[int, Decision] = {}
    try:
        with transaction.atomic():
            _chart_all(
                row,
                _in_order(lines),
                against,
                by=by,
                at=at,
                key=uuid.uuid4(),
                seen=seen,
                lacking=unread,
            )
            raise _OnlyAsked
    except _OnlyAsked:
        return against


def _in_order(lines: Sequence[LateLine]) -> list[tuple[int, LateLine]]:
    return sorted(enumerate(lines), key=lambda each: (each[1].at, each[0]))


def _chart_all(
    row: TreatmentSession,
    ordered: Sequence[tuple[int, LateLine]],
    against: dict[int, Decision],
    *,
    by: Account,
    at: datetime,
    key: UUID,
    seen: int,
    lacking: frozenset[type] = frozenset(),
) -> Decision:
    """Chart what can be charted; put into ``against`` what stands against the rest.

    ``lacking``: the kinds of which a line is missing, beside those that are refused here.
    """
    cautions = Decision()
    for number, line in ordered:
        step = uuid.uuid5(key, str(number))
        done = _chart_one(row, line, by=by, at=at, key=step, seen=seen)
        if isinstance(done, Refused):
            if not _only_follows(done.decision, lacking):
                against[number] = done.decision
            lacking |= {type(line)}
            continue
        cautions &= done.decision
        if isinstance(line, PumpLine):
            seen = done.row.sequence
    return cautions


def _only_follows(decision: Decision, lacking: frozenset[type]) -> bool:
    return all(_MAY_FOLLOW.get(why.code, frozenset()) & lacking for why in decision if why.blocks)


def _chart_one(
    row: TreatmentSession, line: LateLine, *, by: Account, at: datetime, key: UUID, seen: int
) -> Done[Any] | Refused:
    """Chart one line, or leave nothing of it: whatever is wrong with it is said at the line.

    Raises StaleRow, which is about the whole sheet, and OperationalError, which is the database's.
    """
    try:
        with transaction.atomic():
            done = chart_line(row, line, by=by, at=at, key=key, seen=seen)
            if isinstance(done, Refused):
                raise _NotThis
    except _NotThis:
        return done
    except (StaleRow, OperationalError):
        raise
    except Forbidden as no:
        return Refused(no.decision)
    except AfterglowError as problem:
        why = blocker(
            "PAPER_LINE_IMPOSSIBLE",
            f"This line cannot be charted as it stands ({problem}).",
            seen=problem,
        )
        return Refused(Decision((why,)))
    except Exception as problem:  # the words of a database error may hold what was typed
        _log.error("paper line %s: %s", key, type(problem).__name__)
        why = blocker(
            "PAPER_LINE_NOT_CHARTED",
            "The server could not chart this line. Leave it out and write it as a note.",
        )
        return Refused(Decision((why,)))
    return done


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
