"""Crossover and cluster trials: their counts are not those of two independent groups.

A crossover counts the same people twice; a cluster trial counts people who resemble each other.
Pooled as if they were independent they weigh too much or too little. Each is handled when what
it needs is known, and refused otherwise.
"""

from __future__ import annotations

from math import log, sqrt

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.effects import Counts, Effect, Means, Measure


def crossover_effect(row: Counts, measure: Measure, *, correlation: float) -> Effect:
    """Return the effect of a crossover trial from its margins and the within-person correlation.

    ``correlation`` is the phi coefficient between a person's two outcomes. The variance is that
    of two correlated proportions (Becker and Balagtas for the odds ratio). Raises InvalidValue
    unless both arms count the same people, no cell is empty and the correlation can be.
    """
    if row.people != row.control_people:
        raise InvalidValue(
            f"{row.study}: a crossover counts the same people twice; "
            f"{row.people:g} and {row.control_people:g} were given."
        )
    if row.has_zero:
        raise InvalidValue(
            f"{row.study}: a crossover with an empty cell has no variance; "
            "use its first period as a parallel trial."
        )
    n = row.people
    p, q = row.events / n, row.control_events / n
    spread = sqrt(p * (1 - p) * q * (1 - q))
    highest = (min(p, q) - p * q) / spread
    lowest = (max(0.0, p + q - 1) - p * q) / spread
    if not lowest - 1e-9 <= correlation <= highest + 1e-9:
        raise InvalidValue(
            f"{row.study}: a correlation of {correlation:g} cannot be with these margins; "
            f"it is between {lowest:.3f} and {highest:.3f}."
        )
    match measure:
        case Measure.OR:
            estimate = log(p / (1 - p)) - log(q / (1 - q))
            apart = 1 / (n * p * (1 - p)) + 1 / (n * q * (1 - q))
            shared = correlation / (n * spread)
        case Measure.RR:
            estimate = log(p) - log(q)
            apart = (1 - p) / (n * p) + (1 - q) / (n * q)
            shared = correlation * spread / (n * p * q)
        case Measure.RD:
            estimate = p - q
            apart = (p * (1 - p) + q * (1 - q)) / n
            shared = correlation * spread / n
        case _:
            raise InvalidValue(f"{measure} is computed from means, not from counts of events.")
    words = f"{row.events:g} and {row.control_events:g} of the same {n:g}"
    return Effect(row.study, estimate, apart - 2 * shared, row.groups, words)


def crossover_difference(row: Means, *, correlation: float) -> Effect:
    """Return the mean difference of a crossover trial, given the correlation within a person."""
    if row.people != row.control_people:
        raise InvalidValue(
            f"{row.study}: a crossover measures the same people twice; "
            f"{row.people:g} and {row.control_people:g} were given."
        )
    if not -1 <= correlation <= 1:
        raise InvalidValue(f"{row.study}: {correlation:g} is no correlation; it is from -1 to 1.")
    spread = row.sd**2 + row.control_sd**2 - 2 * correlation * row.sd * row.control_sd
    return Effect(
        row.study, row.mean - row.control_mean, spread / row.people, row.groups, "the same people"
    )


def cluster_counts(row: Counts, *, cluster_size: float, icc: float) -> Counts:
    """Return a cluster trial's counts shrunk to the people they are worth.

    Divides by the design effect 1 + (cluster size - 1) × ICC. Raises InvalidValue for a cluster
    below one person or an ICC outside 0 to 1.
    """
    if cluster_size < 1 or not 0 <= icc <= 1:
        raise InvalidValue(
            f"{row.study}: clusters of {cluster_size:g} with an ICC of {icc:g} cannot be; "
            "a cluster has at least 1 person and the ICC is from 0 to 1."
        )
    by = 1 + (cluster_size - 1) * icc
    return Counts(
        row.study,
        row.events / by,
        row.people / by,
        row.control_events / by,
        row.control_people / by,
        row.groups,
    )
