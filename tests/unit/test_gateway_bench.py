"""What ``afterglow gateway bench`` says while it works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from afterglow.config import processes
from afterglow.config.gateway_bench.command import busy_words
from afterglow.config.postgres import Cluster


@pytest.mark.parametrize(
    ("load", "cores", "words"),
    [
        (0.9, 2, ""),
        (8.44, 2, "This machine has other work: load average 8.4 on 2 cores."),
        (0.8, 1, "This machine has other work: load average 0.8 on 1 core."),
    ],
)
def test_a_busy_machine_is_said_to_be_busy(load: float, cores: int, words: str) -> None:
    said = busy_words(load, cores)

    assert said.startswith(words)
    assert bool(said) is bool(words)


@pytest.mark.slow
def test_the_bench_says_what_it_does_and_no_migration() -> None:
    environment = {name: word for name, word in os.environ.items() if "DATABASE_URL" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "afterglow.config.cli", "gateway", "bench", "--messages", "400"],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        env=environment,
    )

    assert "Preparing a scratch database" in done.stderr
    assert "16 connections: round 1 of 3" in done.stderr
    assert "Applying" not in done.stderr
    assert "times bare" in done.stdout


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Where a bench makes its folders; PostgreSQL's own user can get there, unlike tmp_path."""
    with tempfile.TemporaryDirectory(prefix="afterglow-test-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_bench_leaves_no_process_and_no_folder(
    number: signal.Signals, scratch: Path
) -> None:
    bench = _begun(scratch)

    bench.send_signal(number)
    bench.send_signal(number)

    assert bench.wait(60) == 128 + number
    assert processes.wait_until(lambda: not processes.marked_with(f"TMPDIR={scratch}"), seconds=10)
    assert not list(scratch.iterdir())


@pytest.mark.slow
def test_a_bench_killed_outright_leaves_no_process(scratch: Path) -> None:
    bench = _begun(scratch)
    [cluster] = [Cluster(home) for home in scratch.glob("afterglow-bench-*/postgres")]

    bench.kill()
    bench.wait()

    assert processes.wait_until(lambda: not cluster.server_pids(), seconds=30)
    cluster.remove()


def _begun(scratch: Path) -> subprocess.Popen[bytes]:
    """Start a bench and wait until its own PostgreSQL runs."""
    environment = {name: word for name, word in os.environ.items() if "DATABASE_URL" not in name}
    bench = subprocess.Popen(
        [sys.executable, "-m", "afterglow.config.cli", "gateway", "bench"],
        env={**environment, "TMPDIR": str(scratch)},
    )
    homes = scratch.glob
    began = processes.wait_until(
        lambda: any(Cluster(each).server_pids() for each in homes("afterglow-bench-*/postgres")),
        seconds=90,
    )
    if not began:
        bench.kill()
    assert began
    return bench
