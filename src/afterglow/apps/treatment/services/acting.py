"""What every treatment service does first and last: lock, permit, move on, refuse, tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.treatment.models import Refusal
from afterglow.apps.treatment.outcomes import Refused, as_json
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
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
    why = " ".join(reason.sentence for reason in may.blockers)
    return Decision(
        (
            blocker(
                "CLINICIAN_MAY_NOT_WATCH",
                f"{person.get_short_name()} may not watch an infusion here today. {why}",
            ),
        )
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
