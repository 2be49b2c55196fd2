"""What is in the bag is judged again at the start, and a step is one of milligrams."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from afterglow.apps.monitoring import facts as monitoring
from afterglow.apps.monitoring.services.readings import record_missed_reading
from afterglow.apps.people.models import SexAtBirth
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import (
    closing,
    infusions,
    orders,
    overrides,
    preparation,
    signing,
    weighing,
)
from afterglow.core.quantities import BodyMass, DosePerMass, Duration, Height, MassBasis
from afterglow.core.treatment.endings import SessionEnding
from support.infusion_day import Day, infusing, prepared, ready, take_vitals, witness_waste

pytestmark = pytest.mark.django_db


def start(day: Day, minute: float = 0) -> Done[Infusion] | Refused:
    return infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.minute(minute), key=uuid.uuid4()
    )


def weigh_again(day: Day, kg: str, minute: float) -> None:
    weighed = weighing.weigh(
        session=day.id, mass=BodyMass.kg(kg), by=day.clinician, at=day.minute(minute)
    )
    assert isinstance(weighed, Done), weighed


def test_a_bag_drawn_for_an_earlier_weight_does_not_start() -> None:
    day = ready(kg="76.0")
    weigh_again(day, "70.5", -3)

    outcome = start(day)

    assert isinstance(outcome, Refused)
    seen = {reason.code: reason.seen for reason in outcome.decision.blockers}
    assert seen == {"DRAWN_DIFFERS_FROM_ORDER": "38 mg for 35.25 mg"}


def test_an_override_of_the_bag_holds_only_for_the_weight_it_was_given_for() -> None:
    day = ready(kg="76.0")
    weigh_again(day, "71.5", -5)
    accepted = overrides.override_reason(
        session=day.id,
        gate="readiness",
        code="DRAWN_DIFFERS_FROM_ORDER",
        reason="Within what this patient has had before.",
        by=day.prescriber,
        at=day.minute(-4),
    )
    weigh_again(day, "70.5", -3)

    outcome = start(day)

    assert isinstance(accepted, Done)
    assert isinstance(outcome, Refused)
    assert "DRAWN_DIFFERS_FROM_ORDER" in outcome.decision.codes


def test_an_unchanged_weight_starts() -> None:
    day = prepared()
    for minute in (-12, -6):
        take_vitals(day, at=day.started + dt.timedelta(minutes=minute))

    assert isinstance(start(day), Done)


@pytest.mark.parametrize(
    ("ending", "fields"),
    [
        ("cancelled_before_start", {"reason": "Changed her mind.", "patient_told": True}),
        (
            "left_against_advice",
            {
                "risks_explained": True,
                "refusal_signed_or_witnessed": True,
                "condition_at_leaving": "Well.",
                "contact_told": True,
                "prescriber_told": True,
            },
        ),
    ],
)
def test_a_session_that_ends_with_a_bag_drawn_is_signed_once_the_bag_is_discarded(
    ending: str, fields: dict[str, object]
) -> None:
    day = prepared()
    at = day.minute(-10)
    ended = closing.discharge(
        session=day.id,
        ending=SessionEnding(ending),
        fields=fields,
        by=day.clinician,
        at=at,
        key=uuid.uuid4(),
    )
    assert isinstance(ended, Done), ended
    unbalanced = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(-9))

    discarded = preparation.discard_preparation(
        session=day.id,
        reason="The session ended before the start.",
        witness=witness_waste(day, at=day.minute(-8)),
        by=day.clinician,
        at=day.minute(-8),
        key=uuid.uuid4(),
    )
    explain(day, -7)
    signed = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(-6))

    assert isinstance(unbalanced, Refused)
    assert "AMOUNTS_DO_NOT_BALANCE" in unbalanced.decision.codes
    assert isinstance(discarded, Done), discarded
    assert isinstance(signed, Done), signed


def explain(day: Day, minute: float) -> None:
    at = day.minute(minute)
    for slot in monitoring.owed_reasons(monitoring.schedule(day.refreshed(), at)):
        record_missed_reading(
            session=day.id, due_at=slot.due_at, reason="Ended.", by=day.clinician, at=at
        )


def test_the_bag_of_an_infusion_is_accounted_for_and_never_discarded() -> None:
    day = infusing()

    outcome = preparation.discard_preparation(
        session=day.id,
        reason="Not needed.",
        witness=witness_waste(day, at=day.minute(1)),
        by=day.clinician,
        at=day.minute(1),
        key=uuid.uuid4(),
    )

    assert isinstance(outcome, Refused)


def test_the_same_dose_per_kilogram_of_a_heavier_mass_is_a_step() -> None:
    """Clinical reference 2.4, example 3: 26 mg on the ideal mass, 59 mg on the actual one."""
    day = infusing(kg="118", basis=MassBasis.IDEAL, patient={"height_cm": Height.cm(160), **FEMALE})
    at = day.minute(60 * 24 * 3)

    judged = orders.judge_order(
        day.session.course,
        dose=DosePerMass.mg_per_kg("0.5"),
        over=Duration.minutes(40),
        basis=MassBasis.ACTUAL,
        at=at,
    )
    same = orders.judge_order(
        day.session.course,
        dose=DosePerMass.mg_per_kg("0.5"),
        over=Duration.minutes(40),
        basis=MassBasis.IDEAL,
        at=at,
    )

    assert "DOSE_STEP_ABOVE_SOFT_LIMIT" in judged.codes
    assert "DOSE_STEP_ABOVE_SOFT_LIMIT" not in same.codes


FEMALE = {"sex_at_birth": SexAtBirth.FEMALE}


def test_the_mass_by_which_drug_runs_stays_and_says_what_to_do_instead() -> None:
    day = infusing()
    weighed = queries.mass_today(day.session)
    assert weighed is not None

    outcome = weighing.take_mass_back(
        session=day.id,
        mass=weighed.public_id,
        reason="Shoes on",
        by=day.clinician,
        at=day.minute(5),
    )

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("MASS_OF_AN_INFUSION",)
    assert "discard" not in outcome.decision.blockers[0].sentence
