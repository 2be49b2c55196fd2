"""Who must hear of an emergency: every screen of the site, and whoever may prescribe there.

Who hears it for how long is decided by core.treatment.calls. Whoever is on the way first owns the
task; when the emergency is over the prescriber has another one, to review it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.monitoring.services.escalation import prescribers, tell_site
from afterglow.apps.notices.services import send_notice
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.emergencies import SAYS, Emergency, emergency_of
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import done_before, lock_session, refuse, tell
from afterglow.apps.treatment.services.tasks import prescriber_here
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.services import open_task, own_task, settle_task
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action
from afterglow.core.treatment.calls import (
    ANSWERS,
    EMERGENCY_IS_OVER,
    FROM_THERE,
    CallAct,
    assess_answer,
    assess_enough,
)

TASK: Final = "emergency_called"
LATE: Final = "emergency_known_late"
REVIEW: Final = "emergency_review"


def call_for_help(session: TreatmentSession, called: SessionEvent, *, at: datetime) -> None:
    """Tell the site's screens and whoever may prescribe; in the transaction of the call.

    Nobody has to acknowledge anything first, and no other room's acknowledgement takes it away.
    What arrives long after it began is told as what became known late. What arrives after its end
    calls nobody.
    """
    current = emergency_of(session)
    if current is None or current.called.pk != called.pk or not current.is_open:
        return
    open_task(
        kind=LATE if current.is_known_late else TASK,
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
            template="emergency-known-late" if current.is_known_late else "emergency-called",
            subject=called,
            site=session.site.public_id,
            at=at,
            key=f"{_key(called)}:{person.public_id}",
            by_email=True,
        )
    tell_site(session, at=at)


def no_more_help(session: TreatmentSession, *, by: Account, at: datetime, outcome: str) -> None:
    """Take the call back from whoever heard it: it is over, or the patient has left.

    The prescriber of the course is then asked by name to review it.
    """
    current = emergency_of(session)
    if current is None:
        return
    if settle_task(key=_key(current.called), by=by, at=at, outcome=outcome) is not None:
        _ask_for_review(session, current, by=by, at=at)
    tell_site(session, at=at)


def _ask_for_review(
    session: TreatmentSession, current: Emergency, *, by: Account, at: datetime
) -> None:
    open_task(
        kind=REVIEW,
        subject=current.called,
        site=session.site,
        patient=session.patient,
        owner=prescriber_here(session, at=at),
        at=at,
        by=by,
        key=f"{REVIEW}:{current.called.public_id}",
    )


@transaction.atomic
def answer_call(
    *, session: UUID, act: CallAct, by: Account, at: datetime, key: UUID
) -> Done[SessionEvent] | Refused:
    """Put on record what somebody elsewhere does about an open emergency; once for each answer.

    It ends the sound for them alone. The first who is on the way owns the task. ``act`` is one of
    ``ANSWERS``. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    if act not in ANSWERS:
        raise ValueError(f"{act!r} is no answer to a call; the answers are {ANSWERS}.")
    row = lock_session(session, action=Action.ANSWER_EMERGENCY, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    current = _open_in(row)
    roles = policies.roles_at(by, row.site, on=row.site.local_date(at))
    decision = (
        Decision((EMERGENCY_IS_OVER.reason(),))
        if current is None
        else assess_answer(current.call(), act, roles=roles)
    )
    if current is None or decision.refused:
        return refuse("answer-emergency", session=row, decision=decision, by=by, at=at)
    call = current.call()
    if (earlier := _said_before(current, act, by)) and not call.sounds_for(str(by.pk)):
        return Done(earlier, Decision(), repeated=True)
    event = _say(row, act, by=by, at=at, key=key)
    if act is CallAct.COMING and not call.has_said(CallAct.COMING):
        own_task(key=_key(current.called), owner=by, at=at)
    return Done(event, Decision())


@transaction.atomic
def judge_help(
    *, session: UUID, act: CallAct, by: Account, at: datetime, key: UUID
) -> Done[SessionEvent] | Refused:
    """Say from the room that there is enough help, or call everybody again.

    ``act`` is one of ``FROM_THERE``. Enough ends the sound on every screen; the emergency stays in
    sight until it is over. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    if act not in FROM_THERE:
        raise ValueError(f"{act!r} is not said from the room; said there is one of {FROM_THERE}.")
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    current = _open_in(row)
    there = coverages.open_coverage(row)
    decision = (
        Decision((EMERGENCY_IS_OVER.reason(),))
        if current is None
        else assess_enough(
            current.call(),
            who=str(by.pk),
            with_patient=None if there is None else str(there.clinician_id),
        )
    )
    if current is None or decision.refused:
        return refuse("judge-help", session=row, decision=decision, by=by, at=at)
    return Done(_say(row, act, by=by, at=at, key=key), Decision())


def _open_in(session: TreatmentSession) -> Emergency | None:
    """Return the emergency that goes on; what was left open when the patient left does not."""
    current = emergency_of(session) if session.state in WATCHED else None
    return current if current is not None and current.is_open else None


def _said_before(current: Emergency, act: CallAct, by: Account) -> SessionEvent | None:
    mine = (step for step in current.steps if step.by_id == by.pk and step.data["code"] == act)
    return next(mine, None)


def _say(
    row: TreatmentSession, act: CallAct, *, by: Account, at: datetime, key: UUID
) -> SessionEvent:
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.EMERGENCY_STEP,
        label=SAYS[act],
        data={"code": str(act)},
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell(
        "emergency-step-recorded",
        session=row,
        subject=event,
        by=by,
        at=at,
        detail={"code": str(act)},
    )
    tell_site(row, at=at)
    return event


def _key(called: SessionEvent) -> str:
    return f"{TASK}:{called.public_id}"
