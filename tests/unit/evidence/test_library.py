"""The files as records, without a database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from afterglow.apps.evidence.files import edition, review_intervals, syntheses, text_review_interval
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.figures import TimePoint
from afterglow.core.evidence.library import (
    Entry,
    check_content,
    counts,
    entries,
    figures_of,
    rebuild,
)
from afterglow.core.evidence.synthesis.effects import Measure
from afterglow.core.evidence.synthesis.reading import Question, Row, read
from afterglow.core.evidence.synthesis.report import Options, answer
from afterglow.core.evidence.trials import Arm, Trial
from afterglow.core.evidence.vocabulary import (
    Anchor,
    ClaimVerdict,
    Endpoint,
    FactStatus,
    RecordKind,
)

EDITION = edition()
BY_KEY = {entry.key: entry for entry in EDITION.records}
T17 = Trial.read(BY_KEY["T17"].body, BY_KEY["T17"].curation)


def test_nothing_of_the_file_is_lost() -> None:
    assert rebuild(EDITION.records, EDITION.evidence["meta"]) == EDITION.evidence
    kinds = Counter(entry.kind for entry in EDITION.records)
    assert {kind: kinds[kind] for kind in counts(EDITION.evidence)} == counts(EDITION.evidence)


def test_an_entry_knows_its_hash_status_and_verdict() -> None:
    entry = BY_KEY["C24"]

    assert (entry.verdict, entry.status) == (ClaimVerdict.WRONG, FactStatus.CONFIRMED)
    assert BY_KEY["T02"].status is FactStatus.FROM_MEMORY
    assert BY_KEY["R01"].status is FactStatus.FROM_MEMORY
    assert BY_KEY["T02"].verdict is None
    assert replace(entry, title="x").sha256 == entry.sha256
    assert replace(entry, body={**entry.body, "topic": "x"}).sha256 != entry.sha256


def test_a_record_that_stands_twice_is_refused() -> None:
    evidence = {**EDITION.evidence, "claims": EDITION.evidence["claims"] * 2}
    curation = {"figures": {}, "trials": _curations(), "regulatory": {}}

    with pytest.raises(InvalidValue, match="C01 stands twice"):
        entries(evidence, curation, {"drugs": []})


def _curations() -> dict[str, object]:
    return {e.key: dict(e.curation) for e in EDITION.records if e.kind is RecordKind.TRIAL}


@pytest.mark.parametrize(
    ("key", "body", "said"),
    [
        ("a b", {}, "no record key"),
        ("X", {"verdict_class": "fine", "facts": []}, "cannot be read"),
        ("X", {"verdict_class": "wrong", "facts": [{"status": "heard"}]}, "'heard' is no status"),
    ],
)
def test_content_that_cannot_be_read_is_refused(
    key: str, body: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidValue, match=said):
        check_content(RecordKind.CLAIM, key, body, {})


def test_every_confirmed_rate_of_an_arm_has_its_interval() -> None:
    figures = {
        f.key: f
        for f in figures_of(RecordKind.TRIAL, "T17", BY_KEY["T17"].body, BY_KEY["T17"].curation)
    }

    response = figures["arm1-response"]
    assert (response.value, response.low, response.high) == (
        Decimal("60.0"),
        Decimal("38.7"),
        Decimal("78.1"),
    )
    assert (response.events, response.n, response.population) == (12, 20, "mdd_any")


def test_an_arm_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(InvalidValue, match="no arm 'esketamine'; it has: ketamine, placebo"):
        T17.arm("esketamine")


def test_a_curation_names_as_many_arms_as_the_record() -> None:
    entry = BY_KEY["T17"]

    with pytest.raises(InvalidValue, match="has 2 arms"):
        Trial.read(entry.body, {**entry.curation, "arms": ["ketamine_iv"]})


def test_an_arm_with_more_events_than_people_is_refused() -> None:
    body = {**BY_KEY["T17"].body["arms"][0], "remitters": 21}

    with pytest.raises(InvalidValue, match="21 remitters of 20"):
        Arm.read("T17", body)


def test_a_cluster_trial_is_refused_without_and_pooled_with_its_icc() -> None:
    trials = {"T17": replace(T17, cluster=True)}
    row = Row("T17", ("ketamine",), "placebo")
    corrected = replace(row, cluster_size=5, icc=0.05)
    question = Question("q", "", Endpoint.RESPONSE, Measure.OR, (row,))

    (reasons,) = read(question, trials).left_out.values()
    found = read(replace(question, rows=(corrected,)), trials)

    assert [why.code for why in reasons] == ["SYNTHESIS_CLUSTER_UNCORRECTED"]
    assert found.counts[0].people == pytest.approx(20 / 1.2)


def test_the_means_of_two_arms_are_not_combined_silently() -> None:
    arms = [replace(arm, mean_change=Decimal(-9), sd=Decimal(8)) for arm in T17.arms]
    trial = replace(T17, arms=(*arms, replace(arms[0], name="more")))
    row = Row("T17", ("ketamine", "more"), "placebo")
    question = Question("q", "", Endpoint.SYMPTOM_CHANGE, Measure.MD, (row,))

    with pytest.raises(InvalidValue, match="means of 2 treated arms"):
        read(question, {"T17": trial})


def test_ten_trials_are_tested_for_asymmetry() -> None:
    trials, rows = {}, []
    for at in range(10):
        key = f"T{at}"
        arms = (
            replace(T17.arms[0], responders=8 + at % 3, n_analysed=20 + at),
            replace(T17.arms[1], responders=5, n_analysed=20 + at),
        )
        trials[key] = replace(T17, key=key, study=key, arms=arms)
        rows.append(Row(key, ("ketamine",), "placebo"))
    question = Question("q", "", Endpoint.RESPONSE, Measure.OR, tuple(rows))

    report = answer(question, trials, Options())

    assert report.asymmetry is not None
    assert report.as_json()["egger"]["df"] == 8


def test_one_trial_alone_is_pooled_with_nothing_left_out_in_turn() -> None:
    row = (Row("T17", ("ketamine",), "placebo"),)

    report = answer(Question("q", "", Endpoint.RESPONSE, Measure.RR, row), {"T17": T17}, Options())

    assert (report.without, report.groups) == ((), ())
    assert report.pooled is not None
    assert report.pooled.q_p == 1.0


def test_a_time_point_is_defined_by_hours_and_anchor() -> None:
    assert TimePoint(Decimal(24), Anchor.FIRST_DOSE).defined
    assert not TimePoint(Decimal(24)).defined
    assert not TimePoint(None, Anchor.FIRST_DOSE).defined


def test_every_kind_has_its_review_interval() -> None:
    assert set(review_intervals()) == set(RecordKind)
    assert text_review_interval().days > 0
    assert set(syntheses()) >= {"single-infusion", "repeated-infusion", "midazolam-controlled"}


def test_verdicts_that_block_and_that_need_a_correction() -> None:
    blocking = {each for each in ClaimVerdict if each.blocks}
    correcting = {each for each in ClaimVerdict if each.needs_correction}

    assert blocking == {ClaimVerdict.WRONG, ClaimVerdict.UNVERIFIABLE}
    assert correcting == set(ClaimVerdict) - {ClaimVerdict.SUPPORTED}


def test_the_entries_of_a_file_keep_its_order() -> None:
    claims = [entry for entry in EDITION.records if entry.kind is RecordKind.CLAIM]

    assert [entry.position for entry in claims] == list(range(len(claims)))
    assert isinstance(claims[0], Entry)


def test_a_pooled_figure_without_interval_or_reason_is_refused() -> None:
    entry = BY_KEY["P13"]
    bare = {**entry.curation["figures"][0]}
    del bare["low"], bare["high"]

    with pytest.raises(InvalidValue, match="neither low and high nor no_interval: P13#response"):
        check_content(entry.kind, "P13", entry.body, {"figures": [bare]})
    said = {**bare, "no_interval": "the source gives none"}
    check_content(entry.kind, "P13", entry.body, {"figures": [said]})
