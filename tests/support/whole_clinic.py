"""A whole clinic for fault tests: PostgreSQL of its own, the gateway and the web server, watched.

``python whole_clinic.py FOLDER PORT GATEWAY_PORT`` loads ``FOLDER/rows.dump``, then serves until
asked to stop, as ``afterglow serve`` does. ``Clinic`` starts it from a test and kills parts of it,
the supervisor too, which is then started again as the machine's own init would.

``FOLDER/disk-is-at`` names a small file system for the database; ``FOLDER/clock`` is how many
seconds the clinic's clock is ahead.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from afterglow.config import processes
from afterglow.config.commands.serve import make_supervisor
from afterglow.config.connection import URL, urls_of
from afterglow.config.folder import FolderLock, free_port
from afterglow.config.postgres import FORGETFUL, Cluster, Role
from afterglow.config.postgres_binaries import client_bin
from afterglow.config.services import Place, _gateway_listens, _web_answers
from afterglow.config.supervisor import MARK, StopRequested, stop_on_signals

PARTS = ("gateway", "charter", "judge", "watch", "web", "worker")
SUPERVISOR = "supervisor"
CLOCK_SEAM = Path(__file__).with_name("clock_seam")
NO_SPACE = b"No space left on device"
GRANT = f"""
import django
django.setup()
from django.db import connection
from afterglow.db.roles import grant_application_role
grant_application_role(connection, "{Role.APPLICATION}")
"""
TELLTALE = {
    "gateway": b"gateway",
    "charter": b"charter",
    "judge": b"judge",
    "watch": b"watch",
    "worker": b"worker",
    "web": b"afterglow.config.asgi:application",
}


def dump(url: str, target: Path) -> None:
    """Write everything that a database holds into a file."""
    _client("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", url)


def load(url: str, source: Path) -> None:
    """Fill an empty database from such a file."""
    _client("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-d", url, source)


def _client(program: str, *arguments: str | Path) -> None:
    subprocess.run([client_bin() / program, *arguments], check=True, stdin=subprocess.DEVNULL)


@dataclass
class Clinic:
    """A served clinic in a folder of its own."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)
    program: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the supervisor, the first time or again after it was killed."""
        command = [sys.executable, __file__, str(self.data)]
        seam = {
            "PYTHONPATH": str(CLOCK_SEAM),
            "AFTERGLOW_TEST_CLOCK_FILE": str(self.data / "clock"),
        }
        self.program = subprocess.Popen(
            [*command, str(self.port), str(self.gateway_port)],
            env={**os.environ, **seam, **self.environment},
        )

    def restart(self) -> None:
        """Start the supervisor again after it was killed."""
        assert self.program is not None
        self.program.wait()
        self.start()

    def set_clock(self, ahead_s: float) -> None:
        """Let the clock of every part jump: so many seconds ahead of the true time."""
        draft = self.data / "clock.new"
        draft.write_text(str(ahead_s))
        draft.rename(self.data / "clock")

    @property
    def disk(self) -> Path | None:
        """The small file system that the database is on, if it is on one."""
        note = self.data / "disk-is-at"
        return Path(note.read_text()) if note.exists() else None

    def fill_disk(self) -> None:
        """Leave no room at all on the database's file system."""
        assert self.disk is not None
        piece = bytes(1 << 16)
        with (self.disk / "ballast").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(piece)

    def free_disk(self) -> None:
        """Give the room back."""
        assert self.disk is not None
        (self.disk / "ballast").unlink()

    def says_no_space(self) -> int:
        """How often the database has said so far that its disk is full."""
        return (self.data / "logs" / "postgres.log").read_bytes().count(NO_SPACE)

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.data / "postgres", settings=FORGETFUL)

    def is_ready(self) -> bool:
        """Whether the whole of it has come up once."""
        return (self.data / "ready").exists()

    def serves(self) -> bool:
        """Whether every part answers now."""
        place = Place(self.data, self.port, self.gateway_port)
        return self.cluster.answers() is None and _gateway_listens(place) and _web_answers(place)

    def pids(self, part: str) -> list[int]:
        """The processes of a service or of PostgreSQL."""
        if part == SUPERVISOR:
            return [] if self.program is None else [self.program.pid]
        if part == "postgres":
            postmaster = self.cluster.postmaster()
            return [] if postmaster is None else [postmaster]
        return [
            pid
            for pid in processes.marked_with(f"{MARK}={self.data}")
            if TELLTALE[part] in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        ]

    def kill(self, part: str) -> None:
        """kill -9 a part: the processes of its group, or PostgreSQL's postmaster."""
        self.send(part, signal.SIGKILL)

    def send(self, part: str, number: signal.Signals) -> None:
        """Send a signal to a part. A frozen PostgreSQL is frozen with all its children."""
        pids = self.pids(part)
        assert pids, f"{part} does not run"
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                if part == SUPERVISOR:  # it is in the test's own process group
                    os.kill(pid, number)
                    continue
                if part != "postgres":
                    os.killpg(os.getpgid(pid), number)
                    continue
                os.kill(pid, number)
                if number != signal.SIGKILL:
                    for child in _children(pid):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(child, number)


def _children(pid: int) -> list[int]:
    return [each for each in processes.all_pids() if processes.parent_of(each) == pid]


@contextlib.contextmanager
def serving(
    rows_of: str, data: Path, environment: dict[str, str], disk: Path | None = None
) -> Iterator[Clinic]:
    """Serve a clinic that holds the rows of another database; stop it at the end.

    ``disk`` is a small file system for the database; without it, it is where the data is.
    """
    clinic = Clinic(data, environment)
    data.mkdir()
    if disk is not None:
        (data / "disk-is-at").write_text(str(disk))
    dump(rows_of, data / "rows.dump")
    clinic.start()
    try:
        assert processes.wait_until(
            lambda: clinic.is_ready() or _ended(clinic.program), seconds=180
        )
        assert not _ended(clinic.program), "the clinic ended before it served"
        yield clinic
    finally:
        program = clinic.program
        assert program is not None
        program.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(30)
        program.kill()
        program.wait()
        processes.end(processes.marked_with(f"{MARK}={data}"))
        clinic.cluster.remove()


def _ended(program: subprocess.Popen[bytes] | None) -> bool:
    return program is None or program.poll() is not None


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own that can be filled. Raises PermissionError if this user may not."""
    folder.mkdir(mode=0o755)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        folder.rmdir()
        raise PermissionError(f"a file system could not be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def main(folder: str, port: str, gateway_port: str) -> int:
    """Serve until asked to stop."""
    stop_on_signals()
    place = Place(Path(folder), int(port), int(gateway_port))
    with FolderLock(place.data) as lock:
        lock.note(origin=place.origin)
        cluster = Cluster(place.data / "postgres", settings=FORGETFUL)
        supervisor = make_supervisor(place, demo=False, simulate=False, cluster=cluster)
        supervisor.running = [one for one in supervisor.running if one.service.name in PARTS]
        small = place.data / "disk-is-at"
        if small.exists() and not cluster.home.exists():
            cluster.home.mkdir(mode=0o700)
            (cluster.home / "postgres-is-at").write_text(small.read_text())
        try:
            supervisor.end_leftovers()
            supervisor.start_database()
            urls = urls_of(cluster)
            supervisor.environment[URL] = urls.application
            if not (place.data / "ready").exists():
                load(cluster.url(Role.OWNER), place.data / "rows.dump")
                supervisor.run_step([sys.executable, "-c", GRANT], {URL: urls.owner})
            supervisor.start_services()
            (place.data / "ready").touch()
            supervisor.watch()
        except StopRequested:
            pass
        finally:
            supervisor.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
