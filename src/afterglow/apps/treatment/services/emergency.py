"""The emergency: stop, time zero, and everything after it timed with one tap."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.services.escalation import tell_site
from afterglow.apps.treatment.emergencies import UNSIGNED, emergency_of
from afterglow.apps.treatment.facts.allergies import allergies_to
from afterglow.apps.treatment.models import Infusion, MedicineGiven, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import (
    done_before,
    lock_session,
    refuse,
    tell,
)
from afterglow.apps.treatment.services.charting import rejudge
from afterglow.apps.treatment.services.doses import dose_reasons
from afterglow.apps.treatment.services.helping import call_for_help, no_more_help
from afterglow.apps.treatment.services.infusions import record_pump_stopped
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker, caution
from afterglow.core.quantities import Dose
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import InfusionState

_RUNS = (InfusionState.RUNNING, InfusionState.PAUSED)


@transaction.atomic
def declare_emergency(
    *, session: UUID, by: Account, at: datetime, key: UUID, unsigned: bool = False
) -> Done[SessionEvent]:
    """Stop the infusion and set time zero. It is never refused and asks nothing.

    One emergency is open at a time: a second press, from any tablet, finds the first, and its time
    zero stands. ``unsigned``: it was pressed where nobody was signed in, and ``by`` left the
    screen's ticket (services.unsigned). Raises Forbidden, RecordLocked or DoesNotExist.
    """
    row = lock_session(session, action=Action.STOP_INFUSION, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    current = emergency_of(row)
    if current is not None and current.is_open:
        return Done(current.called, Decision(), repeated=True)
    if Infusion.objects.filter(session=row, state__in=_RUNS).exists():
        record_pump_stopped(
            session=session,
            ending=InfusionEnding.STOPPED_IN_EMERGENCY,
            by=by,
            at=at,
            key=stop_key(key),
        )
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.EMERGENCY_CALLED,
        data={UNSIGNED: True} if unsigned else {},
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell("emergency-declared", session=row, subject=event, by=by, at=at)
    call_for_help(row, event, at=at)
    return Done(event, Decision())


@transaction.atomic
def record_step(
    *, session: UUID, code: str, label: str, by: Account, at: datetime, key: UUID, text: str = ""
) -> Done[SessionEvent] | Refused:
    """Time one step of the emergency with one tap. Safe to repeat with the same key."""
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    if (refusal := _not_open(row)) is not None:
        return refuse("emergency-step", session=row, decision=refusal, by=by, at=at)
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.EMERGENCY_STEP,
        label=label[:120],
        text=text,
        data={"code": code},
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
        detail={"code": code},
    )
    tell_site(row, at=at)  # the other screens say who called the emergency services
    return Done(event, Decision())


@transaction.atomic
def give_in_emergency(
    *,
    session: UUID,
    product: UUID,
    dose: Dose,
    route: str,
    by: Account,
    at: datetime,
    key: UUID,
    indication: str = "",
) -> Done[MedicineGiven] | Refused:
    """Chart a medicine given in the open emergency, ordered by word of mouth.

    It needs no line in the order. An allergy is said as a caution and does not stop the charting:
    what was given was given. Safe to repeat with the same key.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(MedicineGiven.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    reasons = list(_not_open(row) or ())
    reasons += dose_reasons(dose)
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("emergency-medicine", session=row, decision=decision, by=by, at=at)
    chosen = Product.objects.get(public_id=product)
    decision = Decision.from_reasons(
        caution("ALLERGY_TO_MEDICINE", f"The patient is allergic to {substance}.", seen=substance)
        for substance in allergies_to(row, chosen)
    )
    given = MedicineGiven.objects.create(
        session=row,
        product=chosen,
        dose_mg=dose,
        route=route,
        indication=indication or "emergency",
        is_sedative=chosen.is_sedative,
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell(
        "medicine-given",
        session=row,
        subject=given,
        by=by,
        at=at,
        detail={
            "product": chosen.key,
            "dose_mg": str(dose.value),
            "emergency": True,
            "cautions": list(decision.codes),
        },
    )
    rejudge(row, at=at)
    return Done(given, decision)


@transaction.atomic
def end_emergency(
    *, session: UUID, outcome: str, by: Account, at: datetime, key: UUID
) -> Done[SessionEvent] | Refused:
    """Say that the emergency is over and how it ended. It can be declared again."""
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    reasons = list(_not_open(row) or ())
    if not outcome.strip():
        reasons.append(
            blocker("EMERGENCY_WITHOUT_OUTCOME", "Say in a few words how the emergency ended.")
        )
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("end-emergency", session=row, decision=decision, by=by, at=at)
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.EMERGENCY_OVER,
        text=outcome.strip(),
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell("emergency-ended", session=row, subject=event, by=by, at=at)
    no_more_help(row, by=by, at=at, outcome="The emergency is over.")
    return Done(event, Decision())


def stop_key(key: UUID) -> UUID:
    """Return the key of the stop that an emergency of this key charts."""
    return uuid.uuid5(key, "pump-stopped")


def _not_open(session: TreatmentSession) -> Decision | None:
    current = emergency_of(session)
    if current is not None and current.is_open:
        return None
    return Decision((blocker("NO_OPEN_EMERGENCY", "No emergency is open; press Emergency first."),))
