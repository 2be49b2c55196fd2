"""The synthesis engine beside R's metafor, on the same tables.

``metafor/reference.json`` was made once by ``metafor/reference.R``; each answer carries its call.
"""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from afterglow.core.evidence.synthesis.designs import crossover_effect
from afterglow.core.evidence.synthesis.effects import (
    Counts,
    Effect,
    Means,
    Measure,
    ZeroCells,
    effects_of_counts,
    effects_of_means,
)
from afterglow.core.evidence.synthesis.network import ArmEffect, compare
from afterglow.core.evidence.synthesis.pooling import Interval, Model, pool
from afterglow.core.evidence.synthesis.robustness import egger, leave_one_out

HERE = Path(__file__).with_name("metafor")
TABLES = json.loads((HERE / "tables.json").read_text(encoding="utf-8"))
REFERENCE = json.loads((HERE / "reference.json").read_text(encoding="utf-8"))
ANSWERS = REFERENCE["answers"]
MODELS = {
    "FE": Model.FIXED,
    "DL": Model.DERSIMONIAN_LAIRD,
    "PM": Model.PAULE_MANDEL,
    "REML": Model.REML,
}
INTERVALS = {
    "z": Interval.NORMAL,
    "knha": Interval.HARTUNG_KNAPP,
    "adhoc": Interval.HARTUNG_KNAPP_AT_LEAST,
}


def counts(table: str) -> list[Counts]:
    return [
        Counts(row["study"], row["ai"], row["n1i"], row["ci"], row["n2i"])
        for row in TABLES["counts"][table]
    ]


def means(table: str) -> list[Means]:
    return [
        Means(
            row["study"],
            row["m1i"],
            row["sd1i"],
            row["n1i"],
            row["m2i"],
            row["sd2i"],
            row["n2i"],
        )
        for row in TABLES["means"][table]
    ]


def effects(table: str, measure: str, zero: str = "all") -> list[Effect]:
    if table in TABLES["counts"]:
        return effects_of_counts(counts(table), Measure(measure), ZeroCells(zero))
    return effects_of_means(means(table), Measure(measure))


def close(value: float, wanted: float, *, within: float = 1e-6) -> Any:
    return value == pytest.approx(wanted, rel=within, abs=within)


def named(start: str) -> list[str]:
    return [name for name in ANSWERS if name.startswith(f"{start}/")]


def test_the_reference_says_what_made_it() -> None:
    assert REFERENCE["metafor"] == "3.8.1"
    assert REFERENCE["r"].startswith("R version 4.2.2")
    assert all("rma" in each["call"] for name, each in ANSWERS.items() if name.startswith("pool"))
    assert len(ANSWERS) > 300


@pytest.mark.parametrize("name", named("escalc"))
def test_effects_and_variances(name: str) -> None:
    _escalc, table, *rest = name.split("/")

    found = effects(table, *rest)

    assert [each.estimate for each in found] == pytest.approx(ANSWERS[name]["yi"], abs=1e-9)
    assert [each.variance for each in found] == pytest.approx(ANSWERS[name]["vi"], abs=1e-9)


@pytest.mark.parametrize("name", named("pool"))
def test_pooled_estimates(name: str) -> None:
    _pool, table, measure, *zero, method, test = name.split("/")
    wanted = ANSWERS[name]

    found = pool(
        effects(table, measure, *zero),
        measure=Measure(measure),
        model=MODELS[method],
        interval=INTERVALS[test],
    )

    assert close(found.estimate, wanted["estimate"])
    assert close(found.se, wanted["se"])
    assert close(found.ci.low, wanted["low"])
    assert close(found.ci.high, wanted["high"])
    assert close(found.p, wanted["p"])
    assert close(found.tau2, wanted["tau2"])
    assert close(found.i2, wanted["I2"], within=1e-5)
    assert close(found.h2, wanted["H2"])
    assert close(found.q, wanted["Q"])
    assert close(found.q_p, wanted["Qp"])
    assert found.weights == pytest.approx(wanted["weights"], abs=1e-4)
    if "pi_low" in wanted:
        assert found.prediction is not None
        assert close(found.prediction.low, wanted["pi_low"])
        assert close(found.prediction.high, wanted["pi_high"])
    else:
        assert found.prediction is None


@pytest.mark.parametrize("name", named("leave1out"))
def test_leave_one_out(name: str) -> None:
    _l1o, table = name.split("/")

    found = leave_one_out(effects(table, "OR"), measure=Measure.OR, model=Model.REML)

    assert [each.pooled.estimate for each in found] == pytest.approx(
        ANSWERS[name]["estimate"], abs=1e-5
    )
    assert [each.pooled.tau2 for each in found] == pytest.approx(ANSWERS[name]["tau2"], abs=1e-5)


@pytest.mark.parametrize("name", named("egger"))
def test_egger(name: str) -> None:
    _egger, table = name.split("/")
    wanted = ANSWERS[name]

    found = egger(effects(table, "OR"))

    assert close(found.slope, wanted["slope"])
    assert close(found.se, wanted["se"])
    assert close(found.t, wanted["t"])
    assert found.df == wanted["df"]
    assert close(found.p, wanted["p"])
    assert close(found.at_no_error, wanted["limit"])


@pytest.mark.parametrize("name", named("paired"))
def test_a_crossover_from_its_margins_equals_the_paired_table(name: str) -> None:
    _paired, study, measure = name.split("/")
    (row,) = [each for each in TABLES["paired"] if each["study"] == study]
    a, b, c, d = row["a"], row["b"], row["c"], row["d"]
    phi = (a * d - b * c) / sqrt((a + b) * (c + d) * (a + c) * (b + d))
    people = a + b + c + d

    found = crossover_effect(
        Counts(study, a + b, people, a + c, people),
        Measure(measure.removeprefix("MP")),
        correlation=phi,
    )

    assert close(found.estimate, ANSWERS[name]["yi"])
    assert close(found.variance, ANSWERS[name]["vi"])


@pytest.mark.parametrize("method", ["FE", "REML"])
def test_a_network_with_a_trial_of_three_arms(method: str) -> None:
    wanted = ANSWERS[f"network/{method}"]
    arms: list[ArmEffect] = []
    seen = set()
    for row in TABLES["network"]:
        study = str(row["study"])
        if study not in seen:
            arms.append(ArmEffect(study, row["control"], 0.0, row["vbase"]))
            seen.add(study)
        arms.append(ArmEffect(study, row["treated"], row["yi"], row["vi"] - row["vbase"]))

    found = compare(arms, reference="placebo", measure=Measure.OR, model=MODELS[method])

    against = {each.treatment: each for each in found.comparisons if each.against == "placebo"}
    for at, treatment in enumerate(TABLES["treatments"]):
        assert close(against[treatment].estimate, wanted["estimate"][at], within=1e-4)
        assert close(against[treatment].se, wanted["se"][at], within=1e-4)
    assert close(found.tau2, wanted["tau2"], within=1e-4)
    if method == "FE":
        assert close(found.q, wanted["QE"])
