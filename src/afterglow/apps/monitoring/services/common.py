"""What every monitoring service does first and last: lock, permit, and tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.errors import RecordLocked as RecordLocked
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db.compiled import Compiled, slot

_LOCKED = Compiled(
    lambda: (
        TreatmentSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site", "protocol", "patient")
        .defer("protocol__body")
        .filter(pk__any_of=slot("keys"))
        .order_by("pk")
    )
)


def lock_sessions(keys: Iterable[int]) -> dict[int, TreatmentSession]:
    """Lock some sessions, always in the order of their keys, so that nobody waits in a circle.

    Rows that only point at a session may still be added by others.
    """
    wanted = sorted(set(keys))
    return {row.pk: row for row in _LOCKED(keys=wanted)} if wanted else {}


def lock_session(
    session: UUID, *, action: Action, by: Account | None, at: datetime
) -> TreatmentSession:
    """Lock one session, if ``by`` may do ``action`` there; None is the system itself.

    Raises DoesNotExist, Forbidden with every reason, or RecordLocked.
    """
    row: TreatmentSession = (
        TreatmentSession.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site", "protocol", "patient", "room")
        .defer("protocol__body")
        .get(public_id=session)
    )
    if by is not None:
        policies.check(action, by=by, site=row.site, on=row.site.local_date(at))
    if row.state == SessionState.SIGNED:
        raise RecordLocked("This record is signed and locked. Add an addendum instead.")
    return row


def tell(
    what: str,
    *,
    session: TreatmentSession,
    subject: models.Model,
    by: Account | None,
    at: datetime,
    on_board: bool = False,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row and the event of one call; ``on_board``: the site's board hears it."""
    write_audit(what, session=session, subject=subject, by=by, at=at, detail=detail)
    public_id: UUID = subject.public_id  # type: ignore[attr-defined]
    publish(what, session=session, subject=public_id, at=at, on_board=on_board)


def write_audit(
    what: str,
    *,
    session: TreatmentSession,
    subject: models.Model,
    by: Account | None,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row of one call about a session."""
    audit.record(
        what,
        subject=subject,
        by=by,
        at=at,
        site=session.site,
        patient=session.patient,
        detail={"session": str(session.public_id), **(detail or {})},
    )


def publish(
    what: str, *, session: TreatmentSession, subject: UUID, at: datetime, on_board: bool = False
) -> None:
    """Publish one event on the session's topic, and on its site's when the board shows it."""
    rows = [(what, session.public_id, subject)]
    if on_board:
        rows.append((what, session.site.public_id, session.public_id))
    events.publish_all(rows, site=session.site.public_id, at=at)


def refuse(
    attempted: str,
    *,
    session: TreatmentSession,
    subject: models.Model,
    decision: Decision,
    by: Account,
    at: datetime,
) -> Refused:
    """Put on record that something was tried and refused, with every reason."""
    write_audit(
        f"{attempted}-refused",
        session=session,
        subject=subject,
        by=by,
        at=at,
        detail={"reasons": [[r.code, r.seen, r.limit] for r in decision]},
    )
    return Refused(decision)
