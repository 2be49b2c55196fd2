"""From draft to published: what is refused, who signs, and what happens when a record changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.evidence import queries, services
from afterglow.apps.evidence.models import Publication, PublicationSignature
from afterglow.apps.evidence.services import BlockWords, Done, Refused
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.evidence.vocabulary import RecordKind
from afterglow.db.models import StaleRow
from support.evidence import AT, ON, Library

KETAMINE_BESIDE_SALINE = (
    "With ketamine [[P01#response-ketamine]], with saline [[P01#response-saline]]."
)


def codes(outcome: Done[Publication] | Refused) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.decision.blockers]


def state(row: Publication) -> str:
    return Publication.objects.get(pk=row.pk).state


def test_a_text_goes_from_draft_to_published_by_three_named_people(library: Library) -> None:
    library.approve("P01")

    row = library.published(KETAMINE_BESIDE_SALINE)

    assert row.state == PublicationState.PUBLISHED
    signed = [(each.act, each.by) for each in row.signatures.all()]
    assert signed == [
        ("submit", library.author),
        ("review", library.reviewer),
        ("publish", library.director),
    ]
    assert row.reviewer_name == f"{library.reviewer.full_name}, RN"
    assert row.published_at == AT
    assert row.next_review_on == ON + dt.timedelta(days=365)
    assert [str(each) for each in row.citations.all()] == [
        "P01#response-ketamine",
        "P01#response-saline",
    ]


def test_a_number_on_an_unapproved_record_is_not_published(library: Library) -> None:
    row = library.text(KETAMINE_BESIDE_SALINE)
    library.submit(row)

    assert codes(library.review(row)) == ["EVIDENCE_RECORD_NOT_APPROVED"]
    assert state(row) == PublicationState.IN_REVIEW


@pytest.mark.parametrize("key", ["C24", "C21", "C13", "C15"])
def test_a_wrong_or_unverifiable_claim_is_not_published(library: Library, key: str) -> None:
    if library.version(key).status != "from_memory":
        library.approve(key)
    row = library.text(f"As is often said. [[{key}]]")
    library.submit(row)

    assert "EVIDENCE_VERDICT_BLOCKS" in codes(library.review(row))


def test_a_wrong_claim_may_be_named_where_it_is_corrected(library: Library) -> None:
    library.approve("C24")

    row = library.published(BlockWords("said", text="Often said: [[C24]]", corrects=True))

    assert row.state == PublicationState.PUBLISHED


@pytest.mark.parametrize(
    "text",
    [
        "IV ketamine 75 % versus SSRIs 30 %",
        "IV ketamine works in 75% of people, SSRIs in 30%.",
        "IV ketamine: three out of four. SSRIs: three in ten.",
        "La ketamina intravenosa: 75 por ciento; los ISRS: 30 por ciento.",
        "IV ketamine seventy-five percent versus SSRIs thirty percent",
    ],
)
def test_ketamine_75_versus_ssris_30_cannot_be_published_in_words(
    library: Library, text: str
) -> None:
    row = library.text(text)
    library.submit(row)

    assert "EVIDENCE_BARE_NUMBER" in codes(library.review(row))


def test_ketamine_75_versus_ssris_30_cannot_be_published_as_a_title(library: Library) -> None:
    row = library.text("Words.", title="IV ketamine 75 % versus SSRIs 30 %")
    library.submit(row)

    assert codes(library.review(row)) == ["EVIDENCE_BARE_NUMBER", "EVIDENCE_BARE_NUMBER"]


def test_ketamine_75_versus_ssris_30_cannot_be_published_by_citing_the_claims(
    library: Library,
) -> None:
    library.approve("C24", "C21", "C36")
    row = library.text("Ketamine [[C24]] versus SSRIs [[C21]] or Spravato [[C36]]")
    library.submit(row)

    assert codes(library.review(row)) == ["EVIDENCE_VERDICT_BLOCKS"] * 3


@pytest.mark.parametrize("comparison", [True, False])
def test_ketamine_75_versus_ssris_30_cannot_be_published_on_records_of_its_own(
    library: Library, comparison: bool
) -> None:
    """Even where somebody enters 75 % as a record and a director approves it."""
    ours = services.write_record(
        kind=RecordKind.POOLED_ESTIMATE,
        key="OWN-1",
        title="IV ketamine, our own",
        body={
            "source": "somewhere",
            "status": "confirmed",
            "confirmed_at": ["https://example.org"],
        },
        curation={
            "figures": [
                {
                    "key": "response",
                    "words": "response to IV ketamine",
                    "kind": "efficacy",
                    "measure": "percent",
                    "value": "75",
                    "endpoint": "response",
                    "definition": "half_or_more_fall",
                    "time": {"hours": "24", "anchor": "first_dose"},
                    "population": "trd_mdd",
                    "intervention": "ketamine_iv",
                    "status": "confirmed",
                }
            ]
        },
        by=library.reviewer,
        at=AT,
        on=ON,
    )
    library.approve("OWN-1", "T30", "T31")
    block = BlockWords(
        "table",
        text="IV ketamine [[OWN-1#response]] versus SSRIs [[T31#cumulative-remission]]",
        comparison=comparison,
    )
    row = library.text(block)
    library.submit(row)

    refused = codes(library.review(row))

    assert ours.figure("response") is not None
    assert "COMPARISON_ENDPOINT_DIFFERS" in refused
    assert "COMPARISON_POPULATION_DIFFERS" in refused


def test_a_figure_from_memory_is_not_published(library: Library) -> None:
    library.approve("T03")
    row = library.text("[[T03#arm1-response]] against [[T03#arm2-response]]")
    library.submit(row)

    assert set(codes(library.review(row))) == {"EVIDENCE_FIGURE_FROM_MEMORY"}


def test_one_arm_without_its_control_is_not_published(library: Library) -> None:
    library.approve("P01", "T34")
    row = library.text("[[P01#response-ketamine]] and, elsewhere, [[P01#response-or]]")
    library.submit(row)

    assert codes(library.review(row)) == ["EVIDENCE_COMPARATOR_MISSING"]


def test_what_does_not_exist_is_named(library: Library) -> None:
    library.approve("P01")
    row = library.text("[[X99]] [[P01#mortality]]")
    library.submit(row)

    outcome = library.review(row)

    assert codes(outcome) == ["EVIDENCE_FIGURE_UNKNOWN", "EVIDENCE_RECORD_UNKNOWN"]
    assert "response-or" in outcome.decision.reasons[0].limit


def test_nobody_reviews_their_own_text(library: Library) -> None:
    row = services.start_publication(
        key="k", title="Mine", blocks=[BlockWords("b", "x")], by=library.reviewer, at=AT, on=ON
    )
    services.submit(publication=row.public_id, by=library.reviewer, at=AT, on=ON)

    assert codes(library.review(row)) == ["PUBLICATION_REVIEWED_BY_AUTHOR"]


def test_the_database_refuses_a_published_text_without_another_reviewer(library: Library) -> None:
    row = library.text("Words.")

    with pytest.raises(IntegrityError, match="published_text_was_reviewed"), transaction.atomic():
        Publication.objects.filter(pk=row.pk).update(
            state=PublicationState.PUBLISHED, published_at=AT, next_review_on=ON
        )
    with pytest.raises(IntegrityError, match="published_text_was_reviewed"), transaction.atomic():
        Publication.objects.filter(pk=row.pk).update(
            state=PublicationState.REVIEWED,
            reviewer=row.author,
            reviewed_at=AT,
            reviewed_sha256=row.content_sha256,
        )


def test_a_draft_cannot_be_published_past_its_review(library: Library) -> None:
    row = library.text("Words.")

    assert codes(library.publish(row)) == ["PUBLICATION_NOT_REVIEWED", "PUBLICATION_WRONG_STATE"]
    assert codes(library.review(row)) == ["PUBLICATION_WRONG_STATE"]


def test_an_empty_text_is_not_submitted(library: Library) -> None:
    assert codes(library.submit(library.text(BlockWords("b")))) == ["PUBLICATION_EMPTY"]


def test_a_change_after_review_takes_the_signature_away(library: Library) -> None:
    row = library.text("Words.")
    library.submit(row)
    library.review(row)

    services.write_blocks(
        publication=row.public_id,
        title=row.title,
        blocks=[BlockWords("b0", "Other words.")],
        by=library.author,
        at=AT,
        on=ON,
    )

    row.refresh_from_db()
    assert (row.state, row.reviewer, row.reviewed_sha256) == (PublicationState.DRAFT, None, "")
    assert "PUBLICATION_NOT_REVIEWED" in codes(library.publish(row))


def test_the_same_words_again_change_nothing(library: Library) -> None:
    row = library.text("Words.")
    library.submit(row)
    before = PublicationSignature.objects.count()

    services.write_blocks(
        publication=row.public_id,
        title=row.title,
        blocks=[BlockWords("b0", "Words.")],
        by=library.author,
        at=AT,
        on=ON,
    )

    assert state(row) == PublicationState.IN_REVIEW
    assert PublicationSignature.objects.count() == before


def test_two_writers_do_not_overwrite_each_other(library: Library) -> None:
    row = library.text("Words.")
    write: dict[str, Any] = {
        "publication": row.public_id,
        "title": row.title,
        "by": library.author,
        "at": AT,
        "on": ON,
        "seen": row.row_version,
    }
    services.write_blocks(blocks=[BlockWords("b0", "One.")], **write)

    with pytest.raises(StaleRow):
        services.write_blocks(blocks=[BlockWords("b0", "Two.")], **write)


def test_a_new_version_supersedes_the_old_one(library: Library) -> None:
    first = library.published("Words.")
    second = library.published("Better words.")

    first.refresh_from_db()
    assert (first.number, first.state, first.ended_at) == (1, PublicationState.SUPERSEDED, AT)
    assert queries.published("page:how:en") == second


def test_a_published_text_is_changed_by_a_new_version_only(library: Library) -> None:
    row = library.published("Words.")

    with pytest.raises(InvalidValue, match="start a new version"):
        services.write_blocks(
            publication=row.public_id,
            title="x",
            blocks=[BlockWords("b0", "y")],
            by=library.author,
            at=AT,
            on=ON,
        )


def test_a_scheduled_text_goes_out_when_its_time_comes(library: Library) -> None:
    later = AT + dt.timedelta(days=3)
    row = library.text("Words.")
    library.submit(row)
    library.review(row)
    library.publish(row, publish_at=later)

    assert services.publish_due(at=AT, on=ON) == (0, 0)
    assert state(row) == PublicationState.REVIEWED
    assert services.publish_due(at=later, on=later.date()) == (1, 0)
    assert state(row) == PublicationState.PUBLISHED


def test_a_scheduled_text_whose_record_changed_stays_in(library: Library) -> None:
    library.approve("P01")
    later = AT + dt.timedelta(days=3)
    row = library.text(KETAMINE_BESIDE_SALINE)
    library.submit(row)
    library.review(row)
    library.publish(row, publish_at=later)
    library.change("P01", scope="other words")
    library.approve("P01")

    assert services.publish_due(at=later, on=later.date()) == (0, 1)
    assert services.publish_due(at=later, on=later.date()) == (0, 0)
    row.refresh_from_db()
    assert (row.state, row.publish_at) == (PublicationState.REVIEWED, None)


def test_a_text_is_returned_and_withdrawn_with_a_reason(library: Library) -> None:
    row = library.text("Words.")
    library.submit(row)
    back: dict[str, Any] = {
        "publication": row.public_id,
        "by": library.reviewer,
        "at": AT,
        "on": ON,
    }
    out: dict[str, Any] = {**back, "by": library.director}

    with pytest.raises(InvalidValue, match="no reason"):
        services.return_to_author(why=" ", **back)
    services.return_to_author(why="Say what for.", **back)
    assert state(row) == PublicationState.DRAFT
    with pytest.raises(IllegalTransition):
        services.return_to_author(why="Again.", **back)
    with pytest.raises(InvalidValue, match="no reason"):
        services.withdraw_publication(why="", **out)
    services.withdraw_publication(why="Not needed.", **out)
    assert state(row) == PublicationState.WITHDRAWN


def test_every_step_is_safe_to_repeat(library: Library) -> None:
    row = library.published("Words.")
    before = PublicationSignature.objects.count()

    library.publish(row)

    assert PublicationSignature.objects.count() == before


def test_a_refusal_is_in_the_audit_with_its_codes(library: Library) -> None:
    row = library.text("75 %")
    library.submit(row)
    library.review(row)

    entry = AuditEntry.objects.get(action="publication-refused")
    assert entry.detail == {"act": "review", "codes": ["EVIDENCE_BARE_NUMBER"]}


def test_blocks_have_anchors_of_their_own(library: Library) -> None:
    with pytest.raises(InvalidValue, match="anchor"):
        library.text(BlockWords("a", "x"), BlockWords("a", "y"))
