"""Many virtual patients: curves, or what is asked of them without keeping any curve.

A run is a :class:`Task`; :func:`run_part` does one part of it, :func:`merge` puts parts together.
Both are pure, so the same two functions serve one thread, all cores (:func:`simulate_population`)
and a cluster (docs/adr/0016). Memory is bounded by the part, not by the population, except for
``Keep.CURVES`` and ``Keep.PATIENTS``, which return what they are asked to keep.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import building, lanes, sketch
from afterglow.core.pharmacology.definition import Model, load_model
from afterglow.core.pharmacology.errors import BadTimes
from afterglow.core.pharmacology.inputs import Regimen
from afterglow.core.pharmacology.sampling import Population, Sample, sample
from afterglow.core.pharmacology.standing import Number, check_accepted

Floats = npt.NDArray[np.float64]


class Keep(StrEnum):
    """What a run returns: quantile sketches, those and each patient's peaks, or every curve."""

    BAND = "band"
    PATIENTS = "patients"
    CURVES = "curves"


STATES_AT_ONCE = 1024
"""Patients whose matrices are in memory at once, where the lanes do not fit a model."""

METRICS = ("cmax_ng_per_ml", "tmax_min", "auc_ng_h_per_ml")
"""For each patient and analyte: peak and its time among the output times, area up to the last."""


@dataclass(frozen=True)
class Task:
    """A population under a model and a regimen, read at ``times_min`` (ascending minutes).

    With ``per_kg`` every dose of the regimen is per kg and each patient gets their own.
    """

    model: str
    regimen: Regimen
    times_min: tuple[float, ...]
    population: Population
    keep: Keep = Keep.BAND
    per_kg: bool = False
    accept_unconfirmed: bool = False

    def checked(self) -> tuple[Model, tuple[Number, ...]]:
        """Return the model and the unconfirmed numbers that the run stands on.

        Raises UnconfirmedParameter, BadTimes, or InvalidValue when the model has no variability.
        """
        model = load_model(self.model)
        if not model.variability:
            having = "otto2021, perezruixo2021 and simons2022"
            raise InvalidValue(
                f"Model {model.key} has no between-subject variability; {having} have."
            )
        times = building.checked_times(self.times_min)
        if (np.diff(times) == 0).any():
            twice = times[:-1][np.diff(times) == 0][0]
            raise BadTimes(f"Time {twice:g} min is given twice; a population needs each once.")
        routes = building.routes_of(self.regimen)
        typical = building.typical_parameters(model, dict.fromkeys(building.COVARIATES, 70.0))
        used = building.build_system(model, typical, routes=routes).used
        doubtful = check_accepted(
            used, accept_unconfirmed=self.accept_unconfirmed, what=f"Model {model.key}"
        )
        return model, doubtful


@dataclass(frozen=True)
class PartResult:
    """What one or more parts found; parts add up in :func:`merge`.

    ``band`` (O, t, BINS) and ``spread`` (O, 3, BINS) count levels and METRICS; ``patients``
    (O, 3, n) and ``curves`` (O, t, n) are empty unless they are kept.
    """

    analytes: tuple[str, ...]
    times_min: Floats
    size: int
    band: sketch.Counts
    spread: sketch.Counts
    patients: Floats
    curves: Floats

    def band_quantiles(self, wanted: npt.ArrayLike) -> Mapping[str, Floats]:
        """Return quantiles (0 to 1) of the level at each time: per analyte (t, wanted), ng/mL."""
        return {
            name: sketch.quantiles(self.band[row], wanted) for row, name in enumerate(self.analytes)
        }

    def metric_quantiles(self, wanted: npt.ArrayLike) -> Mapping[str, Mapping[str, Floats]]:
        """Return quantiles of each metric by analyte: exact when patients were kept."""
        levels = np.atleast_1d(np.asarray(wanted, dtype=np.float64))
        found: dict[str, Mapping[str, Floats]] = {}
        for row, name in enumerate(self.analytes):
            if self.patients.size:
                values = np.quantile(self.patients[row], levels, axis=1).T
            else:
                values = sketch.quantiles(self.spread[row], levels)
            found[name] = dict(zip(METRICS, values, strict=True))
        return found


def run_part(task: Task, part: int) -> PartResult:
    """Simulate one part (0 to ``task.population.parts`` - 1). Pure: the same for the same task."""
    model, _ = task.checked()
    drawn = sample(model, task.population, part)
    times = building.checked_times(task.times_min)
    factor = drawn.weight_kg if task.per_kg else np.ones(drawn.size)
    shape = lanes.shape_of(model, building.routes_of(task.regimen))
    if shape is not None:
        return _by_lanes(task, shape, drawn, factor, times)
    return _by_states(task, model, drawn, factor, times)


def _by_lanes(
    task: Task, shape: lanes.Shape, drawn: Sample, factor: Floats, times: Floats
) -> PartResult:
    steps = lanes.steps_of(task.regimen, times)
    rates = lanes.rates_of(shape, drawn, factor)
    analytes = ("ketamine", "norketamine")
    band = sketch.empty(2 * times.size if task.keep is Keep.BAND else 0)
    curves = np.empty((2, times.size, drawn.size if task.keep is Keep.CURVES else 0))
    patients = np.empty((2, 3, drawn.size))
    # Curves that are only counted or reordered pass through a buffer of a few blocks.
    width = drawn.size if task.keep is Keep.PATIENTS else 8 * lanes.block()
    buffer = None if task.keep is Keep.PATIENTS else lanes.room_for(width, times.size)
    for begin in range(0, drawn.size, width):
        mine = slice(begin, min(begin + width, drawn.size))
        patients[:, :, mine] = lanes.walk(rates[:, mine], steps, curves=buffer)
        if buffer is None:
            continue
        here = patients[:, :, mine].shape[2]
        if task.keep is Keep.CURVES:
            curves[:, :, mine] = lanes.in_order(buffer, here)
        else:
            lanes.count(buffer, here, band.reshape(2, times.size, -1))
    return _part(task, analytes, times, band, patients, curves)


def _by_states(
    task: Task, model: Model, drawn: Sample, factor: Floats, times: Floats
) -> PartResult:
    pieces: list[PartResult] = []
    for begin in range(0, drawn.size, STATES_AT_ONCE):
        mine = slice(begin, begin + STATES_AT_ONCE)
        levels, areas, analytes = levels_of(
            model, drawn.only(mine), task.regimen, times, dose_factor=factor[mine]
        )
        top = levels.argmax(axis=1)
        patients = np.stack([levels.max(axis=1), times[top], areas], axis=1)
        rows = sketch.empty(len(analytes) * times.size if task.keep is Keep.BAND else 0)
        if task.keep is Keep.BAND:
            sketch.add(rows, levels.reshape(rows.shape[0], -1))
        kept = levels if task.keep is Keep.CURVES else levels[:, :, :0]
        pieces.append(_part(task, analytes, times, rows, patients, kept))
    return merge(pieces)


def levels_of(
    model: Model,
    values: Mapping[str, building.Value],
    regimen: Regimen,
    times: Floats,
    *,
    dose_factor: Floats,
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Return levels (O, t, n), areas to the last time (O, n) in ng·h/mL, and the analytes.

    Exact, by the general kernel; ``values`` are scalars or arrays of shape (n,), ``times`` strictly
    ascending minutes.
    """
    from afterglow.core.pharmacology import general_kernel

    system = building.build_system(
        model,
        {name: np.broadcast_to(value, dose_factor.shape) for name, value in values.items()},
        routes=building.routes_of(regimen),
    )
    plan = building.schedule(model, system, values, regimen, dose_factor=dose_factor)
    at = np.unique([*plan.at[plan.at <= times[-1]], *times])
    spans = np.diff(at, prepend=0.0)
    shape = (at.size, *system.matrix.shape[:-1])
    jumps = np.zeros(shape)
    mine = np.flatnonzero(plan.at <= times[-1])
    jumps[np.searchsorted(at, plan.at[mine])] = plan.jumps[mine]
    running = np.maximum(np.searchsorted(plan.at, at, side="left") - 1, 0)
    inflow = plan.rates[running]
    rows = np.where(np.isin(at, times), np.searchsorted(times, at), -1)
    levels = np.empty((len(system.analytes), times.size, dose_factor.size))
    ends = np.empty(system.matrix.shape[:-1])
    general_kernel.run(
        system.matrix, system.read, spans, jumps, inflow, rows.astype(np.int64), ends, levels
    )
    given = jumps.sum(axis=0) + (inflow * spans[:, None, None]).sum(axis=0)
    # x(T) - given = A · ∫x, and every compartment empties in the end, so A can be inverted.
    held = np.linalg.solve(system.matrix, (ends - given)[..., None])
    areas = (system.read @ held)[..., 0].T / 60.0
    return levels, areas, system.analytes


def _part(
    task: Task,
    analytes: tuple[str, ...],
    times: Floats,
    band: sketch.Counts,
    patients: Floats,
    curves: Floats,
) -> PartResult:
    count = len(analytes)
    spread = sketch.empty(3 * count)
    sketch.add(spread, patients.reshape(3 * count, -1))
    return PartResult(
        analytes,
        times,
        patients.shape[-1],
        band.reshape(count, -1, sketch.BINS),
        spread.reshape(count, 3, sketch.BINS),
        patients if task.keep is not Keep.BAND else patients[:, :, :0],
        curves,
    )


def merge(parts: Iterable[PartResult]) -> PartResult:
    """Put parts of one task together, in the order given. Raises InvalidValue for none."""
    whole: PartResult | None = None
    kept: list[PartResult] = []
    for part in parts:
        kept.append(part)
        if whole is None:
            whole = part
            continue
        whole = PartResult(
            whole.analytes,
            whole.times_min,
            whole.size + part.size,
            whole.band + part.band,
            whole.spread + part.spread,
            whole.patients,
            whole.curves,
        )
        if not part.patients.size and not part.curves.size:
            kept.pop()
    if whole is None:
        raise InvalidValue("There are no parts to put together.")
    if len(kept) == 1:
        return whole
    return PartResult(
        whole.analytes,
        whole.times_min,
        whole.size,
        whole.band,
        whole.spread,
        np.concatenate([one.patients for one in kept], axis=-1),
        np.concatenate([one.curves for one in kept], axis=-1),
    )


def simulate_population(task: Task, *, threads: int | None = None) -> PartResult:
    """Simulate every part, over ``threads`` threads (all cores), and put the parts together.

    The kernel runs without the interpreter's lock, so threads are cores. The result does not
    depend on their number.
    """
    task.checked()
    workers = threads or os.cpu_count() or 1
    parts = range(task.population.parts)
    if workers == 1 or len(parts) == 1:
        return merge(run_part(task, part) for part in parts)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return merge(pool.map(lambda part: run_part(task, part), parts))
