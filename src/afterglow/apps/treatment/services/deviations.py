"""The pump really ran past what the protocol allows: written down, told, and somebody's to see."""

from __future__ import annotations

import uuid
from datetime import datetime

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.models import PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.services.acting import tell
from afterglow.apps.treatment.services.tasks import prescriber_here
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.kinds import PUMP_RAN_TOO_FAST
from afterglow.apps.work.services import open_task, settle_task
from afterglow.core.decisions import Decision
from afterglow.core.treatment.codes.pump import RATE_RAN_ABOVE_HARD_LIMIT

DEVIATION = "Deviation"
"""What the record calls it: English, as all of it."""


def note_deviation(
    session: TreatmentSession, action: PumpAction, judged: Decision, *, by: Account, at: datetime
) -> None:
    """Note a pump entry that was charted past the hard limit, and give the prescriber a task.

    Where the course's prescriber is not here any more, every prescriber of the site has it at once.
    Does nothing for any other entry. The alarm follows from the charted rate by itself.
    """
    said = next((why for why in judged if why.code == RATE_RAN_ABOVE_HARD_LIMIT.code), None)
    if said is None:
        return
    noted = SessionEvent.objects.create(
        session=session,
        kind=EventKind.NOTE,
        label=DEVIATION,
        text=f"{said.sentence} {action.reason}".strip(),
        data={"pump_action": str(action.public_id), "seen": said.seen, "limit": said.limit},
        at=action.at,
        recorded_at=at,
        by=by,
        key=uuid.uuid5(action.key, "deviation"),
    )
    tell("event-recorded", session=session, subject=noted, by=by, at=at, detail={"kind": "note"})
    open_task(
        kind=PUMP_RAN_TOO_FAST,
        key=_task_key(action),
        subject=session,
        site=session.site,
        patient=session.patient,
        owner=prescriber_here(session, at=at),
        at=at,
        by=by,
    )


def take_back_deviation(
    session: TreatmentSession, action: PumpAction, *, reason: str, by: Account, at: datetime
) -> None:
    """Withdraw what was said of a pump entry that was charted in error, and end its task."""
    for noted in SessionEvent.objects.filter(
        session=session, kind=EventKind.NOTE, data__pump_action=str(action.public_id)
    ):
        SessionEvent.objects.create(
            session=session,
            kind=EventKind.WITHDRAWN,
            text=reason,
            at=at,
            recorded_at=at,
            by=by,
            about=noted,
            key=uuid.uuid5(noted.key, "withdrawn"),
        )
    settle_task(key=_task_key(action), by=by, at=at, outcome="Charted in error, and taken back.")


def _task_key(action: PumpAction) -> str:
    return f"{PUMP_RAN_TOO_FAST}:{action.public_id}"
