"""Hazards between the stop of the pump and the door, through the real services."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from afterglow.apps.assessments import services as scales
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import Alarm, DeviceAssignment, VitalSign
from afterglow.apps.treatment.models import Recovery
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting, closing
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.core.quantities import Dose
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import SessionEnding
from factories import staff
from support.clinic_messages import SPO2, arrive, oru
from support.infusion_day import (
    WELL,
    Day,
    infusing,
    on_shift,
    recovered,
    recovering,
    take_vitals,
    taken_over,
)

pytestmark = pytest.mark.django_db


def holds(day: Day, minute: float) -> set[str]:
    """Return the codes that keep the patient from going home now."""
    decision = discharge_decision(
        day.session, ending=SessionEnding.COMPLETED, at=day.minute(minute)
    )
    return {reason.code for reason in decision.blockers}


def go_home(day: Day, minute: float) -> Any:
    return closing.discharge(
        session=day.id,
        ending=SessionEnding.COMPLETED,
        fields={},
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )


def save(day: Day, minute: float, **answers: Any) -> None:
    closing.save_recovery(
        session=day.id,
        answers=answers,
        seen_version=Recovery.objects.get(session=day.session).row_version,
        by=day.clinician,
        at=day.minute(minute),
    )


def test_late_hypertension_raises_its_alarm_and_holds_the_way_home() -> None:
    day = recovered()
    assert holds(day, 81) == set()

    take_vitals(day, at=day.minute(81), systolic=192, diastolic=112)
    take_vitals(day, at=day.minute(82), systolic=194, diastolic=112)

    alarm = Alarm.objects.get(session=day.session, condition="SYSTOLIC_HIGH", ended_at=None)
    assert alarm.priority == "high"
    assert {"BP_ABOVE_DISCHARGE_LIMIT", "BP_AWAY_FROM_BASELINE"} <= holds(day, 83)


def test_late_sedation_raises_its_alarm_and_holds_the_way_home() -> None:
    day = recovered()

    scales.record_assessment(
        session=day.id,
        instrument="moaas",
        answers={"response": 3},
        by=day.clinician,
        at=day.minute(81),
        key=uuid.uuid4(),
    )

    assert holds(day, 82) == {"MOAAS_BELOW_DISCHARGE_LIMIT"}
    assert Alarm.objects.filter(
        session=day.session, condition="SEDATION_DEEP", ended_at=None
    ).exists()


def test_nobody_leaves_before_every_row_is_seen_and_well() -> None:
    day = recovered()

    def without(**answers: Any) -> set[str]:
        save(day, 81, **answers)
        found = holds(day, 82)
        save(day, 81, **{name: WELL[name] for name in answers})
        return found

    assert without(steady_gait=False) == {"GAIT_UNSTEADY"}
    assert without(steady_gait=None) == {"DISCHARGE_CHECK_MISSING"}
    assert without(first_walk_accompanied=None) == {"DISCHARGE_CHECK_MISSING"}
    assert without(iv_site_checked=None) == {"DISCHARGE_CHECK_MISSING"}
    assert without(iv_site_checked=False) == {"IV_SITE_NOT_CHECKED"}
    assert without(iv_removed=False) == {"IV_NOT_REMOVED"}
    assert without(escort_present=False) == {"ESCORT_NOT_PRESENT"}
    assert without(told_no_driving=False) == {"NOT_TOLD_NO_DRIVING"}


def test_a_patient_who_is_not_well_stays_and_the_refusal_is_kept() -> None:
    day = recovered()
    save(day, 81, escort_present=False)

    outcome = go_home(day, 82)

    assert isinstance(outcome, Refused)
    assert day.refreshed().state == "recovery"
    assert day.session.refusals.get(attempted="discharge").reasons


def test_a_sedative_by_need_restarts_the_observation_of_the_real_chart() -> None:
    day = recovered()
    given = charting.give_medicine(
        session=day.id,
        product=Product.objects.get(key="midazolam").public_id,
        dose=Dose.mg("1"),
        route="IV",
        indication="distress",
        by=day.clinician,
        at=day.minute(81),
        key=uuid.uuid4(),
    )

    assert isinstance(given, Done)
    assert "OBSERVED_TOO_SHORT_AFTER_SEDATIVE" in holds(day, 82)


def test_who_is_called_back_from_the_door_is_on_the_monitor_again() -> None:
    day = recovered()
    assert isinstance(go_home(day, 82), Done)
    assert not DeviceAssignment.objects.filter(during__contains=day.minute(83)).exists()

    closing.call_back(
        session=day.id,
        reason="Faint at the door",
        by=day.clinician,
        at=day.minute(84),
        key=uuid.uuid4(),
    )
    arrive(oru(day.monitor, {SPO2: "95"}, at=day.minute(85), control_id="b"), at=day.minute(85))

    assert day.refreshed().state == "recovery"
    assert VitalSign.objects.filter(session=day.session, taken_at=day.minute(85)).exists()


def test_a_recovering_patient_is_not_handed_to_who_watches_a_running_infusion() -> None:
    here = recovering()
    busy = infusing(site=here.site, at=here.arrived)
    free = on_shift(staff(Role.MONITOR, site=here.site), here.site)

    refused = hand_over(here, to=busy.clinician)
    done = hand_over(here, to=free)

    assert isinstance(refused, Refused)
    assert refused.decision.codes == ("RECOVERY_WATCHER_HAS_INFUSION",)
    assert isinstance(done, Done)
    assert here.refreshed().clinician == free


def hand_over(day: Day, *, to: Any) -> Any:
    return taken_over(day, to=to, at=day.minute(42))
