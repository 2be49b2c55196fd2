"""What a process costs, and how a run is summed up."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from afterglow.config import processes

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    parents = {each: processes.parent_of(each) for each in processes.all_pids()}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu_ms(pid: int) -> float:
    """CPU that a family has used so far, user and system, in milliseconds."""
    used = 0
    for one in family(pid):
        words = (Path("/proc") / str(one) / "stat").read_text().rpartition(")")[2].split()
        used += int(words[11]) + int(words[12])
    return used * TICK_MS


def pss_mib(pid: int) -> float:
    """Memory of a family: its own pages and its share of shared ones, in MiB."""
    kib = 0
    for one in family(pid):
        for line in (Path("/proc") / str(one) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024


@dataclass(frozen=True)
class Run:
    """One round of one side: time and server CPU for one request, message or frame."""

    wall_ms: float
    cpu_ms: float


def median(runs: Sequence[Run]) -> Run:
    """The middle round, each number by itself."""
    return Run(
        statistics.median(run.wall_ms for run in runs),
        statistics.median(run.cpu_ms for run in runs),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
