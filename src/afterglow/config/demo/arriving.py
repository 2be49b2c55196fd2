"""What people do before drug runs: the door, the scale, the order, the scales of the visit.

Each function is one step, through the real services. A refusal is a bug of the walk and is raised
with all its reasons.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from afterglow.apps.accounts.models import Account
from afterglow.apps.assessments import services as scales
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.treatment.models import CheckIn
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import (
    checkin,
    orders,
    weighing,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo.bedside import Bedside
from afterglow.core.errors import AfterglowError
from afterglow.core.quantities import BodyMass, DosePerMass, Duration, MassBasis
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    EscortState,
    Identifier,
    PregnancyTest,
)

MINUTE = dt.timedelta(minutes=1)


PRN = ("ondansetron-2-2", "midazolam-1-2", "labetalol-5-20")


class WalkRefused(AfterglowError):
    """A step of the walk was refused; the message holds every reason."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who looks after one session. ``bedside`` plays its devices while time is walked through."""

    clinician: Account
    second: Account
    prescriber: Account
    bedside: Callable[[TreatmentSession], Bedside] | None = None


def done(outcome: Any) -> Any:
    """Return what a service did. Raises WalkRefused with every reason when it refused."""
    decision = getattr(outcome, "decision", None)
    if decision is not None and decision.refused and not isinstance(outcome, Done):
        raise WalkRefused("; ".join(f"{r.code}: {r.sentence}" for r in decision.blockers))
    return getattr(outcome, "row", outcome)


def check_in(appointment: Appointment, team: Team, *, at: dt.datetime, kg: str) -> TreatmentSession:
    """Check in, answer every question of the door as somebody fit does, and weigh."""
    session: TreatmentSession = done(
        checkin.check_in(appointment=appointment.public_id, by=team.clinician, at=at)
    )
    answer_the_door(session, by=team.clinician, at=at + 2 * MINUTE)
    done(
        weighing.weigh(
            session=session.public_id,
            mass=BodyMass.kg(kg),
            by=team.clinician,
            at=at + 4 * MINUTE,
        )
    )
    return session


def door_answers(session: TreatmentSession, *, at: dt.datetime) -> dict[str, Any]:
    """Return the answers of somebody who is fit to be treated."""
    patient = session.patient
    takes = set(patient.medicines.values_list("drug_class", flat=True))
    tested = patient.could_be_pregnant
    return {
        "identifiers": [Identifier.FULL_NAME, Identifier.DATE_OF_BIRTH],
        "last_solid_at": at - dt.timedelta(hours=9),
        "last_clear_fluid_at": at - dt.timedelta(hours=4),
        "alcohol_or_drugs_asked": True,
        "cannabis_asked": True,
        "appears_intoxicated": False,
        "medicines_reviewed_at": at,
        "decongestant_taken_today": False,
        "antihypertensive": Antihypertensive.TAKEN
        if "antihypertensive" in takes
        else Antihypertensive.NOT_PRESCRIBED,
        "glp1_agonist": False,
        "acutely_ill": False,
        "cpap": Cpap.NOT_NEEDED,
        "pregnancy_test": PregnancyTest.NEGATIVE if tested else PregnancyTest.NOT_DUE,
        "pregnancy_tested_on": session.local_date if tested else None,
        "escort_state": EscortState.CONFIRMED,
        "escort_name": "Robin Ellery",
        "escort_relation": "partner",
        "escort_phone": "555-0142",
        "suicide_statement_positive": False,
        "phq9_item9": 0,
        "suicide_level": SuicideScreen.NONE,
    }


def answer_the_door(session: TreatmentSession, *, by: Account, at: dt.datetime) -> None:
    """Answer every question of the check-in as somebody does who is fit to be treated."""
    checkin.save_check_in(
        session=session.public_id,
        answers=door_answers(session, at=at),
        seen_version=CheckIn.objects.get(session=session).row_version,
        by=by,
        at=at,
    )


def sign_order(
    appointment: Appointment, team: Team, *, mg_per_kg: str, minutes: int, at: dt.datetime
) -> None:
    """Sign the order of the appointment's day."""
    done(
        orders.sign_order(
            course=appointment.course.public_id,
            for_date=appointment.site.local_date(appointment.during.lower),
            dose=DosePerMass.mg_per_kg(mg_per_kg),
            over=Duration.minutes(minutes),
            basis=MassBasis.ACTUAL,
            prn=PRN,
            by=team.prescriber,
            at=at,
        )
    )


def answer_scale(
    session: TreatmentSession,
    instrument: str,
    answers: dict[str, int],
    *,
    by: Account,
    at: dt.datetime,
) -> None:
    """Record one scale."""
    done(
        scales.record_assessment(
            session=session.public_id,
            instrument=instrument,
            answers=answers,
            by=by,
            at=at,
            key=uuid.uuid4(),
        )
    )


def phq9_answers(total: int) -> dict[str, int]:
    """Return PHQ-9 answers of a total up to 24; the item about suicide is 0."""
    answers = dict.fromkeys(map(str, range(1, 10)), 0)
    for item in range(total):
        answers[str(1 + item % 8)] += 1
    return {**answers, "10": 2 if total > 14 else 1}
