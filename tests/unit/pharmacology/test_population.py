"""Virtual patients: exact, reproducible, bounded, and the same however the work is shared."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import (
    BadTimes,
    BaseMass,
    Bolus,
    Infusion,
    OutsideRange,
    Patient,
    Regimen,
    UnconfirmedParameter,
    building,
    lanes,
    load_model,
    sketch,
)
from afterglow.core.pharmacology.population import (
    Keep,
    Task,
    levels_of,
    merge,
    run_part,
    simulate_population,
)
from afterglow.core.pharmacology.sampling import (
    PART,
    Population,
    Sample,
    Spread,
    sample,
    shipped_population,
)
from afterglow.core.pharmacology.solver import solve

HALF_MG_PER_KG = Regimen.constant(BaseMass(0.5), over_min=40)
EVERY_MINUTE = tuple(float(t) for t in range(241))
MIXED = Regimen.of(
    Bolus(BaseMass(5), 3.5),
    Infusion(BaseMass(20), 0, 12.25),
    Infusion(BaseMass(10), 12.25, 20),
    Infusion(BaseMass(4), 60, 7),
)
UNEVEN = (0.0, 0.5, 1.0, 3.5, 4.0, 12.25, 30.0, 33.0, 61.0, 70.0, 200.0, 900.0)


def one_of(drawn: Sample, patient: int) -> dict[str, building.Value]:
    alone = drawn.only(slice(patient, patient + 1))
    return {name: float(np.ravel(value)[0]) for name, value in alone.items()}


def task(size: int = 1500, seed: int = 7, **changed: Any) -> Task:
    settings: dict[str, Any] = {
        "model": "otto2021",
        "regimen": HALF_MG_PER_KG,
        "times_min": EVERY_MINUTE,
        "population": shipped_population(size, seed),
        "keep": Keep.CURVES,
        "per_kg": True,
    }
    return Task(**(settings | changed))


@pytest.mark.parametrize(
    ("regimen", "times", "per_kg"),
    [(HALF_MG_PER_KG, EVERY_MINUTE, True), (MIXED, UNEVEN, False), (MIXED, EVERY_MINUTE, False)],
)
def test_the_kernel_gives_the_exact_solution_of_every_patient(
    regimen: Regimen, times: tuple[float, ...], per_kg: bool
) -> None:
    wanted = task(40, regimen=regimen, times_min=times, per_kg=per_kg)
    model = load_model("otto2021")
    drawn = sample(model, wanted.population, 0)

    found = run_part(wanted, 0)

    for patient in range(40):
        values = one_of(drawn, patient)
        system = building.build_system(model, values, routes=["intravenous"])
        factor = drawn.weight_kg[patient] if per_kg else 1.0
        plan = building.schedule(model, system, values, regimen, dose_factor=factor)
        exact = solve(system.matrix, plan, np.array(times), system.read)
        np.testing.assert_allclose(found.curves[:, :, patient], exact, rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("times", [EVERY_MINUTE, UNEVEN])
def test_two_kernels_of_different_method_agree(times: tuple[float, ...]) -> None:
    wanted = task(2100, regimen=MIXED, times_min=times, per_kg=False)
    drawn = sample(load_model("otto2021"), wanted.population, 0)

    by_lanes = run_part(wanted, 0)
    levels, areas, _ = levels_of(
        load_model("otto2021"), drawn.values, MIXED, np.array(times), dose_factor=np.ones(2100)
    )

    np.testing.assert_allclose(by_lanes.curves, levels, rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose(by_lanes.patients[:, 2], areas, rtol=1e-10)
    np.testing.assert_array_equal(by_lanes.patients[:, 0], by_lanes.curves.max(axis=1))


def test_peaks_are_the_same_whether_curves_are_kept_or_not() -> None:
    with_curves, without = run_part(task(3000), 0), run_part(task(3000, keep=Keep.PATIENTS), 0)

    np.testing.assert_allclose(with_curves.patients, without.patients, rtol=1e-13)
    assert without.curves.size == 0


def test_curves_off_their_line_are_refused_before_the_processor_does() -> None:
    drawn = sample(load_model("otto2021"), shipped_population(10, 1), 0)
    shape = lanes.shape_of(load_model("otto2021"), ["intravenous"])
    assert shape is not None
    rates = lanes.rates_of(shape, drawn, np.ones(10))
    steps = lanes.steps_of(HALF_MG_PER_KG, np.array(EVERY_MINUTE))
    room = lanes.room_for(10, 241)
    raw = np.empty(room.size + 16)
    off = (-raw.ctypes.data % 64) // 8 + 1

    with pytest.raises(InvalidValue, match="64-byte line"):
        lanes.walk(rates, steps, curves=raw[off : off + room.size].reshape(room.shape))


@pytest.mark.parametrize("key", ["simons2022", "perezruixo2021", "herd2007"])
def test_other_models_run_in_the_general_kernel(key: str) -> None:
    wanted = task(30, model=key, times_min=(5.0, 40.0, 41.0, 240.0))
    model = load_model(key)
    drawn = sample(model, wanted.population, 0)

    found = run_part(wanted, 0)

    values = one_of(drawn, 7)
    system = building.build_system(model, values, routes=["intravenous"])
    plan = building.schedule(model, system, values, HALF_MG_PER_KG, dose_factor=drawn.weight_kg[7])
    exact = solve(system.matrix, plan, np.array(wanted.times_min), system.read)
    np.testing.assert_allclose(found.curves[:, :, 7], exact, rtol=1e-10)


def test_a_seed_is_a_population_and_another_seed_another() -> None:
    once, again, other = (run_part(task(500, seed), 0).curves for seed in (3, 3, 4))

    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once[0, 40], other[0, 40])


def test_threads_and_order_of_work_change_nothing() -> None:
    wanted = task(2 * PART + 500, times_min=(20.0, 40.0, 80.0), keep=Keep.BAND)

    alone, shared = simulate_population(wanted, threads=1), simulate_population(wanted, threads=2)
    by_hand = merge(run_part(wanted, part) for part in range(3))

    assert alone.size == wanted.population.size
    np.testing.assert_array_equal(alone.band, shared.band)
    np.testing.assert_array_equal(alone.spread, by_hand.spread)


def test_a_sketch_gives_the_quantiles_that_all_curves_give() -> None:
    band = run_part(task(20_000, keep=Keep.BAND), 0).band_quantiles([0.05, 0.5, 0.95])
    curves = run_part(task(20_000), 0).curves

    for row, analyte in enumerate(("ketamine", "norketamine")):
        exact = np.quantile(curves[row, 1:], [0.05, 0.5, 0.95], axis=1).T
        np.testing.assert_allclose(band[analyte][1:], exact, rtol=sketch.RELATIVE_ERROR)


def test_a_hundred_thousand_adults_reach_the_reference_spread() -> None:
    found = simulate_population(task(100_000, keep=Keep.PATIENTS, times_min=(30.0, 40.0, 50.0)))

    peaks = found.patients[0, 0]
    low, high = np.quantile(peaks, [0.05, 0.95])
    assert peaks.mean() == pytest.approx(160.8, rel=0.01)
    assert peaks.std() / peaks.mean() == pytest.approx(0.187, abs=0.004)
    assert (low, high) == (pytest.approx(114, abs=2), pytest.approx(213, abs=2))


def test_the_drawn_parameters_have_the_published_covariance() -> None:
    everybody = shipped_population(60_000, 1)
    same_body = Population(60_000, 1, Spread.fixed(70), Spread.fixed(40))
    drawn = sample(load_model("otto2021"), same_body, 0).values

    logs = np.log(np.array([drawn["v1"], drawn["cl"]]))

    np.testing.assert_allclose(np.cov(logs), [[0.084177, 0.02261], [0.02261, 0.026048]], rtol=0.04)
    weights = sample(load_model("otto2021"), everybody, 0).weight_kg
    assert weights.min() >= 45
    assert weights.max() <= 130


def test_a_population_without_spread_is_the_typical_patient() -> None:
    alike = Population(3, 1, Spread.fixed(70), Spread.fixed(40))
    drawn = sample(load_model("kamp2020"), alike, 0).values
    typical = building.typical_parameters(load_model("kamp2020"), building.covariates_of(Patient()))

    for name, value in typical.items():
        np.testing.assert_allclose(drawn[name], value, rtol=1e-15)


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"model": "kamp2020"}, InvalidValue, "kamp2020 has no between-subject variability"),
        ({"model": "otto2021_sr"}, UnconfirmedParameter, "r_over_s_clearance"),
        ({"times_min": (5.0, 5.0)}, BadTimes, "Time 5 min is given twice"),
    ],
)
def test_a_run_that_cannot_be_is_refused(
    changed: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        simulate_population(task(**changed))


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: shipped_population(0, 1), "it must be 1 to 1000000000"),
        (lambda: shipped_population(5, -1), "The seed is -1"),
        (lambda: Spread(70, -1, 50, 90), "the SD must be 0 or more"),
        (lambda: Spread(50, 14, 50, 90), "cuts off nearly all"),
        (lambda: Population(5, 1, Spread.fixed(500), Spread.fixed(40)), "must be 1 to 400"),
        (lambda: merge([]), "no parts"),
    ],
)
def test_a_population_that_cannot_be_is_refused(build: Any, sentence: str) -> None:
    with pytest.raises((OutsideRange, InvalidValue), match=sentence):
        build()


def test_importing_the_package_loads_neither_numba_nor_scipy_nor_django() -> None:
    code = (
        "import sys, afterglow.core.pharmacology.population\n"
        "import afterglow.core.pharmacology.planning, afterglow.core.pharmacology.effects\n"
        "print([m for m in ('numba', 'scipy', 'django') if m in sys.modules])"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
