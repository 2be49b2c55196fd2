"""What is in the bag is judged again at the start, and a step is one of milligrams."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import checkin, infusions, overrides
from afterglow.core.quantities import BodyMass
from support.infusion_day import Day, prepared, ready, take_vitals

pytestmark = pytest.mark.django_db


def start(day: Day, minute: float = 0) -> Done | Refused:
    return infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.minute(minute), key=uuid.uuid4()
    )


def weigh_again(day: Day, kg: str, minute: float) -> None:
    weighed = checkin.weigh(
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
