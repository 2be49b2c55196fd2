"""Effects carry their band, their standing and what they may not be taken for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import (
    BadTimes,
    BaseMass,
    Regimen,
    UnconfirmedParameter,
    UnknownModel,
    simulate,
)
from afterglow.core.pharmacology.effects import (
    antidepressant_course,
    assays,
    dissociation,
    nmda_occupancy,
    occupancy_of_assay,
    pressure_rise,
    sedation_thresholds,
)
from afterglow.core.pharmacology.mechanism import Phase, mechanism_timeline

TYPICAL = Regimen.constant(BaseMass(35), over_min=40)


@pytest.mark.parametrize(
    ("level", "percent"),
    [(185.0, 46.42), (100.0, 31.89), (158.04, 42.53), (253.05, 54.23), (370.0, 63.40)],
)
def test_the_default_assay_gives_the_worked_occupancies(level: float, percent: float) -> None:
    occupied, _ = occupancy_of_assay("ebert1997", {"ketamine": level})

    assert round(100 * float(occupied), 2) == percent


def test_norketamine_adds_its_small_part() -> None:
    occupied, _ = occupancy_of_assay("ebert1997", {"ketamine": 185.0, "norketamine": 47.0})

    assert round(100 * float(occupied), 2) == 47.40


def test_the_split_model_gives_the_reference_time_course() -> None:
    times = [5, 10, 20, 40, 60, 80, 120, 240]
    run = simulate("otto2021_sr", TYPICAL, times, accept_unconfirmed=True)
    forms = ("s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine")

    occupied, _ = occupancy_of_assay("ebert1997", {name: run[name] for name in forms})

    expected = [12.492, 21.029, 32.027, 43.756, 35.100, 30.002, 24.012, 13.701]
    assert np.round(100 * occupied, 3).tolist() == expected


def test_the_band_spans_every_published_value() -> None:
    band = nmda_occupancy({"ketamine": 185.0}, accept_unconfirmed=True)

    assert [round(100 * float(x), 1) for x in (band.low, band.middle, band.high)] == [
        7.3,
        46.4,
        78.2,
    ]
    assert band.label == "modelled index"
    assert {str(one.standing) for one in band.unconfirmed} == {"M", "P"}
    assert len(assays()) == 7


def test_an_occupancy_is_not_given_without_accepting_its_proposals() -> None:
    with pytest.raises(UnconfirmedParameter, match=r"unbound_fraction\.ketamine"):
        nmda_occupancy({"ketamine": 185.0})


def test_the_rise_of_pressure_is_calibrated_to_the_cohorts() -> None:
    rise = pressure_rise(158.0, accept_unconfirmed=True)
    lower = pressure_rise(158.0, which="diastolic", accept_unconfirmed=True)
    pulse = pressure_rise(158.0, which="pulse", accept_unconfirmed=True)

    assert [round(float(x), 1) for x in (rise.low, rise.middle, rise.high)] == [3.3, 7.4, 16.0]
    assert float(lower.middle) == pytest.approx(0.8 * float(rise.middle))
    assert round(float(pulse.middle), 1) == 1.9
    assert rise.unit == "mmHg"


def test_dissociation_is_linear_and_clipped_where_nothing_is_known() -> None:
    felt = dissociation([0.0, 100.0, 200.0, 400.0])

    np.testing.assert_allclose(felt.low, [0, 0.185, 0.37, 0.37])
    np.testing.assert_allclose(felt.high, [0, 0.445, 0.89, 0.89])
    assert felt.unconfirmed == ()


def test_thresholds_of_sedation_come_lowest_first_with_their_sources() -> None:
    found = sedation_thresholds()

    assert [one.value for one in found] == [70, 370, 380, 440, 520, 642, 740, 2000]
    assert all(one.source for one in found)


def test_the_antidepressant_course_keeps_apart_from_the_level() -> None:
    course = antidepressant_course([0, 3, 24, 72, 168, 336], accept_unconfirmed=True)

    np.testing.assert_allclose(course.high[:5], [0, 0.618, 1.001, 0.915, 0.763], atol=6e-4)
    assert course.low[-1] < 0.3
    assert "not related" in course.warning


@pytest.mark.parametrize(
    ("ask", "error", "sentence"),
    [
        (lambda: dissociation(-3.0), InvalidValue, "given as -3 ng/mL"),
        (lambda: dissociation(float("nan")), InvalidValue, "given as nan ng/mL"),
        (
            lambda: occupancy_of_assay("none", {"ketamine": 1.0}),
            UnknownModel,
            "there are ebert1997",
        ),
        (lambda: nmda_occupancy({}, accept_unconfirmed=True), InvalidValue, "give no occupancy"),
        (lambda: pressure_rise(1.0, which="mean"), UnknownModel, "systolic, diastolic, pulse"),
        (lambda: antidepressant_course([-1]), InvalidValue, "0 or more"),
        (lambda: mechanism_timeline(TYPICAL, hours=[2, 1]), BadTimes, "ascending"),
    ],
)
def test_what_has_no_effect_is_refused(ask: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        ask()


def test_the_mechanism_runs_from_receptor_to_spine_with_species_and_evidence() -> None:
    strands = mechanism_timeline(TYPICAL, accept_unconfirmed=True)

    assert {strand.phase for strand in strands} == set(Phase)
    peaks = {s.key: float(s.hours[int(s.part.argmax())]) for s in strands}
    assert peaks["occupancy"] == pytest.approx(40 / 60, abs=0.05)
    assert peaks["burst"] < peaks["mtor"] < peaks["protein"] < peaks["spines"]
    assert all(s.species and s.evidence and s.part.min() >= 0 for s in strands)
    assert all(s.part.max() == pytest.approx(1.0) for s in strands)
