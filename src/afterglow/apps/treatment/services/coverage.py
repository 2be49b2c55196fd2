"""Who is with the patient: opened by the start, taken over by a second sign-in, closed by leaving.

Whoever takes a patient signs in for it with their PIN or password, on the spot. What was on their
page travels with it: when two take the patient at once, one does, and the other reads who did.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services.countersigning import SecondPerson, countersign
from afterglow.apps.accounts.services.pins import verify_secret
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.facts import coverage as facts
from afterglow.apps.treatment.facts.discharge import recovery as recovery_facts
from afterglow.apps.treatment.facts.presence import CONFIRMED
from afterglow.apps.treatment.models import Coverage, Infusion, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services.acting import done_before, lock_session, refuse, tell
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action
from afterglow.core.treatment import discharge
from afterglow.core.treatment.coverage import (
    LEFT_BY_ANOTHER,
    NOT_WATCHED_NOW,
    PRESENCE_OF_ANOTHER,
    CoverageBegan,
    CoveragePhase,
    assess_taking,
)
from afterglow.core.treatment.lifecycles import SessionState

ACT = "take-over-patient"
"""What whoever takes a patient signs, on the session."""


def open_stretch(
    session: TreatmentSession,
    *,
    clinician: Account,
    phase: CoveragePhase,
    began: CoverageBegan,
    by: Account,
    at: datetime,
    key: UUID | None = None,
    countersignature: Countersignature | None = None,
    covers_for: Account | None = None,
    back_by: datetime | None = None,
) -> Coverage:
    """Write that somebody is with the patient from ``at``; the session is locked by the caller."""
    return Coverage.objects.create(
        session=session,
        clinician=clinician,
        phase=phase,
        during=DateTimeTZRange(at, None),
        began=began,
        opened_by=by,
        countersignature=countersignature,
        covers_for=covers_for,
        back_by=back_by,
        key=key or uuid.uuid4(),
    )


def close_stretch(
    session: TreatmentSession, *, by: Account, at: datetime, reason: str = ""
) -> Coverage | None:
    """Close the open stretch at ``at``, if there is one. Returns it."""
    row: Coverage | None = (
        Coverage.objects.locked().filter(session=session, during__upper_inf=True).first()
    )
    if row is None:
        return None
    # A stretch lasts: somebody who came and left in the same instant was there for that instant.
    ends = max(at, row.during.lower + timedelta(microseconds=1))
    row.during = DateTimeTZRange(row.during.lower, ends)
    row.closed_by = by
    row.left_reason = reason[:200]
    row.save(update_fields=["during", "closed_by", "left_reason"])
    return row


def pump_stopped(session: TreatmentSession, *, by: Account, at: datetime, when: datetime) -> None:
    """End the one-to-one stretch at the stop and begin the recovery's; the session is locked.

    A stop that is charted late ends it when the pump stopped, unless somebody took over since: then
    they were one to one with the patient until it was known. Where nobody was with the patient,
    nobody is now.
    """
    now = coverages.open_coverage(session)
    if now is None:
        return
    ends = when if now.during.lower < when else at
    close_stretch(session, by=by, at=ends)
    begin_recovery(session, began=CoverageBegan.PUMP_STOPPED, by=by, at=ends)


def begin_recovery(
    session: TreatmentSession, *, began: CoverageBegan, by: Account, at: datetime
) -> None:
    """Write who watches the recovery that begins; nobody when nobody is named."""
    if session.clinician is None:
        return
    last = Coverage.objects.filter(session=session).order_by("during").last()
    begins = at if last is None or last.during.upper is None else max(at, last.during.upper)
    open_stretch(
        session,
        clinician=session.clinician,
        phase=CoveragePhase.RECOVERY,
        began=began,
        by=by,
        at=begins,
    )


@transaction.atomic
def take_over(
    *,
    session: UUID,
    taker: SecondPerson,
    seen: UUID | None,
    by: Account,
    at: datetime,
    key: UUID,
    break_for: timedelta | None = None,
) -> Done[Coverage] | Refused:
    """Take the patient over, signed in by PIN or password, or refuse with every reason.

    ``seen`` is the stretch that was on the taker's page (None: nobody was with the patient).
    ``break_for``: only cover a break, for so long. While drug runs the taker has no other running
    infusion; in recovery no more patients than the protocol allows. Safe to repeat with a key.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(Coverage.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    signed = _sign(taker, session=row, by=by, at=at)
    if isinstance(signed, Decision):
        return refuse("take-over", session=row, decision=signed, by=by, at=at)
    to, signature = signed
    # Whoever takes two patients in two rooms at once waits here, and is judged on the first.
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=to.pk)
    saw = Coverage.objects.filter(public_id=seen, session=row).first() if seen else None
    found = facts.taking(row, to=to, seen=saw, break_for=break_for, at=at)
    decision = assess_taking(found, rules_of(row.protocol_id).session.coverage)
    if decision.allowed and row.state == SessionState.RECOVERY:
        decision &= discharge.assess_recovery(
            recovery_facts(row, to=to), rules_of(row.protocol_id).session
        )
    if decision.refused:
        return refuse("take-over", session=row, decision=decision, by=by, at=at)
    return Done(_take(row, to, signature, break_for, by=by, at=at, key=key), decision)


def _sign(
    taker: SecondPerson, *, session: TreatmentSession, by: Account, at: datetime
) -> tuple[Account, Countersignature | None] | Decision:
    """Return who takes the patient and how they signed, or why they did not."""
    if taker.username.strip().casefold() == by.username.casefold():
        right = verify_secret(account=by, secret=taker.secret, at=at)
        return right if right.refused else (by, None)
    signature = countersign(
        by=taker,
        beside=by,
        act=ACT,
        subject=session,
        at=at,
        site=session.site,
        action=Action.CHART,
    )
    return signature if isinstance(signature, Decision) else (signature.account, signature)


def _take(
    session: TreatmentSession,
    to: Account,
    signature: Countersignature | None,
    break_for: timedelta | None,
    *,
    by: Account,
    at: datetime,
    key: UUID,
) -> Coverage:
    before = close_stretch(session, by=by, at=at)
    begins = at if before is None else max(at, before.during.upper)
    began = _how(before, to, break_for)
    row = open_stretch(
        session,
        clinician=to,
        phase=facts.PHASE[SessionState(session.state)],
        began=began,
        by=by,
        at=begins,
        key=key,
        countersignature=signature,
        covers_for=before.clinician if before and break_for is not None else None,
        back_by=None if break_for is None else begins + break_for,
    )
    name_clinician(session, to)
    told = {
        "from": str(before.clinician.public_id) if before else "",
        "to": str(to.public_id),
        "how": str(began),
    }
    SessionEvent.objects.create(
        session=session,
        kind=EventKind.HAND_OVER,
        label=to.get_short_name(),
        data=told,
        at=at,
        recorded_at=at,
        by=by,
        key=uuid.uuid5(key, "event"),
    )
    tell("clinician-changed", session=session, subject=row, by=by, at=at, detail=told)
    judge([session], at=at)
    return row


def _how(before: Coverage | None, to: Account, break_for: timedelta | None) -> CoverageBegan:
    if break_for is not None:
        return CoverageBegan.BREAK_COVER
    if before is None:
        return CoverageBegan.CAME_TO_UNCOVERED
    if before.covers_for_id == to.pk:
        return CoverageBegan.BACK_FROM_BREAK
    return CoverageBegan.TAKE_OVER


def name_clinician(session: TreatmentSession, to: Account) -> None:
    """Make ``to`` the clinician of the session and of its running infusion."""
    if session.clinician_id != to.pk:
        session.clinician = to
        session.save_version()
    infusion = (
        Infusion.objects.locked()
        .filter(session=session, state__in=coverages.RUNS)
        .exclude(clinician=to)
        .first()
    )
    if infusion is not None:
        infusion.clinician = to
        infusion.save_version()


@transaction.atomic
def confirm_presence(
    *,
    session: UUID,
    by: Account,
    at: datetime,
    key: UUID,
    happened_at: datetime | None = None,
    who: SecondPerson | None = None,
) -> Done[SessionEvent] | Refused:
    """Record the answer of the clinician on record that they are with the patient.

    Only they answer for themselves: by their own sign-in, or, on a screen of somebody else's, by
    their PIN (``who``). Anybody else who is there takes the patient over (``take_over``).
    ``happened_at``: when it was said, where a tablet kept the answer without a connection. Safe to
    repeat with the same key.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    said_at = happened_at or at
    now = Coverage.objects.filter(session=row, during__contains=said_at).first()
    if row.state not in facts.PHASE or now is None:
        why = (
            NOT_WATCHED_NOW.reason(seen=row.state, limit="infusing or recovery")
            if row.state not in facts.PHASE
            else blocker(
                "NOBODY_TO_CONFIRM",
                "Nobody is on record with the patient; whoever is there takes the patient over.",
            )
        )
        return refuse("confirm-presence", session=row, decision=Decision((why,)), by=by, at=at)
    signed = (by, None) if who is None else _sign(who, session=row, by=by, at=at)
    if isinstance(signed, Decision):
        return refuse("confirm-presence", session=row, decision=signed, by=by, at=at)
    answers = signed[0]
    if answers.pk != now.clinician_id:
        why = PRESENCE_OF_ANOTHER.reason(seen=answers.get_short_name())
        return refuse("confirm-presence", session=row, decision=Decision((why,)), by=by, at=at)
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.PRESENCE_CONFIRMED,
        label=now.clinician.get_short_name(),
        data={"who": str(now.clinician.public_id), "stretch": str(now.public_id)},
        at=said_at,
        recorded_at=at,
        by=answers,
        key=key,
    )
    tell(CONFIRMED, session=row, subject=event, by=answers, at=at)
    judge([row], at=at)
    return Done(event, Decision())


@transaction.atomic
def leave_alone(
    *, session: UUID, reason: str, by: Account, at: datetime, key: UUID
) -> Done[SessionEvent] | Refused:
    """Record that the clinician had to leave and nobody took over: an alarm begins at once.

    It is never refused to who is with the patient: the record says what is true. ``reason`` may
    not be empty. Safe to repeat with the same key.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    now = coverages.open_coverage(row)
    reasons = []
    if row.state not in facts.PHASE:
        reasons.append(NOT_WATCHED_NOW.reason(seen=row.state, limit="infusing or recovery"))
    elif now is None:
        reasons.append(
            blocker("NOBODY_TO_LEAVE", "Nobody is with the patient; whoever comes takes them.")
        )
    elif now.clinician_id != by.pk:
        reasons.append(LEFT_BY_ANOTHER.reason(seen=now.clinician.get_short_name()))
    if not reason.strip():
        reasons.append(blocker("LEFT_WITHOUT_REASON", "Say in a few words why you must leave."))
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("leave-alone", session=row, decision=decision, by=by, at=at)
    close_stretch(row, by=by, at=at, reason=reason.strip())
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.LEFT_ALONE,
        label=by.get_short_name(),
        text=reason.strip(),
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell("clinician-changed", session=row, subject=event, by=by, at=at, detail={"to": ""})
    judge([row], at=at)
    return Done(event, Decision())
