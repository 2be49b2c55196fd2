"""Copy a paper record back: all lines in order of their paper times, or none of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting, infusions
from afterglow.apps.treatment.services.acting import done_before, lock_session, refuse, tell
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Dose, Rate
from afterglow.core.roles import Action


@dataclass(frozen=True, slots=True)
class PaperReadings:
    """One column of readings. ``scales`` holds the answers of each instrument by its key."""

    at: datetime
    readings: Mapping[VitalSignCode, Decimal] = field(default_factory=dict)
    scales: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaperPump:
    """One line of the pump: a rate change, a pause, a resume or the stop."""

    at: datetime
    kind: PumpActionKind
    rate: Rate | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PaperMedicine:
    """One medicine that was given beside the infusion."""

    at: datetime
    product: UUID
    dose: Dose
    route: str
    indication: str = ""
    above_usual_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class PaperNote:
    """One line of what happened."""

    at: datetime
    kind: EventKind
    text: str
    label: str = ""


PaperLine = PaperReadings | PaperPump | PaperMedicine | PaperNote


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
    lines: Sequence[PaperLine],
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
                done = _chart(row, line, by=by, at=at, key=step, seen=seen_sequence)
                if isinstance(done, Refused):
                    raise _NotThisLine(number, done.decision)
                cautions &= done.decision
                if isinstance(line, PaperPump):
                    seen_sequence += 1
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


def _chart(
    row: TreatmentSession, line: PaperLine, *, by: Account, at: datetime, key: UUID, seen: int
) -> Done[Any] | Refused:
    session = row.public_id
    match line:
        case PaperReadings():
            return charting.chart_observations(
                session=session,
                readings=line.readings,
                scales=line.scales,
                taken_at=line.at,
                by=by,
                at=at,
                key=key,
            )
        case PaperPump(kind=PumpActionKind.STOP):
            return _stop(row, line, by=by, at=at, key=key)
        case PaperPump():
            return infusions.act_on_pump(
                session=session,
                kind=line.kind,
                by=by,
                at=at,
                key=key,
                seen_sequence=seen,
                happened_at=line.at,
                rate=line.rate,
                reason=line.reason,
            )
        case PaperMedicine():
            return charting.give_medicine(
                session=session,
                product=line.product,
                dose=line.dose,
                route=line.route,
                indication=line.indication,
                by=by,
                at=at,
                key=key,
                happened_at=line.at,
                above_usual_confirmed=line.above_usual_confirmed,
            )
        case PaperNote():
            return charting.record_event(
                session=session,
                kind=line.kind,
                by=by,
                at=at,
                key=key,
                happened_at=line.at,
                label=line.label,
                text=line.text,
            )


def _stop(
    row: TreatmentSession, line: PaperPump, *, by: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    """Chart the stop of the paper; one that lies before the last pump entry is refused here.

    A stop pressed at the screen is never refused and moves itself after the last entry. A stop that
    is copied has time to be put right.
    """
    infusion = queries.infusion_of(row)
    last = queries.actions_of(infusion)[-1] if infusion else None
    seen, limit = (line.at.isoformat(), last.at.isoformat()) if last else ("", "")
    if last is not None and last.kind == PumpActionKind.STOP:
        why = blocker("PAPER_STOP_TWICE", "The stop is charted already.", seen=limit)
        return Refused(Decision((why,)))
    if last is not None and line.at <= last.at:
        why = blocker(
            "PAPER_STOP_OUT_OF_ORDER",
            "The stop on paper is not after the last pump entry.",
            seen=seen,
            limit=limit,
        )
        return Refused(Decision((why,)))
    return infusions.record_pump_stopped(
        session=row.public_id,
        ending=queries.ending_of_a_stop(row, at=line.at),
        by=by,
        at=at,
        key=key,
        happened_at=line.at,
        reason=line.reason,
    )


def _told(lines: Sequence[PaperLine]) -> str:
    """Say in one line what was copied, as it stands in the record: English, as all of it."""
    words = {
        PaperReadings: "sets of readings",
        PaperPump: "pump entries",
        PaperMedicine: "medicines",
        PaperNote: "notes",
    }
    counted = [
        (sum(isinstance(line, kind) for line in lines), name) for kind, name in words.items()
    ]
    return ", ".join(f"{count} {name}" for count, name in counted if count)
