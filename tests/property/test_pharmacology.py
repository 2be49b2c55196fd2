"""Laws that hold for any linear model, any patient and any input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from afterglow.core.pharmacology import (
    BaseMass,
    Bolus,
    Infusion,
    Patient,
    Regimen,
    model_keys,
    simulate,
)
from afterglow.core.pharmacology.building import Schedule
from afterglow.core.pharmacology.inputs import Event
from afterglow.core.pharmacology.solver import solve
from support.pharmacology import by_eigenvectors, to_sixty_digits, van_loan

Floats = npt.NDArray[np.float64]
rates = st.floats(1e-4, 2.0)
KEYS = st.sampled_from(model_keys())


@st.composite
def compartment_models(draw: st.DrawFn) -> Floats:
    """A random open system: drug moves between any two states and leaves from the first."""
    size = draw(st.integers(2, 6))
    matrix = np.zeros((size, size))
    for source in range(size):
        for to in range(size):
            if source != to and draw(st.booleans()):
                matrix[to, source] = draw(rates)
    matrix[np.arange(size), np.arange(size)] = -matrix.sum(axis=0)
    matrix[0, 0] -= draw(rates)
    return matrix


@st.composite
def regimens(draw: st.DrawFn) -> Regimen:
    """Boluses and infusions that do not overlap."""
    moment = 0.0
    events: list[Event] = []
    for _ in range(draw(st.integers(1, 4))):
        moment += draw(st.floats(0.0, 60.0))
        mass = BaseMass(draw(st.floats(0.1, 100.0)))
        if draw(st.booleans()):
            events.append(Bolus(mass, moment))
        else:
            length = draw(st.floats(0.5, 90.0))
            events.append(Infusion(mass, moment, length))
            moment += length
    return Regimen(tuple(events))


TIMES = np.linspace(0, 600, 61)


def later_by(regimen: Regimen, delay: float) -> Regimen:
    """The same regimen, begun ``delay`` minutes later."""
    return Regimen(
        tuple(
            Infusion(e.mass, e.start_min + delay, e.duration_min)
            if isinstance(e, Infusion)
            else Bolus(e.mass, e.at_min + delay)
            for e in regimen.events
        )
    )


@given(compartment_models(), st.floats(0.01, 300.0), st.data())
@settings(max_examples=60, deadline=None)
def test_two_independent_methods_agree_on_random_models(
    matrix: Floats, span: float, data: st.DataObject
) -> None:
    size = len(matrix)
    amounts = st.lists(st.floats(0.0, 50.0), min_size=size, max_size=size)
    start, rate = np.array(data.draw(amounts)), np.array(data.draw(amounts))
    plan = Schedule(np.array([0.0]), start[None], rate[None])

    ours = solve(matrix, plan, np.array([span]))[:, 0]

    np.testing.assert_allclose(ours, van_loan(matrix, start, rate, span), rtol=1e-9, atol=1e-9)


@given(compartment_models(), st.floats(1e-4, 5.0))
@settings(max_examples=25, deadline=None)
def test_every_component_is_exact_however_small(matrix: Floats, span: float) -> None:
    start = np.zeros(len(matrix))
    rate = np.eye(len(matrix))[0]
    plan = Schedule(np.array([0.0]), start[None], rate[None])

    ours = solve(matrix, plan, np.array([span]))[:, 0]

    exact = to_sixty_digits(matrix, start, rate, span)
    np.testing.assert_allclose(ours, exact, rtol=1e-9, atol=0)


@given(st.lists(rates, min_size=3, max_size=3, unique=True), st.floats(1.0, 200.0))
@settings(max_examples=40, deadline=None)
def test_eigenvectors_agree_where_they_exist(chain: list[float], span: float) -> None:
    k12, k21, k10 = chain
    matrix = np.array([[-(k12 + k10), k21], [k12, -k21]])
    plan = Schedule(np.array([0.0]), np.array([[3.0, 0.0]]), np.array([[1.0, 0.0]]))

    ours = solve(matrix, plan, np.array([span]))[:, 0]

    theirs = by_eigenvectors(matrix, np.array([3.0, 0.0]), np.array([1.0, 0.0]), span)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0)


@given(st.integers(2, 8), rates, st.floats(0.01, 50.0))
@settings(max_examples=40, deadline=None)
def test_a_chain_of_equal_rates_has_its_gamma_curve(stages: int, rate: float, span: float) -> None:
    matrix = -rate * np.eye(stages) + rate * np.eye(stages, k=-1)  # no eigenvectors at all
    start = np.eye(stages)[0]

    plan = Schedule(np.zeros(1), start[None], np.zeros((1, stages)))

    ours = solve(matrix, plan, np.array([span]))

    x = rate * span
    factorials = np.cumprod([1.0, *range(1, stages)])
    gamma = np.exp(-x) * x ** np.arange(stages) / factorials
    np.testing.assert_allclose(ours[:, 0], gamma, rtol=1e-12)


@given(KEYS, regimens(), st.floats(0.1, 10.0))
@settings(max_examples=40, deadline=None)
def test_a_multiple_of_the_dose_multiplies_every_curve(
    key: str, regimen: Regimen, factor: float
) -> None:
    scaled = Regimen(
        tuple(
            Bolus(e.mass * factor, e.at_min)
            if isinstance(e, Bolus)
            else Infusion(e.mass * factor, e.start_min, e.duration_min)
            for e in regimen.events
            if isinstance(e, Bolus | Infusion)
        )
    )

    once = simulate(key, regimen, TIMES, accept_unconfirmed=True)
    more = simulate(key, scaled, TIMES, accept_unconfirmed=True)

    for analyte, curve in once.ng_per_ml.items():
        np.testing.assert_allclose(more[analyte], factor * curve, rtol=1e-10, atol=0)


@given(KEYS, regimens())
@settings(max_examples=40, deadline=None)
def test_the_whole_is_the_sum_of_its_events(key: str, regimen: Regimen) -> None:
    whole = simulate(key, regimen, TIMES, accept_unconfirmed=True)
    parts = [
        simulate(key, Regimen((event,)), TIMES, accept_unconfirmed=True) for event in regimen.events
    ]

    for analyte, curve in whole.ng_per_ml.items():
        np.testing.assert_allclose(curve, sum(p[analyte] for p in parts), rtol=1e-10, atol=1e-300)


@given(KEYS, regimens(), st.floats(0.0, 500.0))
@settings(max_examples=40, deadline=None)
def test_the_same_later_is_the_same_curve_later(key: str, regimen: Regimen, delay: float) -> None:
    later = later_by(regimen, delay)
    times = TIMES[1:] + 0.123  # off every corner, where adding the delay rounds

    now = simulate(key, regimen, times, accept_unconfirmed=True)
    then = simulate(key, later, times + delay, accept_unconfirmed=True)

    for analyte, curve in now.ng_per_ml.items():
        np.testing.assert_allclose(then[analyte], curve, rtol=1e-8, atol=1e-9)


@given(compartment_models(), st.floats(0.1, 500.0), st.floats(0.1, 20.0))
@settings(max_examples=40, deadline=None)
def test_what_is_in_the_body_and_what_has_left_is_what_was_given(
    matrix: Floats, span: float, rate: float
) -> None:
    size = len(matrix)
    open_system = np.zeros((size + 1, size + 1))
    open_system[:size, :size] = matrix
    open_system[size, :size] = -matrix.sum(axis=0).clip(max=0)
    given_mg = np.eye(size + 1)[0] * rate
    plan = Schedule(np.array([0.0]), np.zeros((1, size + 1)), given_mg[None])

    amounts = solve(open_system, plan, np.array([span]))[:, 0]

    assert (amounts >= 0).all()
    np.testing.assert_allclose(amounts.sum(), rate * span, rtol=1e-9)


@given(KEYS, regimens(), st.floats(45.0, 120.0))
@settings(max_examples=40, deadline=None)
def test_levels_are_never_negative_start_at_nothing_and_end_at_nothing(
    key: str, regimen: Regimen, weight: float
) -> None:
    late = [0.0, *TIMES[1:], 1e5]
    shifted = later_by(regimen, 1.0)

    curve = simulate(key, shifted, late, patient=Patient(weight_kg=weight), accept_unconfirmed=True)

    for levels in curve.ng_per_ml.values():
        assert (levels >= 0).all()
        assert levels[0] == 0
        assert levels[-1] < 1e-6 * max(levels.max(), 1e-300)


@given(KEYS, regimens())
@settings(max_examples=30, deadline=None)
def test_the_whole_area_depends_on_the_dose_alone(key: str, regimen: Regimen) -> None:
    one_mg = Regimen((Bolus(BaseMass(1.0)),))

    area, unit = (
        simulate(key, one, [300_000.0], accept_unconfirmed=True).auc_ng_h_per_ml
        for one in (regimen, one_mg)
    )

    for analyte, whole in area.items():
        np.testing.assert_allclose(whole, regimen.base_mg * unit[analyte], rtol=1e-9)
