"""Laws of pooling, whatever the trials."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from afterglow.core.evidence.synthesis.effects import (
    Counts,
    Effect,
    Measure,
    ZeroCells,
    effects_of_counts,
)
from afterglow.core.evidence.synthesis.pooling import Interval, Model, pool
from afterglow.core.evidence.synthesis.robustness import leave_one_out

MODELS = st.sampled_from(list(Model))
EFFECTS = st.lists(
    st.builds(
        Effect,
        study=st.sampled_from("abcdef"),
        estimate=st.floats(-3, 3),
        variance=st.floats(0.01, 2),
    ),
    min_size=2,
    max_size=6,
)
ROWS = st.integers(2, 60).flatmap(
    lambda n: st.builds(
        Counts,
        study=st.just("a"),
        events=st.integers(0, n),
        people=st.just(n),
        control_events=st.integers(0, n),
        control_people=st.just(n),
    )
)
quick = settings(max_examples=60, deadline=None)


@quick
@given(EFFECTS, MODELS)
def test_the_order_of_trials_does_not_matter(effects: list[Effect], model: Model) -> None:
    one = pool(effects, measure=Measure.OR, model=model)
    other = pool(effects[::-1], measure=Measure.OR, model=model)

    assert one.estimate == pytest.approx(other.estimate, abs=1e-6)
    assert one.tau2 == pytest.approx(other.tau2, abs=1e-6)


@quick
@given(EFFECTS, MODELS)
def test_the_pooled_estimate_lies_among_the_trials(effects: list[Effect], model: Model) -> None:
    found = pool(effects, measure=Measure.OR, model=model)
    values = [each.estimate for each in effects]

    assert min(values) - 1e-9 <= found.estimate <= max(values) + 1e-9
    assert found.ci.low <= found.estimate <= found.ci.high
    assert sum(found.weights) == pytest.approx(100)
    assert found.tau2 >= 0
    assert 0 <= found.i2 <= 100


@quick
@given(EFFECTS, MODELS, st.floats(-2, 2))
def test_moving_every_trial_moves_the_answer_and_not_the_doubt(
    effects: list[Effect], model: Model, by: float
) -> None:
    moved = [Effect(each.study, each.estimate + by, each.variance) for each in effects]

    one = pool(effects, measure=Measure.MD, model=model)
    other = pool(moved, measure=Measure.MD, model=model)

    assert other.estimate - one.estimate == pytest.approx(by, abs=1e-5)
    assert other.tau2 == pytest.approx(one.tau2, abs=1e-5)


@quick
@given(EFFECTS)
def test_a_prediction_is_never_surer_than_the_estimate(effects: list[Effect]) -> None:
    found = pool(effects, measure=Measure.OR, model=Model.DERSIMONIAN_LAIRD)

    assert (found.prediction is None) is (len(effects) < 3)
    if found.prediction is not None:
        assert found.prediction.low <= found.ci.low
        assert found.prediction.high >= found.ci.high


@quick
@given(EFFECTS)
def test_the_careful_interval_is_never_narrower_than_the_plain_one(effects: list[Effect]) -> None:
    plain = pool(effects, measure=Measure.OR, model=Model.PAULE_MANDEL)
    careful = pool(
        effects,
        measure=Measure.OR,
        model=Model.PAULE_MANDEL,
        interval=Interval.HARTUNG_KNAPP_AT_LEAST,
    )

    assert careful.ci.low <= plain.ci.low + 1e-9
    assert careful.ci.high >= plain.ci.high - 1e-9


@quick
@given(EFFECTS)
def test_leaving_each_out_once_leaves_each_out_once(effects: list[Effect]) -> None:
    found = leave_one_out(effects, measure=Measure.OR, model=Model.FIXED)

    assert [each.without for each in found] == [each.study for each in effects]
    assert all(each.pooled.k == len(effects) - 1 for each in found)


@quick
@given(
    ROWS,
    st.sampled_from([Measure.OR, Measure.RR, Measure.RD]),
    st.sampled_from([ZeroCells.ADD_HALF_TO_ALL, ZeroCells.ADD_HALF_TO_ZERO]),
)
def test_swapping_the_arms_turns_the_effect_around(
    row: Counts, measure: Measure, zero: ZeroCells
) -> None:
    swapped = Counts(row.study, row.control_events, row.control_people, row.events, row.people)

    (one,) = effects_of_counts([row], measure, zero)
    (other,) = effects_of_counts([swapped], measure, zero)

    assert one.estimate == pytest.approx(-other.estimate, abs=1e-9)
    assert one.variance == pytest.approx(other.variance)


@quick
@given(st.floats(-2, 2), st.floats(0.05, 1), st.integers(2, 6))
def test_trials_that_agree_have_nothing_between_them(value: float, variance: float, k: int) -> None:
    assume(abs(value) < 2)
    same = [Effect(str(at), value, variance) for at in range(k)]

    for model in Model:
        found = pool(same, measure=Measure.OR, model=model)
        assert found.tau2 == pytest.approx(0, abs=1e-9)
        assert found.estimate == pytest.approx(value)
