"""The data folder: where it is, what kind of clinic it holds, and who may use it now."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Self

from afterglow.config.bootstrap import REPOSITORY
from afterglow.core.errors import AfterglowError


class CannotStart(AfterglowError):
    """Afterglow cannot start here; the sentence names the folder or port and what to do."""


def default_data_folder() -> Path:
    """``AFTERGLOW_DATA``, else ``.afterglow`` in the checkout, whatever the present folder is."""
    given = os.environ.get("AFTERGLOW_DATA")
    return Path(given).expanduser().absolute() if given else REPOSITORY / ".afterglow"


class FolderLock:
    """Only one Afterglow runs on a data folder. The kernel frees the lock even after kill -9."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.path = data / "running.lock"
        self._descriptor: int | None = None

    def take(self) -> Self:
        """Take the lock. Raises CannotStart with who holds it, or that the folder is closed."""
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o711)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise CannotStart(
                f"The data folder {self.data} cannot be used by this user ({problem.strerror}). "
                "Choose another with --data."
            ) from problem
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise CannotStart(self._who_holds_it()) from held
        return self

    def note(self, **facts: object) -> None:
        """Write down, for whoever finds the lock taken, where Afterglow runs."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), **facts}).encode(), 0)

    def _who_holds_it(self) -> str:
        facts: dict[str, object] = {}
        with contextlib.suppress(OSError, ValueError):
            facts = json.loads(self.path.read_text())
        where = f" at {facts['origin']}" if "origin" in facts else ""
        who = f" (process {facts['pid']})" if "pid" in facts else ""
        return (
            f"Afterglow is already running{where} on the data folder {self.data}{who}. "
            "Stop it there with Ctrl-C, or start another with --data FOLDER --port PORT."
        )

    def release(self) -> None:
        """Let the next one in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self.take()

    def __exit__(self, *_: object) -> None:
        self.release()


def choose_demo(data: Path, *, asked: bool | None, own_server: bool) -> bool:
    """Whether this start shows the demo, and remember what the folder is for.

    A folder that was started without the demo holds a clinic and never gets demo data. A server of
    one's own gets it only when asked by name.
    """
    note = data / "holds"
    held = note.read_text().strip() if note.exists() else None
    if own_server:
        return asked is True
    if held == "clinic" and asked:
        raise CannotStart(
            f"The data folder {data} holds a clinic, so the demo is not put there. "
            "Choose another folder with --data."
        )
    demo = held != "clinic" if asked is None else asked
    if held is None:
        note.write_text("demo\n" if demo else "clinic\n")
    return demo


def check_port(port: int, option: str) -> None:
    """Raise CannotStart when another program uses the port on this machine's own addresses."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except PermissionError as problem:
                raise CannotStart(
                    f"This user may not use port {port}. Choose one above 1023 with {option}."
                ) from problem
            except OSError as problem:
                if problem.errno == errno.EADDRINUSE:
                    raise CannotStart(
                        f"Port {port} is used by another program. Choose another with {option}."
                    ) from problem


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
