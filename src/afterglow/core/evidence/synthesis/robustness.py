"""How much one trial, or one kind of trial, decides; and whether small trials say more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis import codes
from afterglow.core.evidence.synthesis.effects import Effect, Measure
from afterglow.core.evidence.synthesis.pooling import Interval, Model, Pooled, pool

TRIALS_FOR_EGGER: Final = 10
"""Below ten trials a test of funnel asymmetry cannot tell chance from bias (Cochrane 13.3.5.4)."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The pooled estimate without one trial."""

    without: str
    pooled: Pooled


def leave_one_out(
    effects: Sequence[Effect],
    *,
    measure: Measure,
    model: Model = Model.REML,
    interval: Interval = Interval.NORMAL,
) -> tuple[LeftOut, ...]:
    """Return the estimate without each trial in turn; nothing when there are fewer than two."""
    if len(effects) < 2:
        return ()
    return tuple(
        LeftOut(
            left.study,
            pool(
                [each for at, each in enumerate(effects) if at != index],
                measure=measure,
                model=model,
                interval=interval,
            ),
        )
        for index, left in enumerate(effects)
    )


@dataclass(frozen=True, slots=True)
class Subgroups:
    """One estimate a group, each with its own tau², and whether the groups differ.

    ``q`` is the scatter between the groups' estimates on ``df`` degrees of freedom.
    """

    by: str
    groups: tuple[tuple[str, Pooled], ...]
    q: float
    df: int
    p: float


def subgroups(
    effects: Sequence[Effect],
    *,
    by: str,
    measure: Measure,
    model: Model = Model.REML,
    interval: Interval = Interval.NORMAL,
) -> Subgroups:
    """Pool each group apart and compare them. Raises InvalidValue when a trial has no group."""
    from scipy import stats

    lost = [each.study for each in effects if not each.groups.get(by)]
    if lost:
        raise InvalidValue(f"These trials have no {by}: {', '.join(lost)}.")
    names = sorted({each.groups[by] for each in effects})
    made = [
        (
            name,
            pool(
                [each for each in effects if each.groups[by] == name],
                measure=measure,
                model=model,
                interval=interval,
            ),
        )
        for name in names
    ]
    weights = [1 / group.se**2 for _name, group in made]
    middle = sum(w * group.estimate for w, (_n, group) in zip(weights, made, strict=True))
    middle /= sum(weights)
    q = sum(
        w * (group.estimate - middle) ** 2 for w, (_n, group) in zip(weights, made, strict=True)
    )
    df = len(made) - 1
    return Subgroups(by, tuple(made), q, df, float(stats.chi2.sf(q, df)) if df else 1.0)


@dataclass(frozen=True, slots=True)
class Egger:
    """Whether small trials show larger effects: the slope on the standard error, and its test."""

    slope: float
    se: float
    t: float
    df: int
    p: float
    at_no_error: float


def may_test_asymmetry(effects: Sequence[Effect]) -> Decision:
    """Decide whether a test of funnel asymmetry says anything."""
    few = len(effects) < TRIALS_FOR_EGGER
    return Decision.from_reasons(
        codes.TOO_FEW_FOR_EGGER.reason(seen=len(effects), limit=TRIALS_FOR_EGGER) if few else None
    )


def egger(effects: Sequence[Effect]) -> Egger:
    """Regress the effects on their standard errors, weighted by inverse variance.

    Raises InvalidValue below three trials or when all have the same error; ask
    :func:`may_test_asymmetry` whether the answer means anything.
    """
    import numpy as np
    import statsmodels.api as sm

    if len(effects) < 3:
        raise InvalidValue(f"A line through {len(effects)} trials tests nothing; it takes three.")
    y = np.array([each.estimate for each in effects])
    se = np.array([each.se for each in effects])
    if np.ptp(se) < 1e-12:
        raise InvalidValue("All trials have the same standard error; there is no slope to test.")
    fitted = sm.WLS(y, sm.add_constant(se), weights=1 / se**2).fit()
    return Egger(
        slope=float(fitted.params[1]),
        se=float(fitted.bse[1]),
        t=float(fitted.tvalues[1]),
        df=int(fitted.df_resid),
        p=float(fitted.pvalues[1]),
        at_no_error=float(fitted.params[0]),
    )
