"""The way home rests on what was seen after the pump stopped, and on the alarms' own baseline."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from afterglow.apps.assessments import services as scales
from afterglow.apps.monitoring.services import record_vital_signs_by_hand
from afterglow.apps.treatment.facts import discharge as facts
from afterglow.apps.treatment.models import Recovery
from afterglow.apps.treatment.services import closing
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.treatment.endings import SessionEnding
from support.infusion_day import CALM, WELL, Day, recovered, recovering, take_vitals

pytestmark = pytest.mark.django_db


def score(day: Day, instrument: str, answers: dict[str, int], minute: float) -> None:
    scored = scales.record_assessment(
        session=day.id,
        instrument=instrument,
        answers=answers,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )
    assert hasattr(scored, "row"), scored


def answer(day: Day, minute: float, **changed: object) -> None:
    closing.save_recovery(
        session=day.id,
        answers={**WELL, **changed},
        seen_version=Recovery.objects.get(session=day.session).row_version,
        by=day.clinician,
        at=day.minute(minute),
    )


def missing(day: Day, minute: float) -> set[str]:
    decision = discharge_decision(
        day.session, ending=SessionEnding.COMPLETED, at=day.minute(minute)
    )
    return {r.seen for r in decision.blockers if r.code == "DISCHARGE_CHECK_MISSING"}


def test_being_awake_before_the_infusion_does_not_send_anybody_home() -> None:
    day = recovering()
    for minute in (41, 55, 70, 80):
        take_vitals(day, at=day.minute(minute), moaas=None)
    answer(day, 80)

    assert facts.moaas_after(day.session, at=day.minute(81)) is None
    assert "MOAA/S" in missing(day, 81)


def test_two_dissociation_scores_before_the_start_say_nothing_of_the_way_home() -> None:
    day = recovering()
    score(day, "dissociation", {"dissociation": 0}, -20)
    score(day, "dissociation", {"dissociation": 0}, -10)
    answer(day, 80, dissociation_at_baseline=False)

    assert "dissociation" in missing(day, 81)


def test_dissociation_is_compared_with_the_last_score_before_the_start() -> None:
    day = recovering()
    score(day, "dissociation", {"dissociation": 1}, -10)
    score(day, "dissociation", {"dissociation": 6}, 30)
    score(day, "dissociation", {"dissociation": 4}, 60)

    assert facts.dissociation_change(day.session, at=day.minute(61)) == 3


def test_an_old_saturation_beside_a_fresh_pressure_holds_the_way_home() -> None:
    day = recovered()
    fresh = {s: v for s, v in CALM.items() if s is not VitalSignCode.SPO2}
    taken = record_vital_signs_by_hand(
        session=day.id,
        readings={s: Decimal(v) for s, v in fresh.items()},
        taken_at=day.minute(97),
        by=day.clinician,
        at=day.minute(97),
        key=uuid.uuid4(),
    )
    assert isinstance(taken, tuple)

    decision = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(98))

    stale = {r.code: r.seen for r in decision.blockers}
    assert stale == {"DISCHARGE_VITALS_STALE": "18 min"}


def test_readings_a_minute_apart_do_not_make_the_baseline() -> None:
    day = recovering()
    for minute in (-2, -1):
        at = day.started + dt.timedelta(minutes=minute)
        take_vitals(day, at=at, moaas=None, systolic=150)

    vitals = facts.latest_vitals(
        day.session, Recovery.objects.get(session=day.session), at=day.minute(45)
    )

    assert vitals is not None
    assert vitals.baseline_systolic_mmhg == Decimal(137)
