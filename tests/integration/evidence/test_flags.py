"""When a record changes: every text that cites it is flagged until somebody reads it again."""

from __future__ import annotations

import datetime as dt

import pytest

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.evidence import queries, services
from afterglow.apps.evidence.models import Flag, Publication
from afterglow.apps.evidence.services import Done, Refused
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.queries import TaskLine
from support.evidence import AT, ON, Library

LATER = AT + dt.timedelta(days=1)
pytestmark = pytest.mark.django_db

KETAMINE_BESIDE_SALINE = (
    "With ketamine [[P01#response-ketamine]], with saline [[P01#response-saline]]."
)


def codes(outcome: Done[Publication] | Refused) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [reason.code for reason in outcome.decision.blockers]


def test_a_record_that_changes_flags_every_published_text_that_cites_it(library: Library) -> None:
    library.approve("P01", "P05")
    one = library.published(KETAMINE_BESIDE_SALINE, key="page:one:en")
    two = library.published("[[P01#response-or]]", key="page:two:en")
    other = library.published("[[P05#response-or]]", key="page:other:en")
    library.change("P01", scope="adults, unipolar depression, 24 h")

    assert queries.flagged_texts() == []
    library.approve("P01")

    assert {each.pk for each in queries.flagged_texts()} == {one.pk, two.pk}
    assert [flag.why for flag in queries.open_flags(one)] == ["P01 is now version 2"]
    assert queries.open_flags(other) == []
    assert AuditEntry.objects.filter(action="publication-flagged").count() == 2


def test_a_flagged_text_shows_the_number_that_was_reviewed(library: Library) -> None:
    library.approve("P01")
    row = library.published(KETAMINE_BESIDE_SALINE)
    library.change("P01", scope="other words")
    library.approve("P01")

    shown = queries.shown_citations(row)["P01#response-ketamine"]

    assert shown.version is not None
    assert (shown.version.number, shown.withheld) == (1, False)


def test_a_re_review_clears_the_flag_and_takes_the_new_version(library: Library) -> None:
    library.approve("P01")
    row = library.published(KETAMINE_BESIDE_SALINE)
    library.change("P01", scope="other words")
    library.approve("P01")

    done = services.re_review(publication=row.public_id, by=library.reviewer, at=AT, on=ON)

    assert isinstance(done, Done)
    assert queries.open_flags(row) == []
    assert {each.version.number for each in row.citations.all() if each.version} == {2}
    cleared = Flag.objects.get()
    assert (cleared.cleared_at, cleared.cleared_by) == (AT, library.reviewer)


def test_a_claim_that_turns_out_wrong_is_withheld_and_cannot_be_re_reviewed(
    library: Library,
) -> None:
    library.approve("C01")
    row = library.published("Since [[C01#approved]].")
    library.change("C01", verdict_class="wrong", verdict="wrong")
    library.approve("C01")

    shown = queries.shown_citations(row)["C01#approved"]
    again = services.re_review(publication=row.public_id, by=library.reviewer, at=AT, on=ON)

    assert shown.withheld
    assert codes(again) == ["EVIDENCE_VERDICT_BLOCKS"]
    assert len(queries.open_flags(row)) == 1


def test_a_withdrawn_record_flags_and_withholds(library: Library) -> None:
    library.approve("P01")
    row = library.published(KETAMINE_BESIDE_SALINE)

    services.withdraw_record(
        record=library.record("P01").public_id,
        reason="The review was retracted.",
        by=library.director,
        at=AT,
        on=ON,
    )

    assert all(each.withheld for each in queries.shown_citations(row).values())
    assert [flag.blocks for flag in queries.open_flags(row)] == [True]


def test_a_record_that_changes_between_review_and_publication_stops_it(library: Library) -> None:
    library.approve("P01")
    row = library.text(KETAMINE_BESIDE_SALINE)
    library.submit(row)
    library.review(row)
    library.change("P01", scope="other words")
    library.approve("P01")

    assert set(codes(library.publish(row))) == {"EVIDENCE_CITES_OLD_VERSION", "PUBLICATION_FLAGGED"}


def tasks() -> list[tuple[str, str]]:
    rows = Task.objects.filter(kind="review_text").order_by("pk")
    return [(row.title, row.state) for row in rows]


def test_a_flagged_text_is_a_task_until_somebody_signs_it_again(library: Library) -> None:
    library.approve("P01", "P02")
    text = library.published("Odds ratio [[P01#response-or]] or [[P02#response-or]].")
    assert tasks() == []

    for key in ("P01", "P02"):
        library.change(key, scope="adults")
        library.approve(key)
    assert tasks() == [("Review again: How it works", TaskState.OPEN)]
    (task,) = Task.objects.filter(kind="review_text")
    assert TaskLine(task, "", False, False).url == f"/evidence/texts/{text.public_id}/"

    services.re_review(publication=text.public_id, by=library.reviewer, at=LATER, on=ON)
    assert [state for _title, state in tasks()] == [TaskState.DONE]

    library.change("P01", scope="adults with depression")
    library.approve("P01")
    assert [state for _title, state in tasks()] == [TaskState.DONE, TaskState.OPEN]


def test_a_text_whose_review_is_due_is_a_task_and_a_newer_version_ends_it(
    library: Library,
) -> None:
    text = library.published("Words.")
    assert text.next_review_on is not None
    assert services.open_due_texts(at=AT, on=ON) == 0

    assert services.open_due_texts(at=AT, on=text.next_review_on) == 1
    assert services.open_due_texts(at=AT, on=text.next_review_on) == 0
    library.published("Better words.")

    assert [state for _title, state in tasks()] == [TaskState.DONE]
