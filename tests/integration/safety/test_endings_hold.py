"""How a session ended follows from how its infusion did, and nobody goes home alone unasked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import closing, emergency, infusions, pump
from afterglow.core.treatment.endings import InfusionEnding, SessionEnding
from support.infusion_day import Day, discharged, infusing, recovered, signed_by

pytestmark = pytest.mark.django_db
ALONE = {"arrangement_home": "Taxi, called by us.", "prescriber_told": True}


def go(day: Day, ending: SessionEnding, by: Account, **given: Any) -> Any:
    return closing.discharge(
        session=day.id, ending=ending, by=by, at=day.minute(82), key=uuid.uuid4(), **given
    )


def codes(outcome: Any) -> set[str]:
    assert isinstance(outcome, Refused), outcome
    return {reason.code for reason in outcome.decision.blockers}


def explain(day: Day, ending: InfusionEnding, minute: float) -> Any:
    day.infusion.refresh_from_db()
    return pump.explain_stop(
        session=day.id,
        ending=ending,
        reason="As it was.",
        seen_version=day.infusion.row_version,
        by=day.clinician,
        at=day.minute(minute),
    )


def test_an_infusion_that_was_stopped_is_not_discharged_as_completed() -> None:
    day = recovered()
    assert isinstance(explain(day, InfusionEnding.STOPPED_BY_PATIENT, 50), Done)

    refused = go(day, SessionEnding.COMPLETED, day.clinician, fields={})
    done = go(day, SessionEnding.STOPPED_BY_PATIENT, day.clinician, fields={"reason": "Asked to."})

    assert "ENDING_DIFFERS_FROM_INFUSION" in codes(refused)
    assert isinstance(done, Done), done


def test_nobody_goes_home_alone_on_a_nurses_word() -> None:
    day = recovered()

    alone = go(day, SessionEnding.ESCORT_DID_NOT_COME, day.clinician, fields=ALONE)
    beside_a_nurse = go(
        day,
        SessionEnding.ESCORT_DID_NOT_COME,
        day.clinician,
        fields=ALONE,
        prescriber=signed_by(day.second, day, act="discharge", on=day.session, at=day.minute(81)),
    )

    assert codes(alone) == codes(beside_a_nurse) == {"PRESCRIBER_HAS_NOT_AGREED"}


def test_a_prescriber_may_let_somebody_go_home_without_an_escort() -> None:
    day = recovered()
    at = day.minute(81)
    second = signed_by(day.prescriber, day, act="discharge", on=day.session, at=at)
    for_the_waste = signed_by(day.prescriber, day, act="waste", on=day.session, at=at)

    refused = go(
        day,
        SessionEnding.ESCORT_DID_NOT_COME,
        day.clinician,
        fields=ALONE,
        prescriber=for_the_waste,
    )
    done = go(
        day, SessionEnding.ESCORT_DID_NOT_COME, day.clinician, fields=ALONE, prescriber=second
    )

    assert codes(refused) == {"COUNTERSIGNATURE_NOT_FOR_THIS"}
    assert isinstance(done, Done), done
    assert done.row.agreed_by == second


def test_a_stop_is_not_explained_anew_once_the_patient_has_left() -> None:
    day = discharged()

    outcome = explain(day, InfusionEnding.EQUIPMENT_FAILED, 84)

    day.infusion.refresh_from_db()
    assert codes(outcome) == {"STOP_EXPLAINED_TOO_LATE"}
    assert day.infusion.ending == InfusionEnding.COMPLETED


def test_an_emergency_stop_stays_one() -> None:
    day = infusing()
    emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(5), key=uuid.uuid4()
    )

    renamed = explain(day, InfusionEnding.COMPLETED, 6)
    explained = explain(day, InfusionEnding.STOPPED_IN_EMERGENCY, 7)

    assert codes(renamed) == {"EMERGENCY_STOP_STANDS"}
    assert isinstance(explained, Done), explained
    assert explained.row.ending_reason == "As it was."


def test_a_stop_may_be_explained_while_the_patient_recovers() -> None:
    day = infusing()
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_CLINICIAN,
        by=day.clinician,
        at=day.minute(20),
        key=uuid.uuid4(),
    )

    assert isinstance(explain(day, InfusionEnding.STOPPED_BY_PATIENT, 21), Done)


def test_a_signature_for_something_else_lets_nobody_go_home_alone() -> None:
    day = recovered()
    for_the_draw = signed_by(day.prescriber, day, act="draw", on=day.session, at=day.minute(81))

    outcome = go(
        day,
        SessionEnding.ESCORT_DID_NOT_COME,
        day.clinician,
        fields=ALONE,
        prescriber=for_the_draw,
    )

    assert codes(outcome) == {"COUNTERSIGNATURE_NOT_FOR_THIS"}
