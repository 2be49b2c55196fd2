"""A whole clinic for fault tests: PostgreSQL of its own, the gateway and the web server, watched.

``python whole_clinic.py FOLDER PORT GATEWAY_PORT`` loads ``FOLDER/rows.dump``, then serves until
asked to stop, as ``afterglow serve`` does. ``Clinic`` starts it from a test and kills parts of it.
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

PARTS = ("gateway", "charter", "watch", "web")
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
    "watch": b"watch",
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
    port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)

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
def serving(rows_of: str, data: Path, environment: dict[str, str]) -> Iterator[Clinic]:
    """Serve a clinic that holds the rows of another database; stop it at the end."""
    clinic = Clinic(data)
    data.mkdir()
    dump(rows_of, data / "rows.dump")
    command = [sys.executable, __file__, str(data), str(clinic.port), str(clinic.gateway_port)]
    program = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        assert processes.wait_until(
            lambda: clinic.is_ready() or program.poll() is not None, seconds=90
        )
        assert program.poll() is None, "the clinic ended before it served"
        yield clinic
    finally:
        program.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(30)
        program.kill()
        program.wait()
        processes.end(processes.marked_with(f"{MARK}={data}"))
        clinic.cluster.remove()


def main(folder: str, port: str, gateway_port: str) -> int:
    """Serve until asked to stop."""
    stop_on_signals()
    place = Place(Path(folder), int(port), int(gateway_port))
    with FolderLock(place.data) as lock:
        lock.note(origin=place.origin)
        cluster = Cluster(place.data / "postgres", settings=FORGETFUL)
        supervisor = make_supervisor(place, demo=False, simulate=False, cluster=cluster)
        supervisor.running = [one for one in supervisor.running if one.service.name in PARTS]
        try:
            supervisor.start_database()
            load(cluster.url(Role.OWNER), place.data / "rows.dump")
            urls = urls_of(cluster)
            supervisor.environment[URL] = urls.application
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
