"""Hours of a full floor in minutes: the messages are real and full, only the waiting is left out.

Times cannot be replayed: a reading of tomorrow goes to the review queue. So every message says now,
and a session holds more readings a minute than a monitor would send.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
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

    ``minutes``: stop there, however much was sent; 0: never.
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
    return samples


def slope(samples: Sequence[Sample], name: str) -> float:
    """Return the growth of memory in MiB a million messages, over the later half: least squares."""
    later = samples[len(samples) // 2 :]
    xs = [one.messages / 1e6 for one in later]
    ys = [float(getattr(one, name)) for one in later]
    middle, level = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle) ** 2 for x in xs)
    if not spread:
        return 0.0
    return sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True)) / spread


def told(samples: Sequence[Sample], *, hours: float, monitors: int) -> str:
    """Say how much was replayed, how fast, and what memory did."""
    last = samples[-1]
    per_s = last.messages / last.seconds
    share = last.messages / (hours * 3600 * monitors)
    rows = ["   messages  seconds  gateway MiB  charter MiB  judge MiB"]
    for place in sorted({round(n * (len(samples) - 1) / 8) for n in range(9)}):
        one = samples[place]
        rows.append(
            f"{one.messages:>11} {one.seconds:>8.0f} {one.gateway_mib:>12.1f}"
            f" {one.charter_mib:>12.1f} {one.judge_mib:>10.1f}"
        )
    rows.append(
        f"{last.messages} messages of {hours:g} hours ({100 * share:.1f} %), {per_s:.0f}/s "
        f"acknowledged and charted: {per_s / monitors:.1f} times a floor of {monitors} monitors"
    )
    rows.append(
        f"growth over the later half: gateway {slope(samples, 'gateway_mib'):+.1f}, "
        f"charter {slope(samples, 'charter_mib'):+.1f}, "
        f"judge {slope(samples, 'judge_mib'):+.1f} MiB a million messages"
    )
    rows.append(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    return "\n".join(rows) + "\n"
