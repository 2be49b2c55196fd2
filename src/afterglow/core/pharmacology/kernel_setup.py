"""What the population kernel knows of a block before it walks: modes, coefficients, areas.

The parent's central compartment is a sum of three modes with positive weights, the metabolite's of
two; a step of length h is

    a_i ← e_i·a_i + g_i·rate                         C = Σ a_i
    n_j ← f_j·n_j + Σ_i w_ij·a_i + k_j·rate           N = Σ n_j

where every coefficient is positive: nothing cancels, at no time. They come from divided differences
of the exponential, summed as a short Taylor series over h/2^s and doubled s times.
"""

from __future__ import annotations

import numpy as np

from afterglow.core.pharmacology.kernel_rows import (
    A0,
    A1,
    A2,
    B0,
    B1,
    B2,
    CAREA,
    E0,
    E1,
    E2,
    F0,
    FACTOR,
    G0,
    G1,
    G2,
    H0,
    H1,
    J0,
    K10,
    K12,
    K13,
    K21,
    K31,
    KM,
    L0,
    L1,
    L2,
    LANES,
    M0,
    M1,
    N10,
    N12,
    N21,
    NAREA,
    R0,
    S0,
    S1,
    SC,
    SN,
    SPARE,
    W00,
    jit,
)

_TERMS = 14
"""Taylor terms for rate·h up to 1/4: the rest is below 1e-17."""
_SHORT = 0.25


@jit
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


@jit
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


@jit
def set_rate(w: np.ndarray, rate: float) -> None:
    """Fill what the running rate adds in each step."""
    for row in range(5):
        for p in range(LANES):
            w[(R0 + row) * LANES + p] = w[(G0 + row) * LANES + p] * rate


@jit
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
