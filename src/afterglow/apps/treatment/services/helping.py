"""Who must hear of an emergency: every screen of the site, and whoever may prescribe there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.services.escalation import prescribers, tell_site
from afterglow.apps.notices.services import send_notice
from afterglow.apps.treatment.emergencies import COMING, emergency_of
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services.acting import lock_session, tell
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.services import open_task, settle_task
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action

TASK = "emergency_called"


def call_for_help(session: TreatmentSession, called: SessionEvent, *, at: datetime) -> None:
    """Tell the site's screens and whoever may prescribe; in the transaction of the call.

    Nobody has to acknowledge anything first, and no other room's acknowledgement takes it away.
    """
    open_task(
        kind=TASK,
        subject=called,
        site=session.site,
        patient=session.patient,
        at=at,
        by=called.by,
        key=_key(called),
    )
    for person in prescribers(session, at):
        send_notice(
            to=person,
            template="emergency-called",
            subject=called,
            site=session.site.public_id,
            at=at,
            key=f"{_key(called)}:{person.public_id}",
            by_email=True,
        )
    tell_site(session, at=at)


def no_more_help(session: TreatmentSession, *, by: Account, at: datetime, outcome: str) -> None:
    """Take the call back from whoever heard it: it is over, or the patient has left."""
    current = emergency_of(session)
    if current is not None:
        settle_task(key=_key(current.called), by=by, at=at, outcome=outcome)
        tell_site(session, at=at)


@transaction.atomic
def say_coming(*, session: UUID, by: Account, at: datetime, key: UUID) -> Done[SessionEvent | None]:
    """Put on record that somebody is on the way, by name; once for each and emergency.

    Nothing is done where none is open any more. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    current = emergency_of(row)
    if current is None or not current.is_open:
        return Done(None, Decision(), repeated=True)
    earlier = current.coming().filter(by=by).first()
    if earlier is not None:
        return Done(earlier, Decision(), repeated=True)
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.EMERGENCY_STEP,
        label="On the way",
        data={"code": COMING},
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell(
        "emergency-step-recorded", session=row, subject=event, by=by, at=at, detail={"code": COMING}
    )
    tell_site(row, at=at)
    return Done(event, Decision())


def _key(called: SessionEvent) -> str:
    return f"{TASK}:{called.public_id}"
