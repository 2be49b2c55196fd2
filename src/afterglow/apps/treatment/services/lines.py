"""What is charted after the fact, line by line: from paper, or from a tablet that was offline."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services import charting, coverage, infusions, paper_acts
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.treatment.services.offline_recovery import CriteriaLine, save_criteria
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Dose, Rate

EMERGENCY: Final = "EMERGENCY"
"""The code of a mark that is a press on Emergency without a connection (offline_entry.js)."""


@dataclass(frozen=True, slots=True)
class ReadingsLine:
    """One column of readings. ``scales`` holds the answers of each instrument by its key."""

    at: datetime
    readings: Mapping[VitalSignCode, Decimal] = field(default_factory=dict)
    scales: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PumpLine:
    """One line of the pump: a rate, a pause, a resume, the stop, or a start that was lost.

    ``really_ran``: the pump ran at this rate, also where the protocol allows none so fast.
    """

    at: datetime
    kind: PumpActionKind
    rate: Rate | None = None
    reason: str = ""
    really_ran: bool = False


@dataclass(frozen=True, slots=True)
class MedicineLine:
    """One medicine that was given beside the infusion."""

    at: datetime
    product: UUID
    dose: Dose
    route: str
    indication: str = ""
    above_usual_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One line of what happened. ``code``: which of the protocol's symptoms it is, if it is one.

    ``over``: the symptom has passed.
    """

    at: datetime
    kind: EventKind
    text: str
    label: str = ""
    code: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class NameLine:
    """The name of a mark that was stamped before. ``about`` is the key that the mark was given."""

    at: datetime
    about: UUID
    label: str


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """One line of who watches: whoever took the patient over (their account's public id)."""

    at: datetime
    to: UUID


@dataclass(frozen=True, slots=True)
class PresenceLine:
    """Somebody's answer, at a tablet without a connection, that the clinician is there."""

    at: datetime


LateLine = (
    ReadingsLine
    | PumpLine
    | MedicineLine
    | NoteLine
    | NameLine
    | CoverageLine
    | PresenceLine
    | CriteriaLine
)


def chart_line(
    row: TreatmentSession, line: LateLine, *, by: Account, at: datetime, key: UUID, seen: int
) -> Done[Any] | Refused:
    """Chart one line at its own time, by the verb that charts it at the screen.

    ``row`` is locked. ``seen`` is the last pump entry that the writer knew of; StaleRow is raised
    when there is a later one.
    """
    session = row.public_id
    match line:
        case ReadingsLine():
            return charting.chart_observations(
                session=session,
                readings=line.readings,
                scales=line.scales,
                taken_at=line.at,
                by=by,
                at=at,
                key=key,
            )
        case PumpLine(kind=PumpActionKind.START):
            return paper_acts.start_from_paper(
                row,
                happened_at=line.at,
                rate=line.rate,
                reason=line.reason,
                really_ran=line.really_ran,
                by=by,
                at=at,
                key=key,
            )
        case CoverageLine():
            return paper_acts.take_over_from_paper(
                row, happened_at=line.at, to=line.to, by=by, at=at, key=key
            )
        case NoteLine(kind=EventKind.MARK, code=code) if code == EMERGENCY:
            return _press_on_emergency(row, line, by=by, at=at, key=key)
        case NoteLine(kind=kind) if kind in paper_acts.EMERGENCY:
            return paper_acts.emergency_from_paper(
                row, kind=kind, happened_at=line.at, text=line.text, by=by, at=at, key=key
            )
        case PumpLine(kind=PumpActionKind.STOP):
            return _stop(row, line, by=by, at=at, key=key)
        case PumpLine():
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
                really_ran=line.really_ran,
            )
        case MedicineLine():
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
        case NoteLine():
            return _note(row, line, by=by, at=at, key=key)
        case NameLine():
            return _name(row, line, by=by, at=at, key=key)
        case CriteriaLine():
            return save_criteria(row, line, by=by, at=at)
        case PresenceLine():
            return coverage.confirm_presence(
                session=session, by=by, at=at, key=key, happened_at=line.at
            )


def _name(
    row: TreatmentSession, line: NameLine, *, by: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    """Name a mark by the key it was stamped with; one that is not in the record has no name."""
    known = (line.about, uuid.uuid5(line.about, "charted"))
    mark = SessionEvent.objects.filter(session=row, key__in=known, kind=EventKind.MARK).first()
    if mark is None:
        why = blocker(
            "MARK_NOT_CHARTED",
            "The mark that this names is not in the record.",
            seen=line.label,
        )
        return Refused(Decision((why,)))
    return charting.record_event(
        session=row.public_id,
        kind=EventKind.NAME_MARK,
        by=by,
        at=at,
        key=key,
        happened_at=line.at,
        label=line.label,
        about=mark.public_id,
    )


def _press_on_emergency(
    row: TreatmentSession, line: NoteLine, *, by: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    """Chart a press on Emergency as the call that it was; while one is open it stays a mark.

    The time zero of the one that is open stands, and the site knows of it.
    """
    current = emergency_of(row)
    if current is not None and current.is_open:
        return _note(row, replace(line, code=""), by=by, at=at, key=key)
    return paper_acts.emergency_from_paper(
        row,
        kind=EventKind.EMERGENCY_CALLED,
        happened_at=line.at,
        text=line.text,
        by=by,
        at=at,
        key=key,
    )


def _note(
    row: TreatmentSession, line: NoteLine, *, by: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    """Chart a note; one that is a symptom of the protocol's counts as one, and its alarm rises."""
    rules = rules_of(row.protocol_id).monitoring.symptoms
    if line.code and (line.kind is not EventKind.SYMPTOM or line.code not in rules):
        why = blocker(
            "SYMPTOM_UNKNOWN",
            "The protocol of this session has no symptom of this code.",
            seen=line.code,
        )
        return Refused(Decision((why,)))
    data: dict[str, Any] = {"code": line.code} if line.code else {}
    if line.code and line.over:
        data["over"] = True
    return charting.record_event(
        session=row.public_id,
        kind=line.kind,
        by=by,
        at=at,
        key=key,
        happened_at=line.at,
        label=rules[line.code].name if line.code else line.label,
        text=line.text,
        data=data,
    )


def _stop(
    row: TreatmentSession, line: PumpLine, *, by: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    """Chart the stop of the paper; one that lies before the last pump entry is refused here.

    A stop pressed at the screen is never refused and moves itself after the last entry. A stop that
    is copied has time to be put right.
    """
    infusion = queries.infusion_of(row)
    last = queries.actions_of(infusion)[-1] if infusion else None
    seen, limit = (clock_of(row, line.at), clock_of(row, last.at)) if last else ("", "")
    if last is not None and last.kind == PumpActionKind.STOP:
        why = blocker("PAPER_STOP_TWICE", f"The stop is charted already, at {limit}.", seen=limit)
        return Refused(Decision((why,)))
    if last is not None and line.at <= last.at:
        why = blocker(
            "PAPER_STOP_OUT_OF_ORDER",
            f"The stop at {seen} is not after the last pump entry at {limit}.",
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
