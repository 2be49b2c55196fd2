"""Take in what a tablet kept while it was offline: each entry once, none lost, conflicts to people.

A tablet may send everything it has as often as it likes: an entry is known by the key it was given
when it was typed. What cannot be charted stays in the inbox with its reasons until a person says
what holds; a record is not signed before that.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import OfflineEntry, OfflineResolution
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineChoice, OfflineOutcome
from afterglow.apps.treatment.outcomes import Done, Refused, as_json
from afterglow.apps.treatment.services import charting
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.apps.treatment.services.lines import (
    LateLine,
    MedicineLine,
    NoteLine,
    PumpLine,
    ReadingsLine,
    chart_line,
)
from afterglow.apps.treatment.services.tasks import open_suicide_task
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import AfterglowError, RecordLocked
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Dose, Rate
from afterglow.core.roles import Action
from afterglow.db.models import StaleRow

READINGS, PUMP, MEDICINE, NOTE = "readings", "pump", "medicine", "note"
_NOTES = frozenset(
    {
        EventKind.MARK,
        EventKind.NOTE,
        EventKind.SYMPTOM,
        EventKind.ADVERSE_EVENT,
        EventKind.FALL,
        EventKind.EXTRAVASATION,
        EventKind.SUICIDAL_STATEMENT,
    }
)


@dataclass(frozen=True, slots=True)
class Typed:
    """One entry as the tablet sends it. ``seen_sequence`` is the last pump entry it knew of."""

    key: UUID
    kind: str
    body: Mapping[str, Any]
    happened_at: datetime
    typed_by: UUID


def take_in(
    *, session: UUID, tablet: UUID, entries: Sequence[Typed], by: Account, at: datetime
) -> list[OfflineEntry]:
    """Keep and chart what a tablet sends, in the order in which it happened, each in its own
    transaction.

    Returns one row an entry, in the order they were sent: charted, refused with every reason, or in
    conflict with what another screen charted. Raises Forbidden or DoesNotExist before anything is
    kept; whoever may chart here may send what a colleague has typed.
    """
    row = TreatmentSession.objects.select_related("site").get(public_id=session)
    policies.check(Action.CHART, by=by, site=row.site, on=row.site.local_date(at))
    kept = {
        typed.key: _take_one(row, tablet, typed, by=by, at=at)
        for typed in sorted(entries, key=lambda each: each.happened_at)
    }
    return [kept[typed.key] for typed in entries]


@transaction.atomic
def _take_one(
    session: TreatmentSession, tablet: UUID, typed: Typed, *, by: Account, at: datetime
) -> OfflineEntry:
    # The lock comes first: two tablets (or one twice) that send the same key wait for each other.
    TreatmentSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
    if known := OfflineEntry.objects.filter(key=typed.key).first():
        return known
    outcome, decision = _chart(session, typed, by=by, at=at)
    author = Account.objects.filter(public_id=typed.typed_by).first() or by
    entry = OfflineEntry.objects.create(
        session=session,
        key=typed.key,
        tablet=tablet,
        kind=typed.kind[:20],
        body=dict(typed.body),
        happened_at=typed.happened_at,
        arrived_at=at,
        typed_by=author,
        by=by,
        outcome=outcome,
        reasons=as_json(decision),
    )
    if outcome is not OfflineOutcome.CHARTED and _speaks_of_suicide(entry):
        open_suicide_task(session=session, subject=entry, at=at)
    tell(
        "offline-entry-taken-in",
        session=session,
        subject=entry,
        by=by,
        at=at,
        detail={
            "kind": entry.kind,
            "outcome": str(outcome),
            "codes": list(decision.codes),
            "typed_by": str(author.public_id),
            "happened_at": typed.happened_at.isoformat(),
        },
    )
    return entry


def _speaks_of_suicide(entry: OfflineEntry) -> bool:
    """Whether the patient spoke of suicide: somebody owns that at once, whatever became of it."""
    return entry.kind == NOTE and entry.body.get("kind") == EventKind.SUICIDAL_STATEMENT


def _chart(
    session: TreatmentSession, typed: Typed, *, by: Account, at: datetime
) -> tuple[OfflineOutcome, Decision]:
    """Chart an entry in a savepoint, and say what became of it."""
    try:
        with transaction.atomic():
            line, seen = line_of(typed.kind, typed.body, typed.happened_at)
            if (both := _conflict(session, line)) is not None:
                return OfflineOutcome.CONFLICT, both
            done = chart_line(session, line, by=by, at=at, key=typed.key, seen=seen)
    except StaleRow as stale:
        return OfflineOutcome.CONFLICT, _meanwhile(str(stale.seen), str(stale.current))
    except RecordLocked:
        why = blocker(
            "RECORD_SIGNED_BEFORE", "The record was signed before this arrived; add an addendum."
        )
        return OfflineOutcome.REFUSED, Decision((why,))
    except (AfterglowError, LookupError, TypeError, ValueError, InvalidOperation) as problem:
        return OfflineOutcome.REFUSED, _not_understood(problem)
    if isinstance(done, Refused):
        return OfflineOutcome.REFUSED, done.decision
    return OfflineOutcome.CHARTED, done.decision


def _conflict(session: TreatmentSession, line: LateLine) -> Decision | None:
    """Return why a stop does not fit what other screens charted, or None.

    At the screen a stop is never refused. One that arrives late may meet an entry made after it:
    two people saw two pumps, and only they know which was so.
    """
    infusion = queries.infusion_of(session)
    if not isinstance(line, PumpLine) or line.kind is not PumpActionKind.STOP or infusion is None:
        return None
    last = queries.actions_of(infusion)[-1]
    if line.at > last.at:
        return None
    return _meanwhile(line.at.isoformat(), last.at.isoformat())


def _meanwhile(seen: str, limit: str) -> Decision:
    why = blocker(
        "PUMP_CHARTED_MEANWHILE",
        "Another screen charted the pump after this tablet went offline.",
        seen=seen,
        limit=limit,
    )
    return Decision((why,))


def _not_understood(problem: Exception) -> Decision:
    why = blocker(
        "OFFLINE_ENTRY_NOT_UNDERSTOOD",
        "What the tablet kept could not be read.",
        seen=str(problem)[:60],
    )
    return Decision((why,))


def line_of(kind: str, body: Mapping[str, Any], at: datetime) -> tuple[LateLine, int]:
    """Read what a tablet kept. Raises KeyError, TypeError, ValueError or InvalidValue."""
    seen = int(body.get("seen_sequence", 0))
    if kind == READINGS:
        return (
            ReadingsLine(
                at=at,
                readings={
                    VitalSignCode(sign): Decimal(str(value))
                    for sign, value in dict(body.get("readings", {})).items()
                },
                scales={
                    str(key): {str(item): _answer(value) for item, value in dict(answers).items()}
                    for key, answers in dict(body.get("scales", {})).items()
                },
            ),
            seen,
        )
    if kind == PUMP:
        rate = body.get("rate")
        return (
            PumpLine(
                at=at,
                kind=PumpActionKind(body["kind"]),
                rate=Rate.ml_per_h(str(rate)) if rate not in (None, "") else None,
                reason=str(body.get("reason", ""))[:200],
            ),
            seen,
        )
    if kind == MEDICINE:
        return (
            MedicineLine(
                at=at,
                product=UUID(str(body["product"])),
                dose=Dose.mg(str(body["dose_mg"])),
                route=str(body.get("route", ""))[:20],
                indication=str(body.get("indication", ""))[:120],
                above_usual_confirmed=body.get("confirmed") is True,
            ),
            seen,
        )
    if kind == NOTE:
        what = EventKind(body["kind"])
        if what not in _NOTES:
            raise ValueError(f"{what} is not noted offline")
        return (
            NoteLine(
                at=at,
                kind=what,
                label=str(body.get("label", ""))[:120],
                text=str(body.get("text", "")),
                code=str(body.get("code", ""))[:60],
            ),
            seen,
        )
    raise ValueError(f"{kind} is not a kind of entry")


def _answer(value: Any) -> int | None:
    return None if value is None else int(value)


@transaction.atomic
def settle(
    *,
    session: UUID,
    entry: UUID,
    choice: OfflineChoice,
    reason: str,
    by: Account,
    at: datetime,
) -> Done[OfflineResolution] | Refused:
    """Say what holds of an entry that could not be charted by itself. It is said once.

    ``CHARTED`` charts it now at its own time, ``NOTED`` keeps it in the record in words,
    ``DROPPED`` leaves it out with a reason. Raises RecordLocked, Forbidden or DoesNotExist.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    kept = OfflineEntry.objects.get(public_id=entry, session=row)
    if settled := OfflineResolution.objects.filter(entry=kept).first():
        return Done(settled, Decision(), repeated=True)
    if kept.outcome == OfflineOutcome.CHARTED:
        why = blocker("OFFLINE_ENTRY_CHARTED", "This entry is charted; nothing waits.")
        return refuse("settle-offline-entry", session=row, decision=Decision((why,)), by=by, at=at)
    words = reason.strip()[:200]
    if choice is OfflineChoice.DROPPED and not words:
        why = blocker("OFFLINE_DROPPED_WITHOUT_REASON", "Say why the entry is left out.")
        return refuse("settle-offline-entry", session=row, decision=Decision((why,)), by=by, at=at)
    if choice is OfflineChoice.DROPPED and _speaks_of_suicide(kept):
        why = blocker(
            "OFFLINE_STATEMENT_STANDS",
            "What the patient said about suicide is never left out. Keep it in the record.",
        )
        return refuse("settle-offline-entry", session=row, decision=Decision((why,)), by=by, at=at)
    if choice is OfflineChoice.CHARTED:
        charted = _chart_after_all(row, kept, by=by, at=at)
        if charted.refused:
            return refuse("settle-offline-entry", session=row, decision=charted, by=by, at=at)
    elif choice is OfflineChoice.NOTED:
        charting.record_event(
            session=session,
            kind=EventKind.SUICIDAL_STATEMENT if _speaks_of_suicide(kept) else EventKind.NOTE,
            by=by,
            at=at,
            key=uuid.uuid5(kept.key, "noted"),
            happened_at=min(max(kept.happened_at, row.checked_in_at), at),
            text=f"{said(kept)}. {words}".strip(),
            data={"offline_entry": str(kept.public_id)},
        )
    resolution = OfflineResolution.objects.create(
        entry=kept, choice=choice, reason=words, by=by, at=at
    )
    tell(
        "offline-entry-settled",
        session=row,
        subject=resolution,
        by=by,
        at=at,
        detail={"entry": str(kept.public_id), "choice": str(choice)},
    )
    return Done(resolution, Decision())


def _chart_after_all(
    row: TreatmentSession, kept: OfflineEntry, *, by: Account, at: datetime
) -> Decision:
    infusion = queries.infusion_of(row)
    last = queries.actions_of(infusion)[-1].sequence if infusion else 0
    try:
        with transaction.atomic():
            line, _seen = line_of(kept.kind, kept.body, kept.happened_at)
            key = uuid.uuid5(kept.key, "charted")
            done = chart_line(row, line, by=by, at=at, key=key, seen=last)
    except (AfterglowError, LookupError, TypeError, ValueError, InvalidOperation) as problem:
        return _not_understood(problem)
    return done.decision if isinstance(done, Refused) else Decision()


def said(entry: OfflineEntry) -> str:
    """Return what was typed, in words, as it goes into the record: English, as all of it.

    It never fails: an entry that could not be read is said as it was sent.
    """
    try:
        return f"Typed offline: {_words(entry.kind, entry.body)}".strip()
    except (TypeError, ValueError, LookupError, AttributeError):
        return f"Typed offline, not understood: {json.dumps(entry.body)[:200]}"


def _words(kind: str, body: Mapping[str, Any]) -> str:
    if kind == READINGS:
        read = [f"{sign.replace('_', ' ')} {value}" for sign, value in body["readings"].items()]
        scored = [
            f"{key} {next(iter(answers.values()), '')}"
            for key, answers in dict(body.get("scales") or {}).items()
        ]
        return ", ".join([*read, *scored])
    if kind == PUMP:
        rate = f" {body['rate']} mL/h" if body.get("rate") else ""
        return f"pump {str(body['kind']).replace('_', ' ')}{rate}"
    if kind == MEDICINE:
        return f"medicine, {body['dose_mg']} mg {body.get('route', '')}"
    if kind == NOTE:
        label, text = body.get("label", ""), body.get("text", "")
        return f"{label} {text}".strip() or str(body["kind"]).replace("_", " ")
    raise ValueError(kind)
