"""Close what an earlier start of the demo left open, so that rooms and people are free again."""

from __future__ import annotations

import datetime as dt
import logging
import uuid

from django.db import transaction
from django.db.models import Max

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring.models import PumpReading, VitalSign
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.services.steps import cancel_appointment
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.services import preparation
from afterglow.apps.treatment.services.deciding import DISCHARGE, discharge_decision
from afterglow.apps.treatment.services.overrides import override_reason
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo import arriving, walk
from afterglow.config.demo.arriving import MINUTE, Team
from afterglow.config.demo.cast import PLACES
from afterglow.config.demo.charts import nurses_of, prescriber_of
from afterglow.core.errors import AfterglowError
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.treatment.endings import InfusionEnding, SessionEnding
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState

log = logging.getLogger(__name__)

REASON = "demo restarted"
KEPT = 25 * MINUTE
"""A session younger than this goes on as if nothing had happened."""
LONGEST_KEPT = 38 * MINUTE
"""After a restart within two minutes, an infusion goes on until shortly before its end."""


def close_stale(*, at: dt.datetime) -> int:
    """Close every stale demo session and appointment; return how many sessions were closed."""
    closed = 0
    rows = (
        TreatmentSession.objects.filter(patient__is_demo=True)
        .exclude(state=SessionState.SIGNED)
        .select_related("site", "patient", "clinician", "appointment")
        .order_by("pk")
    )
    for session in rows:
        if _is_kept(session, at=at):
            continue
        try:
            _close(session, at=at)
        except AfterglowError as refused:
            # What a newcomer left behind may not be signable; it must not keep the room either way.
            log.warning("A demo session could not be closed as planned: %s", refused)
            _leave(session, at=at)
        closed += 1
    for site in Site.objects.filter(code__in=[place.code for place in PLACES]):
        close_appointments(site, before=at - KEPT, at=at)
    return closed


def _is_kept(session: TreatmentSession, *, at: dt.datetime) -> bool:
    infusion = queries.infusion_of(session)
    began = infusion.started_at if infusion else session.checked_in_at
    if session.state in (SessionState.RECOVERY, SessionState.DISCHARGED, SessionState.ENDED):
        began = (infusion.ended_at if infusion else None) or session.ended_at or began
    if at - began < KEPT:
        return True
    just_now = at - last_activity(session, at=at) < 2 * MINUTE
    return session.state == SessionState.INFUSING and just_now and at - began < LONGEST_KEPT


def last_activity(session: TreatmentSession, *, at: dt.datetime) -> dt.datetime:
    """Return when anybody or any device last wrote in the session: when the demo stopped."""
    seen = [
        session.checked_in_at,
        AuditEntry.objects.filter(patient=session.patient.public_id).aggregate(t=Max("at"))["t"],
        VitalSign.objects.filter(session=session).aggregate(t=Max("arrived_at"))["t"],
        PumpReading.objects.filter(session=session).aggregate(t=Max("taken_at"))["t"],
    ]
    latest: dt.datetime = max(moment for moment in seen if moment is not None)
    return min(at, latest)


def _team(session: TreatmentSession) -> Team:
    nurses = nurses_of(session.site)
    clinician = session.clinician or nurses[0]
    second = next(person for person in nurses if person.pk != clinician.pk)
    return Team(clinician, second, prescriber_of(session.site))


@transaction.atomic
def _close(session: TreatmentSession, *, at: dt.datetime) -> None:
    team = _team(session)
    then = last_activity(session, at=at) + dt.timedelta(seconds=1)
    until = max(then + dt.timedelta(seconds=10), min(at, then + 31 * MINUTE))
    if session.state in BEFORE_START:
        _cancel(session, team, at=then)
        until = then
    if session.state == SessionState.INFUSING:
        walk.stop(session, team, at=then, ending=InfusionEnding.STOPPED_BY_CLINICIAN, reason=REASON)
        session.refresh_from_db()
    if session.state == SessionState.RECOVERY:
        _send_home(session, team, at=until)
    walk.shorten(session)
    after = until + dt.timedelta(seconds=2)
    walk.account_for_bag(session, team, at=after)
    walk.explain_gaps(session, team, at=after, reason=REASON)
    walk.sign(session, team, at=after)


def _cancel(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    bag = queries.preparation_in_use(session)
    if bag is not None:
        arriving.done(
            preparation.discard_preparation(
                session=session.public_id,
                reason=REASON,
                witness=walk.witness(team, "waste", bag, at=at),
                by=team.clinician,
                at=at,
                key=uuid.uuid4(),
            )
        )
    walk.acknowledge(session, team, at=at)
    walk.discharge(
        session,
        team,
        at=at,
        ending=SessionEnding.CANCELLED_BEFORE_START,
        fields={"reason": REASON, "patient_told": True},
    )


def _send_home(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    walk.recover(session, team, at=at)
    walk.acknowledge(session, team, at=at)
    walk.explain_gaps(session, team, at=at, reason=REASON)
    fields = {"reason": REASON}
    ending = queries.way_home(session)
    decision = discharge_decision(session, ending=ending, at=at, fields=fields)
    for blocking in decision.blockers:
        _override(session, blocking.code, by=team.prescriber, at=at)
    walk.discharge(session, team, at=at, ending=ending, fields=fields)


def _override(session: TreatmentSession, code: str, *, by: Account, at: dt.datetime) -> None:
    arriving.done(
        override_reason(
            session=session.public_id, gate=DISCHARGE, code=code, reason=REASON, by=by, at=at
        )
    )


@transaction.atomic
def _leave(session: TreatmentSession, *, at: dt.datetime) -> None:
    """End a session that cannot go home by the criteria; its record stays open for a person."""
    session.refresh_from_db()
    team = _team(session)
    if session.state == SessionState.INFUSING:
        walk.stop(session, team, at=at, ending=InfusionEnding.STOPPED_BY_CLINICIAN, reason=REASON)
        session.refresh_from_db()
    if session.state not in (SessionState.DISCHARGED, SessionState.ENDED):
        walk.discharge(
            session,
            team,
            at=at,
            ending=SessionEnding.TRANSFERRED_TO_HOSPITAL,
            fields={
                "reason": REASON,
                "destination": REASON,
                "handed_over_at": at.isoformat(),
                "handed_over_to": REASON,
                "contact_told": True,
                "prescriber_told": True,
            },
        )
    walk.shorten(session)


def close_appointments(site: Site, *, before: dt.datetime, at: dt.datetime) -> None:
    """Cancel what an earlier start had booked at a site for a time up to ``before``."""
    rows = Appointment.objects.filter(
        site=site,
        patient__is_demo=True,
        state__in=[AppointmentState.BOOKED, AppointmentState.CONFIRMED, AppointmentState.ARRIVED],
        during__startswith__lt=before,
    )
    by = prescriber_of(site)
    for row in rows:
        cancel_appointment(
            appointment=row.public_id, seen=row.row_version, reason=REASON, by=by, at=at
        )
