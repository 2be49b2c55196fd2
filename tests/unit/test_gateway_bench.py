"""What ``afterglow gateway bench`` says while it works."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from afterglow.config.gateway_bench.command import busy_words


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
