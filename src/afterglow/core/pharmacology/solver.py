"""The exact solution of a linear compartment model, without stepping and without cancellation.

A compartment model's matrix has no negative entry off its diagonal (drug only moves to places), so
with q at least as large as the fastest emptying rate, P = I + A/q holds no negative number and

    exp(A·t) = Σ_k  e^(-qt) (qt)^k / k!  ·  P^k            (uniformisation, Jensen 1953)

is a sum of non-negative terms. Nothing is subtracted anywhere: a metabolite of which 1e-12 mg has
been formed is right to as many digits as the parent, amounts cannot come out negative, and equal
rates in a chain (where eigenvectors do not exist) need no special case. A constant input is one
more state that never empties. The powers P^k·x are shared by every output time, so a curve costs
a handful of small matrix products however many points it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterglow.core.pharmacology.building import Schedule

Floats = npt.NDArray[np.float64]

_LONGEST = 64.0
"""The largest q·t that one series spans: its weights are then good to about 3e-14."""


def series_terms(x: float) -> int:
    """How many terms of the series leave out less than 1e-20 for q·t = x."""
    return int(x + 10.0 * np.sqrt(x) + 40.0)


def weights(x: Floats, terms: int) -> Floats:
    """Return e^(-x) x^k / k! for k below ``terms``: shape (terms, len(x))."""
    k = np.arange(terms, dtype=np.float64)[:, None]
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, terms)))])[:, None]
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        exponent = np.where(k == 0, -x, k * np.log(x) - x - log_factorial)
        return np.exp(exponent)


def powers(step: Floats, start: Floats, terms: int) -> Floats:
    """Return start, P·start, P²·start, …: shape (…, S, terms), by doubling."""
    columns = start[..., None]
    square = step
    while columns.shape[-1] < terms:
        columns = np.concatenate([columns, square @ columns], axis=-1)
        square = square @ square
    return columns[..., :terms]


@dataclass(frozen=True)
class Affine:
    """dx/dt = A·x + r with r constant, as the non-negative matrix P of the state (x, 1)."""

    step: Floats
    q: float

    @classmethod
    def of(cls, matrix: Floats, rate: Floats) -> Affine:
        """Build from A (…, S, S) and r (…, S)."""
        size = matrix.shape[-1]
        diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
        q = float(-diagonal.min()) if diagonal.size else 0.0
        q = q if q > 0 else 1.0
        step = np.zeros((*matrix.shape[:-2], size + 1, size + 1))
        step[..., :size, :size] = matrix / q
        step[..., :size, size] = rate / q
        step[..., np.arange(size + 1), np.arange(size + 1)] += 1.0
        return cls(step, q)

    def at(self, start: Floats, spans: Floats, read: Floats | None = None) -> Floats:
        """Return the states (or ``read`` · states) after each span: shape (…, S or O, t).

        ``spans`` ascend, in minutes, from ``start`` (…, S).
        """
        size = start.shape[-1]
        pieces: list[Floats] = []
        begun, here, done = 0.0, start, 0
        while done < len(spans):
            inside = np.searchsorted(spans, begun + _LONGEST / self.q, side="right")
            if inside > done:
                x = self.q * (spans[done:inside] - begun)
                terms = series_terms(float(x[-1]))
                columns = powers(self.step, _with_one(here), terms)[..., :size, :]
                if read is not None:
                    columns = read @ columns
                pieces.append(columns @ weights(x, terms))
                done = int(inside)
            if done < len(spans):
                jump = spans[done] - begun
                here = self.advance(here, jump)
                begun = float(spans[done])
        return np.concatenate(pieces, axis=-1)

    def advance(self, start: Floats, span: float) -> Floats:
        """Return the state after ``span`` minutes: shape (…, S)."""
        if span <= 0:
            return start
        x = self.q * span
        state = _with_one(start)
        if x <= _LONGEST:
            terms = series_terms(x)
            columns = powers(self.step, state, terms)
            return np.asarray((columns @ weights(np.array([x]), terms))[..., :-1, 0])
        halvings = int(np.ceil(np.log2(x)))
        transition = self._transition(x / 2.0**halvings)
        for _ in range(halvings):
            transition = transition @ transition
        return np.asarray((transition @ state[..., None])[..., :-1, 0])

    def _transition(self, x: float) -> Floats:
        """Return exp(A·x/q) of the state (x, 1) for x up to 1."""
        terms = 24  # 1/24! is below 1e-23
        one = np.broadcast_to(np.eye(self.step.shape[-1]), self.step.shape)
        total = one
        for k in range(terms, 0, -1):
            total = one + (x / k) * (self.step @ total)
        return np.asarray(total * np.exp(-x))


def _with_one(state: Floats) -> Floats:
    return np.concatenate([state, np.ones((*state.shape[:-1], 1))], axis=-1)


def solve(matrix: Floats, plan: Schedule, times: Floats, read: Floats | None = None) -> Floats:
    """Return ``read`` · x (or x) at every time: shape (…, O or S, t).

    ``matrix`` (…, S, S) per minute with non-negative off-diagonal entries; ``times`` (t,) ascending
    minutes. At the very moment of a bolus the value is the one just after it. The state before the
    first input is zero.
    """
    state = np.zeros(matrix.shape[:-1])
    found: list[Floats] = []
    ends = np.append(plan.at[1:], np.inf)
    for begins, ends_at, jump, rate in zip(plan.at, ends, plan.jumps, plan.rates, strict=True):
        state = state + jump
        piece = Affine.of(matrix, rate)
        mine = times[(times >= begins) & (times < ends_at)]
        if mine.size:
            found.append(piece.at(state, mine - begins, read))
        if np.isfinite(ends_at) and (times[-1] >= ends_at):
            state = piece.advance(state, ends_at - begins)
    return np.concatenate(found, axis=-1)


def integrated(matrix: Floats, read: Floats) -> tuple[Floats, Floats]:
    """Return the system with one more state per row of ``read``: its integral over time.

    Returns the matrix (…, S+O, S+O) and the rows that read the integrals (…, O, S+O).
    """
    size, rows = matrix.shape[-1], read.shape[-2]
    whole = np.zeros((*matrix.shape[:-2], size + rows, size + rows))
    whole[..., :size, :size] = matrix
    whole[..., size:, :size] = read
    reads = np.zeros((*matrix.shape[:-2], rows, size + rows))
    reads[..., np.arange(rows), size + np.arange(rows)] = 1.0
    return whole, reads
