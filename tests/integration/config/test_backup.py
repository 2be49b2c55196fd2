"""The drill: save, verify, damage, lose, restore."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from afterglow.config import backup as backups
from afterglow.config.backup import BackupFailed
from afterglow.config.postgres import FORGETFUL, Cluster, Role

AT = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("clinic") / "postgres", settings=FORGETFUL)
    cluster.prepare()
    cluster.start()
    with psycopg.connect(cluster.url(Role.OWNER)) as connection:
        connection.execute("CREATE TABLE vial (id bigint PRIMARY KEY, volume_ml numeric NOT NULL)")
        connection.execute("INSERT INTO vial SELECT n, n * 0.1 FROM generate_series(1, 500) n")
        connection.execute("CREATE TABLE empty_so_far (id bigint)")
    yield cluster
    cluster.remove()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "documents").mkdir(parents=True)
    (folder / "secret_key").write_text("made up")
    (folder / "documents" / "record.pdf").write_bytes(b"%PDF made up")
    return folder


@pytest.fixture
def saved(running: Cluster, data: Path, tmp_path: Path) -> Path:
    return backups.make_backup(
        owner_url=running.url(Role.OWNER), data=data, target=tmp_path / "saved", at=AT
    )


def test_a_backup_comes_back_row_for_row(running: Cluster, saved: Path) -> None:
    found = backups.verify(owner_url=running.url(Role.OWNER), backup=saved)

    assert found.problems == []
    assert (found.tables, found.rows) == (2, 500)


def test_a_verification_leaves_no_scratch_database(running: Cluster, saved: Path) -> None:
    backups.verify(owner_url=running.url(Role.OWNER), backup=saved)

    with psycopg.connect(running.url(Role.OWNER)) as connection:
        names = connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall()
    assert [name for (name,) in names if "verify" in name] == []


def test_a_verification_reports_what_the_record_itself_says_is_broken(
    running: Cluster, saved: Path
) -> None:
    def no_vial_holds_more_than_40_ml(url: str) -> list[str]:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM vial WHERE volume_ml > 40").fetchone()
        return [f"{row[0]} vials hold too much"] if row and row[0] else []

    found = backups.verify(
        owner_url=running.url(Role.OWNER), backup=saved, check=no_vial_holds_more_than_40_ml
    )

    assert found.problems == ["100 vials hold too much"]


def test_a_row_that_did_not_come_back_is_counted(running: Cluster, saved: Path) -> None:
    manifest = saved / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"vial": 500', '"vial": 501'))

    found = backups.verify(owner_url=running.url(Role.OWNER), backup=saved)

    assert found.problems == ["table vial: 500 rows came back, 501 were saved"]


def test_a_flipped_bit_is_found_before_anything_is_restored(saved: Path) -> None:
    dump = saved / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)

    with pytest.raises(BackupFailed, match=r"database\.dump is damaged"):
        backups.read_manifest(saved)


def test_a_folder_that_is_no_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="is not a backup"):
        backups.read_manifest(tmp_path)


def test_a_backup_never_overwrites_another(running: Cluster, data: Path, saved: Path) -> None:
    with pytest.raises(BackupFailed, match="exists already"):
        backups.make_backup(owner_url=running.url(Role.OWNER), data=data, target=saved, at=AT)


def test_a_restore_into_a_database_with_tables_changes_nothing(
    running: Cluster, saved: Path
) -> None:
    with pytest.raises(BackupFailed, match="already holds 2 tables"):
        backups.restore_into(owner_url=running.url(Role.OWNER), backup=saved)


def test_files_beside_the_database_come_back_only_when_put(saved: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    with backups.staged_files(backup=saved, data=elsewhere) as put_files:
        assert not (elsewhere / "secret_key").exists()
        put_files()

    assert (elsewhere / "documents" / "record.pdf").read_bytes() == b"%PDF made up"
    assert (elsewhere / "secret_key").read_text() == "made up"
    assert sorted(path.name for path in elsewhere.iterdir()) == ["documents", "secret_key"]


def test_only_the_owner_of_a_backup_may_read_it(saved: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in [saved, *saved.iterdir()]} == {0}


@pytest.mark.slow
def test_the_commands_save_lose_and_bring_back_a_clinic(tmp_path: Path) -> None:
    data = tmp_path / "data"

    def afterglow(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "afterglow.config.cli", *words, "--data", str(data)],
            env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{done.returncode} {done.stdout}{done.stderr if done.returncode else ''}"

    cluster = Cluster(data / "postgres", settings=FORGETFUL)
    data.mkdir()
    cluster.prepare()
    assert afterglow("migrate").startswith("0")
    saved = str(tmp_path / "saved")
    assert "The backup is good" in afterglow("backup", saved, "--verify")
    cluster.start()
    with psycopg.connect(cluster.url(Role.OWNER)) as connection:
        connection.execute("DROP TABLE django_session")
    cluster.stop()

    assert "Say --replace" in afterglow("restore", saved)
    assert "kept as afterglow_before_" in afterglow("restore", saved, "--replace")

    cluster.start()
    with psycopg.connect(cluster.url(Role.APPLICATION)) as connection:
        connection.execute("SELECT count(*) FROM django_session")
    cluster.remove()
