"""Everything that decides who may take a patient, and who could."""

from __future__ import annotations

from datetime import datetime, timedelta

from afterglow.apps.accounts import policies
from afterglow.apps.accounts import queries as people
from afterglow.apps.accounts.models import Account
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.treatment import coverages, queries
from afterglow.apps.treatment.facts.readiness import clinician_facts
from afterglow.apps.treatment.models import Coverage
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import CLINICAL, Action
from afterglow.core.treatment import readiness as watching
from afterglow.core.treatment.coverage import (
    Candidate,
    CandidateFacts,
    CoveragePhase,
    TakingFacts,
    who_could_take,
)
from afterglow.core.treatment.lifecycles import SessionState

PHASE = {
    SessionState.INFUSING: CoveragePhase.INFUSING,
    SessionState.RECOVERY: CoveragePhase.RECOVERY,
}


def may_watch(person: Account, *, session: TreatmentSession, at: datetime) -> Decision:
    """Decide whether a person may be the clinician of a session here and today.

    As whoever starts: by role, account and credentials. What else they watch is judged apart.
    """
    day = session.site.local_date(at)
    may = policies.may(Action.START_INFUSION, by=person, site=session.site, on=day)
    why = " ".join(reason.sentence for reason in may.blockers)
    return Decision.from_reasons(
        None
        if may.allowed
        else blocker(
            "CLINICIAN_MAY_NOT_WATCH",
            f"{person.get_short_name()} may not watch an infusion here today. {why}",
        ),
        watching.credentials_of(
            clinician_facts(person, session),
            needed=rules_of(session.protocol_id).session.clinician_credentials,
            on=day,
        ),
    )


def taking(
    session: TreatmentSession,
    *,
    to: Account,
    seen: Coverage | None,
    break_for: timedelta | None,
    at: datetime,
) -> TakingFacts:
    """Gather what decides whether ``to`` may take the patient; ``seen`` was on their page."""
    now = coverages.open_coverage(session)
    state = SessionState(session.state)
    return TakingFacts(
        taker=str(to.public_id),
        taker_name=to.get_short_name(),
        watched=state in PHASE,
        state=str(state),
        phase=PHASE.get(state, CoveragePhase.RECOVERY),
        open_now=str(now.public_id) if now else "",
        open_seen=str(seen.public_id) if seen else "",
        with_now=str(now.clinician.public_id) if now else "",
        with_now_name=now.clinician.get_short_name() if now else "",
        with_seen_name=seen.clinician.get_short_name() if seen else "",
        other_running=queries.running_infusions(to.pk) if not _has(session, to) else 0,
        recovering=recovering_of(to, beside=session),
        on_break=coverages.on_a_break(to.pk, beside=session),
        on_shift=is_on_shift(to, session=session, at=at),
        may_watch=may_watch(to, session=session, at=at),
        break_for=break_for,
    )


def _has(session: TreatmentSession, person: Account) -> bool:
    """Whether the running infusion that counts as theirs is this session's own."""
    infusion = queries.infusion_of(session)
    return (
        infusion is not None
        and infusion.state in coverages.RUNS
        and infusion.clinician_id == person.pk
    )


def recovering_of(person: Account, *, beside: TreatmentSession) -> int:
    """Return how many other patients a person watches in recovery."""
    mine = TreatmentSession.objects.filter(clinician=person, state=SessionState.RECOVERY)
    return mine.exclude(pk=beside.pk).count()


def is_on_shift(person: Account, *, session: TreatmentSession, at: datetime) -> bool:
    """Whether a person is on shift at the session's site."""
    return StaffShift.objects.filter(
        site=session.site, account=person, during__contains=at
    ).exists()


def candidates(session: TreatmentSession, *, at: datetime) -> tuple[Candidate, ...]:
    """Return who could take the patient of a session, the free first, with what stands against."""
    on = session.site.local_date(at)
    staff = [
        one
        for one in people.who_holds(CLINICAL, site=session.site, on=on)
        if one.pk != session.clinician_id
    ]
    return who_could_take(
        CandidateFacts(
            who=str(one.public_id),
            name=one.full_name,
            may_watch=may_watch(one, session=session, at=at),
            on_shift=is_on_shift(one, session=session, at=at),
            running=queries.running_infusions(one.pk),
            recovering=recovering_of(one, beside=session),
            on_break=coverages.on_a_break(one.pk),
        )
        for one in staff
    )
