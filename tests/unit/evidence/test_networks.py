"""Networks of trials: answered with their assumptions, or refused with every reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from math import exp, log
from typing import Any

import pytest

from afterglow.apps.evidence.files import FOLDER, edition
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.network import ASSUMPTIONS
from afterglow.core.evidence.synthesis.networks import (
    NetworkQuestion,
    NetworkReport,
    answer_network,
)
from afterglow.core.evidence.synthesis.pooling import Model
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import RecordKind

TRIALS = {
    entry.key: Trial.read(entry.body, entry.curation)
    for entry in edition().records
    if entry.kind is RecordKind.TRIAL
}
BODIES: list[dict[str, Any]] = json.loads((FOLDER / "syntheses.json").read_text(encoding="utf-8"))[
    "networks"
]
QUESTIONS = {body["id"]: NetworkQuestion.read(body) for body in BODIES}


def asked(**trials: Mapping[str, str]) -> NetworkQuestion:
    return NetworkQuestion.read(
        {"id": "q", "title": "", "endpoint": "response", "reference": "saline", "trials": trials}
    )


def codes_of(report: NetworkReport) -> set[str]:
    left = {why.code for reasons in report.left_out.values() for why in reasons}
    return left | set(report.decision.codes)


def test_every_arm_that_a_shipped_network_names_exists() -> None:
    for question in QUESTIONS.values():
        for key, names in question.arms.items():
            assert {TRIALS[key].arm(name).name for name in names} == set(names)


def test_ketamine_and_its_controls_are_compared_with_the_assumptions_printed() -> None:
    told = answer_network(QUESTIONS["ketamine-and-its-controls"], TRIALS).as_json()

    assert told["assumptions"] == list(ASSUMPTIONS)
    assert told["refused"] == []
    pairs = {frozenset((each["treatment"], each["against"])): each for each in told["comparisons"]}
    assert len(pairs) == 10
    indirect = pairs[frozenset(("midazolam", "saline"))]
    assert (indirect["indirect_only"], indirect["direct_trials"]) == (True, 0)
    assert pairs[frozenset(("IV ketamine", "midazolam"))]["direct_trials"] == 3
    low, high = indirect["ci"]
    assert low < indirect["estimate"] < high
    assert "SYNTHESIS_TIMES_MIXED" in {why["code"] for why in told["cautions"]}


def test_one_trial_gives_its_own_odds_ratio() -> None:
    found = answer_network(
        asked(T04={"ketamine 2x/wk": "ketamine", "saline 2x/wk": "saline"}),
        TRIALS,
        model=Model.FIXED,
    )

    assert found.network is not None
    (pair,) = found.network.comparisons
    assert exp(pair.estimate) == pytest.approx((11.5 / 5.5) / (2.5 / 11.5))
    assert pair.se**2 == pytest.approx(1 / 11.5 + 1 / 5.5 + 1 / 2.5 + 1 / 11.5)
    assert pair.estimate == pytest.approx(log(9.618181818), rel=1e-6)


def test_ketamine_and_esketamine_hang_together_by_no_trial_and_are_refused() -> None:
    report = answer_network(QUESTIONS["ketamine-and-esketamine"], TRIALS)

    assert report.network is None
    assert {why.code for why in report.decision.blockers} == {"NETWORK_NOT_CONNECTED"}
    assert report.as_json()["comparisons"] == []
    assert report.as_json()["assumptions"] == list(ASSUMPTIONS)


@pytest.mark.parametrize(
    ("key", "arms", "code"),
    [
        ("T99", {"a": "a", "b": "b"}, "SYNTHESIS_TRIAL_UNKNOWN"),
        ("T02", {"ketamine": "ketamine", "saline": "saline"}, "SYNTHESIS_CROSSOVER_UNPAIRED"),
        ("T11", {"ketamine": "ketamine", "midazolam": "midazolam"}, "SYNTHESIS_TRIAL_EXCLUDED"),
        ("T20", {"ketamine": "ketamine", "ECT": "ECT"}, "SYNTHESIS_NO_COUNTS"),
        ("T10", {"ketamine 0.5": "ketamine", "ketamine 0.2": "ketamine"}, "NETWORK_ARMS_ALIKE"),
    ],
)
def test_a_trial_that_cannot_be_used_is_left_out_with_its_reason(
    key: str, arms: dict[str, str], code: str
) -> None:
    alone = answer_network(asked(**{key: arms}), TRIALS)
    beside = answer_network(
        asked(**{key: arms, "T04": {"ketamine 2x/wk": "ketamine", "saline 2x/wk": "saline"}}),
        TRIALS,
    )

    assert code in codes_of(alone)
    assert "SYNTHESIS_NOTHING_LEFT" in alone.decision.codes
    assert code in codes_of(beside)
    assert beside.network is not None


def test_a_cluster_trial_is_left_out() -> None:
    clustered = {"T04": replace(TRIALS["T04"], cluster=True)}

    report = answer_network(
        asked(T04={"ketamine 2x/wk": "ketamine", "saline 2x/wk": "saline"}), clustered
    )

    assert "SYNTHESIS_CLUSTER_UNCORRECTED" in codes_of(report)


def test_what_cannot_be_read_or_pooled_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidValue, match="'q' cannot be read"):
        NetworkQuestion.read({"id": "q"})
    with pytest.raises(InvalidValue, match="fixed or reml"):
        answer_network(QUESTIONS["ketamine-and-its-controls"], TRIALS, model=Model.PAULE_MANDEL)


def test_a_trial_that_counts_another_outcome_is_left_out_of_a_network_as_of_a_pool() -> None:
    report = answer_network(
        asked(
            T04={"ketamine 2x/wk": "ketamine", "saline 2x/wk": "saline"},
            T11={"ketamine": "ketamine", "midazolam": "midazolam"},
        ),
        TRIALS,
    )

    (left,) = report.left_out.items()
    assert left[0].startswith("Grunebaum 2018")
    assert "SYNTHESIS_ENDPOINT_DIFFERS" in [why.code for why in left[1]]
