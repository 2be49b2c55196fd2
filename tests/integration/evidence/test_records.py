"""Records: written, checked, approved by another person, withdrawn, and due again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.evidence import queries, services
from afterglow.apps.evidence.models import Check, Record, RecordVersion
from afterglow.apps.evidence.services import Done, Refused
from afterglow.apps.places.models import Site
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.queries import TaskLine
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.vocabulary import RecordKind
from afterglow.core.permission import Forbidden
from afterglow.core.roles import PERMITS, Action, Role
from factories.base import make_staff
from support.evidence import AT, ON, Library


def test_an_approval_puts_a_version_in_force_with_name_and_check(library: Library) -> None:
    library.approve("T17")

    record = library.record("T17")
    version = library.version("T17")
    assert record.current == version
    signature = version.signatures.get()
    assert (signature.by_name, signature.sha256) == (
        f"{library.director.full_name}, RN",
        version.sha256,
    )
    check = version.checks.first()
    assert check is not None
    assert check.by == library.director
    assert record.next_review_on == ON + dt.timedelta(days=730)


def test_approving_again_signs_nothing_twice(library: Library) -> None:
    library.approve("T17")
    library.approve("T17")

    assert library.version("T17").signatures.count() == 1


def test_a_record_from_memory_is_not_approved(library: Library) -> None:
    outcome = services.approve_version(
        version=library.version("T02").public_id, by=library.director, at=AT, on=ON
    )

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("RECORD_FROM_MEMORY",)
    assert library.record("T02").current is None
    assert AuditEntry.objects.get(action="evidence-approval-refused").detail["codes"] == [
        "RECORD_FROM_MEMORY"
    ]


def test_a_partly_confirmed_record_is_approved_with_a_caution(library: Library) -> None:
    outcome = services.approve_version(
        version=library.version("T03").public_id, by=library.director, at=AT, on=ON
    )

    assert isinstance(outcome, Done)
    assert outcome.decision.codes == ("RECORD_PARTLY_CONFIRMED",)


def test_who_wrote_a_version_does_not_approve_it(library: Library) -> None:
    version = library.version("T17")
    written = services.write_version(
        record=version.record.public_id,
        title=version.title,
        body={**version.body, "caution": "x"},
        curation=version.curation,
        by=library.director,
        at=AT,
        on=ON,
        note="x",
    )

    outcome = services.approve_version(version=written.public_id, by=library.director, at=AT, on=ON)

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("RECORD_APPROVED_BY_WRITER",)


def test_a_new_version_leaves_the_old_one_and_its_history(library: Library) -> None:
    library.approve("T17")
    before = library.version("T17")

    library.change("T17", caution="Anaesthetics may interact; the only triple-blind trial.")

    record = library.record("T17")
    assert record.current == before
    assert [each.number for each in record.versions.all()] == [2, 1]
    line = next(line for line in queries.library(on=ON) if line.record == record)
    assert line.waits


def test_the_same_content_is_no_new_version(library: Library) -> None:
    first = library.version("T17")

    again = library.change("T17")

    assert again == first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"note": " "}, "note is empty"),
        ({"seen": 7}, "version 7 of T17"),
        ({"body": {"id": "T17"}}, "cannot be read"),
    ],
)
def test_a_version_that_cannot_be_is_refused_in_a_sentence(
    library: Library, change: dict[str, Any], said: str
) -> None:
    version = library.version("T17")
    arguments: dict[str, Any] = {
        "record": version.record.public_id,
        "title": "x",
        "body": {**version.body, "caution": "x"},
        "curation": version.curation,
        "by": library.reviewer,
        "at": AT,
        "on": ON,
        "note": "why",
    }

    with pytest.raises(InvalidValue, match=said):
        services.write_version(**{**arguments, **change})


def test_a_record_of_our_own(library: Library) -> None:
    content: dict[str, Any] = {
        "title": "A new trial",
        "body": {"source": "x", "status": "confirmed", "confirmed_at": []},
        "curation": {},
        "by": library.reviewer,
        "at": AT,
        "on": ON,
    }
    made = services.write_record(kind=RecordKind.POOLED_ESTIMATE, key="OWN-1", **content)

    assert (made.number, made.record.current) == (1, None)
    with pytest.raises(InvalidValue, match="There is a record OWN-1"):
        services.write_record(kind=RecordKind.POOLED_ESTIMATE, key="OWN-1", **content)
    with pytest.raises(InvalidValue, match="no record key"):
        services.write_record(kind=RecordKind.POOLED_ESTIMATE, key="a b", **content)


def test_a_check_moves_the_next_review_and_closes_its_task(library: Library) -> None:
    day = dt.date(2027, 6, 1)
    services.open_due_reviews(at=AT, on=day)
    version = library.version("G01")
    task = Task.objects.get(subject=version.record.public_id)

    services.confirm_check(version=version.public_id, by=library.reviewer, at=AT, on=day)

    task.refresh_from_db()
    assert (task.state, task.closed_by) == (TaskState.DONE, library.reviewer.public_id)
    assert library.record("G01").next_review_on == day + dt.timedelta(days=180)
    assert library.record("G01") not in [line.record for line in queries.due_for_review(on=day)]


def test_checking_twice_on_a_day_is_once(library: Library) -> None:
    version = library.version("G01")
    for _again in range(2):
        services.confirm_check(version=version.public_id, by=library.reviewer, at=AT, on=ON)

    assert Check.objects.filter(version=version, by=library.reviewer).count() == 1


def test_due_reviews_become_tasks_once(library: Library) -> None:
    assert services.open_due_reviews(at=AT, on=ON) == 0
    day = dt.date(2027, 3, 1)

    opened = services.open_due_reviews(at=AT, on=day)

    assert opened == Record.objects.filter(kind=RecordKind.OPEN_CHECK).count() == 13
    assert services.open_due_reviews(at=AT, on=day) == 0
    task = Task.objects.order_by("pk")[0]
    assert (task.kind, task.owner_role) == ("review_evidence", Role.PRESCRIBER)
    assert TaskLine(task, "", False, False).url == f"/evidence/records/{task.subject}/"


def test_a_withdrawn_record_is_not_due(library: Library) -> None:
    record = library.record("O01")
    services.withdraw_record(
        record=record.public_id, reason="Done.", by=library.director, at=AT, on=ON
    )

    services.open_due_reviews(at=AT, on=dt.date(2027, 3, 1))

    assert not Task.objects.filter(subject=record.public_id).exists()


def test_without_a_site_nobody_is_asked(library: Library) -> None:
    Site.objects.update(is_active=False)

    assert services.open_due_reviews(at=AT, on=dt.date(2027, 3, 1)) == 0


def test_a_withdrawal_says_why_and_happens_once(library: Library) -> None:
    library.approve("P01")
    record = library.record("P01")
    act: dict[str, Any] = {
        "record": record.public_id,
        "by": library.director,
        "at": AT,
        "on": ON,
    }

    with pytest.raises(InvalidValue, match="no reason"):
        services.withdraw_record(reason="", **act)
    services.withdraw_record(reason="Retracted.", **act)
    services.withdraw_record(reason="Retracted.", **act)

    record.refresh_from_db()
    assert (record.is_withdrawn, record.current) == (True, None)
    assert AuditEntry.objects.filter(action="evidence-withdrawn").count() == 1
    outcome = services.approve_version(
        version=library.version("P01").public_id, by=library.director, at=AT, on=ON
    )
    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("RECORD_WITHDRAWN",)


def test_a_version_and_a_signature_never_change(library: Library) -> None:
    library.approve("T17")
    version = library.version("T17")

    for act in (
        lambda: RecordVersion.objects.filter(pk=version.pk).update(title="x"),
        lambda: version.signatures.update(by_name="x"),
        lambda: Check.objects.all().delete(),
    ):
        with (
            pytest.raises((IntegrityError, InternalError), match="append-only"),
            transaction.atomic(),
        ):
            act()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"kind": "rumour"}, "evidence_kind_is_known"),
        ({"is_withdrawn": True}, "a_withdrawn_record_has_no_current_version"),
    ],
)
def test_the_database_refuses_records_that_cannot_be(
    library: Library, values: dict[str, Any], constraint: str
) -> None:
    library.approve("T17")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Record.objects.filter(key="T17").update(**values)


def test_the_library_filters(library: Library) -> None:
    library.approve("T17")

    def keys(**filters: str) -> set[str]:
        return {line.record.key for line in queries.library(on=ON, **filters)}

    assert keys(standing="approved") == {"T17"}
    assert len(keys(kind="claim", verdict="wrong")) == 14
    assert "T17" not in keys(standing="waiting")
    assert keys(words="lii 2023", kind="trial") == keys(words="t17") == {"T17"}
    assert len(keys(kind="trial", status="from_memory")) == 2
    assert keys(standing="due") == keys(standing="withdrawn") == set()


VERBS: dict[str, tuple[Action, Any]] = {
    "write": (
        Action.EDIT_EVIDENCE,
        lambda library, who: services.write_record(
            kind=RecordKind.OPEN_CHECK,
            key="OWN-X",
            title="x",
            body={"text": "x"},
            curation={},
            by=who,
            at=AT,
            on=ON,
        ),
    ),
    "edit": (
        Action.EDIT_EVIDENCE,
        lambda library, who: services.write_version(
            record=library.record("O01").public_id,
            title="x",
            body={"text": "x"},
            curation={},
            by=who,
            at=AT,
            on=ON,
            note="x",
        ),
    ),
    "check": (
        Action.EDIT_EVIDENCE,
        lambda library, who: services.confirm_check(
            version=library.version("G01").public_id, by=who, at=AT, on=ON
        ),
    ),
    "approve": (
        Action.APPROVE_EVIDENCE,
        lambda library, who: services.approve_version(
            version=library.version("G01").public_id, by=who, at=AT, on=ON
        ),
    ),
    "withdraw": (
        Action.APPROVE_EVIDENCE,
        lambda library, who: services.withdraw_record(
            record=library.record("G02").public_id, reason="x", by=who, at=AT, on=ON
        ),
    ),
}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_and_every_verb_of_a_record(library: Library, role: Role) -> None:
    person = make_staff(role)
    for action, verb in VERBS.values():
        if role in PERMITS[action]:
            verb(library, person)
        else:
            with pytest.raises(Forbidden):
                verb(library, person)
