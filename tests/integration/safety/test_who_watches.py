"""Who takes a patient over may watch one; who stops an infusion is told how many they watch."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from afterglow.apps.accounts.models import Account, Credential
from afterglow.apps.monitoring import facts as monitoring
from afterglow.apps.people.models import CurrentMedicine, ListState
from afterglow.apps.treatment.facts.readiness import clinician_facts
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import infusions, rates
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.schedule import SlotState
from afterglow.core.quantities import Volume
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import SessionState
from factories import SiteFactory, staff
from support.infusion_day import Day, infusing, ready, take_vitals, taken_over

pytestmark = pytest.mark.django_db


def hand_over(day: Day, to: Account) -> Any:
    return taken_over(day, to=to, at=day.minute(5))


def test_a_running_infusion_is_handed_over_only_to_who_might_have_started_it() -> None:
    day = infusing()
    desk = staff(Role.FRONT_DESK, site=day.site)
    elsewhere = staff(Role.MONITOR, site=SiteFactory.create())
    gone = staff(Role.MONITOR, site=day.site)
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    gone.refresh_from_db()
    expired = staff(Role.MONITOR, site=day.site)
    Credential.objects.filter(account=expired).update(expires_on=dt.date(2020, 1, 1))

    codes = [hand_over(day, to).decision.codes for to in (desk, elsewhere, gone, expired)]

    assert codes[:3] == [("ROLE_NOT_PERMITTED",), ("ROLE_NOT_PERMITTED",), ("PIN_WRONG",)]
    assert "CREDENTIAL_EXPIRED" in codes[3]
    assert day.refreshed().clinician == day.clinician


def test_a_hand_over_is_a_new_version_of_the_infusion() -> None:
    day = infusing()
    before = day.infusion.row_version

    outcome = hand_over(day, day.second)

    day.infusion.refresh_from_db()
    assert isinstance(outcome, Done), outcome
    assert (day.infusion.clinician, day.infusion.row_version) == (day.second, before + 1)


def recovering_with(day: Day, clinician: Account, count: int) -> None:
    for _ in range(count):
        TreatmentSession.objects.create(
            site=day.site,
            patient=day.session.patient,
            course=day.session.course,
            protocol=day.session.protocol,
            clinician=clinician,
            state=SessionState.RECOVERY,
            local_date=day.session.local_date,
            checked_in_at=day.arrived,
            checked_in_by=clinician,
        )


def test_who_watches_somebody_recover_does_not_start_without_the_prescriber() -> None:
    day = ready()
    recovering_with(day, day.clinician, 1)

    outcome = infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.started, key=uuid.uuid4()
    )

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes[0] == "CLINICIAN_WATCHES_RECOVERY"


def test_who_is_on_a_break_begins_nothing_else_and_comes_back() -> None:
    here = infusing()
    there = infusing(site=here.site)
    nurse = here.clinician
    taken_over(here, to=here.second, at=here.minute(5), break_for=dt.timedelta(minutes=10))

    elsewhere = clinician_facts(nurse, there.session)
    other = taken_over(there, to=nurse, at=there.minute(6))
    back = taken_over(here, to=nurse, at=here.minute(8))

    assert elsewhere is not None
    assert elsewhere.covered_on_break
    assert isinstance(other, Refused)
    assert other.decision.codes == ("CLINICIAN_ON_BREAK",)
    assert isinstance(back, Done), back


def test_who_is_on_a_break_starts_no_infusion() -> None:
    here = ready()
    there = infusing(site=here.site)
    nurse = there.clinician
    covered = taken_over(
        there, to=there.second, at=there.minute(1), break_for=dt.timedelta(minutes=9)
    )
    TreatmentSession.objects.filter(pk=here.session.pk).update(clinician=nurse)

    outcome = infusions.start_infusion(
        session=here.id, by=nurse, at=there.minute(2), key=uuid.uuid4()
    )

    assert isinstance(covered, Done)

    assert isinstance(outcome, Refused)
    assert "CLINICIAN_ON_BREAK" in outcome.decision.codes


def test_a_stop_is_never_refused_and_says_that_too_many_recover() -> None:
    day = infusing()
    recovering_with(day, day.clinician, 3)

    outcome = infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(40),
        key=uuid.uuid4(),
    )

    assert isinstance(outcome, Done)
    assert "RECOVERY_RATIO_EXCEEDED" in outcome.decision.codes


def test_an_mao_inhibitor_asks_for_the_pressure_every_five_minutes() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(1))
    CurrentMedicine.objects.create(
        patient=day.session.patient,
        name="Tranylcypromine",
        drug_class="maoi",
        state=ListState.ACTIVE,
        recorded_by=day.clinician,
        recorded_at=day.arrived,
    )

    planned = monitoring.schedule(day.session, day.minute(7))

    late = [s for s in planned if s.due_at == day.minute(5)]
    assert [(s.state, s.lacking) for s in late] == [(SlotState.OVERDUE, ("systolic", "diastolic"))]


def test_the_fastest_rate_never_rounds_past_the_limit() -> None:
    day = infusing()
    preparation = day.infusion.preparation
    preparation.bag_ml = Volume.ml("50.03")

    fastest = rates.fastest_rate(day.infusion)

    # 50.03 mL in 30 min are 100.06 mL/h.
    assert str(fastest) == "100 mL/h"
