"""From a bare checkout to the environment: the first half of ``./run`` and ``./test``.

Runs on the machine's own Python, before anything is installed: standard library only. It makes the
environment (uv, then every locked package) and hands over to the program inside it by ``exec``, so
that signals and the data folder's lock pass on to the one process that stays.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
UV = "uv>=0.8,<1"
PROGRESS = "» "
"""Begins a line of a step's output that is for the person who waits, and no part of its answer."""
STOPPERS = (signal.SIGTERM, signal.SIGHUP)


class CannotSetUp(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def say(sentence: str) -> None:
    """Tell the person at the terminal; progress goes to stderr, results to stdout."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def run_step(arguments: list[str]) -> None:
    """Run one step to its end, and end all of it when this process is asked to stop."""
    child = subprocess.Popen(  # noqa: S603
        arguments,
        cwd=REPOSITORY,
        env={**os.environ, "CI": "1", "UV_NO_PROGRESS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        code = child.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    if code:
        raise CannotSetUp(f"This step failed (exit {code}): {' '.join(arguments)}")


@contextlib.contextmanager
def only_one_set_up() -> Iterator[None]:
    """Let one process at a time change the checkout's environment; others wait for it."""
    folder = REPOSITORY / ".afterglow"
    try:
        folder.mkdir(exist_ok=True)
        lock = (folder / "setup.lock").open("w")
    except OSError:  # a checkout that somebody else set up and we only read
        yield
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this checkout to finish …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def environment_stamp(*, development: bool) -> str:
    """What the environment was made from; the same stamp means that nothing needs doing."""
    parts = [(REPOSITORY / name).read_bytes() for name in ("uv.lock", "pyproject.toml")]
    parts += [str(REPOSITORY).encode(), b"development" if development else b"run"]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def environment_is_current(*, development: bool) -> bool:
    """Whether the environment was made whole from the present lock file."""
    try:
        kept = json.loads((REPOSITORY / ".venv" / "afterglow-stamp.json").read_text())
        known = {environment_stamp(development=True)}
        if not development:
            known.add(environment_stamp(development=False))
        return (REPOSITORY / ".venv" / "bin" / "python").exists() and kept in known
    except (OSError, ValueError):
        return False


def find_uv() -> str:
    """A uv that answers: the machine's, else one in a small environment of our own."""
    own = REPOSITORY / ".afterglow" / "uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate is None:
            continue
        with contextlib.suppress(OSError):
            answer = subprocess.run(  # noqa: S603
                [candidate, "--version"], capture_output=True, text=True, check=False
            )
            if answer.returncode == 0:
                return candidate
    say("Fetching uv …")
    folder = own.parent.parent
    try:
        venv.EnvBuilder(clear=True, with_pip=True).create(folder)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise CannotSetUp(
            f"Python's venv did not work ({problem}). On Debian or Ubuntu: apt install python3-venv"
        ) from problem
    run_step([str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", UV])
    return str(own)


def make_environment(*, development: bool) -> Path:
    """Make ``.venv`` as the lock file says, unless it is current; return its Python."""
    python = REPOSITORY / ".venv" / "bin" / "python"
    with only_one_set_up():
        if environment_is_current(development=development):
            return python
        if not os.access(REPOSITORY, os.W_OK):
            raise CannotSetUp(
                f"{REPOSITORY} is not set up and this user cannot write there. "
                "Make a checkout of your own, or run ./run once as its owner."
            )
        uv = find_uv()
        say("Installing the locked packages …")
        stamp = REPOSITORY / ".venv" / "afterglow-stamp.json"
        stamp.unlink(missing_ok=True)
        arguments = [uv, "sync", "--frozen", "--quiet"]
        if not python.exists():
            arguments += ["--python", sys.executable]
        if not development:
            arguments += ["--no-dev", "--inexact"]
        run_step(arguments)
        stamp.write_text(json.dumps(environment_stamp(development=development)))
    return python


def _stop(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    """Make the environment and hand over to the program that was asked for."""
    what, *rest = arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" had it ignored
    asked = [number for number in STOPPERS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in asked:  # nohup's choice to ignore a hang-up is kept
        signal.signal(number, _stop)
    os.environ.pop("VIRTUAL_ENV", None)
    try:
        if what == "run" and not {"-h", "--help"} & set(rest):
            say("Setting up …")
        python = str(make_environment(development=what == "test"))
    except CannotSetUp as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        return 130
    for number in asked:
        signal.signal(number, signal.SIG_DFL)
    if what == "test":
        script = str(REPOSITORY / "tests" / "support" / "everything.py")
        os.execv(python, [python, "-P", script, *rest])  # noqa: S606
    os.execv(python, [python, "-P", "-m", "afterglow.config.cli", "serve", *rest])  # noqa: S606


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
