"""One infusion day, walked through the real services: what people would do on the screens.

Each function is one step. A refusal is a bug of the walk and is raised with all its reasons.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.monitoring import facts as monitoring_facts
from afterglow.apps.monitoring.services import record_vital_signs_by_hand
from afterglow.apps.monitoring.services.alarms import acknowledge_alarm
from afterglow.apps.monitoring.services.readings import record_missed_reading
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.stock import queries as stock
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment import planning, queries
from afterglow.apps.treatment.facts.sign import alarms_to_acknowledge, reds_without_symptom_answer
from afterglow.apps.treatment.models import CheckIn, Recovery
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.services import (
    accounting,
    closing,
    differences,
    infusions,
    preparation,
    signing,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo.arriving import (
    MINUTE,
    Team,
    WalkRefused,
    answer_scale,
    check_in,
    done,
    phq9_answers,
    sign_order,
)
from afterglow.core.dosing import Diluent
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Volume
from afterglow.core.treatment.endings import InfusionEnding, SessionEnding

RESTED = {
    VitalSignCode.SYSTOLIC: 122,
    VitalSignCode.DIASTOLIC: 76,
    VitalSignCode.HEART_RATE: 70,
    VitalSignCode.SPO2: 98,
    VitalSignCode.RESPIRATORY_RATE: 14,
}
"""A rested adult."""
DURING = {VitalSignCode.SYSTOLIC: 14, VitalSignCode.DIASTOLIC: 8, VitalSignCode.HEART_RATE: 9}
"""What the infusion usually adds."""


def take_vitals(
    session: TreatmentSession,
    *,
    by: Account,
    at: dt.datetime,
    moaas: int = 5,
    added: dict[VitalSignCode, int] | None = None,
) -> None:
    """Take a whole set by hand, with MOAA/S. ``added`` is added to the resting values."""
    wobble = session.pk % 5
    readings = {
        sign: Decimal(
            value + (added or {}).get(sign, 0) + (wobble if sign != VitalSignCode.SPO2 else 0)
        )
        for sign, value in RESTED.items()
    }
    done(
        record_vital_signs_by_hand(
            session=session.public_id,
            readings=readings,
            taken_at=at,
            by=by,
            at=at,
            key=uuid.uuid4(),
        )
    )
    answer_scale(session, "moaas", {"response": moaas}, by=by, at=at)


def witness(team: Team, act: str, subject: Any, *, at: dt.datetime) -> Countersignature:
    """Let the second person sign one act. Their PIN is not asked for: nobody is at a screen."""
    return Countersignature.objects.create(
        account=team.second,
        beside=team.clinician,
        act=act,
        subject_type=subject._meta.label_lower,
        subject=subject.public_id,
        at=at,
    )


def prepare(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    """Draw from a vial that holds enough, and have the second person read it back."""
    session.refresh_from_db()
    mixed = Diluent(Volume.ml("50"), line=Volume.ml("0"), residual=Volume.ml("0"))
    vial = _vial(session, at=at)
    plan = planning.dose_plan(session, at=at, strength=vial.strength_mg_per_ml, diluent=mixed)
    if plan.plan is None:
        raise WalkRefused("; ".join(r.sentence for r in plan.decision.blockers))
    row = done(
        preparation.prepare(
            session=session.public_id,
            vial=vial.public_id,
            label_strength=vial.strength_mg_per_ml,
            drawn=plan.plan.drawn_volume,
            diluent_name="sodium_chloride_0_9",
            diluent=mixed,
            by=team.clinician,
            at=at,
            key=uuid.uuid4(),
            witness=witness(team, "draw", session, at=at),
        )
    )
    at += 2 * MINUTE
    done(
        preparation.check_preparation_read_back(
            session=session.public_id,
            read_back=preparation.expected_read_back(row),
            second=witness(team, "read-back", row, at=at),
            by=team.clinician,
            at=at,
        )
    )
    session.refresh_from_db()


def _vial(session: TreatmentSession, *, at: dt.datetime) -> Vial:
    """Return an unopened vial, so that nothing is carried over between patients."""
    vial = (
        Vial.objects.filter(
            site=session.site,
            opened_at=None,
            closed_at=None,
            product__medicine="ketamine",
            expires_on__gt=session.local_date,
        )
        .order_by("pk")
        .first()
    )
    if vial is None:
        raise WalkRefused(f"{session.site} has no unopened vial of ketamine at {at:%H:%M}.")
    return vial


def start(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    """Start the infusion."""
    done(
        infusions.start_infusion(
            session=session.public_id, by=team.clinician, at=at, key=uuid.uuid4()
        )
    )
    session.refresh_from_db()


def _observe(session: TreatmentSession, team: Team, *, number: int, at: dt.datetime) -> None:
    """Take the ``number``-th set of the infusion: at the start, then every ten minutes."""
    take_vitals(
        session,
        by=team.clinician,
        at=at,
        added={sign: round(value * number / 3) for sign, value in DURING.items()},
    )
    if number:
        level = {"dissociation": 2 * number}
        answer_scale(session, "dissociation", level, by=team.clinician, at=at)


def stop(
    session: TreatmentSession,
    team: Team,
    *,
    at: dt.datetime,
    ending: InfusionEnding = InfusionEnding.COMPLETED,
    reason: str = "",
) -> None:
    """Record the pump as stopped and take the set that is due then."""
    done(
        infusions.record_pump_stopped(
            session=session.public_id,
            ending=ending,
            by=team.clinician,
            at=at,
            key=uuid.uuid4(),
            reason=reason,
        )
    )
    take_vitals(session, by=team.clinician, at=at + MINUTE / 60, added={VitalSignCode.SYSTOLIC: 8})


def account_for_bag(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    """Write given and wasted into the ledger, before a witness."""
    infusion = queries.infusion_of(session)
    if infusion is None:
        return
    if queries.given(infusion, at=at).decision.refused and not infusion.differences.exists():
        done(
            differences.resolve_pump_difference(
                session=session.public_id,
                truth="pump",
                reason="The pump's own count is taken.",
                by=team.clinician,
                at=at,
            )
        )
    vial = infusion.preparation.vial
    if stock.session_balance(vial, session).in_preparation == 0:
        return
    done(
        accounting.account_for_bag(
            session=session.public_id,
            witness=witness(team, "waste", infusion, at=at),
            by=team.clinician,
            at=at,
            key=uuid.uuid4(),
        )
    )


def recover(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    """Answer every discharge criterion as well, with vital signs and the recovery score."""
    check = CheckIn.objects.get(session=session)
    take_vitals(session, by=team.clinician, at=at)
    answer_scale(
        session,
        "aldrete",
        dict.fromkeys(("activity", "respiration", "circulation", "consciousness", "oxygen"), 2),
        by=team.clinician,
        at=at,
    )
    answer_scale(session, "dissociation", {"dissociation": 0}, by=team.clinician, at=at)
    closing.save_recovery(
        session=session.public_id,
        answers={
            "oriented": 3,
            "escort_name": check.escort_name or "Robin Ellery",
            "escort_relation": check.escort_relation or "partner",
            "escort_phone": check.escort_phone or "555-0142",
            "iv_site_note": "Clean and dry.",
            "suicide_statement_positive": False,
            "suicide_level": SuicideScreen.NONE,
            **dict.fromkeys(
                (
                    *("steady_gait", "first_walk_accompanied", "drank_fluid", "nausea_controlled"),
                    *("dissociation_at_baseline", "on_room_air", "iv_removed", "iv_site_checked"),
                    *("told_no_driving", "written_instructions", "phone_24_h_given"),
                    *("escort_present", "escort_is_adult"),
                ),
                True,
            ),
        },
        seen_version=Recovery.objects.get(session=session).row_version,
        by=team.clinician,
        at=at,
    )


def explain_gaps(session: TreatmentSession, team: Team, *, at: dt.datetime, reason: str) -> None:
    """Say why each missed observation was missed."""
    session.refresh_from_db()
    for slot in monitoring_facts.owed_reasons(monitoring_facts.schedule(session, at)):
        record_missed_reading(
            session=session.public_id,
            due_at=slot.due_at,
            reason=reason,
            by=team.clinician,
            at=at,
        )


def acknowledge(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    """See every alarm that still waits; a red pressure gave no symptoms."""
    for alarm in alarms_to_acknowledge(session):
        acknowledge_alarm(alarm=alarm.public_id, by=team.clinician, at=at)
    for alarm in reds_without_symptom_answer(session):
        acknowledge_alarm(alarm=alarm.public_id, by=team.clinician, at=at, symptomatic=False)


def discharge(
    session: TreatmentSession,
    team: Team,
    *,
    at: dt.datetime,
    ending: SessionEnding = SessionEnding.COMPLETED,
    fields: dict[str, Any] | None = None,
) -> None:
    """End the session in one of its ways."""
    done(
        closing.discharge(
            session=session.public_id,
            ending=ending,
            fields=fields or {},
            by=team.clinician,
            at=at,
            key=uuid.uuid4(),
        )
    )
    session.refresh_from_db()


def sign(session: TreatmentSession, team: Team, *, at: dt.datetime) -> None:
    """Sign the record and lock it."""
    done(signing.sign_record(session=session.public_id, by=team.prescriber, at=at))
    session.refresh_from_db()


def shorten(session: TreatmentSession) -> None:
    """Let a finished appointment hold its room and clinician only as long as it really lasted."""
    booked = session.appointment
    session.refresh_from_db()
    if booked is None or session.ended_at is None:
        return
    booked.refresh_from_db()
    lower, upper = booked.during.lower, booked.during.upper
    if lower < session.ended_at < upper:
        booked.during = DateTimeTZRange(lower, session.ended_at)
        booked.save_version()


def whole_day(
    appointment: Appointment,
    team: Team,
    *,
    arrived: dt.datetime,
    started: dt.datetime,
    kg: str,
    mg_per_kg: str,
    phq9: int | None = None,
    until: dt.datetime,
) -> TreatmentSession:
    """Walk a day as far as it has come by ``until``: infusing, in recovery, or signed."""
    length = 40
    sign_order(
        appointment, team, mg_per_kg=mg_per_kg, minutes=length, at=arrived - dt.timedelta(days=1)
    )
    session = check_in(appointment, team, at=arrived, kg=kg)
    bedside = team.bedside(session) if team.bedside is not None else None

    def wait(at: dt.datetime) -> dt.datetime:
        if bedside is not None:
            bedside.play(until=at)
        return at

    take_vitals(session, by=team.clinician, at=wait(arrived + 2.5 * MINUTE))
    if phq9 is not None:
        answer_scale(
            session, "phq9", phq9_answers(phq9), by=team.clinician, at=wait(arrived + 5 * MINUTE)
        )
    take_vitals(session, by=team.clinician, at=wait(arrived + 8 * MINUTE))
    answer_scale(
        session, "dissociation", {"dissociation": 0}, by=team.clinician, at=arrived + 8 * MINUTE
    )
    prepare(session, team, at=wait(arrived + 9 * MINUTE))
    take_vitals(session, by=team.clinician, at=wait(started - 3 * MINUTE))
    start(session, team, at=wait(started))
    stopped = started + length * MINUTE
    for number in range(4):
        due = started + (number * 10 * MINUTE or MINUTE / 2)
        if due <= until:
            _observe(session, team, number=number, at=wait(due))
    if until < stopped:
        wait(until)
        return session
    stop(session, team, at=wait(stopped))
    account_for_bag(session, team, at=stopped + 3 * MINUTE)
    leaving = stopped + 31 * MINUTE
    if until >= stopped + 15 * MINUTE:
        take_vitals(session, by=team.clinician, at=wait(stopped + 15 * MINUTE))
    if until < leaving:
        wait(until)
        return session
    recover(session, team, at=wait(leaving - MINUTE))
    acknowledge(session, team, at=leaving - MINUTE / 2)
    explain_gaps(session, team, at=leaving - MINUTE / 4, reason="With the patient, not charted.")
    discharge(session, team, at=leaving)
    shorten(session)
    acknowledge(session, team, at=leaving + MINUTE)
    explain_gaps(session, team, at=leaving + MINUTE, reason="With the patient, not charted.")
    sign(session, team, at=leaving + 5 * MINUTE)
    return session
