"""Forest and funnel plots: everything inside the frame, in order, and said in words."""

from __future__ import annotations

from itertools import pairwise

import pytest

from afterglow.core.evidence.synthesis.effects import Effect, Measure
from afterglow.core.evidence.synthesis.plots import forest, funnel, in_words
from afterglow.core.evidence.synthesis.pooling import Model, Range, pool

TABLES = {
    Measure.OR: [(1.2, 0.3), (0.4, 0.2), (2.9, 1.1), (-0.2, 0.4)],
    Measure.RD: [(0.2, 0.01), (0.05, 0.02), (0.31, 0.03)],
    Measure.MD: [(-12.7, 17.0), (-14.6, 6.2)],
}


def effects(measure: Measure) -> list[Effect]:
    return [Effect(f"Trial {at}", *row) for at, row in enumerate(TABLES[measure])]


@pytest.mark.parametrize("measure", list(TABLES))
def test_everything_is_inside_the_frame_and_in_order(measure: Measure) -> None:
    found = effects(measure)
    plot = forest(found, pool(found, measure=measure, model=Model.DERSIMONIAN_LAIRD))

    for row in plot.rows:
        assert 0 <= row.low <= row.x <= row.high <= plot.width
        assert 0 < row.y < plot.axis_y
        assert row.half == row.size / 2
    assert [row.study for row in plot.rows] == [each.study for each in found]
    assert all(one.y < two.y for one, two in pairwise(plot.rows))
    assert plot.pooled_y > plot.rows[-1].y
    assert len(plot.ticks) >= 2
    assert all(one.x < two.x for one, two in pairwise(plot.ticks))
    assert plot.axis_y < plot.tick_y < plot.tick_words_y < plot.favours_y < plot.height
    assert plot.view_box == f"0 0 {plot.width:g} {plot.height:g}"


def test_a_larger_effect_stands_further_right_and_a_heavier_trial_is_larger() -> None:
    found = effects(Measure.OR)
    pooled = pool(found, measure=Measure.OR)
    plot = forest(found, pooled)

    by_effect = sorted(plot.rows, key=lambda row: found[plot.rows.index(row)].estimate)
    assert [row.x for row in by_effect] == sorted(row.x for row in plot.rows)
    heaviest = max(plot.rows, key=lambda row: row.weight)
    assert heaviest.size == max(row.size for row in plot.rows)
    assert plot.prediction is not None
    assert plot.prediction_y > plot.pooled_y
    assert plot.prediction_words.count(" to ") == 1


def test_two_trials_have_no_prediction_to_draw() -> None:
    found = effects(Measure.MD)

    plot = forest(found, pool(found, measure=Measure.MD))

    assert (plot.prediction, plot.prediction_words) == (None, "")
    assert not plot.higher_is_treated


def test_the_null_line_is_at_one_for_ratios_and_zero_for_differences() -> None:
    for measure in (Measure.OR, Measure.RD):
        null = [Effect("n", 0.0, 0.04), Effect("m", 0.0, 0.05), Effect("o", 0.1, 0.06)]
        plot = forest(null, pool(null, measure=measure))
        assert plot.rows[0].x == pytest.approx(plot.no_effect_x)


@pytest.mark.parametrize("measure", list(TABLES))
def test_a_funnel_puts_the_surest_trial_on_top(measure: Measure) -> None:
    found = effects(measure)
    plot = funnel(found, pool(found, measure=measure))

    surest = min(range(len(found)), key=lambda at: found[at].se)
    assert plot.points[surest].y == min(point.y for point in plot.points)
    for point in plot.points:
        assert plot.left <= point.x <= plot.right
        assert 0 < point.y <= plot.axis_y
    assert plot.errors[0].words == "0"
    assert plot.axis_y < plot.tick_words_y < plot.words_y < plot.height
    assert plot.error_x < plot.left
    assert plot.view_box == f"0 0 {plot.width:g} {plot.height:g}"


def test_numbers_are_said_as_people_read_them() -> None:
    assert in_words(Measure.OR, 1.2209, Range(0.6419, 1.8)) == "3.39 (1.90 to 6.05)"
    assert in_words(Measure.MD, -12.7, Range(-20.9, -4.5)) == "-12.70 (-20.90 to -4.50)"
    assert in_words(Measure.OR, 5.0, Range(1.0, 800.0)) == "148 (2.72 to inf)"


def test_effects_close_together_still_get_an_axis() -> None:
    found = [Effect("a", 0.001, 0.000001), Effect("b", 0.001, 0.000001)]

    plot = forest(found, pool(found, measure=Measure.OR))

    assert len(plot.ticks) == 2
