"""Starts processes in order, watches them, starts them again when they die, stops them in reverse.

Every child runs in a process group of its own, carries a mark in its environment, and is told by
the kernel when the supervisor dies. So nothing outlives a kill -9 for long, and what does is found
by its mark at the next start.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from afterglow.config import processes
from afterglow.config.bootstrap import PROGRESS, say
from afterglow.config.postgres import Cluster
from afterglow.config.postgres_binaries import PostgresUnavailable
from afterglow.config.services import Place, Service, command_line

MARK = "AFTERGLOW_SUPERVISED"
LOG_LIMIT = 20 * 1024 * 1024
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
HEALTHY_AFTER_S = 60.0
CHECK_EVERY_S = 10.0
SILENT_CHECKS = 6


class StopRequested(BaseException):
    """Somebody asked for the end: Ctrl-C, a stop signal, or a closed terminal."""


class ServiceFailed(Exception):
    """A service did not come up; the message names it and its log."""


def stop_on_signals() -> None:
    """Turn the first stop signal into StopRequested and ignore those that follow."""

    def asked(number: int, _frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested(signal.Signals(number).name)

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup's choice is kept
        signal.signal(signal.SIGHUP, asked)


def open_log(folder: Path, name: str) -> BinaryIO:
    """Open a log for appending; one that has grown past its limit is first put aside."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    trim_log(path)
    return path.open("ab", buffering=0)


def trim_log(path: Path) -> None:
    """Keep one old copy of a log past its limit and empty it; writers append, so none is lost."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)


@dataclass
class Running:
    """One service and the process it now has."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait_s: float = FIRST_WAIT_S
    start_again_at: float = 0.0
    checked_at: float = 0.0
    silent: int = 0


class Supervisor:
    """Keeps PostgreSQL (unless it is somebody else's) and the services running."""

    def __init__(
        self,
        place: Place,
        services: Sequence[Service],
        environment: dict[str, str],
        cluster: Cluster | None,
    ) -> None:
        self.place = place
        self.cluster = cluster
        self.environment = {**environment, MARK: str(place.data)}
        self.running = [Running(service) for service in services]
        self.logs = place.data / "logs"
        self._postgres_log: BinaryIO | None = None
        self._trimmed_at = 0.0
        self._database_again_at = 0.0

    # -- start ----------------------------------------------------------------------------------

    def end_leftovers(self) -> None:
        """End what an earlier supervisor of this data folder left behind when it was killed."""
        leftovers = processes.marked_with(f"{MARK}={self.place.data}")
        if leftovers:
            say(f"Ending {len(leftovers)} processes that an earlier run left behind …")
            processes.end(leftovers, grace_s=3)

    def start_database(self) -> None:
        """Make and start PostgreSQL, unless the database is a server of somebody's own."""
        if self.cluster is None:
            return
        self.cluster.prepare()
        self._postgres_log = self._postgres_log or open_log(self.logs, "postgres")
        self.cluster.start(log=self._postgres_log.fileno(), tied_to_parent=True)

    def run_step(self, arguments: list[str], extra: dict[str, str]) -> str:
        """Run one program to its end and return its output; its errors go to ``setup.log``.

        A line that begins with ``PROGRESS`` is said at once and left out. Raises ServiceFailed
        with the last lines of the log when it fails.
        """
        with open_log(self.logs, "setup") as log:
            child = subprocess.Popen(  # noqa: S603
                arguments,
                env={**self.environment, **extra},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.dies_with_parent(signal.SIGTERM),
            )
            answer = []
            try:
                for line in child.stdout or ():
                    words = line.decode(errors="replace")
                    if words.startswith(PROGRESS):
                        say(words.removeprefix(PROGRESS).rstrip())
                    else:
                        answer.append(words)
                child.wait()
            except BaseException:
                self._end_group(child)
                raise
        if child.returncode:
            tail = (self.logs / "setup.log").read_text(errors="replace").splitlines()[-15:]
            raise ServiceFailed("\n".join([f"{' '.join(arguments[2:])} failed:", *tail]))
        return "".join(answer)

    def start_services(self, *, within_s: float = 60) -> None:
        """Start every service in order and wait until each serves.

        Raises ServiceFailed when one does not serve within the time, naming its log.
        """
        for entry in self.running:
            self._start(entry)
        deadline = time.monotonic() + within_s
        for entry in self.running:
            while not self._serves(entry):
                if time.monotonic() > deadline:
                    raise ServiceFailed(self._why_not(entry.service))
                self.keep_alive()
                time.sleep(0.1)

    def _serves(self, entry: Running) -> bool:
        process = entry.process
        if process is None or process.poll() is not None:
            return False
        return entry.service.serves(self.place)

    def _why_not(self, service: Service) -> str:
        log = self.logs / f"{service.name}.log"
        tail = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
        return "\n".join([f"{service.name} did not come up. The end of {log}:", *tail])

    def _start(self, entry: Running) -> None:
        with open_log(self.logs, entry.service.name) as log:
            entry.process = subprocess.Popen(  # noqa: S603
                command_line(entry.service, self.place),
                cwd=self.place.data,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.dies_with_parent(signal.SIGTERM),
            )
        entry.started_at = entry.checked_at = time.monotonic()
        entry.silent = 0

    # -- watch ----------------------------------------------------------------------------------

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep everything running until ``until`` says so or StopRequested is raised."""
        while not until():
            self.keep_alive()
            time.sleep(0.2)

    def keep_alive(self) -> None:
        """Start again what has died, and what has not answered for a minute."""
        self._keep_database_alive()
        now = time.monotonic()
        for entry in self.running:
            if entry.process is not None and (code := entry.process.poll()) is not None:
                self._note_death(entry, f"ended (exit {code})")
            if entry.process is None:
                if now >= entry.start_again_at:
                    self._start(entry)
            elif now - entry.checked_at > CHECK_EVERY_S:
                self._check(entry)
        if now - self._trimmed_at > 60:
            self._trimmed_at = now
            for path in self.logs.glob("*.log"):
                trim_log(path)

    def _check(self, entry: Running) -> None:
        assert entry.process is not None  # noqa: S101
        entry.checked_at = time.monotonic()
        entry.silent = 0 if entry.service.serves(self.place) else entry.silent + 1
        if entry.silent >= SILENT_CHECKS:
            self._note_death(entry, "does not answer")

    def _note_death(self, entry: Running, what: str) -> None:
        """Clear a dead or silent process away, children included, and plan its next start."""
        assert entry.process is not None  # noqa: S101
        self._end_group(entry.process)
        entry.process = None
        lived = time.monotonic() - entry.started_at
        entry.wait_s = FIRST_WAIT_S if lived > HEALTHY_AFTER_S else entry.wait_s
        say(f"{entry.service.name} {what}; starting it again in {entry.wait_s:.1f} s.")
        entry.start_again_at = time.monotonic() + entry.wait_s
        entry.wait_s = min(entry.wait_s * 2, LONGEST_WAIT_S)

    def _keep_database_alive(self) -> None:
        cluster = self.cluster
        if cluster is None or cluster.process is None or cluster.process.poll() is None:
            return
        if time.monotonic() < self._database_again_at:
            return  # the other services are watched meanwhile
        say(f"PostgreSQL ended (exit {cluster.process.returncode}); starting it again.")
        try:
            self.start_database()
        except (PostgresUnavailable, OSError) as problem:
            say(f"{problem} Trying again in 2 s. Its log: {self.logs / 'postgres.log'}")
            self._database_again_at = time.monotonic() + 2

    # -- stop -----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the services in reverse order, then PostgreSQL; leave no process behind."""
        for entry in reversed(self.running):
            if entry.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    entry.process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    entry.process.wait(entry.service.stop_within_s)
                self._end_group(entry.process)
                entry.process = None
        processes.end(processes.marked_with(f"{MARK}={self.place.data}"))
        if self.cluster is not None:
            self.cluster.stop()
        if self._postgres_log is not None:
            self._postgres_log.close()

    @staticmethod
    def _end_group(process: subprocess.Popen[bytes]) -> None:
        """Kill what is left of a child's process group, the child included."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
