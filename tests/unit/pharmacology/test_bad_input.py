"""What cannot be true is refused by name, with the number seen and the limit."""

from __future__ import annotations

import math
from typing import Any

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import (
    BadDose,
    BadTimes,
    BaseMass,
    Bolus,
    HydrochlorideMass,
    Infusion,
    OutsideRange,
    OverlappingInfusions,
    Patient,
    RateStep,
    Regimen,
    Route,
    Spray,
    UnconfirmedParameter,
    UnknownModel,
    building,
    library,
    load_model,
    parse_model,
    simulate,
)

TYPICAL = Regimen.constant(BaseMass(35), over_min=40)


@pytest.mark.parametrize("mg", [-1.0, math.nan, math.inf, 1e6])
def test_a_dose_that_cannot_be_is_refused(mg: float) -> None:
    with pytest.raises(BadDose, match=r"it must be 0 to 100000 mg"):
        BaseMass(mg)


@pytest.mark.parametrize("minutes", [0.0, -5.0, math.nan, math.inf, 1e9])
def test_an_infusion_over_no_time_or_for_ever_is_refused(minutes: float) -> None:
    with pytest.raises(BadDose, match="it must be more than 0 and at most 527040 min"):
        Infusion(BaseMass(35), 0, minutes)


@pytest.mark.parametrize("moment", [-1.0, math.nan, math.inf])
def test_a_moment_before_the_start_is_refused(moment: float) -> None:
    with pytest.raises(BadTimes, match="it must be 0 to 527040 min after the start"):
        Bolus(BaseMass(5), moment)


def test_infusions_that_overlap_are_refused_with_both_times() -> None:
    first, second = Infusion(BaseMass(20), 0, 40), Infusion(BaseMass(20), 30, 40)

    with pytest.raises(OverlappingInfusions, match=r"starts at 30 min .* until 40 min"):
        Regimen((first, second))


def test_events_out_of_order_are_refused() -> None:
    with pytest.raises(BadTimes, match=r"at 5 min follows one at 10 min"):
        Regimen((Bolus(BaseMass(1), 10), Bolus(BaseMass(1), 5)))


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([10, 5], "Time 5 min follows 10 min"),
        ([], "at least one time is needed"),
        ([0, math.nan], "A time is nan"),
        ([-1, 3], "The first time is -1 min"),
    ],
)
def test_times_that_are_no_times_are_refused(times: list[float], sentence: str) -> None:
    with pytest.raises(BadTimes, match=sentence):
        simulate("otto2021", TYPICAL, times)


@pytest.mark.parametrize("weight", [0.0, -70.0, 700.0, math.nan])
def test_a_weight_that_no_person_has_is_refused(weight: float) -> None:
    with pytest.raises(OutsideRange, match="it must be 1 to 400 kg"):
        Patient(weight_kg=weight)


def test_an_age_that_no_person_has_is_refused() -> None:
    with pytest.raises(OutsideRange, match=r"given as 130 years; it must be 0 to 120 years"):
        Patient(age_years=130)


def test_an_unknown_model_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownModel, match=r"'otto2012'; there are clements1981, domino1984"):
        load_model("otto2012")


def test_a_route_that_a_model_does_not_have_is_refused() -> None:
    by_mouth = Regimen((Bolus(BaseMass(50), 0, Route.ORAL),))

    with pytest.raises(
        UnknownModel, match="Model kamp2020 has no route 'oral'; it has intravenous"
    ):
        simulate("kamp2020", by_mouth, [40])


def test_an_analyte_that_a_model_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownModel, match="has no 'norketamine'; it has ketamine"):
        simulate("kamp2020", TYPICAL, [40])["norketamine"]


def test_half_a_nasal_device_is_refused() -> None:
    with pytest.raises(InvalidValue, match="40 mg is no whole number of 28-mg devices"):
        building.nasal_sprays(load_model("perezruixo2021"), 40)


@pytest.mark.parametrize(
    ("key", "regimen", "effect_site", "named"),
    [
        ("otto2021_sr", TYPICAL, False, r"r_over_s_clearance = .* \[P\]"),
        ("otto2021", Regimen((Bolus(BaseMass(35), 0, Route.INTRAMUSCULAR),)), False, "im_ka"),
        ("otto2021", TYPICAL, True, r"ke0 = 0.113631 /min \[P\]"),
    ],
)
def test_an_unconfirmed_number_must_be_asked_for_and_is_then_named(
    key: str, regimen: Regimen, effect_site: bool, named: str
) -> None:
    with pytest.raises(UnconfirmedParameter, match=named):
        simulate(key, regimen, [40], effect_site=effect_site)

    curve = simulate(key, regimen, [40], effect_site=effect_site, accept_unconfirmed=True)
    assert [one.standing for one in curve.unconfirmed] == ["P"]


def test_a_model_from_confirmed_numbers_needs_no_flag_and_names_none() -> None:
    assert simulate("otto2021", TYPICAL, [40]).unconfirmed == ()


def test_hydrochloride_counts_as_the_base_that_it_holds() -> None:
    salt = simulate("otto2021", Regimen.constant(HydrochlorideMass(35), over_min=40), [40])
    base = simulate("otto2021", Regimen.constant(BaseMass(35), over_min=40), [40])

    assert salt["ketamine"][0] / base["ketamine"][0] == pytest.approx(237.73 / 274.19, rel=1e-12)


def test_rate_changes_pauses_and_a_stop_become_infusions() -> None:
    steps = [RateStep(0, 1.0), RateStep(10, 0.0), RateStep(15, 0.5), RateStep(30, 0.0)]

    regimen = Regimen.from_rates(steps, until_min=60)

    assert regimen.events == (Infusion(BaseMass(10), 0, 10), Infusion(BaseMass(7.5), 15, 15))
    with pytest.raises(BadTimes, match="rate changes must be sorted"):
        Regimen.from_rates([RateStep(10, 1), RateStep(5, 0)], until_min=60)
    with pytest.raises(BadDose, match="it must be finite and 0 or more"):
        RateStep(0, -1)


def test_stopping_early_gives_only_what_has_run_in() -> None:
    stopped = TYPICAL.until(10)

    assert stopped.base_mg == pytest.approx(8.75)
    assert stopped.end_min == 10


def test_sprays_five_minutes_apart_are_absorbed_like_the_second_and_third() -> None:
    apart = Regimen((Spray(BaseMass(28), 0), Spray(BaseMass(28), 5)))
    together = Regimen(building.nasal_sprays(load_model("perezruixo2021"), 56))

    late_apart, late_together = (
        simulate("perezruixo2021", one, [100_000]).auc_ng_h_per_ml["ketamine"][0]
        for one in (apart, together)
    )

    assert late_apart == pytest.approx(late_together, rel=1e-9)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda b: b["states"].pop("peripheral1"), "refers to state 'peripheral1'"),
        (lambda b: b["parameters"].pop("cl"), "refers to parameter 'cl'"),
        (lambda b: b["parameters"]["cl"].pop("status"), "lacks a value, unit, status or source"),
        (lambda b: b["parameters"].update(cl=95.2), "needs value, unit, status and source"),
    ],
)
def test_a_model_that_refers_to_nothing_is_refused(spoil: Any, sentence: str) -> None:
    body = library.body("models", "otto2021")
    spoil(body)

    with pytest.raises(InvalidValue, match=sentence):
        parse_model("spoilt", 1, body)
