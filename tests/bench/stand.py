"""The bench's stand: a durable PostgreSQL, the product's servers and the bare ones beside them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from afterglow.config import processes
from afterglow.config.folder import free_port
from afterglow.config.postgres import DURABLE, Cluster, Role
from support.whole_clinic import GRANT, dump, load

TESTS = Path(__file__).resolve().parents[1]
GRANIAN = ("-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws", "--workers", "1")


@dataclass(frozen=True)
class Server:
    """A running server of one side."""

    pid: int
    port: int


@dataclass
class Stand:
    """One database and what is started on it; everything ends with the stand."""

    cluster: Cluster
    environment: dict[str, str]
    stack: contextlib.ExitStack

    @property
    def url(self) -> str:
        return self.cluster.url(Role.APPLICATION)

    @property
    def owner_url(self) -> str:
        return self.cluster.url(Role.OWNER)

    def web(self, application: str, settings: str) -> Server:
        """Serve an application as the product serves itself."""
        port = free_port()
        where = ("--host", "127.0.0.1", "--port", str(port), "--workers-kill-timeout", "2")
        command = [*GRANIAN, *where, "--no-access-log", "--log-level", "warning", application]
        return self._start(port, command, {"DJANGO_SETTINGS_MODULE": settings})

    def program(self, port: int, *command: str, url: str = "") -> Server:
        """Start a program that listens on a port."""
        return self._start(port, list(command), {"DATABASE_URL": url or self.url})

    def beside(self, *command: str) -> int:
        """Start a program that listens nowhere; return its process."""
        process = subprocess.Popen([sys.executable, *command], env=self.environment)
        self.stack.callback(_stop, process)
        return process.pid

    def _start(self, port: int, command: list[str], more: dict[str, str]) -> Server:
        process = subprocess.Popen([sys.executable, *command], env={**self.environment, **more})
        self.stack.callback(_stop, process)
        assert processes.wait_until(lambda: _listens(port), seconds=40), f"{command} did not serve"
        return Server(process.pid, port)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()


@contextlib.contextmanager
def standing(rows_of: str, folder: Path, secret: str) -> Iterator[Stand]:
    """Make the stand on a durable cluster that holds another database's rows."""
    cluster = Cluster(folder / "postgres", settings=DURABLE)
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.remove)
        cluster.prepare()
        cluster.start()
        dump(rows_of, folder / "rows.dump")
        load(cluster.url(Role.OWNER), folder / "rows.dump")
        environment = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "DATABASE_URL": cluster.url(Role.APPLICATION),
            "AFTERGLOW_SECRET_KEY": secret,
            "DJANGO_SETTINGS_MODULE": "afterglow.config.settings",
        }
        owner = {**environment, "DATABASE_URL": cluster.url(Role.OWNER)}
        subprocess.run([sys.executable, "-c", GRANT], env=owner, check=True)
        yield Stand(cluster, environment, stack)
