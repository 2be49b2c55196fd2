"""Every model of the catalogue gives the levels that independent methods give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from afterglow.core.pharmacology import (
    BaseMass,
    Patient,
    Regimen,
    Route,
    building,
    library,
    load_model,
    model_keys,
    peak,
    simulate,
)
from support.pharmacology import to_sixty_digits, van_loan

GOLDEN: list[dict[str, Any]] = library.body("golden", "points")["cases"]
POINTS = [(case, analyte) for case in GOLDEN for analyte in case["ng_per_ml"]]
TYPICAL = Regimen.constant(BaseMass(35), over_min=40)


def regimen(case: dict[str, Any]) -> Regimen:
    return building.single_dose(
        load_model(case["model"]),
        Route(case["route"]),
        float(case["dose_mg"]),
        duration_min=float(case["duration_min"]),
    )


@pytest.mark.parametrize(
    ("case", "analyte"), POINTS, ids=lambda x: x if isinstance(x, str) else x["case"]
)
def test_a_golden_point_is_met_to_1e_9(case: dict[str, Any], analyte: str) -> None:
    curve = simulate(
        case["model"],
        regimen(case),
        case["times_min"],
        effect_site=analyte == "effect_site",
        accept_unconfirmed=analyte == "effect_site",
    )

    np.testing.assert_allclose(curve[analyte], case["ng_per_ml"][analyte], rtol=1e-9, atol=0)


@pytest.mark.parametrize("key", library.body("golden", "points")["systems_70kg"])
def test_the_state_matrix_is_that_of_the_golden_file(key: str) -> None:
    golden = library.body("golden", "points")["systems_70kg"][key]
    model = load_model(key)
    values = building.typical_parameters(model, building.covariates_of(Patient()))
    route = "intranasal" if "intranasal" in model.routes else "intravenous"
    system = building.build_system(model, values, routes=[route])

    np.testing.assert_allclose(system.matrix, golden["A_per_min"], rtol=1e-14, atol=1e-300)
    scale = golden["output_scale"]["ketamine"]["ng_per_mL_per_mg"]
    assert system.read[0, 0] == pytest.approx(scale, rel=1e-14)


@pytest.mark.parametrize("key", model_keys())
@pytest.mark.parametrize("minutes", [0.01, 1.0, 40.0, 95.0])
def test_every_model_agrees_with_two_independent_methods(key: str, minutes: float) -> None:
    model = load_model(key)
    values = building.typical_parameters(model, building.covariates_of(Patient()))
    system = building.build_system(model, values, routes=["intravenous"])
    plan = building.schedule(model, system, values, TYPICAL)
    begun = van_loan(system.matrix, plan.jumps[0], plan.rates[0], min(minutes, 40.0))
    exact = to_sixty_digits(system.matrix, plan.jumps[0], plan.rates[0], min(minutes, 40.0))
    if minutes > 40:
        begun = van_loan(system.matrix, begun, plan.rates[1], minutes - 40)
        exact = to_sixty_digits(system.matrix, exact, plan.rates[1], minutes - 40)

    curve = simulate(model, TYPICAL, [minutes], accept_unconfirmed=True)

    ours = np.array([level[0] for level in curve.ng_per_ml.values()])
    np.testing.assert_allclose(ours, system.read @ exact, rtol=1e-11, atol=0)
    # Padé subtracts: below a millionth of the parent its own digits run out.
    floor = 1e-15 * ours.max()
    np.testing.assert_allclose(ours, system.read @ begun, rtol=1e-9, atol=floor)


@pytest.mark.parametrize("minutes", [1e-6, 1e-3, 0.1, 1.0])
@pytest.mark.parametrize("key", ["otto2021", "simons2022", "perezruixo2021"])
def test_a_metabolite_is_exact_from_its_first_molecules(key: str, minutes: float) -> None:
    model = load_model(key)
    values = building.typical_parameters(model, building.covariates_of(Patient()))
    system = building.build_system(model, values, routes=["intravenous"])
    plan = building.schedule(model, system, values, TYPICAL)
    exact = to_sixty_digits(system.matrix, plan.jumps[0], plan.rates[0], minutes)

    curve = simulate(model, TYPICAL, [minutes])

    ours = [level[0] for level in curve.ng_per_ml.values()]
    np.testing.assert_allclose(ours, system.read @ exact, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("key", "c40", "c80", "c240", "auc"),
    [
        ("otto2021", 158.0, 78.8, 25.2, 367.6),
        ("clements1981", 177.3, 84.7, 34.6, 436.3),
        ("kamp2020", 253.1, 73.7, 25.6, 416.7),
        ("simons2022", 288.7, 62.9, 20.1, 394.1),
        ("perezruixo2021", 124.8, 65.1, 18.0, 321.1),
        ("domino1984", 240.3, 45.8, 17.3, 301.9),
        ("hijazi2003", 225.3, 46.0, 4.6, 231.7),
        ("herd2007", 253.4, 96.4, 24.2, 388.9),
        ("elkomy2015", 322.2, 103.9, 35.5, 577.6),
        ("sherwin2015", 322.8, 34.1, 19.8, 398.2),
        ("hornik2018", 495.6, 123.8, 48.4, 899.7),
        ("flint2017", 193.4, 22.9, 16.2, 312.5),
    ],
)
def test_half_a_milligram_a_kilogram_gives_the_published_comparison(
    key: str, c40: float, c80: float, c240: float, auc: float
) -> None:
    curve = simulate(key, TYPICAL, [40, 80, 240, 100_000])

    assert np.round(curve["ketamine"][:3], 1).tolist() == [c40, c80, c240]
    assert round(float(curve.auc_ng_h_per_ml["ketamine"][-1]), 1) == auc


def test_the_split_into_two_forms_gives_its_published_levels() -> None:
    curve = simulate("otto2021_sr", TYPICAL, [40], accept_unconfirmed=True)

    levels = {
        name: round(float(curve[name][0]), 1) for name in ("ketamine", "s_ketamine", "r_ketamine")
    }
    assert levels == {"ketamine": 160.1, "s_ketamine": 79.0, "r_ketamine": 81.1}


@pytest.mark.parametrize(
    ("mg", "highest", "auc", "norketamine"),
    [(28, 43.9, 146.9, 59.2), (56, 73.0, 253.8, 120.0), (84, 102.2, 360.8, 180.7)],
)
def test_the_nasal_spray_gives_its_papers_exposures(
    mg: float, highest: float, auc: float, norketamine: float
) -> None:
    model = load_model("perezruixo2021")
    dose = building.single_dose(model, Route.INTRANASAL, mg)

    area = simulate(model, dose, [1440]).auc_ng_h_per_ml["ketamine"][0]

    assert round(peak(model, dose, "ketamine").ng_per_ml, 1) == highest
    assert round(float(area), 1) == auc
    assert round(peak(model, dose, "norketamine").ng_per_ml, 1) == norketamine


def test_norketamine_peaks_where_the_reference_says() -> None:
    top = peak("otto2021", TYPICAL, "norketamine")

    assert (round(top.ng_per_ml, 1), round(top.at_min)) == (74.8, 89)


def test_a_typical_volunteer_of_simons_reaches_the_published_arterial_peak() -> None:
    curve = simulate("simons2022", Regimen.constant(BaseMass(20), over_min=20), [20])

    assert round(float(curve["ketamine"][0]), 1) == 268.0
