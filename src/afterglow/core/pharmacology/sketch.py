"""Quantiles of more values than memory holds: counts in bins of equal ratio, which add up.

A bin is 1/256 of a doubling, read off the bits of the float64, so counting costs a shift and an
add, two sketches merge by addition, and a quantile is right to 0.4 % (most often far better: values
are spread evenly inside a bin). From 2^-14 to 2^18; what lies below counts as the smallest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

PER_OCTAVE_BITS = 8
LOWEST_EXPONENT, HIGHEST_EXPONENT = -14, 18
BINS = (HIGHEST_EXPONENT - LOWEST_EXPONENT) << PER_OCTAVE_BITS
SHIFT = 52 - PER_OCTAVE_BITS
FIRST = (1023 + LOWEST_EXPONENT) << PER_OCTAVE_BITS
RELATIVE_ERROR = 2.0**-PER_OCTAVE_BITS


def empty(rows: int) -> Counts:
    """Return counts of shape (rows, BINS), all zero."""
    return np.zeros((rows, BINS), dtype=np.int64)


def bins_of(values: Floats) -> Counts:
    """Return the bin of each non-negative value, in the same shape."""
    bits: Counts = np.ascontiguousarray(values).view(np.int64)
    found: Counts = np.clip((bits >> SHIFT) - FIRST, 0, BINS - 1)
    return found


def add(counts: Counts, values: Floats) -> None:
    """Count ``values`` (rows, n), row by row, in place."""
    for row, found in zip(counts, bins_of(values), strict=True):
        row += np.bincount(found, minlength=BINS)


def edges() -> Floats:
    """Return the lower edge of every bin, and the upper edge of the last: shape (BINS + 1,)."""
    bits = (np.arange(BINS + 1, dtype=np.int64) + FIRST) << SHIFT
    return bits.view(np.float64)


def quantiles(counts: Counts, wanted: npt.ArrayLike) -> Floats:
    """Return quantiles (0 to 1) of each row: shape (rows, wanted). An empty row gives NaN."""
    levels = np.atleast_1d(np.asarray(wanted, dtype=np.float64))
    border = edges()
    found = np.full((counts.shape[0], levels.size), np.nan)
    for row, one in enumerate(counts):
        total = one.sum()
        if not total:
            continue
        ends = np.cumsum(one)
        target = levels * total
        at = np.minimum(np.searchsorted(ends, target, side="left"), BINS - 1)
        inside = one[at]
        before = ends[at] - inside
        share = np.where(inside > 0, (target - before) / np.maximum(inside, 1), 0.0)
        found[row] = border[at] + share * (border[at + 1] - border[at])
    return found
