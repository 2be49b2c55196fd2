"""The supervisor with real children: killed, orphaned, asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from afterglow.config import processes
from afterglow.config.folder import free_port
from afterglow.config.postgres import FORGETFUL, Cluster
from afterglow.config.services import Place, Service, _web_answers
from afterglow.config.supervisor import LOG_LIMIT, MARK, ServiceFailed, Supervisor, trim_log

PROGRAM = Path(__file__).parents[2] / "support" / "supervised.py"


@dataclass
class SmallClinic:
    """A supervised clinic in a folder of its own, and what a test wants to know of it."""

    data: Path
    port: int = field(default_factory=free_port)

    def start(self) -> subprocess.Popen[bytes]:
        (self.data / "ready").unlink(missing_ok=True)
        supervisor = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(self.data), str(self.port)],
            # A suite under nohup hands "ignore SIGHUP" on, and the supervisor keeps to it.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        assert processes.wait_until((self.data / "ready").exists, seconds=30), "never ready"
        return supervisor

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.data / "postgres", settings=FORGETFUL)

    @property
    def children(self) -> list[int]:
        return processes.marked_with(f"{MARK}={self.data}")

    def serves(self) -> bool:
        return _web_answers(Place(self.data, self.port, 0)) and self.cluster.answers() is None

    def is_gone(self) -> bool:
        return not self.children and not self.cluster.server_pids()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[SmallClinic]:
    small = SmallClinic(tmp_path / "data")
    small.data.mkdir()
    yield small
    for pid in processes.marked_with(f"{MARK}={small.data}"):
        os.kill(pid, signal.SIGKILL)
    small.cluster.remove()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_and_leaves_no_process(
    clinic: SmallClinic, number: signal.Signals
) -> None:
    supervisor = clinic.start()
    assert len(clinic.children) == 3  # the web server, and the parent with its child

    supervisor.send_signal(number)

    assert supervisor.wait(20) == 0
    assert clinic.is_gone()
    assert not clinic.cluster.socket_folder.exists()


def test_what_is_killed_is_started_again(clinic: SmallClinic) -> None:
    supervisor = clinic.start()
    before = set(clinic.children)
    postmaster = clinic.cluster.postmaster()
    assert postmaster is not None

    processes.signal_all([*before, postmaster], signal.SIGKILL)

    assert processes.wait_until(clinic.serves, seconds=20)
    assert processes.wait_until(lambda: len(clinic.children) == 3, seconds=10)
    assert not before & set(clinic.children)
    assert supervisor.poll() is None
    supervisor.terminate()
    supervisor.wait(20)


def test_a_database_that_dies_again_while_it_starts_does_not_stop_the_supervisor(
    clinic: SmallClinic,
) -> None:
    supervisor = clinic.start()
    first = clinic.cluster.postmaster()
    assert first is not None

    os.kill(first, signal.SIGKILL)
    assert processes.wait_until(
        lambda: clinic.cluster.postmaster() not in (None, first), seconds=20
    )
    processes.signal_all(clinic.cluster.server_pids(), signal.SIGKILL)

    assert processes.wait_until(clinic.serves, seconds=30)
    assert supervisor.poll() is None
    supervisor.terminate()
    assert supervisor.wait(20) == 0


def test_kill_9_of_the_supervisor_does_not_block_the_next_start(clinic: SmallClinic) -> None:
    first = clinic.start()
    orphans = clinic.children

    first.kill()
    first.wait()
    second = clinic.start()

    assert clinic.serves()
    assert not set(orphans) & set(clinic.children)
    second.terminate()
    assert second.wait(20) == 0
    assert clinic.is_gone()


def test_kill_9_of_everything_at_once_does_not_block_the_next_start(clinic: SmallClinic) -> None:
    first = clinic.start()

    first.send_signal(signal.SIGSTOP)
    processes.signal_all([*clinic.children, *clinic.cluster.server_pids()], signal.SIGKILL)
    first.kill()
    first.wait()
    second = clinic.start()

    assert clinic.serves()
    second.terminate()
    assert second.wait(20) == 0


def test_a_service_that_does_not_come_up_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = Service(
        "gateway",
        "time",
        lambda _place: ["-c", "raise SystemExit('the port is made of cheese')"],
        serves=lambda _place: False,
    )
    supervisor = Supervisor(Place(tmp_path, 0, 0), [broken], dict(os.environ), None)

    with pytest.raises(ServiceFailed, match=r"gateway did not come up(.|\n)*made of cheese"):
        supervisor.start_services(within_s=2)

    supervisor.stop()


def test_a_log_past_its_limit_is_put_aside_once(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (LOG_LIMIT + 1))

    trim_log(log)

    assert log.stat().st_size == 0
    assert (tmp_path / "web.log.1").stat().st_size == LOG_LIMIT + 1
