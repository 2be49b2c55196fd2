"""The way to the compiled kernel: which models it fits, what it is fed, what it gives back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import building, sketch
from afterglow.core.pharmacology.definition import Model
from afterglow.core.pharmacology.inputs import Bolus, Infusion, Regimen
from afterglow.core.pharmacology.sampling import Sample

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """The states of a model that is a parent of three compartments with a metabolite of two."""

    model: Model
    parent: str
    first: str
    second: str
    metabolite: str
    peripheral: str


def shape_of(model: Model, routes: Iterable[str]) -> Shape | None:
    """Return the shape when the kernel fits this model by these routes, else None."""
    routes = tuple(routes)
    if routes != ("intravenous",) or set(model.outputs) != {"ketamine", "norketamine"}:
        return None
    states = building.reachable(model, routes)
    parent, metabolite = model.outputs["ketamine"].states[0], model.outputs["norketamine"].states[0]
    entries = model.route("intravenous")
    plain = all(output.as_moles_of is None for output in model.outputs.values())
    if not plain or [(e.into, e.fraction) for e in entries] != [(parent, ())]:
        return None
    partners = {
        state: [s for s in states if _joined(model, state, s)] for state in (parent, metabolite)
    }
    if len(states) != 5 or len(partners[parent]) != 2 or len(partners[metabolite]) != 1:
        return None
    first, second = partners[parent]
    return Shape(model, parent, first, second, metabolite, partners[metabolite][0])


def _joined(model: Model, one: str, other: str) -> bool:
    pairs = {(flow.source, flow.to) for flow in model.flows}
    return (one, other) in pairs and (other, one) in pairs


def rates_of(shape: Shape, drawn: Sample, factor: Floats) -> Floats:
    """Return what the kernel wants of each patient: shape (12, n), in the kernel's order."""
    model, values = shape.model, drawn.values
    between: dict[tuple[str, str | None], building.Value] = {}
    leaving: dict[str, building.Value] = {}
    for flow in model.flows:
        rate = building.flow_rate(model, flow, values)
        arriving = rate * values[flow.fraction] if flow.fraction else rate
        key = (flow.source, flow.to)
        between[key] = between.get(key, 0.0) + arriving
        leaving[flow.source] = leaving.get(flow.source, 0.0) + rate
    k12, k13 = between[shape.parent, shape.first], between[shape.parent, shape.second]
    n12 = between[shape.metabolite, shape.peripheral]
    rows = (
        leaving[shape.parent] - k12 - k13,
        k12,
        between[shape.first, shape.parent],
        k13,
        between[shape.second, shape.parent],
        between[shape.parent, shape.metabolite],
        leaving[shape.metabolite] - n12,
        n12,
        between[shape.peripheral, shape.metabolite],
        1000.0 / values[model.volume_of(shape.parent)],
        1000.0 / values[model.volume_of(shape.metabolite)],
        factor,
    )
    filled = np.empty((len(rows), drawn.size))
    for row, value in enumerate(rows):
        filled[row] = value
    return filled


@dataclass(frozen=True)
class Steps:
    """A regimen and its output times as the kernel walks them; arrays of shape (steps,)."""

    spans: Floats
    inflow: Floats
    jumps: Floats
    rows: npt.NDArray[np.int64]
    at: Floats
    given_mg: float
    points: int


def steps_of(regimen: Regimen, times: Floats) -> Steps:
    """Return the walk through every output time and every change of input up to the last time."""
    last = times[-1]
    moments = [0.0, *times]
    for event in regimen.events:
        moments += [m for m in building.starts_and_ends(event) if m < last]
    at = np.unique(moments)
    inflow = np.zeros(at.size)
    jumps = np.zeros(at.size)
    for event in regimen.events:
        if isinstance(event, Infusion):
            during = (at > event.start_min) & (at <= event.end_min)
            inflow[during] += event.mg_per_min
        elif isinstance(event, Bolus) and event.at_min <= last:
            jumps[np.searchsorted(at, event.at_min)] += event.mass.as_base.mg
    spans = np.diff(at, prepend=0.0)
    first = np.searchsorted(times, at, side="left")
    rows = np.where(np.isin(at, times), first, -1).astype(np.int64)
    given = float((inflow * spans).sum() + jumps.sum())
    return Steps(spans, inflow, jumps, rows, at, given, times.size)


def block() -> int:
    """How many patients the kernel takes side by side."""
    from afterglow.core.pharmacology.kernel_rows import LANES

    return LANES


def room_for(patients: int, points: int) -> Floats:
    """Return room for curves as the kernel writes them: (blocks, points, 2, LANES), aligned.

    Patient i lies at block i // LANES, lane i % LANES.
    """
    width = block()
    shape = (-(-patients // width), points, 2, width)
    raw = np.empty(int(np.prod(shape)) + 8)
    skip = (-raw.ctypes.data % 64) // 8
    return raw[skip : skip + int(np.prod(shape))].reshape(shape)


def walk(
    rates: Floats, steps: Steps, *, metrics: bool = True, curves: Floats | None = None
) -> Floats:
    """Walk every patient through the steps; ``curves`` from :func:`room_for` is filled.

    Returns peak, its time and the exact area up to the last time for parent and metabolite:
    (2, 3, n) in ng/mL, min and ng·h/mL; with ``metrics`` False an empty (2, 3, 0).
    """
    from afterglow.core.pharmacology import kernel

    found = np.empty((6, rates.shape[1] if metrics else 0))
    nothing = np.empty((0, 0, 2, block()))
    if curves is not None and (curves.ctypes.data % 64 or not curves.flags.c_contiguous):
        raise InvalidValue("Curves must lie as room_for makes them: in order, on a 64-byte line.")
    kernel.run(
        np.ascontiguousarray(rates),
        steps.spans,
        steps.inflow,
        steps.jumps,
        steps.rows,
        steps.at,
        steps.given_mg,
        found,
        nothing if curves is None else curves,
    )
    return found.reshape(2, 3, -1)


def in_order(curves: Floats, patients: int) -> Floats:
    """Return curves of :func:`room_for` as (2, t, patients): a copy in the order of patients."""
    moved = np.moveaxis(curves, (2, 1), (0, 1))
    return moved.reshape(2, curves.shape[1], -1)[:, :, :patients]


def count(curves: Floats, patients: int, counts: sketch.Counts) -> None:
    """Add the levels in curves of :func:`room_for` to sketches (2, t, BINS), in place."""
    from afterglow.core.pharmacology import kernel

    kernel.count(curves, patients, counts, sketch.SHIFT, sketch.FIRST)
