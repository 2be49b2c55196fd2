"""Start, change, pause, resume and stop an infusion: the pump's story as charted."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.coverages import open_coverage
from afterglow.apps.treatment.facts.discharge import recovery as recovery_facts
from afterglow.apps.treatment.models import Infusion, PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services.acting import (
    done_before,
    lock_session,
    move_session,
    refuse,
    tell,
)
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.treatment.services.coverage import open_stretch, pump_stopped
from afterglow.apps.treatment.services.deciding import readiness_decision
from afterglow.apps.treatment.services.deviations import note_deviation
from afterglow.apps.treatment.services.rates import fastest_rate, most_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.quantities import Rate
from afterglow.core.roles import Action
from afterglow.core.treatment import discharge, pump_rate
from afterglow.core.treatment.codes.discharge import RECOVERY_NOT_WATCHED
from afterglow.core.treatment.coverage import CoverageBegan, CoveragePhase
from afterglow.core.treatment.endings import INFUSION_ENDINGS, InfusionEnding
from afterglow.core.treatment.lifecycles import (
    INFUSION,
    InfusionAction,
    InfusionState,
    SessionAction,
    SessionState,
    step_infusion,
)
from afterglow.db.models import StaleRow

_STEP = {
    PumpActionKind.CHANGE_RATE: InfusionAction.CHANGE_RATE,
    PumpActionKind.PAUSE: InfusionAction.PAUSE,
    PumpActionKind.RESUME: InfusionAction.RESUME,
}


@transaction.atomic
def start_infusion(
    *, session: UUID, by: Account, at: datetime, key: UUID
) -> Done[Infusion] | Refused:
    """Start the prepared infusion, or refuse with every reason. Safe to repeat with the same key.

    The clinician of the session is the one who watches; whoever presses start is on record too.
    """
    row = lock_session(session, action=Action.START_INFUSION, by=by, at=at)
    if running := Infusion.objects.filter(key=key, session=row).first():
        return Done(running, Decision(), repeated=True)
    if row.state != SessionState.READY:
        return refuse(
            "start-infusion",
            session=row,
            decision=_wrong_state(row, "started", limit="ready") & readiness_decision(row, at=at),
            by=by,
            at=at,
        )
    _wait_for_others(row)
    decision = readiness_decision(row, at=at)
    preparation = queries.preparation_in_use(row)
    if decision.refused or preparation is None or row.clinician is None or row.room is None:
        return refuse("start-infusion", session=row, decision=decision, by=by, at=at)
    infusion = Infusion.objects.create(
        session=row,
        preparation=preparation,
        clinician=row.clinician,
        patient=row.patient,
        room=row.room,
        started_at=at,
        key=key,
    )
    PumpAction.objects.create(
        infusion=infusion,
        sequence=1,
        kind=PumpActionKind.START,
        rate_ml_per_h=preparation.rate_ml_per_h,
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    move_session(row, SessionAction.START_INFUSION)
    open_stretch(
        row,
        clinician=row.clinician,
        phase=CoveragePhase.INFUSING,
        began=CoverageBegan.START,
        by=by,
        at=at,
    )
    tell(
        "infusion-started",
        session=row,
        subject=infusion,
        by=by,
        at=at,
        detail={
            "drawn_mg": str(preparation.drawn_mg.value),
            "rate_ml_per_h": str(preparation.rate_ml_per_h.value),
            "cautions": list(decision.codes),
        },
    )
    return Done(infusion, decision)


def _wait_for_others(session: TreatmentSession) -> None:
    """Lock whom and what a start claims, always in this order, until the transaction ends.

    Two tablets may start two sessions of one patient, one room or one clinician at the same
    moment: the second waits here, and is then judged on what the first one did.
    """
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=session.patient_id)
    if session.room_id is not None:
        Room.objects.select_for_update(of=("self",), no_key=True).get(pk=session.room_id)
    if session.clinician_id is not None:
        Account.objects.select_for_update(of=("self",), no_key=True).get(pk=session.clinician_id)


@transaction.atomic
def act_on_pump(
    *,
    session: UUID,
    kind: PumpActionKind,
    by: Account,
    at: datetime,
    key: UUID,
    seen_sequence: int,
    happened_at: datetime | None = None,
    rate: Rate | None = None,
    reason: str = "",
    really_ran: bool = False,
) -> Done[PumpAction] | Refused:
    """Chart a rate change, a pause or a resume. Safe to repeat with the same key.

    ``seen_sequence`` is the last pump action that was on the person's screen: when another tablet
    has charted one since, StaleRow is raised and nothing is saved. ``rate`` is needed for a change
    and optional for a resume (the last running rate that the protocol allows is taken).
    ``really_ran``: the pump ran at it, whatever was meant. Past the protocol's fastest it is then
    charted with its reason, as a deviation: an alarm, a note and a task for the prescriber.
    """
    if kind not in _STEP:
        raise ValueError(f"{kind} is not charted here; starting and stopping have their own verbs.")
    row = lock_session(session, action=Action.RUN_INFUSION, by=by, at=at)
    if earlier := done_before(PumpAction.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    when = happened_at or at
    infusion = Infusion.objects.locked().filter(session=row).order_by("-started_at").first()
    if infusion is None or InfusionState(infusion.state) not in (
        InfusionState.RUNNING,
        InfusionState.PAUSED,
    ):
        decision = _wrong_state(row, str(kind).replace("_", " "), limit="infusing")
        return refuse(str(kind), session=row, decision=decision, by=by, at=at)
    last = _last_standing(infusion)
    if last is None:
        raise AssertionError("An infusion begins with its start.")
    if last.sequence != seen_sequence:
        raise StaleRow(infusion, seen=seen_sequence, current=last.sequence)
    judged = _judge_step(infusion, last, kind, rate, when, at, really_ran=really_ran, reason=reason)
    if judged.refused:
        return refuse(str(kind), session=row, decision=judged, by=by, at=at)
    new_rate = rate if rate is not None else _running_rate(infusion)
    if kind is PumpActionKind.PAUSE:
        new_rate = queries.STOPPED
    infusion.state = step_infusion(InfusionState(infusion.state), _STEP[kind])
    infusion.save_version()
    action = PumpAction.objects.create(
        infusion=infusion,
        sequence=_next_sequence(infusion),
        kind=kind,
        rate_ml_per_h=new_rate,
        at=when,
        recorded_at=at,
        reason=reason,
        by=by,
        key=key,
    )
    tell(
        _EVENT[kind],
        session=row,
        subject=action,
        by=by,
        at=at,
        detail={
            "from_ml_per_h": str(last.rate_ml_per_h.value),
            "to_ml_per_h": str(new_rate.value),
            "happened_at": when.isoformat(),
            "cautions": list(judged.codes),
        },
    )
    note_deviation(row, action, judged, by=by, at=at)
    judge([row], at=at)
    return Done(action, judged)


_EVENT = {
    PumpActionKind.CHANGE_RATE: "rate-changed",
    PumpActionKind.PAUSE: "infusion-paused",
    PumpActionKind.RESUME: "infusion-resumed",
}


@transaction.atomic
def record_pump_stopped(
    *,
    session: UUID,
    ending: InfusionEnding,
    by: Account,
    at: datetime,
    key: UUID,
    happened_at: datetime | None = None,
    reason: str = "",
) -> Done[PumpAction] | Refused:
    """Chart that the pump was stopped. It asks nothing first and never waits for another tablet.

    The latest state is taken whatever the person saw: a stop is never refused because somebody
    else changed the rate a second ago. Safe to repeat, with the same key or another. What is
    returned says whether the patient's clinician now watches more people in recovery than allowed.
    """
    row = lock_session(session, action=Action.STOP_INFUSION, by=by, at=at)
    infusion = Infusion.objects.locked().filter(session=row).order_by("-started_at").first()
    if infusion is None:
        decision = _wrong_state(row, "stopped", limit="infusing")
        return refuse("stop-infusion", session=row, decision=decision, by=by, at=at)
    last = _last_standing(infusion)
    if last is None:
        raise AssertionError("An infusion begins with its start.")
    if last.kind == PumpActionKind.STOP:
        return Done(last, Decision(), repeated=True)
    when = _after(last.at, min(happened_at or at, at))
    infusion.state = step_infusion(InfusionState(infusion.state), INFUSION_ENDINGS[ending].action)
    infusion.ended_at = when
    infusion.ending = ending
    infusion.ending_reason = reason
    infusion.save_version()
    action = PumpAction.objects.create(
        infusion=infusion,
        sequence=_next_sequence(infusion),
        kind=PumpActionKind.STOP,
        rate_ml_per_h=queries.STOPPED,
        at=when,
        recorded_at=at,
        reason=reason,
        by=by,
        key=key,
    )
    move_session(row, SessionAction.RECORD_PUMP_STOPPED)
    pump_stopped(row, by=by, at=at, when=when)
    watched = _watched_from_now_on(row)
    tell(
        "infusion-stopped",
        session=row,
        subject=infusion,
        by=by,
        at=at,
        detail={
            "ending": str(ending),
            "happened_at": when.isoformat(),
            "recovery": list(watched.codes),
        },
    )
    judge([row], at=at)
    return Done(action, watched)


def _watched_from_now_on(session: TreatmentSession) -> Decision:
    """Judge who watches the recovery that begins. It is said, and stops nothing."""
    if session.clinician is None or open_coverage(session) is None:
        return Decision((RECOVERY_NOT_WATCHED.reason(),))
    facts = recovery_facts(session, to=session.clinician)
    return discharge.assess_recovery(facts, rules_of(session.protocol_id).session)


def _last_standing(infusion: Infusion) -> PumpAction | None:
    """Return the last pump entry that was not charted in error."""
    return infusion.actions.filter(mistake__isnull=True).order_by("-sequence").first()


def _next_sequence(infusion: Infusion) -> int:
    """Return the next number of a pump entry; those in error keep theirs."""
    last = infusion.actions.order_by("-sequence").values_list("sequence", flat=True).first()
    return (last or 0) + 1


def _running_rate(infusion: Infusion) -> Rate:
    """Return the last rate above zero that was allowed: what a pump resumes at."""
    most = most_of(infusion.session, infusion.preparation)
    last = (
        infusion.actions.filter(
            rate_ml_per_h__gt=queries.STOPPED, rate_ml_per_h__lte=most, mistake__isnull=True
        )
        .order_by("-sequence")
        .first()
    )
    return last.rate_ml_per_h if last else infusion.preparation.rate_ml_per_h


def _after(earlier: datetime, when: datetime) -> datetime:
    """Keep pump actions in order: a stop in the same instant as a change comes just after it."""
    return max(when, earlier + timedelta(milliseconds=1))


def _judge_step(
    infusion: Infusion,
    last: PumpAction,
    kind: PumpActionKind,
    rate: Rate | None,
    when: datetime,
    at: datetime,
    *,
    really_ran: bool,
    reason: str,
) -> Decision:
    """Decide whether this step can be charted."""
    reasons = []
    if not INFUSION.can(InfusionState(infusion.state), _STEP[kind]):
        reasons.append(
            blocker(
                "PUMP_STEP_NOT_POSSIBLE",
                f"The infusion is {infusion.state}, so it cannot {str(kind).replace('_', ' ')}.",
                seen=infusion.state,
                step=str(kind).replace("_", " "),
            )
        )
    if when <= last.at:
        reasons.append(
            blocker(
                "PUMP_TIME_OUT_OF_ORDER",
                f"{clock_of(infusion.session, when)} is not after the last pump entry at "
                f"{clock_of(infusion.session, last.at)}.",
                seen=clock_of(infusion.session, when),
                limit=clock_of(infusion.session, last.at),
            )
        )
    if when > at:
        reasons.append(
            blocker(
                "PUMP_TIME_IN_FUTURE",
                f"{clock_of(infusion.session, when)} is in the future; it is now "
                f"{clock_of(infusion.session, at)}.",
                seen=clock_of(infusion.session, when),
                limit=clock_of(infusion.session, at),
            )
        )
    if kind is PumpActionKind.CHANGE_RATE and rate is None:
        reasons.append(blocker("RATE_MISSING", "A rate change needs the new rate in mL/h."))
    if rate is not None:
        facts = pump_rate.RateFacts(rate, fastest_rate(infusion), really_ran, reason)
        reasons += pump_rate.assess(facts)
    return Decision.from_reasons(reasons)


def _wrong_state(session: TreatmentSession, verb: str, *, limit: str) -> Decision:
    return Decision.from_reasons(
        blocker(
            "SESSION_NOT_IN_STATE",
            f"The session is {str(session.state).replace('_', ' ')}; it must be {limit} "
            f"to be {verb}.",
            seen=str(session.state),
            limit=limit,
        )
    )
