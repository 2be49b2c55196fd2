"""What stands on paper and has a verb of its own: a start, a hand-over, an emergency.

Nobody starts an infusion on paper (docs/how-to/work-on-paper.md). But a start can be lost: the
server comes back as it was before it. What ran, ran: it is charted at its own time, readiness is
judged afterwards as of then, what stood against it is kept, and the medical director gets a task.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.treatment import coverages, queries
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.models import Coverage, Infusion, PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import cannot_watch, move_session, tell
from afterglow.apps.treatment.services.charting import record_event
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.treatment.services.coverage import close_stretch, name_clinician, open_stretch
from afterglow.apps.treatment.services.deciding import readiness_decision
from afterglow.apps.treatment.services.deviations import note_deviation
from afterglow.apps.treatment.services.helping import call_for_help, no_more_help
from afterglow.apps.treatment.services.rates import fastest_of
from afterglow.apps.treatment.services.tasks import ask_for_review
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.quantities import Rate
from afterglow.core.treatment import pump_rate
from afterglow.core.treatment.calls import became_known_late
from afterglow.core.treatment.coverage import CoverageBegan, CoveragePhase
from afterglow.core.treatment.lifecycles import SessionAction, SessionState


def start_from_paper(
    row: TreatmentSession,
    *,
    happened_at: datetime,
    rate: Rate | None,
    reason: str,
    by: Account,
    at: datetime,
    key: UUID,
    really_ran: bool = False,
) -> Done[PumpAction] | Refused:
    """Chart a start that the record lost; the session is locked.

    It needs what an infusion is made of: a checked bag, a clinician, a room, and nobody of them
    taken at that time. Its rate is judged as at the screen; one past the protocol's fastest is
    charted where the pump ``really_ran`` at it. Everything else that stood against it is said in
    the entry's reason.
    """
    preparation = queries.preparation_in_use(row)
    against: list[Reason | None] = [_no_start(row, happened_at, at)]
    if preparation is None or preparation.checked_by is None:
        against.append(_lacking("a checked bag"))
    elif rate is not None:
        facts = pump_rate.RateFacts(rate, fastest_of(row, preparation), really_ran, reason)
        against += pump_rate.assess(facts)
    if row.clinician is None:
        against.append(_lacking("a clinician"))
    if row.room is None:
        against.append(_lacking("a room"))
    decision = Decision.from_reasons(against)
    if decision.refused or preparation is None or row.clinician is None:
        return Refused(decision)
    judged = readiness_decision(row, at=happened_at)
    try:
        with transaction.atomic():
            infusion = Infusion.objects.create(
                session=row,
                preparation=preparation,
                clinician=row.clinician,
                patient=row.patient,
                room=row.room,
                started_at=happened_at,
                key=key,
            )
            stretch = open_stretch(
                row,
                clinician=row.clinician,
                phase=CoveragePhase.INFUSING,
                began=CoverageBegan.FROM_PAPER,
                by=by,
                at=happened_at,
            )
    except IntegrityError:
        return Refused(Decision((_taken(row.clinician),)))
    said = f"From paper; judged afterwards: {', '.join(judged.codes) or 'nothing against it'}."
    action = PumpAction.objects.create(
        infusion=infusion,
        sequence=1,
        kind=PumpActionKind.START,
        rate_ml_per_h=rate or preparation.rate_ml_per_h,
        at=happened_at,
        recorded_at=at,
        reason=f"{reason} {said}".strip(),
        by=by,
        key=key,
    )
    move_session(row, SessionAction.START_INFUSION)
    tell(
        "infusion-started",
        session=row,
        subject=infusion,
        by=by,
        at=at,
        detail={
            "from_paper": True,
            "happened_at": happened_at.isoformat(),
            "stretch": str(stretch.public_id),
            "against": list(judged.codes),
        },
    )
    ask_for_review(session=row, by=by, at=at)
    note_deviation(row, action, decision, by=by, at=at)
    judge([row], at=at)
    return Done(action, decision)


def _no_start(row: TreatmentSession, when: datetime, at: datetime) -> Reason | None:
    if row.state != SessionState.READY:
        return blocker(
            "PAPER_START_NOT_READY",
            f"The session is {str(row.state).replace('_', ' ')}; a start is copied from paper "
            "while it is ready and none is charted.",
            seen=str(row.state),
            limit=str(SessionState.READY),
        )
    if not row.checked_in_at <= when <= at:
        return blocker(
            "PAPER_START_OUT_OF_TIME",
            f"The start on paper at {clock_of(row, when)} is not between check-in at "
            f"{clock_of(row, row.checked_in_at)} and now, {clock_of(row, at)}.",
            seen=clock_of(row, when),
            limit=f"{clock_of(row, row.checked_in_at)} / {clock_of(row, at)}",
        )
    return None


def _lacking(what: str) -> Reason:
    return blocker(
        "PAPER_START_INCOMPLETE",
        f"The record has not {what} for this session; enter that first.",
        seen="none",
        limit=what,
    )


def _taken(who: Account) -> Reason:
    return blocker(
        "PAPER_TIME_TAKEN",
        f"At that time the record has {who.get_short_name()}, the patient or the room with another "
        "infusion. One of the two times is wrong.",
        seen=who.get_short_name(),
    )


def take_over_from_paper(
    row: TreatmentSession,
    *,
    happened_at: datetime,
    to: UUID,
    by: Account,
    at: datetime,
    key: UUID,
) -> Done[SessionEvent] | Refused:
    """Chart that somebody took the patient over, as the paper says; the session is locked.

    Nobody signed for it: the stretch says that it is from paper, and so does the certificate.
    """
    taker = Account.objects.get(public_id=to)
    now = coverages.open_coverage(row)
    against: list[Reason] = list(cannot_watch(taker, session=row, at=happened_at) or ())
    if now is None or row.state not in (SessionState.INFUSING, SessionState.RECOVERY):
        against.append(
            blocker(
                "PAPER_NOBODY_TO_RELIEVE",
                "The record has nobody with the patient then; take the patient over at the screen.",
                seen=str(row.state),
            )
        )
    elif now.clinician_id == taker.pk or happened_at <= now.during.lower:
        against.append(
            blocker(
                "PAPER_TAKE_OVER_OUT_OF_ORDER",
                f"The record has {now.clinician.get_short_name()} with the patient since "
                f"{clock_of(row, now.during.lower)}, which is not before "
                f"{clock_of(row, happened_at)} on paper.",
                seen=clock_of(row, happened_at),
                limit=clock_of(row, now.during.lower),
                who=now.clinician.get_short_name(),
            )
        )
    if against or now is None:
        return Refused(Decision.from_reasons(against))
    try:
        with transaction.atomic():
            close_stretch(row, by=by, at=happened_at)
            stretch: Coverage = open_stretch(
                row,
                clinician=taker,
                phase=CoveragePhase(now.phase),
                began=CoverageBegan.FROM_PAPER,
                by=by,
                at=happened_at,
                key=key,
            )
            name_clinician(row, taker)
    except IntegrityError:
        return Refused(Decision((_taken(taker),)))
    told: dict[str, Any] = {
        "from": str(now.clinician.public_id),
        "to": str(taker.public_id),
        "how": str(CoverageBegan.FROM_PAPER),
    }
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.HAND_OVER,
        label=taker.get_short_name(),
        data=told,
        at=happened_at,
        recorded_at=at,
        by=by,
        key=uuid.uuid5(key, "event"),
    )
    tell("clinician-changed", session=row, subject=stretch, by=by, at=at, detail=told)
    judge([row], at=at)
    return Done(event, Decision())


EMERGENCY = (EventKind.EMERGENCY_CALLED, EventKind.EMERGENCY_STEP, EventKind.EMERGENCY_OVER)


def emergency_from_paper(
    row: TreatmentSession,
    *,
    kind: EventKind,
    happened_at: datetime,
    text: str,
    by: Account,
    at: datetime,
    key: UUID,
) -> Done[SessionEvent] | Refused:
    """Chart one line of an emergency at its paper time; the session is locked.

    A step and the end belong to an emergency that is open; a second time zero is refused while one
    is. The pump's stop is a line of its own. What the paper leaves open stays open on the screen.
    """
    current = emergency_of(row)
    is_open = current is not None and current.is_open
    if (kind is EventKind.EMERGENCY_CALLED) is is_open:
        why = blocker(
            "PAPER_EMERGENCY_OUT_OF_ORDER",
            "An emergency is open already; its time zero stands."
            if is_open
            else "No emergency is open at that time: copy its time zero first.",
            seen=str(kind),
        )
        return Refused(Decision((why,)))
    step = kind is EventKind.EMERGENCY_STEP
    is_late = kind is EventKind.EMERGENCY_CALLED and became_known_late(began=happened_at, known=at)
    done = record_event(
        session=row.public_id,
        kind=kind,
        by=by,
        at=at,
        key=key,
        happened_at=happened_at,
        label=text[:120] if step else "",
        text="" if step else text,
        data={"code": "FROM_PAPER"} if step else {"known": "late"} if is_late else None,
    )
    if isinstance(done, Refused) or done.repeated:
        return done
    if kind is EventKind.EMERGENCY_CALLED:
        call_for_help(row, done.row, at=at)
    elif kind is EventKind.EMERGENCY_OVER:
        no_more_help(row, by=by, at=at, outcome="The emergency is over.")
    return done
