"""Recovery, discharge in every way a session can end, and being called back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services import cannot_serve
from afterglow.apps.monitoring.services import (
    assign_devices_of_room,
    refresh_alarms,
    release_devices,
)
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.facts.discharge import discharge as discharge_facts
from afterglow.apps.treatment.models import Discharge, Recovery, SessionEvent
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused, as_json
from afterglow.apps.treatment.services.acting import (
    done_before,
    lock_session,
    move_session,
    refuse,
    tell,
)
from afterglow.apps.treatment.services.coverage import begin_recovery, close_stretch
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.apps.treatment.services.helping import no_more_help
from afterglow.apps.treatment.services.tasks import (
    ask_for_signature,
    ask_to_follow_up,
    is_assessment,
    open_suicide_task,
    signature_not_due,
    standing_answers,
    stands,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action
from afterglow.core.scheduling.appointments import (
    APPOINTMENT,
    AppointmentAction,
    AppointmentState,
)
from afterglow.core.treatment.coverage import CoverageBegan
from afterglow.core.treatment.endings import ENDINGS, SessionEnding
from afterglow.core.treatment.lifecycles import SESSION, SessionAction, SessionState
from afterglow.core.treatment.saying import words

GOES_ALONE = "discharge"
"""What a prescriber signs on a session to let somebody go home alone."""
CRITERIA = frozenset(
    field.name
    for field in Recovery._meta.get_fields()
    if field.concrete
    and field.name not in {"id", "public_id", "row_version", "session"}
    and not field.name.endswith(("_by", "_asked_at", "_assessed_at"))
)
"""What a person may fill in on the recovery page."""


@transaction.atomic
def save_recovery(
    *,
    session: UUID,
    answers: Mapping[str, Any],
    seen_version: int,
    by: Account,
    at: datetime,
    happened_at: datetime | None = None,
) -> Done[Recovery] | Refused:
    """Save some discharge criteria as found. Raises StaleRow when another tablet saved first.

    Only while the patient recovers: what is ticked before says nothing of the way home. A positive
    answer about suicide is not taken back: ``decision`` says so. ``happened_at``: when they were
    looked at, if that was before ``at``.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if unknown := sorted(set(answers) - CRITERIA):
        raise ValueError(f"{', '.join(unknown)} is not a discharge criterion.")
    if row.state != SessionState.RECOVERY:
        why = blocker(
            "SESSION_NOT_IN_STATE",
            f"The session is {words(row.state)}; the criteria are answered while the patient "
            "recovers.",
            seen=str(row.state),
            limit=str(SessionState.RECOVERY),
        )
        return refuse("save-recovery", session=row, decision=Decision((why,)), by=by, at=at)
    recovery = Recovery.objects.select_for_update(of=("self",), no_key=True).get(session=row)
    looked = happened_at or at
    standing = standing_answers(recovery, answers)
    changed = {
        name: value
        for name, value in answers.items()
        if getattr(recovery, name) != value and name not in standing
    }
    assessed = is_assessment(answers, changed, session=row)
    for name, value in changed.items():
        setattr(recovery, name, value)
    if answers.get("suicide_statement_positive") is not None:
        recovery.suicide_asked_at = looked
    if assessed:
        done = recovery.suicide_level != SuicideScreen.NOT_DONE
        recovery.suicide_assessed_by = by if done else None
        recovery.suicide_assessed_at = looked if done else None
        recovery.suicide_asked_at = recovery.suicide_asked_at or looked
    recovery.save_version(seen=seen_version)
    found = recovery.suicide_level not in (SuicideScreen.NOT_DONE, SuicideScreen.NONE)
    if recovery.suicide_statement_positive or found:
        open_suicide_task(session=row, subject=recovery, at=at)
    tell(
        "recovery-saved",
        session=row,
        subject=recovery,
        by=by,
        at=at,
        detail={"fields": sorted(changed), "standing": list(standing)},
    )
    return Done(recovery, Decision.from_reasons(stands(standing)))


@transaction.atomic
def discharge(
    *,
    session: UUID,
    ending: SessionEnding,
    fields: Mapping[str, Any],
    by: Account,
    at: datetime,
    key: UUID,
    prescriber: Countersignature | None = None,
) -> Done[Discharge] | Refused:
    """End the session in one of its ways, or refuse with every reason. Safe to repeat.

    Going home needs the discharge criteria; leaving against advice, a transfer and a death need
    their own fields on record instead. Going home without an escort needs a prescriber: whoever
    ends the session is one, or one signs in beside them.
    """
    row = lock_session(session, action=Action.DISCHARGE, by=by, at=at)
    if earlier := done_before(Discharge.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    rule = ENDINGS[ending]
    if not SESSION.can(SessionState(row.state), rule.action):
        possible = [each for each in SessionEnding if row.state in ENDINGS[each].from_states]
        allowed = ", ".join(map(words, possible)) or "none, record the pump as stopped first"
        why = blocker(
            "ENDING_NOT_POSSIBLE",
            f"A session that is {words(row.state)} cannot end as {words(ending)}; "
            f"possible: {allowed}.",
            seen=str(row.state),
            limit=allowed,
            ending=words(ending),
        )
        return refuse("discharge", session=row, decision=Decision((why,)), by=by, at=at)
    agreed_by = prescriber.account if prescriber else by
    decision = discharge_decision(row, ending=ending, fields=fields, at=at, agreed_by=agreed_by)
    if prescriber is not None:
        unfit = cannot_serve(prescriber, act=GOES_ALONE, subject=row, by=by, at=at)
        decision &= Decision.from_reasons(unfit)
    if decision.refused:
        return refuse("discharge", session=row, decision=decision, by=by, at=at)
    facts = discharge_facts(row, ending=ending, fields=fields, at=at, agreed_by=agreed_by)
    left = Discharge.objects.create(
        session=row,
        ending=ending,
        fields=dict(fields),
        facts=_jsonable(asdict(facts)),
        reasons=as_json(decision),
        agreed_by=prescriber,
        by=by,
        at=at,
        key=key,
    )
    row.ending = ending
    row.ending_reason = str(fields.get("reason", ""))
    row.ended_at = at
    close_stretch(row, by=by, at=at)
    move_session(row, rule.action)
    no_more_help(row, by=by, at=at, outcome="The patient has left.")
    _finish_appointment(row)
    ask_for_signature(session=row, by=by, at=at)
    if ending not in (SessionEnding.DIED, SessionEnding.TRANSFERRED_TO_HOSPITAL):
        ask_to_follow_up(session=row, by=by, at=at)
    release_devices(session=row.public_id, reason="discharge", by=by, at=at)
    refresh_alarms(session=row.public_id, at=at)
    tell(
        "session-ended",
        session=row,
        subject=left,
        by=by,
        at=at,
        detail={"ending": str(ending), "codes": list(decision.codes)},
    )
    return Done(left, decision)


def _finish_appointment(session: TreatmentSession) -> None:
    booked = session.appointment
    if booked is not None and APPOINTMENT.can(
        AppointmentState(booked.state), AppointmentAction.FINISH
    ):
        booked.state = APPOINTMENT.step(AppointmentState(booked.state), AppointmentAction.FINISH)
        booked.save_version()


@transaction.atomic
def call_back(
    *, session: UUID, reason: str, by: Account, at: datetime, key: UUID
) -> Done[TreatmentSession] | Refused:
    """Somebody who turns faint at the door is a patient again: back to recovery, on the monitor.

    From now on observation, scores, vital signs and the question about suicide count anew, and
    every criterion is unanswered; what was found about suicide stands. The room's devices serve
    the session again, but for those that serve the next patient by now. ``reason`` may not be
    empty. Safe to repeat: with the same key, or by a second tablet.
    """
    row = lock_session(session, action=Action.DISCHARGE, by=by, at=at)
    earlier = done_before(SessionEvent.objects.all(), key=key, session=row)
    if earlier or (row.state == SessionState.RECOVERY and queries.called_back(row)):
        return Done(row, Decision(), repeated=True)
    reasons = []
    if not reason.strip():
        reasons.append(
            blocker("CALL_BACK_WITHOUT_REASON", "Say in words why the patient is called back.")
        )
    if not SESSION.can(SessionState(row.state), SessionAction.CALL_BACK):
        reasons.append(
            blocker(
                "SESSION_NOT_IN_STATE",
                f"The session is {words(row.state)}; only a discharged patient is called back.",
                seen=str(row.state),
                limit="discharged",
            )
        )
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("call-back", session=row, decision=decision, by=by, at=at)
    called = SessionEvent.objects.create(
        session=row,
        kind=EventKind.CALLED_BACK,
        text=reason.strip(),
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    row.ending, row.ending_reason, row.ended_at = "", "", None
    move_session(row, SessionAction.CALL_BACK)
    begin_recovery(row, began=CoverageBegan.CALLED_BACK, by=by, at=at)
    _ask_all_again(Recovery.objects.select_for_update(of=("self",), no_key=True).get(session=row))
    signature_not_due(session=row, by=by, at=at)
    assign_devices_of_room(session=row.public_id, by=by, at=at)
    refresh_alarms(session=row.public_id, at=at)
    tell("patient-called-back", session=row, subject=called, by=by, at=at)
    return Done(row, Decision())


def _ask_all_again(recovery: Recovery) -> None:
    """Leave every criterion unanswered, but for who the escort is and what stands of suicide."""
    found = recovery.suicide_level not in (SuicideScreen.NOT_DONE, SuicideScreen.NONE)
    blank = Recovery()
    for name in CRITERIA - _WHO_THE_ESCORT_IS - {"suicide_level"}:
        if name != "suicide_statement_positive" or not recovery.suicide_statement_positive:
            setattr(recovery, name, getattr(blank, name))
    recovery.suicide_asked_at = None
    if not found:
        recovery.suicide_level = SuicideScreen.NOT_DONE
        recovery.suicide_assessed_by, recovery.suicide_assessed_at = None, None
    recovery.save_version()


_WHO_THE_ESCORT_IS = frozenset({"escort_name", "escort_relation", "escort_phone"})


def _jsonable(value: Any) -> Any:
    """Return facts as JSON keeps them: times as ISO text, numbers as they are, codes as text."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
