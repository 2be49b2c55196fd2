"""What a page may draw for a patient, and when it must draw nothing."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import (
    BaseMass,
    Patient,
    RateStep,
    Regimen,
    Route,
    UnconfirmedParameter,
    building,
    load_model,
    simulate,
)
from afterglow.core.pharmacology.planning import compare_plans, if_stopped, predicted_band

PLAN = Regimen.constant(BaseMass(35), over_min=40)
TIMES = np.arange(0.0, 241.0)
PATIENT = Patient(weight_kg=70, age_years=35)


def test_the_band_lies_around_the_typical_curve_and_is_as_wide_as_published() -> None:
    band = predicted_band(PLAN, TIMES, patient=PATIENT)

    line = band.lines["ketamine"]
    np.testing.assert_allclose(
        line.typical, simulate("otto2021", PLAN, TIMES)["ketamine"], rtol=1e-12
    )
    assert (line.p5 <= line.p50).all()
    assert (line.p50 <= line.p95).all()
    assert line.p50[40] == pytest.approx(158, rel=0.03)
    assert (line.p5[40], line.p95[40]) == (
        pytest.approx(117, rel=0.06),
        pytest.approx(209, rel=0.06),
    )


def test_a_band_says_what_it_is_and_where_the_dose_leaves_the_data() -> None:
    band = predicted_band(PLAN, TIMES, patient=PATIENT)

    assert band.decision.codes == ("PK_OUTSIDE_FITTED_RANGE",)
    assert any("10 to 15 % below" in sentence for sentence in band.weaknesses)
    assert (band.model, band.version, band.sample) == ("otto2021", 1, "venous plasma")


@pytest.mark.parametrize(
    ("model", "patient", "mg", "code"),
    [
        ("herd2007", Patient(weight_kg=70, age_years=40), 35.0, "PK_MODEL_OUT_OF_SCOPE"),
        ("otto2021", Patient(weight_kg=40, age_years=15), 20.0, "PK_MODEL_OUT_OF_SCOPE"),
        ("otto2021", Patient(weight_kg=200, age_years=40), 100.0, "PK_OUTSIDE_MODEL_LIMIT"),
        ("otto2021", Patient(weight_kg=70, age_years=40), 150.0, "PK_OUTSIDE_MODEL_LIMIT"),
        ("kamp2020", Patient(weight_kg=70, age_years=40), 35.0, "PK_NO_VARIABILITY"),
    ],
)
def test_outside_a_models_limits_nothing_is_drawn_and_the_reason_is_given(
    model: str, patient: Patient, mg: float, code: str
) -> None:
    plan = Regimen.constant(BaseMass(mg), over_min=40)

    band = predicted_band(plan, TIMES, patient=patient, model=model)

    assert not band.drawn
    assert code in band.decision.codes
    assert band.decision.refused


def test_an_adolescent_may_be_predicted_by_the_model_of_children() -> None:
    young = Patient(weight_kg=55, age_years=15)

    assert predicted_band(PLAN, TIMES, patient=young, model="herd2007").drawn


def test_a_history_of_rates_gives_the_band_of_what_ran() -> None:
    rates = [RateStep(0, 0.875), RateStep(15, 0.0), RateStep(20, 0.875)]
    history = Regimen.from_rates(rates, until_min=45)

    band = predicted_band(history, TIMES, patient=PATIENT)

    paused = band.lines["ketamine"].p50
    assert paused[20] < paused[15]
    assert history.base_mg == pytest.approx(35)


def test_a_plan_that_runs_in_an_effect_site_names_the_proposed_number() -> None:
    with pytest.raises(UnconfirmedParameter, match="ke0"):
        predicted_band(PLAN, TIMES, patient=PATIENT, effect_site=True)

    band = predicted_band(PLAN, TIMES, patient=PATIENT, effect_site=True, accept_unconfirmed=True)
    assert "PK_STANDS_ON_UNCONFIRMED" in band.decision.codes
    assert int(band.lines["effect_site"].typical.argmax()) == 45


def test_a_nasal_dose_has_its_band() -> None:
    plan = building.single_dose(load_model("perezruixo2021"), Route.INTRANASAL, 56)

    band = predicted_band(plan, TIMES, patient=PATIENT, model="perezruixo2021")

    line = band.lines["ketamine"]
    assert line.p5[40] < line.typical[40] < line.p95[40]


def test_two_plans_are_compared_on_the_same_twins() -> None:
    slower = Regimen.constant(BaseMass(35), over_min=60)

    both = compare_plans(PLAN, slower, TIMES, patient=PATIENT)

    peak, area = both.ratios["ketamine"]
    assert 0.75 < peak < 0.95
    assert area == pytest.approx(1.0, abs=0.03)
    same = compare_plans(PLAN, PLAN, TIMES, patient=PATIENT)
    np.testing.assert_array_equal(
        same.first.lines["ketamine"].p95, same.second.lines["ketamine"].p95
    )


def test_a_plan_that_may_not_be_predicted_is_not_compared() -> None:
    far = Regimen.constant(BaseMass(300), over_min=40)

    assert compare_plans(PLAN, far, TIMES, patient=PATIENT).ratios == {}


def test_stopping_now_says_when_the_level_has_fallen() -> None:
    stop = if_stopped(PLAN, 20, patient=PATIENT, thresholds_ng_per_ml=[500, 70, 50, 1])

    never_above, seventy, fifty, far = stop.falls["ketamine"]
    assert never_above.after_p50_min == 0.0
    assert far.after_p50_min is None
    assert None not in (seventy.after_p5_min, seventy.after_p50_min, fifty.after_p95_min)
    assert seventy.after_p5_min < seventy.after_p95_min  # type: ignore[operator]
    after = simulate("otto2021", PLAN.until(20), [20 + float(fifty.after_p50_min or 0)])
    assert after["ketamine"][0] == pytest.approx(50, rel=0.05)


@pytest.mark.parametrize("threshold", [0.0, -5.0, float("nan")])
def test_a_threshold_that_cannot_be_passed_is_refused(threshold: float) -> None:
    with pytest.raises(InvalidValue, match="it must be above 0"):
        if_stopped(PLAN, 20, patient=PATIENT, thresholds_ng_per_ml=[threshold])


def test_a_band_becomes_plain_data_with_the_unit_in_each_key() -> None:
    said = predicted_band(PLAN, [0, 40], patient=PATIENT).as_data()

    assert {"ketamine_p5_ng_per_ml", "norketamine_typical_ng_per_ml", "reasons"} <= set(said)
    assert json.loads(json.dumps(said)) == said


def test_a_curve_after_a_rate_change_takes_milliseconds_not_seconds() -> None:
    rates = [RateStep(0, 0.875), RateStep(15, 0.4), RateStep(20, 0.875)]
    history = Regimen.from_rates(rates, until_min=45)
    simulate("otto2021", history, TIMES)

    began = time.process_time()
    for _ in range(10):
        simulate("otto2021", history, TIMES)

    assert (time.process_time() - began) / 10 < 0.05
