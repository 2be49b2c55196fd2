"""``afterglow serve`` and ``./run``, whole: what a person at a terminal sees."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from afterglow.config import processes
from afterglow.config.folder import free_port
from afterglow.config.postgres import Cluster, Role
from afterglow.config.supervisor import MARK
from support.database import DatabaseUrl

REPOSITORY = Path(__file__).resolve().parents[3]
SERVE = (sys.executable, "-P", "-m", "afterglow.config.cli", "serve")
RUN = (str(REPOSITORY / "run"),)


@dataclass
class Terminal:
    """A person's terminal: what was started there and what it has said."""

    folder: Path
    command: tuple[str, ...] = SERVE
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        with (self.folder / "said.txt").open("wb") as said:
            return subprocess.Popen(
                [
                    *(*self.command, "--data", str(self.data), "--port", str(self.port)),
                    *("--gateway-port", str(self.gateway_port), "--no-demo", *options),
                ],
                cwd=self.folder,
                env={**kept, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
            )

    def said(self) -> str:
        return (self.folder / "said.txt").read_text()

    def is_ready(self) -> bool:
        return f"Afterglow is ready at http://localhost:{self.port}" in self.said()

    def waits_until_ready(self, started: subprocess.Popen[bytes], seconds: float = 30) -> bool:
        def ready_or_ended() -> bool:
            return self.is_ready() or started.poll() is not None

        return processes.wait_until(ready_or_ended, seconds=seconds) and self.is_ready()

    def left_behind(self) -> list[int]:
        cluster = Cluster(self.data / "postgres")
        return [*processes.marked_with(f"{MARK}={self.data}"), *cluster.server_pids()]


@pytest.fixture
def terminal(tmp_path: Path, database_url: DatabaseUrl, transactional_db: None) -> Terminal:
    urls = {
        "DATABASE_URL": database_url(Role.APPLICATION),
        "AFTERGLOW_OWNER_DATABASE_URL": database_url(Role.OWNER),
    }
    return Terminal(tmp_path, environment=urls)


def test_serve_says_when_it_is_ready_refuses_a_second_start_and_leaves_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    first = terminal.start()
    assert terminal.waits_until_ready(first), terminal.said()

    (tmp_path / "other").mkdir()
    second = subprocess.run(
        [*SERVE, "--data", str(terminal.data), "--port", str(free_port())],
        capture_output=True,
        text=True,
        check=False,
    )
    first.send_signal(signal.SIGINT)

    assert second.returncode == 1
    assert f"already running at http://localhost:{terminal.port}" in second.stderr
    assert str(terminal.data) in second.stderr
    assert first.wait(30) == 0
    assert terminal.left_behind() == []


def test_a_server_of_ones_own_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path,
) -> None:
    url = f"postgresql://somebody:hidden-word@127.0.0.1:{free_port()}/clinic"
    terminal = Terminal(tmp_path, environment={"DATABASE_URL": url})

    started = terminal.start()

    assert started.wait(30) == 1
    assert "refused" in terminal.said()
    assert "hidden-word" not in terminal.said()


@pytest.fixture
def long_folder() -> Iterator[Path]:
    """A folder that any user may enter, whose path is longer than a socket's may be."""
    base = Path(tempfile.mkdtemp(prefix="ag-", dir="/tmp"))
    folder = base.joinpath(*["a clinic with a long name and spaces"] * 4)
    folder.mkdir(parents=True)
    for each in (base, *folder.relative_to(base).parents, Path()):
        (base / each).chmod(0o755)
    yield folder
    Cluster(folder / "data" / "postgres").remove()
    shutil.rmtree(base, ignore_errors=True)


@pytest.mark.slow
def test_run_starts_fresh_in_a_long_path_again_quickly_and_after_kill_9(long_folder: Path) -> None:
    terminal = Terminal(long_folder, command=RUN)
    first = terminal.start()
    assert terminal.waits_until_ready(first, 240), terminal.said()

    first.kill()
    first.wait()
    began = time.monotonic()
    second = terminal.start()
    assert terminal.waits_until_ready(second), terminal.said()
    took = time.monotonic() - began
    second.send_signal(signal.SIGTERM)

    assert second.wait(30) == 0
    assert took < 12
    assert terminal.left_behind() == []


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as somebody else")
def test_run_works_for_an_ordinary_user_on_a_fresh_machine(long_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    checkout = long_folder / "afterglow"
    checkout.mkdir()
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=REPOSITORY
    )
    copy = ["cp", "--parents", *names.decode().rstrip("\0").split("\0"), str(checkout)]
    subprocess.run(copy, cwd=REPOSITORY, check=True)
    subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", long_folder], check=True)
    terminal = Terminal(
        long_folder,
        command=(str(checkout / "run"),),
        user="nobody",
        environment={"HOME": str(long_folder), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )

    started = terminal.start()

    assert terminal.waits_until_ready(started, 500), terminal.said()
    owners = {os.stat(f"/proc/{pid}").st_uid for pid in terminal.left_behind()}
    assert owners == {nobody.pw_uid}
    started.send_signal(signal.SIGINT)
    assert started.wait(30) == 0
    assert terminal.left_behind() == []


@pytest.mark.slow
def test_smoke_prints_one_json_object_and_says_what_failed() -> None:
    done = subprocess.run(
        [*RUN, "--smoke"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )

    result = json.loads(done.stdout)
    assert {"messages_sent", "messages_acknowledged", "messages_stored", "session_state"} <= {
        *result,
    }, done.stderr
    assert result["session_state"] == "signed", result
    assert done.returncode == 0
