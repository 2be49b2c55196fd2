"""What the operating system knows about processes: who lives, where, and for whom.

A pid written in a file proves nothing: the process may be dead and its number given to another.
These functions ask the kernel instead. Where there is no ``/proc`` they fall back on ``ps``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def is_alive(pid: int) -> bool:
    """Whether a process with this pid runs now; a zombie counts as dead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    with contextlib.suppress(OSError, IndexError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def all_pids() -> list[int]:
    """Every process id that this user can see."""
    if PROC.is_dir():
        return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    listing = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=True)  # noqa: S607
    return [int(word) for word in listing.stdout.split()]


def program_of(pid: int) -> str:
    """The file name of the program a process runs, or ``""`` when it cannot be read."""
    try:
        return os.readlink(PROC / str(pid) / "exe").removesuffix(" (deleted)").rpartition("/")[2]
    except OSError:
        pass
    if PROC.is_dir():
        return ""
    answer = subprocess.run(  # noqa: S603
        ["ps", "-p", str(pid), "-o", "comm="],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip().rpartition("/")[2]


def parent_of(pid: int) -> int:
    """The pid of a process's parent, or 0 when it cannot be read."""
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def working_in(folder: Path, program: str) -> list[int]:
    """Pids of processes that run ``program`` with ``folder`` as their working folder."""
    wanted = str(folder.resolve())
    found = []
    for pid in all_pids():
        with contextlib.suppress(OSError):
            where = os.readlink(PROC / str(pid) / "cwd").removesuffix(" (deleted)")
            if where == wanted and program_of(pid) == program:
                found.append(pid)
    return sorted(found)


def marked_with(mark: str) -> list[int]:
    """Pids, other than this one, whose environment holds ``mark`` (``NAME=value``)."""
    wanted = mark.encode()
    found = []
    for pid in all_pids():
        if pid == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0") and is_alive(pid):
                found.append(pid)
    return sorted(found)


def signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each process that still lives."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Whether ``condition`` became true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def end(pids: Iterable[int], *, grace_s: float = 5) -> None:
    """End processes: politely, then after ``grace_s`` seconds for certain."""
    wanted = list(pids)
    signal_all(wanted, signal.SIGTERM)
    if not wait_until(lambda: not any(map(is_alive, wanted)), seconds=grace_s):
        signal_all([pid for pid in wanted if is_alive(pid)], signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, wanted)), seconds=grace_s)


def dies_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Give a ``preexec_fn`` that has the kernel send ``number`` when the parent dies.

    Only Linux can; elsewhere the next start cleans up. The request belongs to the thread that
    starts the child, so start children from a thread that lives as long as the parent.
    """
    parent = os.getpid()

    def ask() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask
