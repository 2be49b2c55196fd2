"""The predicted level under the vital signs: from which rates, recomputed when, hidden where."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import numpy as np
import pytest
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.devices.models import Device, MessageOutcome, RawMessage
from afterglow.apps.monitoring.models import PumpReading
from afterglow.apps.pharmacology import queries as pharmacology
from afterglow.apps.pharmacology.queries import FOLLOWED_MIN
from afterglow.apps.places import services as places
from afterglow.apps.places.services import SiteWords
from afterglow.apps.treatment.models.infusion import PumpActionKind, PumpDifference
from afterglow.apps.treatment.predicting import (
    AHEAD_MIN,
    STEP_MIN,
    Told,
    body_of,
    dose_history,
)
from afterglow.apps.treatment.queries import mass_today
from afterglow.apps.treatment.services import infusions
from afterglow.apps.treatment.shown.drug import drug_row
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import BaseMass, Patient, Regimen, simulate
from afterglow.core.pharmacology.inputs import Infusion
from afterglow.core.quantities import BodyMass, Rate, Volume
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock
from factories import DeviceFactory, staff
from support import pk_definitions
from support.infusion_day import Day, infusing

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    pk_definitions.seed()
    return infusing()


def act(day: Day, kind: PumpActionKind, minute: float, rate: str = "") -> None:
    last = day.infusion.actions.order_by("-sequence").first()
    assert last is not None
    infusions.act_on_pump(
        session=day.id,
        kind=kind,
        rate=Rate.ml_per_h(rate) if rate else None,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        seen_sequence=last.sequence,
    )


def pump_says(day: Day, minute: float, rate: str, *, by: Device | None = None) -> None:
    at = day.minute(minute)
    pump = by or day.pump
    message = RawMessage.objects.create(
        received_at=at,
        peer="127.0.0.1",
        port=2575,
        content=b"MSH|",
        sha256=uuid.uuid4().hex * 2,
        control_id=str(uuid.uuid4()),
        device=pump,
        outcome=MessageOutcome.CHARTED,
    )
    PumpReading.objects.create(
        session=day.session,
        device=pump,
        message=message,
        taken_at=at,
        arrived_at=at,
        rate_ml_per_h=Rate.ml_per_h(rate),
    )


def slot(day: Day, minute: float) -> str:
    client = Client()
    client.force_login(day.clinician)
    with clock.fixed(day.minute(minute)):
        response = client.get(f"/sessions/{day.id}/infusion/predicted/")
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


def area(page: str) -> str:
    return page.partition('class="pk-band pk-plasma-first" d="')[2].partition('"')[0]


def test_the_charted_course_is_the_dose_history(day: Day) -> None:
    running = dose_history(day.infusion, at=day.minute(10))
    act(day, PumpActionKind.PAUSE, 20)
    paused = dose_history(day.infusion, at=day.minute(25))
    mass = mass_today(day.session)
    assert mass is not None

    assert running.told_by is Told.CHART
    assert running.stopped_min is None
    assert running.regimen.base_mg == pytest.approx(
        float(day.infusion.preparation.drawn_mg.value), rel=0.01
    )
    assert paused.stopped_min == pytest.approx(20)
    assert paused.regimen.base_mg == pytest.approx(running.regimen.base_mg / 2, rel=0.02)
    level = simulate("otto2021", paused.regimen, [20.0], patient=body_of(day.session, mass))
    same = simulate(
        "otto2021",
        Regimen.constant(BaseMass(paused.regimen.base_mg), over_min=20),
        [20.0],
        patient=body_of(day.session, mass),
    )
    np.testing.assert_allclose(level["ketamine"], same["ketamine"], rtol=1e-9)


def test_the_pump_outranks_the_chart_for_the_time_it_spoke_of(day: Day) -> None:
    pump_says(day, 2, "30")
    pump_says(day, 3, "30")
    pump_says(day, 9, "30")
    told = dose_history(day.infusion, at=day.minute(10))
    charted_rate = day.infusion.actions.get().rate_ml_per_h.value
    act(day, PumpActionKind.PAUSE, 12)
    charted_later = dose_history(day.infusion, at=day.minute(13))
    pump_says(day, 14, "30")
    still_runs = dose_history(day.infusion, at=day.minute(15))

    strength = float(day.infusion.preparation.concentration_mg_per_ml.value)
    assert told.told_by is Told.PUMP
    first, second = told.regimen.events
    assert first.mg_per_min == pytest.approx(float(charted_rate) * strength / 60)  # type: ignore[union-attr]
    assert second.mg_per_min == pytest.approx(30 * strength / 60)  # type: ignore[union-attr]
    assert charted_later.stopped_min == pytest.approx(12)
    assert still_runs.stopped_min is None


def test_the_band_changes_with_a_rate_and_after_the_stop_and_is_kept_between(day: Day) -> None:
    before, again = slot(day, 30), slot(day, 30.4)
    rate = day.infusion.actions.get().rate_ml_per_h.value
    act(day, PumpActionKind.CHANGE_RATE, 31, str(rate - Decimal(10)))
    changed = slot(day, 32)
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_CLINICIAN,
        by=day.clinician,
        at=day.minute(35),
        key=uuid.uuid4(),
    )
    stopped = slot(day, 36)

    assert "Modelled, secondary" in before
    assert "if stopped now, under 100 ng/mL" in before
    assert "proposed, not approved" in before
    assert "Reckoned from the charted rates" in before
    assert area(before) == area(again) != area(changed) != area(stopped)
    assert "Drug stopped at" in stopped
    assert "under 100 ng/mL after the stop" in stopped
    assert "Bowdle 1998" in stopped


def rates(day: Day, minute: float) -> list[tuple[float, float]]:
    """Return the dose history's stretches: when each begins (min) and its rate (mL/h)."""
    strength = float(day.infusion.preparation.concentration_mg_per_ml.value)
    events = dose_history(day.infusion, at=day.minute(minute)).regimen.events
    return [
        (round(one.start_min, 2), round(one.mg_per_min * 60 / strength, 3))
        for one in events
        if isinstance(one, Infusion)
    ]


def another_pump(day: Day) -> Device:
    return DeviceFactory.create(site=day.site, kind="pump", name="The second pump")


def test_of_two_pumps_the_sum_counts_and_the_drug_row_says_the_same(day: Day) -> None:
    second = another_pump(day)
    pump_says(day, 0, "30")
    for minute in (10, 11, 12, 13):
        pump_says(day, minute, "0")
        pump_says(day, minute + 0.1, "26", by=second)

    assert rates(day, 14)[:2] == [(0.0, 30.0), (10.1, 26.0)]
    row = drug_row(day.session, at=day.minute(14))
    assert row is not None
    assert [str(bar.rate.value.normalize()) for bar in row.pump_bars] == ["3E+1", "0", "26"]


def test_a_pump_taken_away_without_a_word_runs_no_longer_than_it_spoke(day: Day) -> None:
    second = another_pump(day)
    pump_says(day, 0, "30")
    pump_says(day, 10, "30")
    pump_says(day, 10.5, "26", by=second)
    pump_says(day, 30, "26", by=second)

    assert rates(day, 31)[:2] == [(0.0, 30.0), (10.5, 26.0)]


def test_two_words_for_one_moment_predict_all_the_same(day: Day) -> None:
    pump_says(day, 0, "30")
    pump_says(day, 5, "40")
    pump_says(day, 5, "20")
    pump_says(day, 5, "6", by=another_pump(day))

    assert rates(day, 6)[:2] == [(0.0, 30.0), (5.0, 26.0)]
    assert "predicted now" in slot(day, 6)


def test_where_a_person_said_that_the_chart_is_right_the_chart_is_reckoned_from(day: Day) -> None:
    pump_says(day, 0, "30")
    pump_says(day, 9, "30")
    spoken = slot(day, 10)
    PumpDifference.objects.create(
        infusion=day.infusion,
        charted_ml=Volume.ml("10"),
        pump_ml=Volume.ml("5"),
        truth="chart",
        reason="The pump had been set for another line.",
        by=day.clinician,
        at=day.minute(10),
    )
    charted = dose_history(day.infusion, at=day.minute(11))

    assert "the rates that the pump reported from" in spoken
    assert charted.told_by is Told.CHART
    assert charted.pump_spoke is None
    assert rates(day, 11) == [(0.0, float(day.infusion.actions.get().rate_ml_per_h.value))]
    assert "Reckoned from the charted rates" in slot(day, 11)


def test_a_curve_stays_as_short_long_afterwards_and_says_that_nothing_is_predicted(
    day: Day,
) -> None:
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_CLINICIAN,
        by=day.clinician,
        at=day.minute(35),
        key=uuid.uuid4(),
    )
    evening = dose_history(day.infusion, at=day.minute(35 + 600))
    years = dose_history(day.infusion, at=day.minute(400 * 1440))

    assert not evening.is_past
    assert years.is_past
    assert years.until_min <= 35 + FOLLOWED_MIN + AHEAD_MIN + STEP_MIN
    assert "nothing is predicted any more" in slot(day, 400 * 1440)


def test_a_session_that_is_over_asks_for_no_prediction_and_gets_none(day: Day) -> None:
    TreatmentSession.objects.filter(pk=day.session.pk).update(ended_at=day.minute(120))
    client = Client()
    client.force_login(day.clinician)
    with clock.fixed(day.minute(130)):
        page = client.get(f"/sessions/{day.id}/infusion/").content.decode()

    assert 'data-slot="predicted-level"' not in page
    assert slot(day, 130).strip() == ""
    assert "predicted now" in slot(day, 119)


def test_a_curve_of_too_many_points_is_refused_before_it_is_reckoned(day: Day) -> None:
    stands_on = pharmacology.parameters(at=day.minute(1))
    assert stands_on is not None
    patient = Patient.of(BodyMass.kg("70"), age_years=40)
    regimen = Regimen.constant(BaseMass(35), over_min=40)

    with pytest.raises(InvalidValue, match="525601 points was asked for; the most is 2881"):
        pharmacology.band(stands_on, regimen, (0, 525601, 1), patient)


def closed_line(page: str) -> str:
    return page.partition("<summary")[2].partition("</summary>")[0]


def test_the_line_itself_says_what_lies_outside_and_what_nobody_confirmed(day: Day) -> None:
    usual = slot(day, 10)
    pk_definitions.approve_all(at=day.minute(10))
    approved = slot(day, 11)

    assert "outside the model's data" in closed_line(usual)  # 0.5 mg/kg is for everybody
    assert "proposed, not approved" in closed_line(usual)
    assert "proposed, not approved" not in closed_line(approved)
    assert "outside the model's data" in closed_line(approved)
    assert "partly unconfirmed" in closed_line(approved)
    assert "its delay is a proposal" in approved.partition('class="predicted-chart"')[2]


def test_inside_the_data_nothing_is_said_to_be_outside() -> None:
    pk_definitions.seed()
    born = infusing(mg_per_kg="0.4", patient={"date_of_birth": dt.date(1996, 3, 1)})

    assert "predicted now" in closed_line(slot(born, 10))
    assert "outside the model" not in closed_line(slot(born, 10))


def test_a_site_may_hide_it_and_the_change_is_on_record(day: Day) -> None:
    with clock.fixed(day.minute(5)):
        client = Client()
        client.force_login(day.clinician)
        shown = client.get(f"/sessions/{day.id}/infusion/").content.decode()
        admin = staff(Role.ADMINISTRATOR, site=day.site)
        words = {name: getattr(day.site, name) for name in SiteWords.__dataclass_fields__}
        places.edit_site(
            site=day.site.public_id,
            words=SiteWords(**words | {"shows_predicted_level": False}),
            by=admin,
            at=day.minute(5),
            on=day.site.local_date(day.minute(5)),
        )
        hidden = client.get(f"/sessions/{day.id}/infusion/").content.decode()

    assert shown.count('data-slot="predicted-level"') == 1
    assert "pk-band" not in shown  # the page itself predicts nothing
    assert 'data-slot="predicted-level"' not in hidden
    assert slot(day, 6).strip() == ""
    entry = AuditEntry.objects.get(action="site-changed")
    assert entry.detail["shows_predicted_level"] == [True, False]


def test_a_weight_outside_the_model_draws_nothing_and_says_why() -> None:
    pk_definitions.seed()
    day = infusing(kg="162", mg_per_kg="0.3")
    page = slot(day, 10)

    assert "nothing is drawn" in page
    assert "weight 162 kg; limit 40 to 160 kg" in page
    assert "pk-band" not in page
