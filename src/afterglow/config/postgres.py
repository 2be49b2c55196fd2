"""A PostgreSQL cluster of our own: made, started, watched and stopped under a data folder.

Promises: initialised whole or not at all; passwords in a file only its owner reads; reached only
through a socket folder closed to others; a stale, half-written or reused pid never blocks a start
and is never trusted; an orphaned server is found by the folder it works in.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from afterglow.config import processes
from afterglow.config.postgres_binaries import (
    SHARED_HOME,
    PostgresUnavailable,
    ServerUser,
    clean_environment,
    server_bin,
    server_user,
)

PORT = 5432
SOCKET_PATH_LIMIT = 90  # bytes; the kernel allows 107 for the whole path, file name included
DATABASE = "afterglow"

# What a failing statement would print may hold patient data: the server's log names the error only.
QUIET_LOG = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
DURABLE: Mapping[str, str] = {}
FORGETFUL: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
}
"""For tests only: what is committed outlives kill -9 of the server, but not a power cut."""


class Role(StrEnum):
    """Who connects: the cluster's keeper, the owner of the tables, the running application."""

    ADMIN = "afterglow_admin"
    OWNER = "afterglow_owner"
    APPLICATION = "afterglow_app"


@dataclass
class Cluster:
    """One PostgreSQL cluster whose files live under ``home``."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=lambda: DURABLE)
    user: ServerUser = field(default_factory=server_user)

    def __post_init__(self) -> None:
        self.home = self.home.absolute()
        self.user = self._user_of_what_exists()
        self.process: subprocess.Popen[bytes] | None = None

    def _user_of_what_exists(self) -> ServerUser:
        """Root goes on with the user whom an existing cluster belongs to."""
        if self.user.is_other and (self.data / "PG_VERSION").exists():
            owner = self.data.stat()
            if owner.st_uid not in {0, self.user.uid}:
                return ServerUser(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
        return self.user

    # -- where things are ---------------------------------------------------------------------

    @property
    def data(self) -> Path:
        """The server's data folder: under ``home``, or where the server's user can reach it."""
        note = self.home / "postgres-is-at"
        if note.exists():
            return Path(note.read_text().strip()) / "pgdata"
        return self.home / "pgdata"

    @property
    def socket_folder(self) -> Path:
        """A short folder for the server's socket, the same at every start."""
        name = "afterglow-" + hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        if runtime and not self.user.is_other and os.access(runtime, os.W_OK | os.X_OK):
            chosen = Path(runtime) / name
            if len(os.fsencode(chosen)) <= SOCKET_PATH_LIMIT:
                return chosen
        return Path("/tmp") / name  # noqa: S108  # created 0700 and checked before use

    def url(self, role: Role = Role.APPLICATION, database: str = DATABASE) -> str:
        """A connection URL; it holds the password, so never print it."""
        where = urlencode({"host": str(self._socket_in_use()), "port": PORT})
        return f"postgresql://{role}:{quote(self._passwords()[role])}@/{database}?{where}"

    def _socket_in_use(self) -> Path:
        """The socket folder the running server wrote down, else the one it would get."""
        lines = self._pid_file_lines()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else self.socket_folder

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return []

    def _passwords(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads((self.home / "passwords.json").read_text())
        return kept

    # -- making ---------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the cluster unless it is there whole. Safe to repeat and to be killed within."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._find_a_reachable_place()
        data = self.data
        if (data / "PG_VERSION").exists():
            if not (self.home / "passwords.json").exists():
                raise PostgresUnavailable(
                    f"The database is in {data}, but its passwords file "
                    f"{self.home / 'passwords.json'} is missing. Put it back from a backup."
                )
            return
        self._write_passwords()
        scratch = data.with_name("pgdata.new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        self.user.give(scratch, mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix="ag-") as password_file:
            password_file.write(self._passwords()[Role.ADMIN])
            password_file.flush()
            self.user.give(Path(password_file.name), mode=0o600)
            self._run_as_server_user(
                "initdb",
                f"--pgdata={scratch}",
                f"--username={Role.ADMIN}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
            )
        scratch.rename(data)

    def _find_a_reachable_place(self) -> None:
        """Choose, once, a place for the data that the server's user can reach."""
        note = self.home / "postgres-is-at"
        if note.exists() or (self.home / "pgdata" / "PG_VERSION").exists():
            return
        if not self.user.is_other:
            return
        self.home.chmod(0o711)  # the server's user passes through; passwords.json stays closed
        if self.user.can(["/usr/bin/env", "test", "-x", str(self.home)]):
            return
        place = SHARED_HOME / "clusters" / secrets.token_hex(6)
        place.mkdir(parents=True, mode=0o711)
        note.write_text(f"{place}\n")

    def _write_passwords(self) -> None:
        path = self.home / "passwords.json"
        if path.exists():
            return
        scratch = path.with_suffix(".new")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({role: secrets.token_urlsafe(24) for role in Role}, file)
        scratch.rename(path)

    def _run_as_server_user(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603
            [str(server_bin(self.user) / program), *arguments],
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.user.popen_options(),
        )
        if done.returncode:
            raise PostgresUnavailable(f"{program} failed: {(done.stderr or done.stdout).strip()}")

    # -- running --------------------------------------------------------------------------------

    def server_pids(self) -> list[int]:
        """Pids of this cluster's server processes, found by the folder they work in."""
        return processes.working_in(self.data, "postgres")

    def postmaster(self) -> int | None:
        """The pid of the running server, whoever started it, or None."""
        lines = self._pid_file_lines()
        named = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        pids = self.server_pids()
        if named in pids:
            return named
        family = {pid for pid in pids if processes.parent_of(pid) not in pids}
        return min(family) if len(family) == 1 and len(pids) > 1 else None

    def clear_the_way(self) -> None:
        """Stop whatever an earlier run left behind and remove its stale files."""
        if (leftover := self.postmaster()) is not None:
            self._stop_pid(leftover)
        orphans = self.server_pids()  # children of a killed server leave by themselves, mostly
        if orphans and not processes.wait_until(lambda: not self.server_pids(), seconds=5):
            processes.signal_all(self.server_pids(), signal.SIGQUIT)
            if not processes.wait_until(lambda: not self.server_pids(), seconds=5):
                processes.signal_all(self.server_pids(), signal.SIGKILL)
                processes.wait_until(lambda: not self.server_pids(), seconds=5)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def start(
        self,
        *,
        log: IO[bytes] | int = subprocess.DEVNULL,
        tied_to_parent: bool = False,
        wait_s: float = 60,
    ) -> None:
        """Start the server as a child of this process and wait until it answers.

        Raises PostgresUnavailable when it ends (also just after it answered) or does not answer
        within ``wait_s`` seconds.
        """
        self.clear_the_way()
        self._open_socket_folder()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **QUIET_LOG,
            **self.settings,
        }
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(  # noqa: S603
            [str(server_bin(self.user) / "postgres"), "-D", str(self.data), *arguments],
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=processes.dies_with_parent(signal.SIGINT) if tied_to_parent else None,
            **self.user.popen_options(),
        )
        self.wait_until_ready(wait_s)
        try:
            self.ensure_roles()
        except psycopg.OperationalError as problem:
            raise PostgresUnavailable(
                f"PostgreSQL in {self.data} ended right after its start: {str(problem).strip()}"
            ) from problem

    def wait_until_ready(self, wait_s: float = 60) -> None:
        """Return when ``SELECT 1`` is answered; raise PostgresUnavailable when it never is."""
        deadline = time.monotonic() + wait_s
        while True:
            if self.process is not None and (code := self.process.poll()) is not None:
                raise PostgresUnavailable(f"PostgreSQL in {self.data} ended at start (exit {code})")
            if (problem := self.answers()) is None:
                return
            if time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"PostgreSQL in {self.data} did not answer within {wait_s:.0f} s: {problem}"
                )
            time.sleep(0.05)

    def answers(self) -> str | None:
        """None when the server answers ``SELECT 1``, else what it said instead."""
        try:
            with psycopg.connect(
                self.url(Role.ADMIN, "postgres"), connect_timeout=5, autocommit=True
            ) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error as problem:
            return str(problem).strip()
        return None

    def ensure_roles(self) -> None:
        """Make the owner and application roles and the database, where they are missing."""
        with psycopg.connect(self.url(Role.ADMIN, "postgres"), autocommit=True) as connection:
            for role in (Role.OWNER, Role.APPLICATION):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = sql.SQL("ALTER" if known.fetchone() else "CREATE")
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                        verb,
                        sql.Identifier(role),
                        sql.SQL("CREATEDB" if role is Role.OWNER else "NOCREATEDB"),
                        sql.Literal(self._passwords()[role]),
                    )
                )
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(Role.OWNER)
                    )
                )

    def _open_socket_folder(self) -> None:
        folder = self.socket_folder
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid not in {os.geteuid(), self.user.uid}:
            raise PostgresUnavailable(
                f"The socket folder {folder} belongs to another user (uid {status.st_uid}). "
                "Remove it, or set XDG_RUNTIME_DIR to a private folder."
            )
        self.user.give(folder, mode=0o700)
        for leftover in folder.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop the server, whoever started it: sessions are ended, what is committed is on disk."""
        pid = self.process.pid if self.process is not None else self.postmaster()
        if pid is not None:
            self._stop_pid(pid)
        if self.process is not None:
            self.process.wait()
            self.process = None
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def remove(self) -> None:
        """Stop the server and delete everything it holds; there is no way back."""
        self.stop()
        if (self.home / "postgres-is-at").exists():
            shutil.rmtree(self.data.parent, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def exists(self) -> bool:
        """Whether the cluster was made."""
        return (self.data / "PG_VERSION").exists()

    def _stop_pid(self, pid: int) -> None:
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            processes.signal_all([pid], number)
            if processes.wait_until(lambda: not processes.is_alive(pid), seconds=seconds):
                return
        raise PostgresUnavailable(f"PostgreSQL (pid {pid}) does not end")
