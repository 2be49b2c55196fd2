"""Another clinician takes the patient over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.facts.discharge import recovery as recovery_facts
from afterglow.apps.treatment.facts.readiness import clinician_facts
from afterglow.apps.treatment.models import Infusion, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services.acting import (
    cannot_watch,
    done_before,
    lock_session,
    refuse,
    tell,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action
from afterglow.core.treatment import discharge
from afterglow.core.treatment import readiness as watching
from afterglow.core.treatment.lifecycles import InfusionState, SessionState


@transaction.atomic
def hand_over(
    *, session: UUID, to: Account, by: Account, at: datetime, key: UUID
) -> Done[SessionEvent] | Refused:
    """Hand the patient to another clinician.

    While drug runs, who takes over has no other running infusion; in recovery neither that, nor
    more recovering patients than the protocol allows.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=to.pk)
    infusion = Infusion.objects.locked().filter(session=row).order_by("-started_at").first()
    active = infusion is not None and infusion.state in (
        InfusionState.RUNNING,
        InfusionState.PAUSED,
    )
    if (unfit := taking_over(row, to=to, at=at)).refused:
        return refuse("hand-over", session=row, decision=unfit, by=by, at=at)
    busy = queries.running_infusions(to.pk)
    if active and busy and row.clinician_id != to.pk:
        why = blocker(
            "CLINICIAN_HAS_RUNNING_INFUSION",
            f"{to.get_short_name()} has {busy} other running infusions; one patient is watched "
            "at a time.",
            seen=str(busy),
            limit="0",
        )
        return refuse("hand-over", session=row, decision=Decision((why,)), by=by, at=at)
    if row.state == SessionState.RECOVERY:
        too_many = discharge.assess_recovery(
            recovery_facts(row, to=to), rules_of(row.protocol_id).session
        )
        if too_many.refused:
            return refuse("hand-over", session=row, decision=too_many, by=by, at=at)
    before = row.clinician
    row.clinician = to
    row.save_version()
    if infusion is not None and active:
        infusion.clinician = to
        infusion.save_version()
    event = SessionEvent.objects.create(
        session=row,
        kind=EventKind.HAND_OVER,
        label=to.get_short_name(),
        data={
            "from": str(before.public_id) if before else "",
            "to": str(to.public_id),
        },
        at=at,
        recorded_at=at,
        by=by,
        key=key,
    )
    tell(
        "clinician-changed",
        session=row,
        subject=event,
        by=by,
        at=at,
        detail={
            "from": str(before.public_id) if before else None,
            "to": str(to.public_id),
        },
    )
    return Done(event, Decision())


def taking_over(session: TreatmentSession, *, to: Account, at: datetime) -> Decision:
    """Decide whether ``to`` may watch the patient: as whoever starts, by role and credentials.

    An account that was closed holds no role. What runs beside it is judged apart.
    """
    reasons = list(
        watching.credentials_of(
            clinician_facts(to, session),
            needed=rules_of(session.protocol_id).session.clinician_credentials,
            on=session.site.local_date(at),
        )
    )
    return Decision.from_reasons([*(cannot_watch(to, session=session, at=at) or ()), *reasons])
