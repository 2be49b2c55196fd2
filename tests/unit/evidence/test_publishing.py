"""The rules of signing and publishing, on facts alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.library import check_content, entries, slug, status_of
from afterglow.core.evidence.publishing import (
    PUBLICATION,
    Block,
    CitedRecord,
    PublicationFacts,
    PublicationState,
    VersionFacts,
    judge_citation,
    may_approve,
    may_publish,
    may_review,
    may_submit,
)
from afterglow.core.evidence.trials import wilson
from afterglow.core.evidence.vocabulary import (
    ClaimVerdict,
    FactStatus,
    FigureMeasure,
    NumberKind,
    RecordKind,
)

ON = dt.date(2026, 11, 27)
GOOD = CitedRecord("C01", approved_version=1, cited_version=1, status=FactStatus.CONFIRMED)
READY = PublicationFacts(
    state=PublicationState.REVIEWED,
    blocks=(Block("Words.", (GOOD,)),),
    content_sha256="a" * 64,
    reviewed_sha256="a" * 64,
    author="author",
    reviewer="reviewer",
)
FIGURE = Figure(
    "C01",
    "x",
    "x",
    NumberKind.REGULATORY,
    FigureMeasure.YEAR,
    Decimal(1970),
    status=FactStatus.CONFIRMED,
)


def test_a_reviewed_text_on_approved_records_goes_out() -> None:
    assert may_publish(READY, on=ON).reasons == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": PublicationState.DRAFT}, "PUBLICATION_WRONG_STATE"),
        ({"state": PublicationState.WITHDRAWN}, "PUBLICATION_WRONG_STATE"),
        ({"reviewer": ""}, "PUBLICATION_NOT_REVIEWED"),
        ({"reviewer": "author"}, "PUBLICATION_REVIEWED_BY_AUTHOR"),
        ({"content_sha256": "b" * 64}, "PUBLICATION_CHANGED_SINCE_REVIEW"),
        ({"flags": ("C01 is now version 2",)}, "PUBLICATION_FLAGGED"),
        ({"blocks": (Block("75 %"),)}, "EVIDENCE_BARE_NUMBER"),
    ],
)
def test_one_thing_wrong_stops_it(changed: dict[str, Any], code: str) -> None:
    assert may_publish(replace(READY, **changed), on=ON).codes == (code,)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"exists": False}, ["EVIDENCE_RECORD_UNKNOWN"]),
        ({"approved_version": None}, ["EVIDENCE_RECORD_NOT_APPROVED"]),
        ({"approved_version": 2}, ["EVIDENCE_CITES_OLD_VERSION"]),
        ({"withdrawn": True}, ["RECORD_WITHDRAWN"]),
        ({"verdict": ClaimVerdict.WRONG}, ["EVIDENCE_VERDICT_BLOCKS"]),
        ({"verdict": ClaimVerdict.UNVERIFIABLE}, ["EVIDENCE_VERDICT_BLOCKS"]),
        ({"verdict": ClaimVerdict.WRONG, "as_correction": True}, []),
        ({"verdict": ClaimVerdict.OUTDATED}, ["EVIDENCE_ONLY_CORRECTION"]),
        ({"verdict": ClaimVerdict.SUPPORTED}, []),
        ({"figure_key": "x"}, ["EVIDENCE_FIGURE_UNKNOWN"]),
        ({"figure": FIGURE, "figure_key": "x"}, []),
        (
            {"figure": replace(FIGURE, status=FactStatus.FROM_MEMORY)},
            ["EVIDENCE_FIGURE_FROM_MEMORY"],
        ),
        (
            {"figure": replace(FIGURE, status=FactStatus.FROM_MEMORY, kind=NumberKind.CONTEXT)},
            [],
        ),
        ({"status": FactStatus.PARTLY_CONFIRMED}, ["EVIDENCE_PARTLY_CONFIRMED"]),
        ({"next_review_on": ON - dt.timedelta(days=1)}, ["EVIDENCE_REVIEW_OVERDUE"]),
        ({"next_review_on": ON}, []),
    ],
)
def test_what_a_citation_is_judged_by(changed: dict[str, Any], codes: list[str]) -> None:
    found = judge_citation(replace(GOOD, **changed), on=ON)

    assert [reason.code for reason in found] == codes


def test_a_published_text_is_reviewed_again_and_a_draft_is_not() -> None:
    published = replace(READY, state=PublicationState.PUBLISHED)
    draft = replace(READY, state=PublicationState.DRAFT)

    assert may_review(published, reviewer="reviewer", on=ON).allowed
    assert may_review(draft, reviewer="reviewer", on=ON).codes == ("PUBLICATION_WRONG_STATE",)
    assert may_review(published, reviewer="author", on=ON).refused


def test_only_something_written_is_submitted() -> None:
    draft = replace(READY, state=PublicationState.DRAFT)

    assert may_submit(draft).allowed
    assert may_submit(replace(draft, written=False)).codes == ("PUBLICATION_EMPTY",)


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (VersionFacts("T", FactStatus.CONFIRMED), ()),
        (VersionFacts("T", FactStatus.CONFIRMED, writer="me"), ("RECORD_APPROVED_BY_WRITER",)),
        (VersionFacts("T", FactStatus.CONFIRMED, withdrawn=True), ("RECORD_WITHDRAWN",)),
        (VersionFacts("T", FactStatus.FROM_MEMORY), ("RECORD_FROM_MEMORY",)),
        (VersionFacts("T", FactStatus.PARTLY_CONFIRMED), ("RECORD_PARTLY_CONFIRMED",)),
    ],
)
def test_what_an_approval_is_judged_by(facts: VersionFacts, codes: tuple[str, ...]) -> None:
    assert may_approve(facts, approver="me").codes == codes


def test_what_is_over_stays_over() -> None:
    assert PUBLICATION.is_final(PublicationState.SUPERSEDED)
    assert PUBLICATION.is_final(PublicationState.WITHDRAWN)


FIELDS = {
    "key": "x",
    "words": "x",
    "kind": "efficacy",
    "measure": "percent",
    "value": "50",
    "status": "confirmed",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": "101"}, "101 percent"),
        ({"value": "many"}, "'many', which is not a number"),
        ({"value": "NaN"}, "not a finite number"),
        ({"low": "10"}, "both bounds or none"),
        ({"low": "60", "high": "70"}, "outside its interval"),
        ({"events": 5, "n": 4}, "5 of 4"),
        ({"kind": "rumour"}, "rumour"),
        ({"key": ""}, "no key"),
        ({"status": None}, "None"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        Figure.read("R1", {**FIELDS, **changed})


def test_a_figure_says_which_field_it_lacks() -> None:
    with pytest.raises(InvalidValue, match="R1#x has no words"):
        Figure.read("R1", {k: v for k, v in FIELDS.items() if k != "words"})


def test_two_figures_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValue, match="two figures called x"):
        check_content(RecordKind.POOLED_ESTIMATE, "P", {}, {"figures": [FIELDS, FIELDS]})


def test_a_claim_is_as_well_founded_as_its_facts() -> None:
    def claim(*statuses: str) -> FactStatus:
        return status_of(RecordKind.CLAIM, {"facts": [{"status": each} for each in statuses]})

    memory = "from memory, unconfirmed"
    assert claim("confirmed", "confirmed") is FactStatus.CONFIRMED
    assert claim("confirmed", memory) is FactStatus.PARTLY_CONFIRMED
    assert claim(memory) is FactStatus.FROM_MEMORY


def test_figures_for_nobody_are_refused() -> None:
    empty: dict[str, Any] = {
        "claims": [],
        "trials": [],
        "pooled_estimates": [],
        "regulatory": [],
        "guidance": [],
        "billing": {
            "codes": [],
            "superbill_fields": [],
            "cms1500_fields": [],
            "prior_authorisation_fields": [],
        },
        "requirements": [],
        "own_pooled_check": {
            "method": "",
            "caution": "",
            "single_infusion": {},
            "repeated_infusion": {},
            "midazolam_controlled": {},
        },
        "negative_or_null_trials": [],
        "most_important_corrections": [],
        "open_checks": [],
    }
    with pytest.raises(InvalidValue, match="do not exist"):
        entries(empty, {"figures": {"Z9": []}, "trials": {}, "regulatory": {}}, {"drugs": []})


def test_a_proportion_of_nobody_is_refused() -> None:
    with pytest.raises(InvalidValue, match="1 of 0"):
        wilson(1, 0)


def test_a_slug_is_a_key() -> None:
    assert slug("WFSBP / CINP (Österreich)") == "wfsbp-cinp-osterreich"
