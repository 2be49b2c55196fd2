"""The cluster that Afterglow runs for itself: real servers, really killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from afterglow.config import processes
from afterglow.config.postgres import FORGETFUL, Cluster, Role
from afterglow.config.postgres_binaries import PostgresUnavailable


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Cluster]:
    fresh = Cluster(tmp_path / "postgres", settings=FORGETFUL)
    fresh.prepare()
    yield fresh
    fresh.remove()


def ask(cluster: Cluster, question: str, role: Role = Role.APPLICATION) -> object:
    with psycopg.connect(cluster.url(role)) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def test_a_new_cluster_has_checksums_a_fixed_locale_and_three_roles(private: Cluster) -> None:
    private.start()

    assert ask(private, "SHOW data_checksums") == "on"
    assert (
        ask(private, "SELECT datlocale FROM pg_database WHERE datname = 'afterglow'") == "C.UTF-8"
    )
    assert ask(private, "SELECT current_user", Role.APPLICATION) == "afterglow_app"
    assert ask(private, "SELECT current_user", Role.OWNER) == "afterglow_owner"
    assert ask(private, "SHOW listen_addresses") == ""


def test_passwords_and_socket_are_closed_to_others(private: Cluster) -> None:
    private.start()

    passwords = private.home / "passwords.json"
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(private.socket_folder.stat().st_mode) == 0o700
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(private.url(Role.OWNER).replace("afterglow_owner:", "afterglow_owner:x"))


def test_the_application_role_owns_nothing_and_makes_no_tables(private: Cluster) -> None:
    private.start()

    with (
        psycopg.connect(private.url(Role.APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE mine (x int)")


def test_committed_rows_outlive_kill_9_of_the_whole_server(private: Cluster) -> None:
    private.start()
    with psycopg.connect(private.url(Role.OWNER)) as connection:
        connection.execute("CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)")
        connection.commit()

    processes.signal_all(private.server_pids(), signal.SIGKILL)
    private.start()

    assert ask(private, "SELECT x FROM kept", Role.OWNER) == 7


def test_an_orphaned_server_is_found_and_stopped_before_a_new_one_starts(private: Cluster) -> None:
    private.start()
    orphan = private.postmaster()
    later = Cluster(private.home, settings=FORGETFUL)

    later.start()

    assert orphan is not None
    assert later.postmaster() != orphan
    assert ask(later, "SELECT 1") == 1
    later.stop()


def test_the_children_of_a_killed_postmaster_do_not_block_the_next_start(private: Cluster) -> None:
    private.start()
    postmaster = private.postmaster()
    assert postmaster is not None

    os.kill(postmaster, signal.SIGKILL)
    private.start()

    assert ask(private, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "12", "not a number\n", "999999\n/else"])
def test_a_half_written_or_stale_pid_file_does_not_block_a_start(
    private: Cluster, content: str
) -> None:
    (private.data / "postmaster.pid").write_text(content)

    private.start()

    assert ask(private, "SELECT 1") == 1


def test_a_pid_that_now_belongs_to_another_process_is_left_alone(private: Cluster) -> None:
    stranger = subprocess.Popen(["sleep", "60"], **private.user.popen_options())
    (private.data / "postmaster.pid").write_text(f"{stranger.pid}\n{private.data}\n1\n5432\n")

    private.start()

    assert ask(private, "SELECT 1") == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_an_initdb_killed_half_way_is_begun_again(tmp_path: Path) -> None:
    home = tmp_path / "postgres"
    half = home / "pgdata.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    cluster = Cluster(home, settings=FORGETFUL)

    cluster.prepare()
    cluster.start()

    assert ask(cluster, "SELECT 1") == 1
    cluster.remove()


def test_a_folder_with_a_very_long_path_works(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path.joinpath(*["a" * 50] * 4, "postgres"), settings=FORGETFUL)

    cluster.prepare()
    cluster.start()

    assert ask(cluster, "SELECT 1") == 1
    cluster.remove()


def test_a_missing_passwords_file_is_named(private: Cluster) -> None:
    (private.home / "passwords.json").unlink()

    with pytest.raises(PostgresUnavailable, match=r"passwords\.json is missing"):
        private.prepare()

    private.process = None


def test_stopping_leaves_no_process_and_no_socket(private: Cluster) -> None:
    private.start()

    private.stop()

    assert private.server_pids() == []
    assert not private.socket_folder.exists()
