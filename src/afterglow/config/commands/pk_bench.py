"""``afterglow pk bench``: our speed and error, beside other solvers, in one run.

The task: Otto 2021 with between-subject variability, one 40-minute infusion, every minute from 0 to
240, ketamine and norketamine. Time is processor time, so a rate is one of a core, and waiting for
other programs is not in it. Sides take turns, and each counts its best round. The machine's own
limit, how fast one core writes memory, is measured in the same rounds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from afterglow.config.commands.pk_golden import MINUTES, golden_errors, golden_of_kernel

PATIENTS = 10_000


def add_arguments(one: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    one.add_argument("--rounds", type=int, default=9, help="rounds; the best of them counts (9)")
    one.add_argument("--no-peers", action="store_true", help="leave the other solvers out")
    one.add_argument("--json", action="store_true", help="print JSON")


def best_of(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each side's best CPU seconds; the sides take turns, after one warm-up each."""
    for side in sides.values():
        side()
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(rounds):
        for name, side in sides.items():
            began = time.process_time()
            side()
            best[name] = min(best[name], time.process_time() - began)
    return best


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything and return plain data."""
    ours = measure_ours(max(1, options.rounds))
    rows = ours.pop("rows")
    if not options.no_peers:
        from afterglow.config.commands import pk_peers

        rows += pk_peers.measure_peers()
    return ours | {"import": import_cost(), "solvers": rows}


def measure_ours(rounds: int) -> dict[str, Any]:
    """Return the machine's write limit and our kernels beside it, in patients per second."""
    import numpy as np

    from afterglow.core.pharmacology import (
        BaseMass,
        Patient,
        Regimen,
        lanes,
        load_model,
        simulate,
    )
    from afterglow.core.pharmacology.planning import predicted_band
    from afterglow.core.pharmacology.population import Keep, Task, levels_of, run_part
    from afterglow.core.pharmacology.sampling import sample, shipped_population

    model = load_model("otto2021")
    regimen = Regimen.constant(BaseMass(0.5), over_min=40)
    times = np.arange(MINUTES + 1.0)
    people = shipped_population(PATIENTS, 1)
    drawn = sample(model, people, 0)
    shape = lanes.shape_of(model, ("intravenous",))
    if shape is None:
        raise AssertionError("Otto 2021 is the model that the kernel was made for.")
    rates = lanes.rates_of(shape, drawn, drawn.weight_kg)
    steps = lanes.steps_of(regimen, times)
    room = lanes.room_for(PATIENTS, times.size)
    written = np.empty(2 * PATIENTS * times.size)
    general = sample(model, shipped_population(500, 1), 0)
    band = Task("otto2021", regimen, tuple(times), people, Keep.BAND, per_kg=True)
    summary = Task("otto2021", regimen, tuple(times), people, Keep.PATIENTS, per_kg=True)
    plan = Regimen.constant(BaseMass(35), over_min=40)
    best = best_of(
        {
            "write": lambda: written.fill(1.0),
            "curves": lambda: lanes.walk(rates, steps, metrics=False, curves=room),
            "curves_and_peaks": lambda: lanes.walk(rates, steps, curves=room),
            "summary": lambda: lanes.walk(rates, steps),
            "drawn_summary": lambda: run_part(summary, 0),
            "band": lambda: run_part(band, 0),
            "general": lambda: levels_of(
                model, general.values, regimen, times, dose_factor=general.weight_kg
            ),
            "curve": lambda: simulate(model, plan, times),
            "twins": lambda: predicted_band(plan, times, patient=Patient()),
        },
        rounds,
    )
    lanes.walk(rates, steps, curves=room)
    exact = levels_of(model, drawn.values, regimen, times, dose_factor=drawn.weight_kg)[0]
    ours = lanes.in_order(room, PATIENTS)
    error = float(np.abs(ours[:, 1:] / exact[:, 1:] - 1).max())
    limit = PATIENTS / best["write"]
    per_s = {name: PATIENTS / best[name] for name in ("curves", "curves_and_peaks", "summary")}
    golden = golden_errors(lambda at: simulate(model, plan, at).ng_per_ml)
    rows = [
        _row("Afterglow kernel, every curve kept", per_s["curves"], *golden_of_kernel()),
        _row("Afterglow kernel, peaks and areas only", per_s["summary"], *golden_of_kernel()),
        _row("Afterglow, the same with drawing the patients", PATIENTS / best["drawn_summary"]),
        _row("Afterglow, quantiles of every minute", PATIENTS / best["band"]),
        _row("Afterglow general kernel (any model)", 500 / best["general"]),
        _row("Afterglow exact solver, one patient a call", 1 / best["curve"], *golden),
    ]
    return {
        "write_gb_per_s": written.nbytes / best["write"] / 1e9,
        "write_limit_patients_per_s": limit,
        "curves_over_limit": per_s["curves"] / limit,
        "curves_and_peaks_over_limit": per_s["curves_and_peaks"] / limit,
        "summary_patients_per_s": per_s["summary"],
        "kernel_against_general_kernel_max_relative": error,
        "one_curve_ms": 1e3 * best["curve"],
        "one_band_of_400_ms": 1e3 * best["twins"],
        "rows": rows,
    }


def _row(
    name: str, per_s: float, ketamine: float | None = None, norketamine: float | None = None
) -> dict[str, Any]:
    return {
        "solver": name,
        "patients_per_s": per_s,
        "ketamine_error": ketamine,
        "norketamine_error": norketamine,
    }


def import_cost(rounds: int = 5) -> dict[str, float]:
    """Return the best CPU seconds of a process that imports NumPy, and of one that imports us."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for module in ("sys", "numpy", "afterglow.core.pharmacology"):
            code = f"import time; import {module}; print(time.process_time())"
            said = subprocess.run(  # noqa: S603 - our own interpreter, our own words
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            best[module] = min(best.get(module, float("inf")), float(said.stdout))
    numpy = best["numpy"] - best["sys"]
    package = best["afterglow.core.pharmacology"] - best["sys"]
    return {
        "numpy_cpu_s": numpy,
        "package_cpu_s": package,
        "package_over_numpy": package / numpy,
    }
