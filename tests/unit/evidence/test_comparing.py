"""Like with like, on the figures that the shipped records hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from afterglow.apps.evidence.files import edition
from afterglow.core.evidence.comparing import (
    alone_beside_other,
    beside_in_prose,
    beside_its_control,
    like_with_like,
)
from afterglow.core.evidence.figures import Figure, TimePoint
from afterglow.core.evidence.library import figures_of
from afterglow.core.evidence.trials import wilson
from afterglow.core.evidence.vocabulary import (
    Anchor,
    Design,
    Endpoint,
    FactStatus,
    FigureMeasure,
    NumberKind,
)

RECORDS = edition().records
FIGURES = {
    figure.ref: figure
    for entry in RECORDS
    for figure in figures_of(entry.kind, entry.key, entry.body, entry.curation)
}


def figure(**changed: Any) -> Figure:
    fields: dict[str, Any] = {
        "record": "X1",
        "key": "response",
        "words": "response",
        "kind": NumberKind.EFFICACY,
        "measure": FigureMeasure.PERCENT,
        "value": Decimal(75),
        "endpoint": Endpoint.RESPONSE,
        "definition": "half_or_more_fall",
        "time": TimePoint(Decimal(24), Anchor.FIRST_DOSE, "24 hours"),
        "population": "trd_mdd",
        "intervention": "ketamine_iv",
        "design": Design.RANDOMISED_BLIND,
        "study": "X1",
        "status": FactStatus.CONFIRMED,
    }
    return Figure(**{**fields, **changed})


def test_arms_of_one_trial_may_stand_side_by_side() -> None:
    decision = like_with_like([FIGURES["T17#arm1-response"], FIGURES["T17#arm2-response"]])

    assert decision.codes == ()


def test_a_cochrane_row_may_stand_as_a_comparison() -> None:
    decision = like_with_like([FIGURES["P01#response-ketamine"], FIGURES["P01#response-saline"]])

    assert decision.allowed


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"endpoint": Endpoint.REMISSION}, "COMPARISON_ENDPOINT_DIFFERS"),
        ({"definition": "sustained"}, "COMPARISON_DEFINITION_DIFFERS"),
        ({"time": TimePoint(Decimal(672), Anchor.FIRST_DOSE)}, "COMPARISON_TIME_DIFFERS"),
        ({"time": TimePoint(Decimal(24), Anchor.LAST_DOSE)}, "COMPARISON_TIME_DIFFERS"),
        ({"population": "mdd_first_step"}, "COMPARISON_POPULATION_DIFFERS"),
        ({"measure": FigureMeasure.ODDS_RATIO}, "COMPARISON_MEASURE_DIFFERS"),
    ],
)
def test_one_difference_is_enough_and_is_named(changed: dict[str, Any], code: str) -> None:
    decision = like_with_like([figure(), figure(record="X2", **changed)])

    assert decision.refused
    assert [reason.code for reason in decision.blockers] == [code]


@pytest.mark.parametrize(
    "changed",
    [{"definition": ""}, {"population": ""}, {"time": TimePoint()}, {"endpoint": Endpoint.OTHER}],
)
def test_undefined_equals_nothing_not_even_itself(changed: dict[str, Any]) -> None:
    twin = figure(**changed)

    decision = like_with_like([twin, figure(record="X2", **changed)])

    assert decision.codes[0] == "COMPARISON_UNDEFINED"
    assert decision.refused


def test_different_studies_are_an_indirect_comparison_and_say_so() -> None:
    decision = like_with_like([figure(), figure(record="X2", study="X2")])

    assert decision.allowed
    assert decision.codes == ("COMPARISON_INDIRECT",)


KETAMINE = [
    ref
    for ref, each in FIGURES.items()
    if each.intervention.startswith("ketamine")
    and each.endpoint in (Endpoint.RESPONSE, Endpoint.REMISSION)
]
SSRI = [
    ref
    for ref, each in FIGURES.items()
    if each.study in ("T30", "T31", "T32") or each.record in ("T30", "T31", "T32")
]


def test_there_are_ketamine_and_ssri_figures_to_set_side_by_side() -> None:
    assert len(KETAMINE) > 20
    assert {"T30#arm1-response", "T30#arm1-remission", "T31#cumulative-remission"} <= set(SSRI)


@pytest.mark.parametrize("ssri", SSRI)
def test_no_ketamine_rate_of_the_library_may_stand_beside_an_ssri_rate(ssri: str) -> None:
    for ketamine in KETAMINE:
        pair = [FIGURES[ketamine], FIGURES[ssri]]
        assert like_with_like(pair).refused, ketamine
        assert beside_in_prose(pair).refused, ketamine


def test_a_block_about_one_treatment_may_cite_it_at_many_times() -> None:
    one = [FIGURES["P06#response-24h"], FIGURES["P06#response-day7"]]

    assert beside_in_prose(one).allowed
    assert like_with_like(one).refused


def test_every_curated_number_is_a_number_of_its_record_or_of_the_claims() -> None:
    everything = json.dumps(edition().evidence, ensure_ascii=False)

    for entry in RECORDS:
        for body in entry.curation.get("figures", ()):
            words = json.dumps(dict(entry.body), ensure_ascii=False)
            source = words if entry.key.startswith("P") else words + everything
            for field in ("value", "low", "high"):
                if field in body and str(body[field]) not in _reckoned(body, words):
                    assert str(body[field]).lstrip("-") in source, (entry.key, body["key"], field)


def _reckoned(body: dict[str, Any], words: str) -> set[str]:
    """Bounds that follow from the record: "45% +/-10", or counts, with a Wilson interval."""
    half = re.search(rf"\b{re.escape(body['value'])}% \+/-([\d.]+)", words)
    if half is not None:
        value, width = Decimal(body["value"]), Decimal(half[1])
        return {str(value - width), str(value + width)}
    if f"({body.get('events')}/{body.get('n')})" in words:
        return {str(bound) for bound in wilson(body["events"], body["n"])[1:]}
    return set()


def test_an_arm_stands_with_the_other_arm_or_not_at_all() -> None:
    for arm, control in (
        ("T19#response-ketamine", "T19#response-ect"),
        ("T34#sustained-25mg", "T34#sustained-1mg"),
        ("P01#response-ketamine", "P01#response-saline"),
    ):
        alone = beside_its_control([FIGURES[arm], FIGURES["P01#response-or"]])
        assert alone.codes == ("EVIDENCE_COMPARATOR_MISSING",), arm
        assert beside_its_control([FIGURES[arm], FIGURES[control]]).allowed


def test_the_arm_of_another_study_time_or_endpoint_is_no_control() -> None:
    arm = FIGURES["P01#response-ketamine"]
    for other in ("P02#response-midazolam", "T34#sustained-1mg"):
        assert len(beside_its_control([arm, FIGURES[other]]).blockers) == 2
    later, earlier = FIGURES["T34#sustained-1mg"], FIGURES["T34#remission-25mg"]
    assert len(beside_its_control([later, earlier]).blockers) == 2


def test_a_ratio_or_an_uncontrolled_rate_may_stand_alone() -> None:
    for ref in ("P01#response-or", "T38#arm1-response", "P13#response"):
        assert beside_its_control([FIGURES[ref]]).allowed


def test_every_pooled_or_uncontrolled_outcome_has_an_interval_or_says_why_not() -> None:
    assert [ref for ref, each in FIGURES.items() if each.lacks_interval] == []
    response = FIGURES["P13#response"]
    assert (response.low, response.high) == (Decimal(35), Decimal(55))
    assert FIGURES["T38#arm1-response"].no_interval


def test_no_figure_claims_more_than_its_record() -> None:
    for entry in RECORDS:
        for each in figures_of(entry.kind, entry.key, entry.body, entry.curation):
            if entry.kind == "trial" and each.key.startswith("arm"):
                memory = " ".join(entry.body["from_memory_unconfirmed"])
                if "all numbers" in memory or "arm n" in memory or "counts" in memory:
                    restated = entry.key == "T28"  # only its week-32 counts are from memory
                    assert restated or each.status is FactStatus.FROM_MEMORY, each.ref


KETAMINE_ALONE = figure(record="K", study="K", design=Design.UNCONTROLLED)
SSRI_ALONE = figure(
    record="S",
    study="S",
    value=Decimal(30),
    intervention="ssri",
    population="mdd_first_step",
    endpoint=Endpoint.REMISSION,
    design=Design.UNCONTROLLED,
)


@pytest.mark.parametrize(
    "blocks",
    [
        [[KETAMINE_ALONE], [SSRI_ALONE]],
        [[KETAMINE_ALONE], [], [], [SSRI_ALONE]],
        [[SSRI_ALONE], [KETAMINE_ALONE]],
        [[KETAMINE_ALONE], [FIGURES["P12#response-esketamine-day28"]]],
        [[replace(KETAMINE_ALONE, intervention="")], [SSRI_ALONE]],
    ],
)
def test_two_treatments_are_not_set_against_each_other_over_two_blocks(
    blocks: list[list[Figure]],
) -> None:
    assert alone_beside_other(blocks).codes == ("EVIDENCE_ALONE_BESIDE_OTHER",)


def test_numbers_of_one_drug_and_numbers_with_their_control_may_share_a_page() -> None:
    cochrane = [FIGURES["P01#response-ketamine"], FIGURES["P01#response-saline"]]
    esketamine = [
        FIGURES["P12#response-esketamine-day28"],
        FIGURES["P12#response-control-day28"],
    ]

    assert alone_beside_other([cochrane, esketamine]).allowed
    assert alone_beside_other([[KETAMINE_ALONE], cochrane]).allowed
    assert alone_beside_other([[KETAMINE_ALONE], cochrane, esketamine]).allowed
    assert alone_beside_other([[KETAMINE_ALONE], esketamine]).refused


@pytest.mark.parametrize(
    "changed",
    [
        {"measure": FigureMeasure.COUNT, "unit": "of 100 people"},
        {"kind": NumberKind.CONTEXT},
        {"kind": NumberKind.CONTEXT, "endpoint": Endpoint.OTHER, "words": "people who feel better"},
        {"kind": NumberKind.REGULATORY, "endpoint": Endpoint.OTHER, "unit": "% respond"},
    ],
)
def test_an_outcome_cannot_be_filed_as_something_else(changed: dict[str, Any]) -> None:
    assert figure().misfiled == ""
    assert figure(**changed).misfiled
