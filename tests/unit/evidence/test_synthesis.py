"""What is pooled, what is refused, and the library's own figures reproduced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from afterglow.apps.evidence.files import FOLDER, edition, syntheses
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.designs import (
    cluster_counts,
    crossover_difference,
    crossover_effect,
)
from afterglow.core.evidence.synthesis.effects import (
    Counts,
    Effect,
    Means,
    Measure,
    ZeroCells,
    effects_of_counts,
    effects_of_means,
)
from afterglow.core.evidence.synthesis.network import ASSUMPTIONS, ArmEffect, Network, compare
from afterglow.core.evidence.synthesis.pooling import Interval, Model, pool
from afterglow.core.evidence.synthesis.reading import Question, Row, read
from afterglow.core.evidence.synthesis.report import Options, answer
from afterglow.core.evidence.synthesis.robustness import egger, may_test_asymmetry, subgroups
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import Endpoint

EDITION = edition()
TRIALS = {
    entry.key: Trial.read(entry.body, entry.curation)
    for entry in EDITION.records
    if entry.kind == "trial"
}
QUESTIONS = {key: Question.read(body) for key, body in syntheses().items()}
CHECK = EDITION.evidence["own_pooled_check"]
CHECKED = [(body["id"], body["check"]) for body in syntheses().values() if "check" in body]
EDITION_FIGURES = {each.key: each.curation.get("figures", []) for each in EDITION.records}
DL = Options(model=Model.DERSIMONIAN_LAIRD)


@pytest.mark.parametrize(("question", "check"), CHECKED)
def test_the_trial_records_give_the_rows_of_the_pooled_check(question: str, check: str) -> None:
    found = read(QUESTIONS[question], TRIALS)

    assert [
        [row.events, row.people, row.control_events, row.control_people] for row in found.counts
    ] == [row[1:] for row in CHECK[check]["rows"]]


@pytest.mark.parametrize(("question", "check"), CHECKED)
def test_the_pooled_check_is_reproduced(question: str, check: str) -> None:
    found = answer(QUESTIONS[question], TRIALS, DL).as_json()["pooled"]

    wanted = CHECK[check]
    assert found["k"] == wanted["k"]
    assert round(found["estimate"], 2) == wanted["OR"]
    assert [round(bound, 2) for bound in found["ci"]] == wanted["ci"]
    assert round(found["tau2"], 2) == wanted["tau2"]
    assert round(found["i2_percent"], 0) == wanted["I2_pct"]


def test_all_three_pooled_checks_are_asked() -> None:
    assert {check for _question, check in CHECKED} == set(CHECK) - {"method", "caution"}


def test_esketamine_pools_to_what_the_published_totals_say() -> None:
    """TRANSFORM-1 and -2 pooled: 182 of 310 against 94 of 208 (record P12)."""
    question = QUESTIONS["esketamine-28-days"]
    two = Question(
        "two", "", question.endpoint, question.measure, question.rows[:2], question.question
    )

    found = read(two, TRIALS)

    assert sum(row.events for row in found.counts) == 182
    assert sum(row.people for row in found.counts) == 310
    assert sum(row.control_events for row in found.counts) == 94
    assert sum(row.control_people for row in found.counts) == 208
    published = {each["key"]: each for each in EDITION_FIGURES["P12"]}
    for key, events, people in (
        ("response-esketamine-day28", 182, 310),
        ("response-control-day28", 94, 208),
    ):
        assert round(100 * events / people, 1) == float(published[key]["value"])


def test_madrs_difference_agrees_with_the_published_contrast() -> None:
    found = answer(QUESTIONS["repeated-symptoms"], TRIALS, DL)

    assert [round(each.estimate, 1) for each in found.effects] == [-12.7, -14.6]


def test_a_crossover_without_its_pairing_is_refused_with_the_reason() -> None:
    found = answer(QUESTIONS["early-crossovers"], TRIALS, DL)

    assert found.pooled is None
    assert set(found.left_out) == {"Berman 2000", "Zarate 2006", "Lapidus 2014"}
    assert all(
        "SYNTHESIS_CROSSOVER_UNPAIRED" in [why.code for why in reasons]
        for reasons in found.left_out.values()
    )
    assert "SYNTHESIS_NOTHING_LEFT" in found.decision.codes


def test_a_crossover_with_its_correlation_is_pooled() -> None:
    question = Question(
        "q",
        "",
        Endpoint.RESPONSE,
        Measure.OR,
        (Row("T09", ("ketamine IN",), "saline IN", correlation=0.1),),
    )

    found = read(question, TRIALS)

    (effect,) = found.effects
    apart = effects_of_counts([Counts("x", 8, 18, 1, 18)], Measure.OR)[0]
    assert effect.estimate == pytest.approx(apart.estimate)
    assert effect.variance < apart.variance


def test_suicidal_ideation_is_not_pooled_with_depression() -> None:
    question = Question(
        "q", "", Endpoint.RESPONSE, Measure.OR, (Row("T11", ("ketamine",), "midazolam"),)
    )

    (reasons,) = read(question, TRIALS).left_out.values()

    assert "SYNTHESIS_ENDPOINT_DIFFERS" in [why.code for why in reasons]


def test_a_control_arm_is_not_counted_twice() -> None:
    rows = (Row("T10", ("ketamine 0.5",), "saline"), Row("T10", ("ketamine 0.2",), "saline"))
    question = Question("q", "", Endpoint.RESPONSE, Measure.OR, rows)

    found = read(question, TRIALS)

    assert found.effects == ()
    assert all(
        [why.code for why in reasons] == ["SYNTHESIS_SHARED_CONTROL"]
        for reasons in found.left_out.values()
    )


def test_the_treated_arms_of_one_trial_may_be_combined() -> None:
    row = Row("T10", ("ketamine 0.5", "ketamine 0.2"), "saline")

    found = read(Question("q", "", Endpoint.RESPONSE, Measure.OR, (row,)), TRIALS)

    assert [(each.events, each.people) for each in found.counts] == [(20, 47)]


@pytest.mark.parametrize(
    ("trial", "treated", "control", "code"),
    [
        ("T99", "ketamine", "saline", "SYNTHESIS_TRIAL_UNKNOWN"),
        ("T13", "6 ketamine", "5 midazolam + 1 ketamine", "SYNTHESIS_TRIAL_EXCLUDED"),
        ("T14", "ketamine SC", "midazolam SC", "SYNTHESIS_NO_COUNTS"),
        ("T26", "continue", "withdraw", "SYNTHESIS_ENDPOINT_DIFFERS"),
    ],
)
def test_what_cannot_be_pooled_says_why(trial: str, treated: str, control: str, code: str) -> None:
    rows = (Row(trial, (treated,), control),)

    (reasons,) = read(
        Question("q", "", Endpoint.RESPONSE, Measure.OR, rows), TRIALS
    ).left_out.values()

    assert code in [why.code for why in reasons]


def test_a_mixed_pool_says_what_it_mixes() -> None:
    found = answer(QUESTIONS["all-ketamine-iv"], TRIALS, Options())

    assert {
        "SYNTHESIS_TIMES_MIXED",
        "SYNTHESIS_POPULATIONS_MIXED",
        "SYNTHESIS_COUNTS_FROM_MEMORY",
    } <= set(found.decision.codes)


def test_subgroups_by_control_and_dosing() -> None:
    found = answer(QUESTIONS["all-ketamine-iv"], TRIALS, Options())

    by = {each.by: dict(each.groups) for each in found.groups}
    assert {name: group.k for name, group in by["control"].items()} == {"active": 3, "placebo": 4}
    assert {name: group.k for name, group in by["dosing"].items()} == {"repeated": 3, "single": 4}
    assert len(found.without) == 7


def test_subgroups_scatter_is_zero_when_the_groups_agree() -> None:
    twins = [Effect(name, 0.5, 0.1, {"g": name}) for name in "ab"]

    assert subgroups(twins, by="g", measure=Measure.OR).q == pytest.approx(0)


def test_a_subgroup_without_a_name_is_an_error() -> None:
    with pytest.raises(InvalidValue, match="have no control: b"):
        subgroups(
            [Effect("a", 0, 1, {"control": "x"}), Effect("b", 0, 1)],
            by="control",
            measure=Measure.OR,
        )


def test_few_trials_are_not_tested_for_asymmetry() -> None:
    few = [Effect(str(n), 0.1 * n, 0.1 + 0.01 * n) for n in range(9)]

    assert may_test_asymmetry(few).codes == ("SYNTHESIS_TOO_FEW_FOR_EGGER",)
    assert may_test_asymmetry([*few, Effect("x", 0, 0.5)]).allowed
    with pytest.raises(InvalidValue, match="it takes three"):
        egger(few[:2])
    with pytest.raises(InvalidValue, match="same standard error"):
        egger([Effect(str(n), n, 0.1) for n in range(4)])


def test_a_cluster_trial_weighs_what_its_people_are_worth() -> None:
    row = Counts("c", 20, 100, 10, 100)

    shrunk = cluster_counts(row, cluster_size=11, icc=0.1)

    assert (shrunk.events, shrunk.people, shrunk.control_events) == (10, 50, 5)
    with pytest.raises(InvalidValue, match="ICC"):
        cluster_counts(row, cluster_size=0.5, icc=0.1)


@pytest.mark.parametrize(
    ("row", "correlation", "said"),
    [
        (Counts("x", 5, 20, 3, 19), 0.1, "the same people twice"),
        (Counts("x", 5, 20, 0, 20), 0.1, "empty cell"),
        (Counts("x", 5, 20, 10, 20), 0.9, "between -0.577 and 0.577"),
    ],
)
def test_a_crossover_that_cannot_be_is_refused(row: Counts, correlation: float, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        crossover_effect(row, Measure.OR, correlation=correlation)


def test_a_crossover_of_means_uses_the_correlation() -> None:
    row = Means("m", -10, 6, 20, -4, 8, 20)

    assert crossover_difference(row, correlation=0.5).variance == pytest.approx(2.6)
    assert crossover_difference(row, correlation=0).variance == pytest.approx(5.0)
    with pytest.raises(InvalidValue, match="no correlation"):
        crossover_difference(row, correlation=2)
    with pytest.raises(InvalidValue, match="the same people twice"):
        crossover_difference(Means("m", -10, 6, 20, -4, 8, 21), correlation=0)


@pytest.mark.parametrize("measure", [Measure.SMD, Measure.MD])
def test_counts_give_no_means(measure: Measure) -> None:
    with pytest.raises(InvalidValue, match="from means"):
        effects_of_counts([Counts("x", 1, 2, 1, 2)], measure)
    with pytest.raises(InvalidValue, match="from means"):
        crossover_effect(Counts("x", 1, 2, 1, 2), measure, correlation=0)


def test_means_give_no_odds() -> None:
    with pytest.raises(InvalidValue, match="from counts"):
        effects_of_means([Means("m", 1, 1, 5, 0, 1, 5)], Measure.OR)


def test_empty_cells_are_refused_when_told_so_and_dropped_when_told_so() -> None:
    rows = [Counts("both", 0, 10, 0, 11), Counts("one", 0, 10, 3, 11), Counts("none", 2, 9, 3, 9)]

    with pytest.raises(InvalidValue, match="both, one"):
        effects_of_counts(rows, Measure.OR, ZeroCells.REFUSE)
    kept = effects_of_counts(rows, Measure.OR, ZeroCells.DROP_DOUBLE_ZERO)
    assert [each.study for each in kept] == ["one", "none"]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Counts("x", 5, 4, 0, 1), "5 of 4 people"),
        (lambda: Means("x", 1, 0, 5, 1, 1, 5), "deviation of 0"),
        (lambda: Effect("x", 0, 0), "variance of 0"),
        (lambda: pool([], measure=Measure.OR), "no effect to pool"),
        (lambda: pool([Effect("x", 0, 1)], measure=Measure.OR, level=100), "level of 100"),
        (
            lambda: pool(
                [Effect("x", 0, 1), Effect("y", 0, 1)],
                measure=Measure.OR,
                model=Model.FIXED,
                interval=Interval.HARTUNG_KNAPP,
            ),
            "random-effects model",
        ),
        (lambda: Question.read({"id": "q"}), "'q' cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(build: Any, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        build()


def test_a_network_prints_its_assumptions_or_is_none() -> None:
    arms = [
        ArmEffect("1", "placebo", 0, 0.1),
        ArmEffect("1", "ketamine", 1, 0.1),
        ArmEffect("2", "placebo", 0, 0.1),
        ArmEffect("2", "esketamine", 0.4, 0.1),
    ]

    found = compare(arms, reference="placebo", measure=Measure.OR)

    assert found.assumptions == ASSUMPTIONS
    (pair,) = [each for each in found.comparisons if each.indirect_only]
    assert {pair.treatment, pair.against} == {"ketamine", "esketamine"}
    with pytest.raises(InvalidValue, match="assumptions"):
        Network(Measure.OR, Model.REML, "placebo", (), 0, 0, 0, 1, ())
    with pytest.raises(InvalidValue, match="fixed or reml"):
        compare(arms, reference="placebo", measure=Measure.OR, model=Model.PAULE_MANDEL)


def test_trials_that_no_chain_links_are_no_network() -> None:
    arms = [
        ArmEffect("1", "placebo", 0, 0.1),
        ArmEffect("1", "ketamine", 1, 0.1),
        ArmEffect("2", "citalopram", 0, 0.1),
        ArmEffect("2", "sertraline", 0.4, 0.1),
        ArmEffect("3", "ect", 0.4, 0.1),
    ]

    with pytest.raises(InvalidValue, match="No chain of trials links citalopram to placebo"):
        compare(arms, reference="placebo", measure=Measure.OR)


def test_the_shipped_questions_name_arms_that_exist() -> None:
    body = json.loads((FOLDER / "syntheses.json").read_text(encoding="utf-8"))

    for question in body["syntheses"]:
        for row in Question.read(question).rows:
            for name in (*row.treated, row.control):
                assert TRIALS[row.trial].arm(name).name == name
