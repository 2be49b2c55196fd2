"""Months of readings leave the database only when they may, whole and proven, and come back."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition, DefinitionApproval, DefinitionKind
from afterglow.apps.devices.models import MessageIdentity, RawMessage
from afterglow.apps.monitoring import archive_files
from afterglow.apps.monitoring.archive_files import ArchiveDamaged
from afterglow.apps.monitoring.models import (
    ArtefactMark,
    ChartingMistake,
    DeviceNotification,
    QueueCharting,
    ReadingsArchive,
    ReviewItem,
    VitalSign,
)
from afterglow.apps.monitoring.services import archive_parts, archiving
from afterglow.apps.monitoring.services.archive_parts import CannotArchive
from afterglow.config.commands.readings import month
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from factories import SessionFactory
from support.clinic_messages import Bed, bed
from support.months import sign, store_in

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = date(2019, 10, 1), date(2019, 11, 1)
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
TABLES = (
    VitalSign,
    RawMessage,
    ArtefactMark,
    DeviceNotification,
    ReviewItem,
    MessageIdentity,
    QueueCharting,
    ChartingMistake,
)


@pytest.fixture(autouse=True)
def rule() -> Definition:
    """The retention rule that ships, approved."""
    definitions.sync_definitions(at=datetime(2019, 1, 1, tzinfo=UTC))
    row = Definition.objects.get(kind=DefinitionKind.READINGS_RETENTION)
    long_ago = datetime(2019, 1, 2, tzinfo=UTC)
    DefinitionApproval.objects.create(
        definition=row, act="approved", by=row.public_id, at=long_ago, effective_from=long_ago
    )
    return row


def old_bed() -> Bed:
    here = bed()
    store_in(NOVEMBER, here)
    return here


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Every value of every table that an archive touches."""
    return {
        model._meta.db_table: [
            tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
            for row in model._default_manager.order_by("pk").values_list()
        ]
        for model in TABLES
    }


def archived(folder: Path, part: str = "2019_11") -> Path:
    done = archiving.archive(part=part, folder=folder, at=AT)
    assert isinstance(done, ReadingsArchive), done
    return folder / done.file_name


def refused(part: str = "2019_11") -> tuple[str, ...]:
    before = everything()
    said = archiving.archive(part=part, folder=Path("/nonexistent"), at=AT)
    assert isinstance(said, Decision)
    assert everything() == before
    return said.codes


def test_a_month_goes_into_a_file_and_comes_back_value_for_value(tmp_path: Path) -> None:
    here = old_bed()
    store_in(date(2026, 11, 1), here, number=999)
    sign(here)
    before = everything()

    path = archived(tmp_path)

    assert [len(rows) for rows in everything().values()] == [1] * len(TABLES), "only the new stay"
    assert path.stat().st_mode & 0o077 == 0
    archiving.restore(path=path, at=AT)
    assert everything() == before
    acts = ReadingsArchive.objects.order_by("pk").values_list("act", "part")
    assert list(acts) == [("archived", "2019_11"), ("restored", "2019_11")]
    assert AuditEntry.objects.filter(action="readings-archived").count() == 1
    assert AuditEntry.objects.filter(action="readings-restored").count() == 1


def test_a_file_from_before_the_queue_kept_its_chartings_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bed()
    store_in(NOVEMBER, here, charted=False)
    sign(here)
    before = everything()
    then = {
        table: column
        for table, column in archive_parts.WITH_THEM.items()
        if table not in archive_parts.SINCE_THEN
    }
    with monkeypatch.context() as earlier:
        for module in (archiving, archive_parts):
            earlier.setattr(module, "WITH_THEM", then)
        path = archived(tmp_path)

    archiving.restore(path=path, at=AT)

    assert everything() == before


def test_what_came_back_is_guarded_as_before(tmp_path: Path) -> None:
    here = old_bed()
    sign(here)
    archiving.restore(path=archived(tmp_path), at=AT)

    with connection.cursor() as cursor:
        for statement in (
            "DELETE FROM monitoring_vitalsign",
            "UPDATE monitoring_vitalsign_2019_11 SET value = 1",
            "TRUNCATE monitoring_vitalsign_2019_11 CASCADE",
            "DELETE FROM monitoring_artefactmark",
            "DELETE FROM devices_messageidentity",
        ):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                cursor.execute(statement)
    with pytest.raises(IntegrityError, match="session is signed"), transaction.atomic():
        store_in(NOVEMBER, here, number=2)


def test_nothing_leaves_while_a_session_is_open() -> None:
    sign(old_bed())
    SessionFactory.create(state="checked_in")

    assert refused() == ("ARCHIVE_SESSION_IS_OPEN",)


def test_a_month_of_an_unsigned_session_stays() -> None:
    here = old_bed()
    type(here.session).objects.filter(pk=here.session.pk).update(state="discharged")

    assert refused() == ("ARCHIVE_NOT_SIGNED",)


@pytest.mark.parametrize(
    ("at", "codes"),
    [
        (datetime(2025, 11, 30, 23, tzinfo=UTC), ("ARCHIVE_TOO_YOUNG",)),
        (datetime(2025, 12, 1, tzinfo=UTC), ()),
    ],
)
def test_a_month_stays_as_long_as_the_rule_says(at: datetime, codes: tuple[str, ...]) -> None:
    sign(old_bed())

    (found,) = archiving.survey(before=date(2019, 12, 1), at=at)

    assert found.decision.codes == codes


def test_a_rule_that_nobody_approved_lets_nothing_go() -> None:
    sign(old_bed())
    before_approval = datetime(2019, 1, 1, 12, tzinfo=UTC)

    (found,) = archiving.survey(before=date(2019, 12, 1), at=before_approval)

    assert "ARCHIVE_RULE_NOT_APPROVED" in found.decision.codes


def test_a_message_that_waits_for_a_person_stays() -> None:
    here = old_bed()
    ReviewItem.objects.update(state="open", settled_at=None, settled_by=None)
    sign(here)

    assert refused() == ("ARCHIVE_IN_REVIEW",)


def test_messages_of_readings_that_stay_stay_too_until_those_have_left(tmp_path: Path) -> None:
    here = bed()
    older = store_in(OCTOBER, here)
    store_in(NOVEMBER, here, of=older.message)
    sign(here)

    found = archiving.survey(before=date(2019, 12, 1), at=AT)
    assert [each.part.name for each in found] == ["2019_11", "2019_10"], "the newest first"
    assert refused("2019_10") == ("ARCHIVE_STILL_NEEDED",)
    november, october = archived(tmp_path), archived(tmp_path, "2019_10")

    with pytest.raises(CannotArchive, match="restore the month before first"), transaction.atomic():
        archiving.restore(path=november, at=AT)
    archiving.restore(path=october, at=AT)
    archiving.restore(path=november, at=AT)
    assert VitalSign.objects.count() == 2


def test_a_survey_changes_nothing_and_looks_only_before_its_month() -> None:
    sign(old_bed())
    before = everything()

    assert archiving.survey(before=NOVEMBER, at=AT) == []
    (found,) = archiving.survey(before=date(2019, 12, 1), at=AT)

    assert not found.decision.refused
    assert (found.rows, len(found.sessions)) == (2, 1)
    assert everything() == before


def damage(path: Path, name: str, change: bytes | None) -> None:
    """Write a file again with one member changed or left out."""
    with tarfile.open(path) as tar:
        kept = {m.name: tar.extractfile(m).read() for m in tar.getmembers()}  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for each, body in kept.items():
            content = change if each == name else body
            if content is not None:
                entry = tarfile.TarInfo(each)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("manifest.json", b"{}"),
        ("manifest.json", b"[1"),
        ("manifest.json", None),
        ("monitoring_vitalsign.csv.gz", None),
        ("monitoring_vitalsign.csv.gz", b"not gzip"),
    ],
)
def test_a_damaged_file_restores_nothing(tmp_path: Path, name: str, change: bytes | None) -> None:
    sign(old_bed())
    path = archived(tmp_path)
    left = everything()
    damage(path, name, change)

    with pytest.raises(ArchiveDamaged):
        archiving.restore(path=path, at=AT)

    assert everything() == left


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    sign(old_bed())
    path = archived(tmp_path)
    content = bytearray(path.read_bytes())
    at = content.index(b"\x1f\x8b") + 30
    content[at] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArchiveDamaged):
        archive_files.read(path)


def test_a_month_that_is_there_is_not_restored_over(tmp_path: Path) -> None:
    sign(old_bed())
    path = archived(tmp_path)
    archiving.restore(path=path, at=AT)

    with pytest.raises(CannotArchive, match="in the database already"), transaction.atomic():
        archiving.restore(path=path, at=AT)


def test_a_file_is_never_overwritten_and_the_rows_stay(tmp_path: Path) -> None:
    sign(old_bed())
    (tmp_path / "readings-2019_11.tar").write_text("somebody's")
    before = everything()

    with pytest.raises(ArchiveDamaged, match="never overwrites"):
        archiving.archive(part="2019_11", folder=tmp_path, at=AT)

    assert everything() == before
    assert (tmp_path / "readings-2019_11.tar").read_text() == "somebody's"


def test_a_disk_that_cannot_take_the_file_costs_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource
    import signal

    sign(old_bed())
    before = everything()
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(archive_files, "_sync", lambda folder: None)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, was[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            archiving.archive(part="2019_11", folder=tmp_path, at=AT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)

    assert everything() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["2019-13", "2019", "19-12", "2019-12-01", "", "2019-1"])
def test_a_month_is_written_as_year_and_month(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"no month; write it as 2019-12\."):
        month(text)
