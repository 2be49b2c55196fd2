"""Every constraint of the library refuses the row that breaks it, by name."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from afterglow.apps.evidence.models import (
    Check,
    Citation,
    Flag,
    Publication,
    PublicationSignature,
    Record,
    RecordSignature,
    RecordVersion,
)
from afterglow.core.evidence.publishing import PublicationState
from support.evidence import AT, Library


def refused_by(row: models.Model, **changed: Any) -> str:
    """Insert a copy with something wrong; return the constraint that the database names."""
    fields = [field for field in row._meta.local_fields if not field.primary_key]
    values = {field.name: getattr(row, field.name) for field in fields}
    values["public_id"] = uuid.uuid4()
    try:
        with transaction.atomic():
            type(row)(**values | changed).save(force_insert=True)
    except IntegrityError as error:
        return str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return "nothing"


@pytest.fixture
def rows(library: Library) -> dict[type[models.Model], Any]:
    """One valid row of every table: a published text that is flagged."""
    library.approve("P01")
    text = library.published("[[P01#response-or]]")
    library.change("P01", scope="x")
    library.approve("P01")
    kinds = (Check, Citation, Flag, PublicationSignature, Record, RecordSignature, RecordVersion)
    found: dict[type[models.Model], Any] = {
        kind: kind._default_manager.order_by("-pk")[0] for kind in kinds
    }
    found[Publication] = Publication.objects.get(pk=text.pk)
    found[Record] = library.record("P01")
    return found


BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (Record, {"key": "X1", "kind": "rumour"}, "evidence_kind_is_known"),
    (Record, {"key": "X1", "is_withdrawn": True}, "a_withdrawn_record_has_no_current_version"),
    (RecordVersion, {}, "one_version_per_number"),
    (RecordVersion, {"number": 0}, "record_version_starts_at_one"),
    (RecordVersion, {"number": 9, "status": "heard"}, "record_status_is_known"),
    (RecordVersion, {"number": 9, "verdict": "fine"}, "record_verdict_is_known"),
    (
        RecordVersion,
        {"number": 9, "release": None, "created_by": None},
        "a_version_comes_from_a_release_or_a_person",
    ),
    (RecordSignature, {"act": "liked"}, "record_act_is_known"),
    (Check, {"next_review_on": dt.date(2020, 1, 1)}, "the_next_review_follows_the_check"),
    (Check, {"checked_by": ""}, "a_check_names_who_checked"),
    (Publication, {"key": "k", "state": "lost"}, "publication_state_is_known"),
    (Publication, {"state": PublicationState.DRAFT}, "one_publication_per_number"),
    (Publication, {"number": 9}, "one_published_version_per_text"),
    (
        Publication,
        {"key": "k", "reviewed_sha256": "other"},
        "published_text_was_reviewed_by_another_person",
    ),
    (
        Publication,
        {"key": "k", "next_review_on": None},
        "published_text_says_since_when_and_until_when",
    ),
    (
        Publication,
        {"key": "k", "publish_at": AT},
        "a_scheduled_text_names_who_scheduled_it",
    ),
    (PublicationSignature, {"act": "liked"}, "publication_act_is_known"),
    (Citation, {}, "one_citation_per_place"),
    (Flag, {}, "one_open_flag_per_text_and_record"),
]


@pytest.mark.parametrize(
    ("kind", "changed", "constraint"), BROKEN, ids=[name for _kind, _changed, name in BROKEN]
)
def test_a_row_that_breaks_one_rule_is_refused_by_its_name(
    rows: dict[type[models.Model], Any],
    kind: type[models.Model],
    changed: dict[str, Any],
    constraint: str,
) -> None:
    assert refused_by(rows[kind], **changed) == constraint


def test_a_flag_that_names_who_cleared_it_says_when(
    rows: dict[type[models.Model], Any], library: Library
) -> None:
    flag = rows[Flag]

    with pytest.raises(IntegrityError, match="a_cleared_flag_says_when"), transaction.atomic():
        Flag.objects.filter(pk=flag.pk).update(cleared_by=library.reviewer)


def test_rows_that_break_nothing_are_taken(rows: dict[type[models.Model], Any]) -> None:
    assert refused_by(rows[Record], key="X1") == "nothing"
    assert refused_by(rows[RecordVersion], number=9) == "nothing"
    assert refused_by(rows[Publication], key="k") == "nothing"
    assert refused_by(rows[Check]) == "nothing"
    assert refused_by(rows[Flag], cleared_at=AT) == "nothing"


@pytest.mark.parametrize("kind", [RecordVersion, RecordSignature, PublicationSignature, Check])
def test_what_is_signed_is_never_changed(
    rows: dict[type[models.Model], Any], kind: type[models.Model]
) -> None:
    found = kind._default_manager.filter(pk=rows[kind].pk)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        found.update(public_id=uuid.uuid4())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        found._raw_delete(found.db)  # past Django's own guards
