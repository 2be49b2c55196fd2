"""A body moves a model's parameters as its paper says; quantities cross into float64 by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import (
    BadDose,
    BaseMass,
    HydrochlorideMass,
    Patient,
    Regimen,
    UnknownModel,
    building,
    library,
    load_model,
    parse_model,
    sketch,
)
from afterglow.core.pharmacology.planning import predicted_band
from afterglow.core.pharmacology.reading import read_regimen
from afterglow.core.pharmacology.sampling import sample, shipped_population
from afterglow.core.quantities import BodyMass, Dose


def parameters(key: str, patient: Patient) -> dict[str, building.Value]:
    return building.typical_parameters(load_model(key), building.covariates_of(patient))


def test_only_the_scaled_parameters_of_otto_grow_with_weight() -> None:
    light, heavy = (parameters("otto2021", Patient(weight_kg=w)) for w in (70, 140))

    grown = {name: float(heavy[name] / light[name]) for name in light}
    assert grown["v1"] == pytest.approx(2)
    assert grown["cl"] == pytest.approx(2**0.75)
    assert grown["vp1"] == grown["q1"] == grown["vp2"] == grown["q2"] == 1


@pytest.mark.parametrize(("age", "flow_l_per_h"), [(40, 151.0), (60, 151.0), (70, 129.1)])
def test_liver_flow_falls_after_sixty(age: float, flow_l_per_h: float) -> None:
    found = parameters("perezruixo2021", Patient(age_years=age))["qh"]

    assert float(found) * 60 == pytest.approx(flow_l_per_h)


def test_the_covariates_of_the_nasal_model_are_those_of_its_paper() -> None:
    plain = parameters("perezruixo2021", Patient())
    japanese = parameters("perezruixo2021", Patient(asian=True, japanese=True))

    ratios = {name: float(japanese[name] / plain[name]) for name in plain}
    assert ratios["kel"] == pytest.approx(0.36)
    assert ratios["nk_cl"] == pytest.approx(0.81)
    assert ratios["frn"] == pytest.approx(1.34)
    assert {name for name, ratio in ratios.items() if ratio != 1} == {"kel", "nk_cl", "frn"}


def test_a_part_of_a_population_may_carry_a_covariate() -> None:
    people = replace(shipped_population(4000, 1), asian_share=0.25)
    model = load_model("perezruixo2021")

    kel = np.asarray(sample(model, replace(people, seed=2), 0).values["kel"])
    none = np.asarray(sample(model, replace(people, seed=2, asian_share=0.0), 0).values["kel"])

    assert np.log(kel).mean() < np.log(none).mean()


def test_exact_quantities_cross_by_name() -> None:
    patient = Patient.of(BodyMass.kg("82.5"), age_years=31)

    assert (patient.weight_kg, patient.age_years) == (82.5, 31)
    assert BaseMass.of(Dose.mg("41.25")).mg == 41.25
    assert (HydrochlorideMass(10) * 2).mg == 20
    with pytest.raises(BadDose, match="a number of milligrams"):
        BaseMass("35")  # type: ignore[arg-type]


def test_nothing_given_is_no_level_and_no_complaint_about_its_dose() -> None:
    band = predicted_band(Regimen(()), [0, 60], patient=Patient())

    assert band.lines["ketamine"].p95.tolist() == [0, 0]
    assert Regimen(()).end_min == 0
    assert read_regimen([{"bolus_mg": 5}], until_min=0).end_min == 0


def test_a_band_needs_a_sensible_number_of_twins() -> None:
    with pytest.raises(InvalidValue, match="A band of 3 twins"):
        predicted_band(Regimen(()), [0], patient=Patient(), twins=3)


def test_a_unit_that_nobody_knows_is_refused() -> None:
    body = library.body("models", "kamp2020")
    body["parameters"]["v1"]["unit"] = "pints"

    with pytest.raises(InvalidValue, match=r"kamp\.v1 is in 'pints'"):
        building.typical_parameters(parse_model("kamp", 1, body), building.covariates_of(Patient()))


def test_what_does_not_ship_is_named() -> None:
    with pytest.raises(UnknownModel, match="Nothing called 'none' in effects"):
        library.body("effects", "none")
    with pytest.raises(UnknownModel, match=r"No constant is called molar_mass\.water"):
        library.constant("molar_mass", "water")
    with pytest.raises(UnknownModel, match="Model kamp2020 has no route 'intranasal'"):
        building.nasal_sprays(load_model("kamp2020"), 28)


def test_an_empty_sketch_has_no_quantile() -> None:
    assert np.isnan(sketch.quantiles(sketch.empty(1), [0.5])).all()
