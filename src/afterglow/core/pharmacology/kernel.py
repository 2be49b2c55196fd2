"""The compiled kernel for a parent of three compartments and a metabolite of two: many patients.

Importing this module loads numba; only :mod:`lanes` does, and only when a population runs. The
compiled code is cached on disk. Patients lie side by side in the lanes of the processor; what a
step is, :mod:`kernel_setup` says.
"""

from __future__ import annotations

import numpy as np

from afterglow.core.pharmacology.kernel_rows import (
    A0,
    A1,
    A2,
    B0,
    CMAX,
    CTIME,
    E0,
    E1,
    E2,
    F0,
    F1,
    FACTOR,
    GROUP,
    LANES,
    NMAX,
    NTIME,
    Q0,
    Q1,
    R0,
    R1,
    R2,
    ROWS,
    S0,
    S1,
    SPARE,
    W00,
    W01,
    W10,
    W11,
    W20,
    W21,
    jit,
)
from afterglow.core.pharmacology.kernel_setup import areas, coefficients, modes, set_rate
from afterglow.core.pharmacology.streaming import streaming_group


@jit
def jump(w: np.ndarray, amount: float) -> None:
    """Add a bolus of ``amount`` mg to the parent's central compartment."""
    for i in range(3):
        for p in range(LANES):
            w[(A0 + i) * LANES + p] += w[(B0 + i) * LANES + p] * amount


@jit
def step(w: np.ndarray) -> None:
    """Take one step."""
    for p in range(LANES):
        a0 = w[A0 * LANES + p]
        a1 = w[A1 * LANES + p]
        a2 = w[A2 * LANES + p]
        for j in range(2):
            w[(S0 + j) * LANES + p] = (
                w[(F0 + j) * LANES + p] * w[(S0 + j) * LANES + p]
                + w[(W00 + 3 * j) * LANES + p] * a0
                + w[(W00 + 3 * j + 1) * LANES + p] * a1
                + w[(W00 + 3 * j + 2) * LANES + p] * a2
                + w[(Q0 + j) * LANES + p]
            )
        w[A0 * LANES + p] = w[E0 * LANES + p] * a0 + w[R0 * LANES + p]
        w[A1 * LANES + p] = w[E1 * LANES + p] * a1 + w[R1 * LANES + p]
        w[A2 * LANES + p] = w[E2 * LANES + p] * a2 + w[R2 * LANES + p]


@jit
def look(w: np.ndarray, out: np.ndarray, at: float) -> None:
    """Read both concentrations into ``out`` and keep the peaks."""
    for p in range(LANES):
        c = w[A0 * LANES + p] + w[A1 * LANES + p] + w[A2 * LANES + p]
        n = w[S0 * LANES + p] + w[S1 * LANES + p]
        out[p] = c
        out[LANES + p] = n
        if c > w[CMAX * LANES + p]:
            w[CMAX * LANES + p] = c
            w[CTIME * LANES + p] = at
        if n > w[NMAX * LANES + p]:
            w[NMAX * LANES + p] = n
            w[NTIME * LANES + p] = at


_STATES = (A0, A1, A2, S0, S1)
_COEFFICIENTS = (E0, E1, E2, F0, F1, R0, R1, R2, Q0, Q1, W00, W10, W20, W01, W11, W21)
_stream = streaming_group(LANES, GROUP, _STATES, _COEFFICIENTS)
_stream_with_peaks = streaming_group(
    LANES, GROUP, _STATES, _COEFFICIENTS, (CMAX, CTIME, NMAX, NTIME)
)


@jit
def group_streamed(w: np.ndarray, out: np.ndarray, at: float, span: float, peaks: bool) -> None:
    """Take GROUP steps, the first ending at ``at``, and write the levels past the caches.

    ``out`` starts on a 64-byte line.
    """
    if peaks:
        _stream_with_peaks(w, out, at, span)
    else:
        _stream(w, out, at, span)


@jit
def group_peaks(w: np.ndarray, at: float, span: float) -> None:
    """Take GROUP steps, the first ending at ``at``; keep the peaks and no curve."""
    for p in range(LANES):
        a0 = w[A0 * LANES + p]
        a1 = w[A1 * LANES + p]
        a2 = w[A2 * LANES + p]
        s0 = w[S0 * LANES + p]
        s1 = w[S1 * LANES + p]
        e0 = w[E0 * LANES + p]
        e1 = w[E1 * LANES + p]
        e2 = w[E2 * LANES + p]
        f0 = w[F0 * LANES + p]
        f1 = w[F1 * LANES + p]
        r0 = w[R0 * LANES + p]
        r1 = w[R1 * LANES + p]
        r2 = w[R2 * LANES + p]
        q0 = w[Q0 * LANES + p]
        q1 = w[Q1 * LANES + p]
        w00 = w[W00 * LANES + p]
        w10 = w[W10 * LANES + p]
        w20 = w[W20 * LANES + p]
        w01 = w[W01 * LANES + p]
        w11 = w[W11 * LANES + p]
        w21 = w[W21 * LANES + p]
        c = w[CMAX * LANES + p]
        ct = w[CTIME * LANES + p]
        n = w[NMAX * LANES + p]
        nt = w[NTIME * LANES + p]
        for u in range(GROUP):
            s0 = f0 * s0 + (w00 * a0 + (w10 * a1 + (w20 * a2 + q0)))
            s1 = f1 * s1 + (w01 * a0 + (w11 * a1 + (w21 * a2 + q1)))
            a0 = e0 * a0 + r0
            a1 = e1 * a1 + r1
            a2 = e2 * a2 + r2
            here = a0 + a1 + a2
            there = s0 + s1
            now = at + u * span
            ct = now if here > c else ct
            c = here if here > c else c
            nt = now if there > n else nt
            n = there if there > n else n
        w[A0 * LANES + p] = a0
        w[A1 * LANES + p] = a1
        w[A2 * LANES + p] = a2
        w[S0 * LANES + p] = s0
        w[S1 * LANES + p] = s1
        w[CMAX * LANES + p] = c
        w[CTIME * LANES + p] = ct
        w[NMAX * LANES + p] = n
        w[NTIME * LANES + p] = nt


@jit
def run(
    rates: np.ndarray,
    spans: np.ndarray,
    inflow: np.ndarray,
    jumps: np.ndarray,
    rows: np.ndarray,
    at: np.ndarray,
    given: float,
    metrics: np.ndarray,
    curves: np.ndarray,
) -> None:
    """Walk every patient through the steps.

    ``rates`` (12, n): K10 … FACTOR in row order, per minute; SC and SN in ng/mL per mg, FACTOR
    multiplies the dose. Step k waits ``spans[k]`` minutes at ``inflow[k]`` mg/min, then adds
    ``jumps[k]`` mg, then is read into row ``rows[k]`` (-1: not at all) at minute ``at[k]``.
    ``given`` is all that went in. ``metrics`` (6, n) gets peak, its time and the area (ng·h/mL) of
    parent and metabolite, or is (6, 0) to leave them out. ``curves`` (blocks, t, 2, LANES), both
    levels of patient ``block · LANES + lane``, or no blocks to keep none; C-contiguous and
    starting on a 64-byte line, or the processor stops the program (``lanes.room_for`` gives such).
    """
    n = rates.shape[1]
    steps = spans.shape[0]
    keep_peaks = metrics.shape[1] > 0
    keep_curves = curves.shape[0] > 0
    points = curves.shape[1]
    flat = curves.reshape(-1)
    aside = np.empty(2 * GROUP * LANES)
    w = np.empty(ROWS * LANES)
    for begin in range(0, n, LANES):
        count = min(LANES, n - begin)
        for row in range(FACTOR + 1):
            for p in range(count):
                w[row * LANES + p] = rates[row, begin + p]
            for p in range(count, LANES):
                w[row * LANES + p] = rates[row, begin]
        modes(w)
        for p in range(A0 * LANES, SPARE * LANES):
            w[p] = 0.0
        span = -1.0
        rate = -1.0
        k = 0
        while k < steps:
            if spans[k] > 0.0:
                if spans[k] != span:
                    span = spans[k]
                    coefficients(w, span)
                    rate = -1.0
                if inflow[k] != rate:
                    rate = inflow[k]
                    set_rate(w, rate)
            alike = 0
            if spans[k] > 0.0 and k + GROUP <= steps and rows[k] >= 0:
                while (
                    alike < GROUP
                    and spans[k + alike] == span
                    and inflow[k + alike] == rate
                    and jumps[k + alike] == 0.0
                    and rows[k + alike] == rows[k] + alike
                ):
                    alike += 1
            if rows[k] >= 0 and keep_curves:
                first = (begin // LANES * points + rows[k]) * 2 * LANES
                out = flat[first : first + 2 * LANES * (GROUP if alike == GROUP else 1)]
            else:
                out = aside
            if alike == GROUP:
                if keep_curves:
                    group_streamed(w, out, at[k], span, keep_peaks)
                else:
                    group_peaks(w, at[k], span)
                k += GROUP
                continue
            if spans[k] > 0.0:
                step(w)
            if jumps[k] > 0.0:
                jump(w, jumps[k])
            if rows[k] >= 0:
                look(w, out, at[k])
            k += 1
        if keep_peaks:
            areas(w, given)
            for row in range(6):
                for p in range(count):
                    metrics[row, begin + p] = w[(CMAX + row) * LANES + p]


@jit
def count(curves: np.ndarray, n: int, counts: np.ndarray, shift: int, first: int) -> None:
    """Count the levels of ``n`` patients in ``curves`` (blocks, t, 2, LANES) as sketches do.

    ``counts`` (2, t, bins): the bin of a level is its bits shifted right, less ``first``.
    """
    last = counts.shape[2] - 1
    for block in range(curves.shape[0]):
        lanes = min(LANES, n - block * LANES)
        if lanes <= 0:
            break
        for point in range(curves.shape[1]):
            for analyte in range(2):
                row = counts[analyte, point]
                bits = curves[block, point, analyte].view(np.int64)
                for p in range(lanes):
                    found = (bits[p] >> shift) - first
                    row[min(max(found, 0), last)] += 1
