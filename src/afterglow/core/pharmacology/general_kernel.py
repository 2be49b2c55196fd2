"""The compiled kernel for any linear model: one patient after the other, any number of states.

Importing this module loads numba; only a population run does. A step is exp(A·h) of the state and a
constant 1, summed over the non-negative matrix P = I + A/q (see :mod:`solver`) and squared as often
as the step is long: equal rates need no special case, and nothing cancels.
"""

from __future__ import annotations

import numba
import numpy as np

_TERMS = 18
"""For q·h up to 1/2: 0.5^18 / 18! is below 1e-21."""

_jit = numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")


@_jit
def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Put a·b into ``out``, all square."""
    size = a.shape[0]
    for i in range(size):
        for j in range(size):
            out[i, j] = 0.0
        for k in range(size):
            x = a[i, k]
            if x != 0.0:
                for j in range(size):
                    out[i, j] += x * b[k, j]


@_jit
def transition(step: np.ndarray, x: float, total: np.ndarray, aside: np.ndarray) -> None:
    """Put exp(x·(P - I)) into ``total``; ``step`` is P."""
    size = step.shape[0]
    halvings = 0
    while x > 0.5:
        x *= 0.5
        halvings += 1
    for i in range(size):
        for j in range(size):
            total[i, j] = 1.0 if i == j else 0.0
    for k in range(_TERMS, 0, -1):
        multiply(step, total, aside)
        for i in range(size):
            for j in range(size):
                total[i, j] = aside[i, j] * (x / k)
            total[i, i] += 1.0
    shrink = np.exp(-x)
    for i in range(size):
        for j in range(size):
            total[i, j] *= shrink
    for _ in range(halvings):
        multiply(total, total, aside)
        for i in range(size):
            for j in range(size):
                total[i, j] = aside[i, j]


@_jit
def run(
    matrices: np.ndarray,
    read: np.ndarray,
    spans: np.ndarray,
    jumps: np.ndarray,
    inflow: np.ndarray,
    rows: np.ndarray,
    ends: np.ndarray,
    levels: np.ndarray,
) -> None:
    """Walk n patients through m steps.

    ``matrices`` (n, S, S) per minute, ``read`` (n, O, S). Step k waits ``spans[k]`` minutes while
    ``inflow[k]`` (n, S) mg/min runs in, then adds ``jumps[k]`` (n, S) mg, then is read into row
    ``rows[k]`` of ``levels`` (O, t, n) unless that is -1. ``ends`` (n, S) gets the last state.
    """
    patients, size = matrices.shape[0], matrices.shape[1]
    outputs = read.shape[1]
    step = np.zeros((size + 1, size + 1))
    move = np.zeros((size + 1, size + 1))
    aside = np.zeros((size + 1, size + 1))
    state = np.zeros(size)
    after = np.zeros(size)
    for p in range(patients):
        q = 1e-300
        for i in range(size):
            q = max(q, -matrices[p, i, i])
        for i in range(size):
            state[i] = 0.0
        known = -1.0
        for k in range(spans.shape[0]):
            if spans[k] > 0.0:
                same = spans[k] == known
                for i in range(size):
                    same = same and (k == 0 or inflow[k, p, i] == inflow[k - 1, p, i])
                if not same:
                    for i in range(size):
                        for j in range(size):
                            step[i, j] = matrices[p, i, j] / q
                        step[i, i] += 1.0
                        step[i, size] = inflow[k, p, i] / q
                        step[size, i] = 0.0
                    step[size, size] = 1.0
                    transition(step, q * spans[k], move, aside)
                    known = spans[k]
                for i in range(size):
                    total = move[i, size]
                    for j in range(size):
                        total += move[i, j] * state[j]
                    after[i] = total
                for i in range(size):
                    state[i] = after[i]
            for i in range(size):
                state[i] += jumps[k, p, i]
            if rows[k] >= 0:
                for o in range(outputs):
                    total = 0.0
                    for j in range(size):
                        total += read[p, o, j] * state[j]
                    levels[o, rows[k], p] = total
        for i in range(size):
            ends[p, i] = state[i]
