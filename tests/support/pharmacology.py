"""Slow, independent answers to hold the pharmacology engine against."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

Floats = npt.NDArray[np.float64]
DIGITS = 60


def van_loan(matrix: Floats, start: Floats, rate: Floats, span: float) -> Floats:
    """The state after ``span`` with a constant rate, by SciPy's Padé exponential."""
    size = len(matrix)
    whole = np.zeros((size + 1, size + 1))
    whole[:size, :size] = matrix
    whole[:size, size] = rate
    return np.asarray((expm(whole * span) @ np.append(start, 1.0))[:size])


def by_eigenvectors(matrix: Floats, start: Floats, rate: Floats, span: float) -> Floats:
    """The same in closed form: each mode rises by (e^(λt) - 1)/λ. For matrices that have modes."""
    values, vectors = np.linalg.eig(matrix)
    back = np.linalg.inv(vectors)
    rising = np.expm1(values * span) / values
    state = vectors @ (np.exp(values * span) * (back @ start) + rising * (back @ rate))
    return np.asarray(state.real)


def to_sixty_digits(matrix: Floats, start: Floats, rate: Floats, span: float) -> Floats:
    """The same by a Taylor series in decimal arithmetic, rounded once at the end."""
    with localcontext() as context:
        context.prec = DIGITS
        size = len(matrix)
        a: list[list[Any]] = [[Decimal(float(cell)) for cell in row] for row in matrix]
        r = [Decimal(float(x)) for x in rate]
        state = [Decimal(float(x)) for x in start]
        length = Decimal(float(span))
        norm = max(sum(abs(cell) for cell in row) for row in a)
        parts = int(norm * length) + 1
        h = length / parts
        for _ in range(parts):
            term = list(state)
            total = list(state)
            for k in range(1, 80):
                term = [
                    (sum(a[i][j] * term[j] for j in range(size)) + (r[i] if k == 1 else 0)) * h / k
                    for i in range(size)
                ]
                total = [one + two for one, two in zip(total, term, strict=True)]
            state = total
        return np.array([float(x) for x in state])
