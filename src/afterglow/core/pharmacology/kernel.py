"""The compiled kernel for a parent of three compartments and a metabolite of two: many patients.

Importing this module loads numba; only :mod:`population` does, and only when a population runs.
The compiled code is cached on disk.

Patients lie side by side in the lanes of the processor: every loop over ``LANES`` is one that the
compiler turns into vector instructions. All of a block's numbers live in one flat workspace whose
rows are a constant apart, because that is how the compiler can prove that rows do not overlap.

The parent's central compartment is a sum of three modes with positive weights, the metabolite's of
two; a step of length h is

    a_i ← e_i·a_i + g_i·rate                         C = Σ a_i
    n_j ← f_j·n_j + Σ_i w_ij·a_i + k_j·rate           N = Σ n_j

where every coefficient is positive: nothing cancels, at no time. They come from divided differences
of the exponential, summed as a short Taylor series over h/2^s and doubled s times.
"""

from __future__ import annotations

import numba
import numpy as np

LANES = 504
"""Patients in a block: 63 cache lines a row. A power of two would lay every row on the same few
sets of the first-level cache; short rows would keep the memory's prefetchers from starting."""
GROUP = 8
"""Time steps that a pass over the lanes takes at once, so that coefficients are loaded once."""

# Rows of the workspace. First what a patient brings:
K10, K12, K21, K13, K31, KM, N10, N12, N21, SC, SN, FACTOR = range(12)
# then the modes and the coefficients of one step, the states, and the trackers:
L0, L1, L2, M0, M1 = range(12, 17)
B0, B1, B2, H0, H1 = range(17, 22)  # input weights of the parent, formation weights
E0, E1, E2, F0, F1 = range(22, 27)
G0, G1, G2, J0, J1 = range(27, 32)  # per unit rate
W00, W10, W20, W01, W11, W21 = range(32, 38)
R0, R1, R2, Q0, Q1 = range(38, 43)  # G and J times the rate that runs
A0, A1, A2, S0, S1 = range(43, 48)
CMAX, CTIME, CAREA, NMAX, NTIME, NAREA = range(48, 54)
SPARE = 54
ROWS = SPARE + 1

_TERMS = 14
"""Taylor terms for rate·h up to 1/4: the rest is below 1e-17."""
_SHORT = 0.25

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")


@_jit
def modes(w: np.ndarray) -> None:
    """Fill the decay rates and weights of a block from its micro-constants."""
    z = SPARE * LANES
    for p in range(LANES):
        w[L0 * LANES + p] = 0.0
    # Newton from 0 climbs to the smallest root of the characteristic cubic and cannot overshoot.
    for _ in range(80):
        moved = 0.0
        for p in range(LANES):
            k21 = w[K21 * LANES + p]
            k31 = w[K31 * LANES + p]
            k10 = w[K10 * LANES + p]
            c0 = k10 * k21 * k31
            c1 = k10 * (k21 + k31) + w[K12 * LANES + p] * k31 + w[K13 * LANES + p] * k21 + k21 * k31
            c2 = k10 + w[K12 * LANES + p] + w[K13 * LANES + p] + k21 + k31
            x = w[L0 * LANES + p]
            value = c0 - x * (c1 - x * (c2 - x))
            slope = c1 - x * (2.0 * c2 - 3.0 * x)
            step = value / slope
            w[L0 * LANES + p] = x + step
            w[z + p] = abs(step) / (x + step)
        for p in range(LANES):
            moved = max(moved, w[z + p])
        if moved < 4e-16 or not moved < np.inf:
            break
    for p in range(LANES):
        k21 = w[K21 * LANES + p]
        k31 = w[K31 * LANES + p]
        k10 = w[K10 * LANES + p]
        first = w[L0 * LANES + p]
        rest = k10 + w[K12 * LANES + p] + w[K13 * LANES + p] + k21 + k31 - first
        product = k10 * k21 * k31 / first
        third = 0.5 * (rest + np.sqrt(max(rest * rest - 4.0 * product, 0.0)))
        second = product / third
        w[L1 * LANES + p] = second
        w[L2 * LANES + p] = third
        s = w[SC * LANES + p] * w[FACTOR * LANES + p]
        w[B0 * LANES + p] = s * (k21 - first) * (k31 - first) / ((second - first) * (third - first))
        w[B1 * LANES + p] = (
            s * (k21 - second) * (second - k31) / ((second - first) * (third - second))
        )
        w[B2 * LANES + p] = s * (third - k21) * (third - k31) / ((third - first) * (third - second))
        n10 = w[N10 * LANES + p]
        n21 = w[N21 * LANES + p]
        total = n10 + w[N12 * LANES + p] + n21
        fast = 0.5 * (total + np.sqrt(max(total * total - 4.0 * n10 * n21, 0.0)))
        slow = n10 * n21 / fast
        w[M0 * LANES + p] = slow
        w[M1 * LANES + p] = fast
        scale = w[SN * LANES + p] * w[KM * LANES + p] / w[SC * LANES + p]
        w[H0 * LANES + p] = scale * (n21 - slow) / (fast - slow)
        w[H1 * LANES + p] = scale * (fast - n21) / (fast - slow)


@_jit
def coefficients(w: np.ndarray, span: float) -> None:
    """Fill the coefficients of a step of ``span`` minutes."""
    fastest = 0.0
    for p in range(LANES):
        fastest = max(fastest, max(w[L2 * LANES + p], w[M1 * LANES + p]))
    doublings = 0
    h = span
    while fastest * h > _SHORT:
        h *= 0.5
        doublings += 1
    for i in range(3):
        for p in range(LANES):
            x = w[(L0 + i) * LANES + p] * h
            rising = 1.0
            for k in range(_TERMS, 1, -1):
                rising = 1.0 - x / k * rising
            w[(G0 + i) * LANES + p] = w[(B0 + i) * LANES + p] * h * rising
            w[(E0 + i) * LANES + p] = 1.0 - x * rising
    for j in range(2):
        for p in range(LANES):
            y = w[(M0 + j) * LANES + p] * h
            rising = 1.0
            for k in range(_TERMS, 1, -1):
                rising = 1.0 - y / k * rising
            w[(F0 + j) * LANES + p] = 1.0 - y * rising
            w[(J0 + j) * LANES + p] = 0.0
        for i in range(3):
            for p in range(LANES):
                x = -w[(L0 + i) * LANES + p] * h
                y = -w[(M0 + j) * LANES + p] * h
                symmetric = 1.0
                power = 1.0
                once = 1.0
                twice = 0.5
                factorial = 1.0
                for k in range(1, _TERMS):
                    power *= y
                    symmetric = x * symmetric + power
                    factorial /= k + 1.0
                    once += symmetric * factorial
                    twice += symmetric * (factorial / (k + 2.0))
                h_j = w[(H0 + j) * LANES + p]
                w[(W00 + 3 * j + i) * LANES + p] = h_j * h * once
                w[(J0 + j) * LANES + p] += h_j * w[(B0 + i) * LANES + p] * h * h * twice
    for _ in range(doublings):
        for j in range(2):
            for p in range(LANES):
                f = w[(F0 + j) * LANES + p]
                w0 = w[(W00 + 3 * j) * LANES + p]
                w1 = w[(W00 + 3 * j + 1) * LANES + p]
                w2 = w[(W00 + 3 * j + 2) * LANES + p]
                g0 = w[G0 * LANES + p]
                g1 = w[G1 * LANES + p]
                g2 = w[G2 * LANES + p]
                w[(J0 + j) * LANES + p] *= f + 1.0
                w[(J0 + j) * LANES + p] += w0 * g0 + w1 * g1 + w2 * g2
                w[(W00 + 3 * j) * LANES + p] = w0 * (f + w[E0 * LANES + p])
                w[(W00 + 3 * j + 1) * LANES + p] = w1 * (f + w[E1 * LANES + p])
                w[(W00 + 3 * j + 2) * LANES + p] = w2 * (f + w[E2 * LANES + p])
                w[(F0 + j) * LANES + p] = f * f
        for i in range(3):
            for p in range(LANES):
                e = w[(E0 + i) * LANES + p]
                w[(G0 + i) * LANES + p] *= e + 1.0
                w[(E0 + i) * LANES + p] = e * e


@_jit
def set_rate(w: np.ndarray, rate: float) -> None:
    """Fill what the running rate adds in each step."""
    for row in range(5):
        for p in range(LANES):
            w[(R0 + row) * LANES + p] = w[(G0 + row) * LANES + p] * rate


@_jit
def jump(w: np.ndarray, amount: float) -> None:
    """Add a bolus of ``amount`` mg to the parent's central compartment."""
    for i in range(3):
        for p in range(LANES):
            w[(A0 + i) * LANES + p] += w[(B0 + i) * LANES + p] * amount


@_jit
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


@_jit
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


@_jit
def group_curves(w: np.ndarray, out: np.ndarray) -> None:
    """Take GROUP steps of equal length and rate; ``out`` gets both levels after each."""
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
        for u in range(GROUP):
            s0 = f0 * s0 + (w00 * a0 + (w10 * a1 + (w20 * a2 + q0)))
            s1 = f1 * s1 + (w01 * a0 + (w11 * a1 + (w21 * a2 + q1)))
            a0 = e0 * a0 + r0
            a1 = e1 * a1 + r1
            a2 = e2 * a2 + r2
            here = a0 + a1 + a2
            there = s0 + s1
            out[2 * u * LANES + p] = here
            out[(2 * u + 1) * LANES + p] = there
        w[A0 * LANES + p] = a0
        w[A1 * LANES + p] = a1
        w[A2 * LANES + p] = a2
        w[S0 * LANES + p] = s0
        w[S1 * LANES + p] = s1


@_jit
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


@_jit
def group_both(w: np.ndarray, out: np.ndarray, at: float, span: float) -> None:
    """Take GROUP steps, the first ending at ``at``; keep the peaks and the curves."""
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
            out[2 * u * LANES + p] = here
            out[(2 * u + 1) * LANES + p] = there
        w[A0 * LANES + p] = a0
        w[A1 * LANES + p] = a1
        w[A2 * LANES + p] = a2
        w[S0 * LANES + p] = s0
        w[S1 * LANES + p] = s1
        w[CMAX * LANES + p] = c
        w[CTIME * LANES + p] = ct
        w[NMAX * LANES + p] = n
        w[NTIME * LANES + p] = nt


@_jit
def areas(w: np.ndarray, given: float) -> None:
    """Fill the exact areas: of each mode, what went in less what is left, over its decay rate."""
    for p in range(LANES):
        parent = (
            (w[B0 * LANES + p] * given - w[A0 * LANES + p]) / w[L0 * LANES + p]
            + (w[B1 * LANES + p] * given - w[A1 * LANES + p]) / w[L1 * LANES + p]
            + (w[B2 * LANES + p] * given - w[A2 * LANES + p]) / w[L2 * LANES + p]
        )
        metabolite = (w[H0 * LANES + p] * parent - w[S0 * LANES + p]) / w[M0 * LANES + p] + (
            w[H1 * LANES + p] * parent - w[S1 * LANES + p]
        ) / w[M1 * LANES + p]
        w[CAREA * LANES + p] = parent / 60.0
        w[NAREA * LANES + p] = metabolite / 60.0


@_jit
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
    levels of patient ``block · LANES + lane``, or no blocks to keep none; C-contiguous.
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
                if not keep_peaks:
                    group_curves(w, out)
                elif keep_curves:
                    group_both(w, out, at[k], span)
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


@_jit
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
