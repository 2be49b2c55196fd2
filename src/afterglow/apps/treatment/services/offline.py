"""Take in what a tablet kept while it was offline: each entry once, none lost, conflicts to people.

A tablet may send everything it has as often as it likes: an entry is known by the key it was given
when it was typed. What cannot be charted stays in the inbox with its reasons until a person says
what holds; a record is not signed before that. No entry holds back another: a stop that was typed
after one that the server stumbles over is charted all the same.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.emergencies import UNSIGNED
from afterglow.apps.treatment.facts.presence import TAKEN_IN
from afterglow.apps.treatment.models import OfflineEntry, OfflineResolution, PumpAction
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineChoice, OfflineOutcome
from afterglow.apps.treatment.offline_words import said_in_the_record
from afterglow.apps.treatment.outcomes import Done, Refused, as_json
from afterglow.apps.treatment.services import charting, offline_recovery
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.treatment.services.offline_authors import Author, Claim, authors_of
from afterglow.apps.treatment.services.offline_charting import chart, of_another_session
from afterglow.apps.treatment.services.offline_lines import NOTE, storable
from afterglow.apps.treatment.services.offline_ways import chart_after_all
from afterglow.apps.treatment.services.tasks import open_suicide_task
from afterglow.apps.treatment.services.unsigned import Press, mark_unsigned
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Typed:
    """One entry as the tablet sends it.

    In the body of a pump entry ``seen_sequence`` is the last pump entry that its writer knew of, or
    ``after`` the key of their own, which had not arrived yet. ``claim``: who says to have typed it
    on a page that was opened without a connection; else ``typed_by`` was signed in.
    """

    key: UUID
    kind: str
    body: Mapping[str, Any]
    happened_at: datetime
    typed_by: UUID | None
    claim: Claim | None = None

    @property
    def is_unsigned(self) -> bool:
        """Whether it is a stop that was pressed after the page's sign-in had ended."""
        nobody = self.typed_by is None and self.claim is None
        return nobody and self.body.get("kind") == PumpActionKind.STOP and UNSIGNED in self.body


def take_in(
    *, session: UUID, tablet: UUID, entries: Sequence[Typed], by: Account, at: datetime
) -> dict[UUID, OfflineEntry]:
    """Keep and chart what a tablet sends, in the order in which it happened, each in its own
    transaction.

    Returns one row an entry by the key it was sent under, in the order they were sent: charted,
    refused with every reason, or in conflict with what another screen charted. One that the
    database cannot take just now is left out, those after it are not; its tablet sends it again.
    A character that no database keeps is written as the sign for one. Raises Forbidden or
    DoesNotExist before anything is kept; whoever may chart here may send what a colleague has
    typed. What somebody proves to be theirs by PIN is charted in their name.
    """
    row = TreatmentSession.objects.select_related("site").get(public_id=session)
    policies.check(Action.CHART, by=by, site=row.site, on=row.site.local_date(at))
    authors = authors_of(_claims_not_taken_in(entries), session=row, tablet=tablet, at=at)
    kept: dict[UUID, OfflineEntry] = {}
    stumbled: list[DatabaseError] = []
    for typed in sorted(entries, key=lambda each: each.happened_at):
        try:
            kept[typed.key] = _take_one(row, tablet, _storable(typed), authors, by=by, at=at)
        except DatabaseError as problem:  # its words may hold what was typed: only its name is kept
            _log.error("offline entry %s: %s", typed.key, type(problem).__name__)
            stumbled.append(problem)
    if stumbled and not kept:
        raise stumbled[0]  # it is the database, and no entry
    return {typed.key: kept[typed.key] for typed in entries if typed.key in kept}


def _claims_not_taken_in(entries: Sequence[Typed]) -> list[Claim]:
    """Return the claims of what is new: sent again, a wrong PIN does not count again."""
    known = set(
        OfflineEntry.objects.filter(key__in=[typed.key for typed in entries]).values_list(
            "key", flat=True
        )
    )
    return [typed.claim for typed in entries if typed.claim and typed.key not in known]


@transaction.atomic
def _take_one(
    session: TreatmentSession,
    tablet: UUID,
    typed: Typed,
    authors: Mapping[Claim, Author],
    *,
    by: Account,
    at: datetime,
) -> OfflineEntry:
    # The lock comes first: two tablets (or one twice) that send the same key wait for each other.
    TreatmentSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session.pk)
    of_another = Decision()
    known = OfflineEntry.objects.filter(key=typed.key).first()
    if known is not None and known.session_id != session.pk:
        # Kept here all the same, under a key of its own: nothing that was typed is lost.
        of_another = of_another_session()
        key = uuid.uuid5(typed.key, str(session.public_id))
        typed, known = replace(typed, key=key), OfflineEntry.objects.filter(key=key).first()
    if known is not None:
        return known
    claimed = None if of_another.refused else typed.claim
    author = authors[claimed] if claimed else Author(_signed_in(typed))
    if of_another.refused:
        outcome, decision = OfflineOutcome.REFUSED, of_another
    elif author.doubt.refused:
        outcome, decision = OfflineOutcome.CONFLICT, author.doubt
    else:
        in_the_name_of = author.account if author.proved and author.account else by
        outcome, decision = chart(
            session,
            key=typed.key,
            kind=typed.kind,
            body=typed.body,
            happened_at=typed.happened_at,
            by=in_the_name_of,
            at=at,
        )
    is_unsigned = typed.is_unsigned and outcome is OfflineOutcome.CHARTED
    if is_unsigned and (stop := PumpAction.objects.filter(key=typed.key).first()) is not None:
        mark_unsigned(
            session.public_id, Press.STOP, by=by, at=at, key=typed.key, happened_at=stop.at
        )
    who = author.account or by
    entry = OfflineEntry.objects.create(
        session=session,
        key=typed.key,
        tablet=tablet,
        kind=typed.kind[:20],
        body=dict(typed.body),
        happened_at=_in_time(typed.happened_at, at),
        arrived_at=at,
        typed_by=who,
        claimed=typed.claim.login if typed.claim else "",
        by=by,
        outcome=outcome,
        reasons=as_json(decision),
    )
    if outcome is not OfflineOutcome.CHARTED and _speaks_of_suicide(entry):
        open_suicide_task(session=session, subject=entry, at=at)
    tell(
        TAKEN_IN,
        session=session,
        subject=entry,
        by=by,
        at=at,
        detail={
            "kind": entry.kind,
            "outcome": str(outcome),
            "codes": list(decision.codes),
            "typed_by": str(who.public_id),
            "proved": author.proved,
            **({UNSIGNED: True} if is_unsigned else {}),
            "happened_at": typed.happened_at.isoformat(),
        },
    )
    return entry


def _storable(typed: Typed) -> Typed:
    return replace(typed, kind=storable(typed.kind), body=storable(dict(typed.body)))


def _signed_in(typed: Typed) -> Account | None:
    return Account.objects.filter(public_id=typed.typed_by).first() if typed.typed_by else None


def _speaks_of_suicide(entry: OfflineEntry) -> bool:
    """Whether the patient spoke of suicide: somebody owns that at once, whatever became of it."""
    is_note = entry.kind == NOTE and entry.body.get("kind") == EventKind.SUICIDAL_STATEMENT
    return is_note or offline_recovery.says_suicide(entry.kind, entry.body)


def _in_time(happened_at: datetime, at: datetime) -> datetime:
    """Return a time that can be kept and shown: one of a clock that is years off is now.

    What the tablet said stands in the audit.
    """
    return happened_at if abs(happened_at - at) <= _FAR_OFF else at


_FAR_OFF = timedelta(days=3660)


_SETTLE = "settle-offline-entry"


@transaction.atomic
def settle(
    *,
    session: UUID,
    entry: UUID,
    choice: OfflineChoice,
    reason: str,
    by: Account,
    at: datetime,
    happened_at: datetime | None = None,
    really_ran: bool = False,
) -> Done[OfflineResolution] | Refused:
    """Say what holds of an entry that could not be charted by itself. It is said once.

    ``CHARTED`` charts it at its own time, or with a reason at ``happened_at``; ``really_ran`` as
    what the pump ran at past the protocol's fastest, for that reason. ``NOTED`` keeps it in the
    record in words, ``DROPPED`` leaves it out with a reason. Raises RecordLocked, Forbidden or
    DoesNotExist.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    kept = OfflineEntry.objects.get(public_id=entry, session=row)
    if settled := OfflineResolution.objects.filter(entry=kept).first():
        return Done(settled, Decision(), repeated=True)
    if kept.outcome == OfflineOutcome.CHARTED:
        why = blocker("OFFLINE_ENTRY_CHARTED", "This entry is charted; nothing waits.")
        return refuse(_SETTLE, session=row, decision=Decision((why,)), by=by, at=at)
    words = reason.strip()[:200]
    if choice is OfflineChoice.DROPPED and not words:
        why = blocker("OFFLINE_DROPPED_WITHOUT_REASON", "Say why the entry is left out.")
        return refuse(_SETTLE, session=row, decision=Decision((why,)), by=by, at=at)
    if choice is OfflineChoice.DROPPED and _speaks_of_suicide(kept):
        why = blocker(
            "OFFLINE_STATEMENT_STANDS",
            "What the patient said about suicide is never left out. Keep it in the record.",
        )
        return refuse(_SETTLE, session=row, decision=Decision((why,)), by=by, at=at)
    if choice is OfflineChoice.CHARTED:
        if happened_at is not None and not words:
            why = blocker(
                "OFFLINE_OTHER_TIME_WITHOUT_REASON", "Say why it is charted at that time."
            )
            return refuse(_SETTLE, session=row, decision=Decision((why,)), by=by, at=at)
        charted = chart_after_all(
            row, kept, by=by, at=at, happened_at=happened_at, really_ran=really_ran, reason=words
        )
        if happened_at is not None:
            words = f"At {clock_of(row, happened_at)}: {words}"[:200]
        if charted.refused:
            return refuse(_SETTLE, session=row, decision=charted, by=by, at=at)
    elif choice is OfflineChoice.NOTED:
        charting.record_event(
            session=session,
            kind=EventKind.SUICIDAL_STATEMENT if _speaks_of_suicide(kept) else EventKind.NOTE,
            by=by,
            at=at,
            key=uuid.uuid5(kept.key, "noted"),
            happened_at=min(max(kept.happened_at, row.checked_in_at), at),
            text=f"{said_in_the_record(kept)}. {words}".strip(),
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
