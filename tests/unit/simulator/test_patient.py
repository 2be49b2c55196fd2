"""The simulated patient: plausible, repeatable, and honest about what it is fitted to."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.simulator.parameters import Parameters, Signs, parameters
from afterglow.simulator.patient import Person, SimulatedPatient
from afterglow.simulator.scenarios import Scenario

USUAL_MG_PER_H = 35 / (40 / 60)  # 0.5 mg/kg over 40 min, 70 kg


def quiet() -> Parameters:
    return replace(parameters(), noise_sd=Signs(0, 0, 0, 0, 0, 0))


def test_the_usual_dose_gives_the_published_concentration_at_its_end() -> None:
    patient = SimulatedPatient(Person(), seed=1)
    patient.advance(40 * 60, drug_mg_per_h=USUAL_MG_PER_H)

    assert patient.concentration_ng_per_ml == pytest.approx(177.3, rel=0.01)

    patient.advance(40 * 60)
    assert patient.concentration_ng_per_ml == pytest.approx(84.7, rel=0.02)


def test_the_pressure_rises_by_the_expected_mean_at_the_end_of_the_usual_dose() -> None:
    patient = SimulatedPatient(Person(), seed=1, numbers=quiet())
    before = patient.signs()
    patient.advance(40 * 60, drug_mg_per_h=USUAL_MG_PER_H)
    after = patient.signs()

    assert after.systolic - before.systolic == pytest.approx(12.6, abs=0.3)
    assert after.diastolic - before.diastolic == pytest.approx(8.5, abs=0.3)
    assert after.heart_rate - before.heart_rate == pytest.approx(4.1, abs=0.3)


def test_the_pressure_is_near_its_baseline_ninety_minutes_after_the_infusion() -> None:
    patient = SimulatedPatient(Person(), seed=1, numbers=quiet())
    before = patient.signs().systolic
    patient.advance(40 * 60, drug_mg_per_h=USUAL_MG_PER_H)
    patient.advance(90 * 60)

    assert patient.signs().systolic - before < 4


def test_the_drug_in_the_body_is_never_more_than_was_given() -> None:
    patient = SimulatedPatient(Person(), seed=1)
    for minute in range(1, 41):
        patient.advance(60, drug_mg_per_h=USUAL_MG_PER_H)
        assert 0 < patient.body_amount_mg <= USUAL_MG_PER_H * minute / 60 + 1e-9


def test_the_same_seed_gives_the_same_signs_and_another_seed_others() -> None:
    def run(seed: int) -> Signs:
        patient = SimulatedPatient(Person(), seed=seed)
        patient.advance(600, drug_mg_per_h=50)
        return patient.signs()

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_the_signs_waver_around_their_mean() -> None:
    patient = SimulatedPatient(Person(), seed=3)
    seen = []
    for _ in range(400):
        patient.advance(60)
        seen.append(patient.signs().systolic)

    assert mean(seen) == pytest.approx(parameters().rest.systolic, abs=1)
    assert max(seen) - min(seen) > 5


def test_rehearsed_hypertension_passes_the_red_limit_at_the_usual_dose() -> None:
    patient = SimulatedPatient(Person(), seed=1, numbers=quiet())
    patient.scenario = Scenario.HYPERTENSION
    patient.advance(40 * 60, drug_mg_per_h=USUAL_MG_PER_H)

    assert patient.signs().systolic > 180


def test_rehearsed_desaturation_falls_below_the_red_limit_and_recovers() -> None:
    patient = SimulatedPatient(Person(), seed=1, numbers=quiet())
    patient.scenario = Scenario.DESATURATION
    patient.advance(300)
    low = patient.signs()
    patient.scenario = Scenario.CALM
    patient.advance(600)

    assert low.spo2 < 90
    assert low.respiratory_rate < 8
    assert patient.signs().spo2 > 96


@pytest.mark.parametrize("weight", [0, 19.9, 401, float("nan")])
def test_a_patient_without_a_plausible_weight_is_refused(weight: float) -> None:
    with pytest.raises(InvalidValue):
        Person(weight_kg=weight)


@pytest.mark.parametrize(("seconds", "rate"), [(-1, 0), (1, -1)])
def test_neither_time_nor_dose_runs_backwards(seconds: float, rate: float) -> None:
    with pytest.raises(InvalidValue):
        SimulatedPatient(Person(), seed=1).advance(seconds, drug_mg_per_h=rate)


def test_who_breathes_slowly_gathers_carbon_dioxide_for_minutes_and_the_heart_answers() -> None:
    patient = SimulatedPatient(Person(), seed=4)
    calm = SimulatedPatient(Person(), seed=4)
    patient.scenario = Scenario.DESATURATION
    rises = []
    for _minute in range(10):
        patient.advance(60)
        calm.advance(60)
        rises.append(patient.signs().etco2 - calm.signs().etco2)

    assert rises == sorted(rises)
    assert max(b - a for a, b in zip([0.0, *rises], rises, strict=False)) < 6
    assert patient.signs().etco2 > 55
    assert patient.signs().heart_rate - calm.signs().heart_rate > 12

    patient.scenario = Scenario.CALM
    patient.advance(3600)
    calm.advance(3600)
    assert abs(patient.signs().etco2 - calm.signs().etco2) < 0.5
