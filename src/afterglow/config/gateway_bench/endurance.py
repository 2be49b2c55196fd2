"""Hours of a full floor in minutes: the messages are real and full, only the waiting is left out.

Times cannot be replayed: a reading of tomorrow goes to the review queue. So every message says now,
and a session holds more readings a minute than a monitor would send.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from afterglow.config.connection import URL
from afterglow.config.gateway_bench.load import send
from afterglow.config.gateway_bench.running import (
    pss_mib,
    run_program,
    start_program,
    wait_until_charted,
)

OF_A_STRETCH = 30
"""Messages of each monitor before memory is looked at again: half a minute of the floor."""
BLOCKS = 10
STUDENT = 2.306
"""The 97.5 % point of Student's t with BLOCKS - 2 degrees of freedom."""
CUFF_EVERY = 6
"""Stretches from one pressure to the next: three minutes of the floor."""


@dataclass(frozen=True)
class Sample:
    """After ``messages``: seconds since the start, and memory (PSS, MiB)."""

    messages: int
    seconds: float
    gateway_mib: float
    charter_mib: float
    judge_mib: float


def replay(
    environment: dict[str, str], monitors: Sequence[str], *, hours: float, minutes: float = 0
) -> list[Sample]:
    """Send what the monitors would send in ``hours``, as fast as it is charted.

    ``minutes``: stop there, however much was sent; 0: never. Each sample is said on stderr.
    """
    from afterglow.config.gateway_bench.beds import messages_of
    from afterglow.web import clock

    environment = {**environment, "AFTERGLOW_GATEWAY_RATE": "0"}
    whole = int(hours * 3600) * len(monitors)
    ids, sent = itertools.count(), 0
    with contextlib.ExitStack() as stack:
        port, gateway = start_program(stack, environment, "afterglow.config.cli", "gateway")
        charter = run_program(stack, environment, "-m", "afterglow.config.cli", "charter")
        judge = run_program(stack, environment, "-m", "afterglow.config.cli", "judge")
        samples: list[Sample] = []
        began = time.monotonic()
        while sent < whole and not (minutes and time.monotonic() - began > 60 * minutes):
            if len(samples) % CUFF_EVERY == 0:
                cuff_at = clock.now()
            batch = messages_of(monitors, OF_A_STRETCH, at=clock.now(), ids=ids, cuff_at=cuff_at)
            asyncio.run(send(port, batch))
            wait_until_charted(environment[URL])
            sent += OF_A_STRETCH * len(monitors)
            taken = time.monotonic() - began
            memory = [pss_mib(process) for process in (gateway, charter, judge)]
            samples.append(Sample(sent, taken, *memory))
            sys.stderr.write(f"{_row(samples[-1])}\n")
            sys.stderr.flush()
    return samples


@dataclass(frozen=True)
class Growth:
    """MiB a million messages, and by how much that may be wrong (95 %, to either side)."""

    slope: float
    uncertain: float

    def of_a_day(self, monitors: int) -> tuple[float, float]:
        """Return the lowest and highest growth in a day at one message a second, in MiB."""
        millions = 86_400 * monitors / 1e6
        low, high = self.slope - self.uncertain, self.slope + self.uncertain
        return low * millions, high * millions


def growth(samples: Sequence[Sample], name: str) -> Growth | None:
    """Return how memory grew after the first third, which warms up; None where that is too short.

    Samples close in time are alike, so means of ten blocks are fitted, not the samples.
    """
    after = samples[len(samples) // 3 :]
    size = len(after) // BLOCKS
    if size == 0:
        return None
    blocks = [after[len(after) - size * (n + 1) : len(after) - size * n] for n in range(BLOCKS)]
    xs = [statistics.fmean(one.messages for one in block) / 1e6 for block in blocks]
    ys = [statistics.fmean(float(getattr(one, name)) for one in block) for block in blocks]
    slope, level = statistics.linear_regression(xs, ys)
    middle = statistics.fmean(xs)
    left = sum((y - level - slope * x) ** 2 for x, y in zip(xs, ys, strict=True)) / (BLOCKS - 2)
    return Growth(slope, STUDENT * (left / sum((x - middle) ** 2 for x in xs)) ** 0.5)


def told(samples: Sequence[Sample], *, hours: float, monitors: int) -> str:
    """Say how much was replayed, how fast, and what memory did."""
    last = samples[-1]
    per_s = last.messages / last.seconds
    share = last.messages / (hours * 3600 * monitors)
    rows = ["   messages  seconds  gateway MiB  charter MiB  judge MiB"]
    for place in sorted({round(n * (len(samples) - 1) / 12) for n in range(13)}):
        rows.append(_row(samples[place]))
    rows.append(
        f"{last.messages} messages of {hours:g} hours ({100 * share:.1f} %), {per_s:.0f}/s "
        f"acknowledged and charted: {per_s / monitors:.1f} times a floor of {monitors} monitors"
    )
    for name in ("gateway", "charter", "judge"):
        grew = growth(samples, f"{name}_mib")
        if grew is not None:
            low, high = grew.of_a_day(monitors)
            rows.append(
                f"{name} after the first third: {grew.slope:+.2f} ± {grew.uncertain:.2f} MiB a "
                f"million messages (95 %), {low:+.0f} to {high:+.0f} MiB in 24 hours"
            )
    rows.append(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    return "\n".join(rows) + "\n"


def _row(one: Sample) -> str:
    return (
        f"{one.messages:>11} {one.seconds:>8.0f} {one.gateway_mib:>12.1f}"
        f" {one.charter_mib:>12.1f} {one.judge_mib:>10.1f}"
    )
