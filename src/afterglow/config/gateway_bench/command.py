"""Run the bench: scratch database, our gateway and charter, the references, rounds in turn."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from afterglow.config.commands.database import bring_up_to_date
from afterglow.config.connection import OWNER_URL, URL, urls_of
from afterglow.config.gateway_bench.load import Round, send
from afterglow.config.gateway_bench.running import (
    cpu_s,
    ended_by_signals,
    pss_mib,
    run_program,
    start_program,
    wait_until_charted,
)
from afterglow.config.postgres import DURABLE, Cluster

CONNECTIONS = (16, 200)
ROUNDS = 3
IDLE = 0.5
"""A machine with a load average above so much of its cores has other work."""
REFERENCES = "afterglow.config.gateway_bench.references"


@dataclass(frozen=True)
class Line:
    """The medians of one side at one number of connections. ``cpu_ms``: its own, a message."""

    side: str
    connections: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Result:
    """Everything measured. ``charted_per_s``: raw message, readings, events and alarms.

    ``charted_cpu_ms``: the charter's own CPU for each message; the database's is not in it.
    """

    lines: tuple[Line, ...]
    charted_per_s: Mapping[int, float]
    charted_cpu_ms: Mapping[int, float]
    gateway_mib: float
    charter_mib: float
    judge_mib: float
    decoded_per_s: float = 0.0
    hl7_parsed_per_s: float = 0.0
    """By the decoder alone and by python-hl7's parse; 0 where that library is not installed."""

    def line(self, side: str, connections: int) -> Line | None:
        """Return one side's line, if it was measured."""
        return next((i for i in self.lines if (i.side, i.connections) == (side, connections)), None)


def main(arguments: list[str]) -> int:
    """Measure and print; 0 when everything sent was accepted and charted once."""
    options = argparse.ArgumentParser(prog="afterglow gateway bench")
    options.add_argument("--messages", type=int, default=4000, help="of one round and side")
    options.add_argument(
        "--hours",
        type=float,
        default=0,
        help="instead: replay so many hours of 200 monitors at one message a second, at full speed",
    )
    options.add_argument("--minutes", type=float, default=0, help="end a replay after so long")
    chosen = options.parse_args(arguments)
    if busy := busy_words(os.getloadavg()[0], os.cpu_count() or 1):
        _say(busy)
    with (
        ended_by_signals(),
        tempfile.TemporaryDirectory(prefix="afterglow-bench-") as folder,
        _scratch(Path(folder)) as environment,
    ):
        from afterglow.config.gateway_bench.beds import make_beds
        from afterglow.web import clock

        _say(f"Putting {max(CONNECTIONS)} monitors at {max(CONNECTIONS)} bedsides …")
        monitors = make_beds(max(CONNECTIONS), at=clock.now())
        if chosen.hours:
            from afterglow.config.gateway_bench.endurance import replay, told

            _say(f"Replaying {chosen.hours:g} hours of {len(monitors)} monitors …")
            samples = replay(environment, monitors, hours=chosen.hours, minutes=chosen.minutes)
            sys.stdout.write(told(samples, hours=chosen.hours, monitors=len(monitors)))
            return 0
        result = measure(environment, monitors, messages=chosen.messages)
    sys.stdout.write(report(result))
    return 0


def _say(words: str) -> None:
    """Say on stderr what goes on: stdout is the report's."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def busy_words(load: float, cores: int) -> str:
    """Return that a machine has other work, by its load average of a minute; empty: it has not."""
    if load <= cores * IDLE:
        return ""
    return (
        f"This machine has other work: load average {load:.1f} on {cores} "
        f"{'core' if cores == 1 else 'cores'}. The numbers will be too low and take longer to "
        "get; ratios to the references hold better."
    )


def _round_words(number: int, connections: int, sides: Iterable[str]) -> str:
    who = ", ".join(sides)
    if number == 0:
        return f"{connections} connections: warming up {who} …"
    return f"{connections} connections: round {number} of {ROUNDS}, {who} in turn …"


def measure(
    environment: dict[str, str],
    monitors: Sequence[str],
    *,
    messages: int,
    connections: Sequence[int] = CONNECTIONS,
) -> Result:
    """Run every side in turn on the database of an environment that knows the monitors."""
    from afterglow.config.gateway_bench.beds import messages_of
    from afterglow.web import clock

    environment = {**environment, "AFTERGLOW_GATEWAY_RATE": "0"}
    with contextlib.ExitStack() as stack:
        sides = {"afterglow": start_program(stack, environment, "afterglow.config.cli", "gateway")}
        charter = run_program(stack, environment, "-m", "afterglow.config.cli", "charter")
        judge = run_program(stack, environment, "-m", "afterglow.config.cli", "judge")
        sides["bare"] = start_program(stack, environment, REFERENCES, "bare")
        if importlib.util.find_spec("hl7") is not None:
            sides["python-hl7"] = start_program(stack, environment, REFERENCES, "python-hl7")
        ids = itertools.count()
        lines, charted, charted_cpu = [], {}, {}
        for count in connections:
            found: dict[str, list[Round]] = {side: [] for side in sides}
            cpu: dict[str, list[float]] = {side: [] for side in sides}
            sent, charting, charter_s = 0, 0.0, 0.0
            for number in range(ROUNDS + 1):
                _say(_round_words(number, count, sides))
                for side, (port, pid) in sides.items():
                    each = max(2, messages // count // (10 if number == 0 else 1))
                    batch = messages_of(monitors[:count], each, at=clock.now(), ids=ids)
                    began, used, charter_before = time.monotonic(), cpu_s(pid), cpu_s(charter)
                    done = asyncio.run(send(port, batch))
                    used = cpu_s(pid) - used
                    if side == "afterglow":
                        wait_until_charted(environment[URL])
                        if number:
                            charting += time.monotonic() - began
                            charter_s += cpu_s(charter) - charter_before
                            sent += each * count
                    if number:  # the first round only warms up
                        found[side].append(done)
                        cpu[side].append(1000 * used / (each * count))
            lines += [_median(side, count, found[side], cpu[side]) for side in sides]
            charted[count] = sent / charting
            charted_cpu[count] = 1000 * charter_s / sent
        memory = pss_mib(sides["afterglow"][1]), pss_mib(charter), pss_mib(judge)
        decoded = decoder_rates(messages_of(monitors[:1], 1, at=clock.now(), ids=ids)[0][0])
        return Result(tuple(lines), charted, charted_cpu, *memory, *decoded)


def decoder_rates(raw: bytes) -> tuple[float, float]:
    """Return how many messages a second our decoder reads, and python-hl7's parse (0: not here)."""
    from afterglow.interop.hl7v2.oru import decode_oru
    from afterglow.web import clock

    text, at = raw.decode(), clock.now()
    works: list[tuple[Callable[[], object], int]] = [
        (lambda: decode_oru(raw, default_zone=UTC, received_at=at), 1000)
    ]
    if importlib.util.find_spec("hl7") is not None:
        hl7: Any = importlib.import_module("hl7")
        works.append((lambda: hl7.parse(text), 100))
    found: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for (work, count), rates in zip(works, found, strict=True):
            began = time.perf_counter()
            for _ in range(count):
                work()
            rates.append(count / (time.perf_counter() - began))
    medians = [statistics.median(rates) for rates in found]
    return medians[0], medians[1] if len(medians) > 1 else 0.0


def report(result: Result) -> str:
    """Say what was measured, ratios beside the references."""
    rows = ["connections  side          messages/s   p50 ms   p99 ms   CPU ms"]
    for one in result.lines:
        rows.append(
            f"{one.connections:>11}  {one.side:<12} {one.per_s:>11.0f} {one.p50_ms:>8.2f}"
            f" {one.p99_ms:>8.2f} {one.cpu_ms:>8.3f}"
        )
    for count, per_s in result.charted_per_s.items():
        ours, bare = result.line("afterglow", count), result.line("bare", count)
        rows.append(
            f"{count} connections: {per_s:.0f} messages/s charted as well as acknowledged, "
            f"{result.charted_cpu_ms[count]:.2f} ms of the charter's CPU each"
        )
        for other in (bare, result.line("python-hl7", count)):
            if ours is not None and other is not None:
                rows.append(
                    f"{count} connections: {ours.per_s / other.per_s:.2f} times {other.side}, "
                    f"p99 {ours.p99_ms / other.p99_ms:.1f} times, "
                    f"{other.cpu_ms / ours.cpu_ms:.2f} times a CPU second's messages"
                )
    if result.hl7_parsed_per_s:
        rows.append(
            f"decoder alone {result.decoded_per_s:.0f}/s, python-hl7's parse "
            f"{result.hl7_parsed_per_s:.0f}/s: "
            f"{result.decoded_per_s / result.hl7_parsed_per_s:.1f} times"
        )
    rows.append(
        f"gateway {result.gateway_mib:.0f} MiB, charter {result.charter_mib:.0f} MiB, "
        f"judge {result.judge_mib:.0f} MiB (PSS)"
    )
    rows.append(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    return "\n".join(rows) + "\n"


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[dict[str, str]]:
    """Give an environment on a fresh, durable database; throw the database away at the end."""
    cluster = Cluster(folder / "postgres", settings=DURABLE)
    before = {name: os.environ.get(name) for name in (URL, OWNER_URL)}
    try:
        _say("Preparing a scratch database; no clinic's data is touched …")
        began = time.monotonic()
        cluster.prepare()
        cluster.start(tied_to_parent=True)
        urls = urls_of(cluster)
        os.environ[URL], os.environ[OWNER_URL] = urls.owner, urls.owner
        bring_up_to_date(urls, quietly=True)
        _say(f"Prepared in {time.monotonic() - began:.0f} s.")
        yield {**os.environ, URL: urls.owner}
    finally:
        from django.db import connections

        connections.close_all()
        cluster.remove()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _median(side: str, connections: int, rounds: Sequence[Round], cpu_ms: Sequence[float]) -> Line:
    return Line(
        side,
        connections,
        statistics.median(one.per_s for one in rounds),
        statistics.median(one.p50_ms for one in rounds),
        statistics.median(one.p99_ms for one in rounds),
        max(statistics.median(cpu_ms), 0.001),
    )
