"""What every treatment service does first and last: lock, permit, move on, refuse, tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services.countersigning import is_for
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment.models import Discharge, MedicineGiven, Preparation, Refusal
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider, Reason, Severity, blocker
from afterglow.core.errors import Closed, RecordLocked
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionAction, SessionState, step


class OfAnotherSession(Closed):
    """A key that was already used in another session."""


def lock_session(
    session: UUID, *, action: Action, by: Account, at: datetime, signed_too: bool = False
) -> TreatmentSession:
    """Lock a session's row for the rest of the transaction, if ``by`` may do ``action`` there.

    ``signed_too`` lets the few verbs through that a signed record still knows. Raises
    DoesNotExist, Forbidden with every reason, or RecordLocked.
    """
    row: TreatmentSession = (
        TreatmentSession.objects.locked()
        .select_related("site", "patient", "course", "protocol", "room", "clinician")
        .get(public_id=session)
    )
    policies.check(action, by=by, site=row.site, on=row.site.local_date(at))
    if row.state == SessionState.SIGNED and not signed_too:
        raise RecordLocked("This record is signed and locked. Add an addendum instead.")
    return row


def move_session(session: TreatmentSession, action: SessionAction) -> None:
    """Take one step of the session's lifecycle and save it. Raises IllegalTransition."""
    session.state = step(SessionState(session.state), action)
    session.save_version()


def tell(
    what: str,
    *,
    session: TreatmentSession,
    subject: models.Model,
    by: Account | None,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row and the event of one service call: ``infusion-started`` and its row."""
    audit.record(
        what,
        subject=subject,
        by=by,
        at=at,
        site=session.site,
        patient=session.patient,
        detail={"session": str(session.public_id), **(detail or {})},
    )
    public_id: UUID = subject.public_id  # type: ignore[attr-defined]
    events.publish_all(
        [(what, session.public_id, public_id), (what, session.site.public_id, session.public_id)],
        site=session.site.public_id,
        at=at,
    )


def refuse(
    attempted: str, *, session: TreatmentSession, decision: Decision, by: Account, at: datetime
) -> Refused:
    """Record that something was tried and refused, with every reason as it was then."""
    row = Refusal.objects.create(
        session=session, attempted=attempted, reasons=as_json(decision), by=by, at=at
    )
    tell(
        f"{attempted}-refused",
        session=session,
        subject=row,
        by=by,
        at=at,
        detail={"codes": list(decision.codes)},
    )
    return Refused(decision)


def cannot_watch(person: Account, *, session: TreatmentSession, at: datetime) -> Decision | None:
    """Return why a person may not be the clinician of a session here and today, or None."""
    may = policies.may(
        Action.START_INFUSION,
        by=person,
        site=session.site,
        on=session.site.local_date(at),
    )
    if may.allowed:
        return None
    why = ", ".join(may.codes)
    return Decision(
        (
            blocker(
                "CLINICIAN_MAY_NOT_WATCH",
                f"{person.get_short_name()} may not watch an infusion here today ({why}).",
                seen=why,
                limit=str(Action.START_INFUSION),
            ),
        )
    )


FRESH = timedelta(minutes=15)
"""How long a second person's signature may wait for its act."""


def cannot_serve(
    signature: Countersignature, *, act: str, subject: models.Model, by: Account, at: datetime
) -> Reason | None:
    """Return why a second person's signature is not for ``act`` on ``subject``, or None.

    It was given for just that, beside ``by``, within a quarter of an hour, and serves once.
    """
    used = (
        Preparation.objects.filter(checked_by=signature).exists()
        or LedgerEntry.objects.filter(witness=signature).exists()
        or MedicineGiven.objects.filter(witness=signature).exists()
        or Discharge.objects.filter(agreed_by=signature).exists()
    )
    here = signature.beside_id == by.pk and timedelta(0) <= at - signature.at <= FRESH
    meant = is_for(signature, act=act, subject=subject)
    if here and meant and not used:
        return None
    return blocker(
        "COUNTERSIGNATURE_NOT_FOR_THIS",
        "That signature of a second person was given for something else, beside somebody else, or "
        "too long ago. The second person signs again.",
        seen="used before"
        if used
        else signature.at.isoformat(timespec="minutes")
        if meant
        else signature.act,
        limit="15 min",
    )


Keyed = TypeVar("Keyed", bound=models.Model)


def done_before(rows: QuerySet[Keyed], *, key: UUID, session: TreatmentSession) -> Keyed | None:
    """Return the row that ``key`` made in this session, or None.

    Raises OfAnotherSession when the key was used in another session: that page belongs to another
    patient, and what it asks was not done here.
    """
    found = rows.filter(key=key).first()
    row: Any = found
    of = None if row is None else getattr(row, "infusion", row).session_id
    if of is not None and of != session.pk:
        raise OfAnotherSession(
            "This page belongs to another session. Nothing was done; open it again."
        )
    return found


def as_json(decision: Decision) -> list[dict[str, Any]]:
    """Return a decision's reasons as the record keeps them."""
    return [
        {
            "code": reason.code,
            "severity": str(reason.severity),
            "sentence": reason.sentence,
            "seen": reason.seen,
            "limit": reason.limit,
            "overridable_by": str(reason.overridable_by),
            "overridden": reason.overridden,
        }
        for reason in decision
    ]


def from_json(reasons: Iterable[Mapping[str, Any]]) -> Decision:
    """Return the decision that :func:`as_json` kept, without the overrides of that time."""
    return Decision.from_reasons(
        Reason(
            code=row["code"],
            severity=Severity(row["severity"]),
            sentence=row["sentence"],
            seen=row["seen"],
            limit=row["limit"],
            overridable_by=Overrider(row["overridable_by"]),
        )
        for row in reasons
    )
