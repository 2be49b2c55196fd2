"""The import: complete to the last record, versioned, safe to repeat."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.evidence.files import FOLDER
from afterglow.apps.evidence.models import Check, Record, RecordVersion, Release
from afterglow.apps.evidence.services import approve_version, import_release, write_version
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.library import Entry, counts, rebuild
from afterglow.core.evidence.vocabulary import RecordKind
from afterglow.core.roles import Role
from factories.base import make_staff

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)
FILE = json.loads((FOLDER / "evidence.json").read_text(encoding="utf-8"))
DRUGS = json.loads((FOLDER / "classifications.json").read_text(encoding="utf-8"))["drugs"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files that a test may change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "evidence"))


def change(folder: Path, name: str, edit: Any) -> None:
    path = folder / name
    body = json.loads(path.read_text(encoding="utf-8"))
    edit(body)
    path.write_text(json.dumps(body), encoding="utf-8")


def as_entry(record: Record) -> Entry:
    version = record.versions.get()
    return Entry(
        RecordKind(record.kind),
        record.key,
        record.position,
        version.title,
        version.body,
        version.curation,
    )


def test_counts_per_kind_equal_the_file() -> None:
    import_release(at=AT)

    rows = Counter(Record.objects.values_list("kind", flat=True))
    assert rows == {**counts(FILE), RecordKind.CLASSIFICATION: len(DRUGS)}


def test_the_counts_are_those_that_the_file_itself_states() -> None:
    import_release(at=AT)

    stated = FILE["meta"]["counts"]
    claims = RecordVersion.objects.filter(record__kind=RecordKind.CLAIM)
    facts = [fact for claim in claims for fact in claim.facts]
    assert len(facts) == stated["claim_facts"]
    assert sum(f["status"] == "confirmed" for f in facts) == stated["claim_facts_confirmed"]
    assert Counter(claims.values_list("verdict", flat=True)) == stated["verdicts"]
    for kind, name in (
        (RecordKind.CLAIM, "claims"),
        (RecordKind.TRIAL, "trials"),
        (RecordKind.POOLED_ESTIMATE, "pooled"),
        (RecordKind.REGULATION, "regulatory"),
        (RecordKind.BILLING_CODE, "codes"),
        (RecordKind.GUIDELINE, "guidance"),
        (RecordKind.REQUIREMENT, "requirements"),
    ):
        assert Record.objects.filter(kind=kind).count() == stated[name]


def test_the_file_can_be_rebuilt_from_the_rows() -> None:
    import_release(at=AT)

    entries = [as_entry(record) for record in Record.objects.all()]
    assert rebuild(entries, Release.objects.get().meta) == FILE


def test_the_file_as_shipped_is_the_file_that_was_imported() -> None:
    import_release(at=AT)

    version = RecordVersion.objects.get(record__key="T17")
    (trial,) = [each for each in FILE["trials"] if each["id"] == "T17"]
    assert version.body == trial
    assert version.trial.arm("placebo").responders == trial["arms"][1]["responders"] == 10


def test_importing_twice_changes_nothing() -> None:
    first = import_release(at=AT)
    before = list(RecordVersion.objects.order_by("pk").values_list("pk", "sha256"))
    second = import_release(at=AT + dt.timedelta(days=1))

    assert len(first.added) == len(before)
    assert (second.added, second.changed, second.missing) == ((), (), ())
    assert second.unchanged == len(before)
    assert list(RecordVersion.objects.order_by("pk").values_list("pk", "sha256")) == before
    assert Release.objects.count() == 1
    assert AuditEntry.objects.filter(action="evidence-imported").count() == 1


def test_every_record_has_who_checked_it_when_and_when_next() -> None:
    import_release(at=AT)

    assert Check.objects.count() == Record.objects.count()
    assert set(Check.objects.values_list("checked_on", flat=True)) == {dt.date(2026, 11, 23)}
    for check in Check.objects.select_related("version__record"):
        assert check.checked_by
        assert check.next_review_on == check.version.record.next_review_on
    assert Record.objects.get(key="G01").next_review_on == dt.date(2027, 5, 22)


def test_an_import_approves_nothing() -> None:
    import_release(at=AT)

    assert not Record.objects.filter(current__isnull=False).exists()


def test_a_new_edition_adds_a_version_and_leaves_the_approved_one_in_force(folder: Path) -> None:
    import_release(at=AT, folder=folder)
    director = make_staff(Role.MEDICAL_DIRECTOR)
    first = RecordVersion.objects.get(record__key="T17")
    approve_version(version=first.public_id, by=director, at=AT, on=AT.date())
    change(folder, "evidence.json", lambda body: body["trials"][16].update(caution="Read again."))

    done = import_release(at=AT, folder=folder)

    record = Record.objects.get(key="T17")
    assert done.changed == ("T17",)
    assert record.current == first
    assert [version.number for version in record.versions.all()] == [2, 1]
    assert RecordVersion.objects.get(record=record, number=2).body["caution"] == "Read again."


def test_an_edition_that_did_not_change_a_record_leaves_what_staff_wrote(folder: Path) -> None:
    import_release(at=AT, folder=folder)
    version = RecordVersion.objects.get(record__key="T17")
    nurse = make_staff(Role.MONITOR)
    write_version(
        record=version.record.public_id,
        title=version.title,
        body={**version.body, "caution": "Ours."},
        curation=version.curation,
        by=nurse,
        at=AT,
        on=AT.date(),
        note="We read the paper.",
    )
    change(folder, "evidence.json", lambda body: body["trials"][0].update(caution="Other."))

    done = import_release(at=AT, folder=folder)

    assert done.changed == ("T01",)
    newest = Record.objects.get(key="T17").versions.first()
    assert newest is not None
    assert newest.body["caution"] == "Ours."


def test_a_record_that_the_next_edition_lacks_is_named_and_kept(folder: Path) -> None:
    import_release(at=AT, folder=folder)
    change(folder, "evidence.json", lambda body: body["regulatory"].pop())

    done = import_release(at=AT, folder=folder)

    assert done.missing == ("G54",)
    assert Record.objects.filter(key="G54").exists()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda body: body["trials"].append(body["trials"][0]), "T01 stands twice"),
        (lambda body: body["trials"][2]["arms"][0].update(responders=48), "48 responders of 47"),
        (lambda body: body["claims"][0]["facts"][0].update(status="heard"), "'heard' is no status"),
        (lambda body: body["claims"][0].update(verdict_class="fine"), "C01 cannot be read"),
    ],
)
def test_a_file_that_breaks_a_rule_imports_nothing(folder: Path, edit: Any, said: str) -> None:
    change(folder, "evidence.json", edit)

    with pytest.raises(InvalidValue, match=said):
        import_release(at=AT, folder=folder)
    assert not Record.objects.exists()


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync_evidence")

    assert "added, 0 changed, 0 unchanged" in capsys.readouterr().out
