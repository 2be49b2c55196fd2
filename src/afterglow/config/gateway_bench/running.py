"""The programs that a bench starts: their start and end, their CPU and their memory."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psycopg

from afterglow.config import processes
from afterglow.config.folder import free_port

STOPPERS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the block as an exit, so that what it started ends with it.

    The first one counts; ``timeout`` sends two, and the second must not end the ending.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in (*STOPPERS, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        sys.stderr.write("Stopped: ending what the bench started …\n")
        sys.stderr.flush()
        raise SystemExit(128 + number)

    before = {each: signal.signal(each, stop) for each in STOPPERS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def start_program(
    stack: contextlib.ExitStack, environment: dict[str, str], module: str, name: str
) -> tuple[int, int]:
    """Start a program that listens and return its port and process."""
    port = free_port()
    where = ("--port", str(port)) if name == "gateway" else (str(port),)
    pid = run_program(stack, environment, "-m", module, name, *where)
    if not processes.wait_until(lambda: _listens(port), seconds=60):
        raise AssertionError(f"{name} did not listen")
    return port, pid


def run_program(stack: contextlib.ExitStack, environment: dict[str, str], *words: str) -> int:
    process = subprocess.Popen(  # noqa: S603 (our own)
        [sys.executable, *words],
        env=environment,
        preexec_fn=processes.dies_with_parent(signal.SIGTERM),
    )

    def end() -> None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()

    stack.callback(end)
    return process.pid


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until_charted(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM devices_journaledmessage LIMIT 1").fetchone():
            time.sleep(0.02)


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, user and system; 0 where not known."""
    try:
        text = (Path("/proc") / str(pid) / "stat").read_text()
    except OSError:
        return 0.0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def pss_mib(pid: int) -> float:
    """Memory of a process: its own pages and its share of shared ones; 0 where not known."""
    try:
        text = (Path("/proc") / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
