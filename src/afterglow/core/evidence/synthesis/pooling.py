"""Fixed and random effects: one estimate from several, and how far they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log, sqrt
from typing import Any

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.effects import Effect, Measure


class Model(StrEnum):
    """How the variance between trials is estimated; ``FIXED`` assumes there is none."""

    FIXED = "fixed"
    DERSIMONIAN_LAIRD = "dl"
    PAULE_MANDEL = "pm"
    REML = "reml"


class Interval(StrEnum):
    """How the interval is made: normal, Hartung-Knapp, or Hartung-Knapp never below normal."""

    NORMAL = "normal"
    HARTUNG_KNAPP = "hk"
    HARTUNG_KNAPP_AT_LEAST = "hk-at-least"


@dataclass(frozen=True, slots=True)
class Range:
    """A lower and an upper bound on the pooling scale."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """What pooling gives, on the pooling scale; :meth:`Measure.shown` turns it for people.

    ``tau2`` is the variance between trials, ``i2`` the share of all variance that it makes up (in
    percent), ``prediction`` where a new trial's true effect would lie (None below three trials).
    ``weights`` are percent, in the order of the effects.
    """

    measure: Measure
    model: Model
    interval: Interval
    k: int
    estimate: float
    se: float
    ci: Range
    level: int
    p: float
    tau2: float
    i2: float
    h2: float
    q: float
    q_df: int
    q_p: float
    prediction: Range | None
    weights: tuple[float, ...]


def pool(
    effects: Sequence[Effect],
    *,
    measure: Measure,
    model: Model = Model.REML,
    interval: Interval = Interval.NORMAL,
    level: int = 95,
) -> Pooled:
    """Pool effects by inverse variance. Raises InvalidValue for fewer than one, or a bad level.

    One effect alone comes back as it is. Hartung-Knapp intervals need two effects or more and a
    random-effects model.
    """
    import numpy as np
    from scipy import stats

    if not effects:
        raise InvalidValue("There is no effect to pool; at least one is needed.")
    if not 50 <= level < 100:
        raise InvalidValue(f"A level of {level} % is no interval; use 50 to 99.")
    y = np.array([each.estimate for each in effects])
    v = np.array([each.variance for each in effects])
    k = len(effects)
    tau2 = between_variance(effects, model)
    w = 1 / (v + tau2)
    estimate = float((w * y).sum() / w.sum())
    se = float(sqrt(1 / w.sum()))
    chance = (100 - level) / 200
    reach = float(stats.norm.isf(chance))
    p = float(2 * stats.norm.sf(abs(estimate / se)))
    if interval is not Interval.NORMAL and k > 1:
        if model is Model.FIXED:
            raise InvalidValue("A Hartung-Knapp interval belongs to a random-effects model.")
        spread = float((w * (y - estimate) ** 2).sum() / (k - 1))
        if interval is Interval.HARTUNG_KNAPP_AT_LEAST:
            spread = max(1.0, spread)
        se *= sqrt(spread)
        reach = float(stats.t.isf(chance, k - 1))
        p = float(2 * stats.t.sf(abs(estimate / se), k - 1)) if se > 0 else 0.0
    fixed = 1 / v
    middle = (fixed * y).sum() / fixed.sum()
    q = float((fixed * (y - middle) ** 2).sum())
    i2, h2 = _inconsistency(v, tau2, q, model)
    prediction = None
    if model is not Model.FIXED and k >= 3:
        wide = float(stats.t.isf(chance, k - 2)) * sqrt(se**2 + tau2)
        prediction = Range(estimate - wide, estimate + wide)
    return Pooled(
        measure=measure,
        model=model,
        interval=interval,
        k=k,
        estimate=estimate,
        se=se,
        ci=Range(estimate - reach * se, estimate + reach * se),
        level=level,
        p=p,
        tau2=tau2,
        i2=i2,
        h2=h2,
        q=q,
        q_df=k - 1,
        q_p=float(stats.chi2.sf(q, k - 1)) if k > 1 else 1.0,
        prediction=prediction,
        weights=tuple(float(each) for each in 100 * w / w.sum()),
    )


def between_variance(effects: Sequence[Effect], model: Model) -> float:
    """Return tau², the variance between trials; 0 for a fixed effect or a single trial."""
    if model is Model.FIXED or len(effects) < 2:
        return 0.0
    if model is Model.REML:
        return _reml(effects)
    import numpy as np

    y = np.array([each.estimate for each in effects])
    v = np.array([each.variance for each in effects])
    if _scatter(y, v, 0.0) <= len(effects) - 1:
        return 0.0  # less scatter than chance gives; statsmodels would take a negative variance
    if model is Model.DERSIMONIAN_LAIRD:
        from statsmodels.stats.meta_analysis import combine_effects

        return float(combine_effects(y, v, method_re="dl").tau2)
    return _paule_mandel(y, v)


def _scatter(y: Any, v: Any, tau2: float) -> float:
    w = 1 / (v + tau2)
    return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())


def _paule_mandel(y: Any, v: Any) -> float:
    """Return the tau² at which the weighted scatter is what chance alone would give.

    Not by statsmodels 0.15: its iteration can step below zero and then answers 0 although the
    equation has a positive root (seen on three of this project's tables against metafor).
    """
    from scipy.optimize import brentq

    widest = 1.0
    while _scatter(y, v, widest) > len(y) - 1:
        widest *= 2
    return float(brentq(lambda tau2: _scatter(y, v, tau2) - (len(y) - 1), 0.0, widest, xtol=1e-14))


def _reml(effects: Sequence[Effect]) -> float:
    """Return the tau² at which the restricted likelihood is highest, never below 0."""
    import numpy as np
    from scipy.optimize import brentq

    y = np.array([each.estimate for each in effects])
    v = np.array([each.variance for each in effects])

    def slope(tau2: float) -> float:
        w = 1 / (v + tau2)
        middle = (w * y).sum() / w.sum()
        return float(-w.sum() + (w**2).sum() / w.sum() + (w**2 * (y - middle) ** 2).sum())

    def likelihood(tau2: float) -> float:
        w = 1 / (v + tau2)
        middle = (w * y).sum() / w.sum()
        return float(
            0.5 * np.log(w).sum() - 0.5 * log(w.sum()) - 0.5 * (w * (y - middle) ** 2).sum()
        )

    widest = 10 * float(np.ptp(y)) ** 2 + float(v.max())
    steps = np.concatenate([[0.0], np.geomspace(widest * 1e-8, widest, 200)])
    slopes = [slope(float(step)) for step in steps]
    tops = [
        float(brentq(slope, low, high, xtol=1e-14, rtol=1e-13))
        for low, high, before, after in zip(
            steps[:-1], steps[1:], slopes[:-1], slopes[1:], strict=True
        )
        if before > 0 >= after
    ]
    return max([0.0, *tops], key=likelihood)


def _inconsistency(variances: Any, tau2: float, q: float, model: Model) -> tuple[float, float]:
    """Return I² in percent and H²: from tau² and the typical variance, or from Q when fixed."""
    k = len(variances)
    if k < 2:
        return 0.0, 1.0
    if model is Model.FIXED:
        h2 = q / (k - 1)
        return (max(0.0, 100 * (q - (k - 1)) / q) if q > 0 else 0.0), h2
    w = 1 / variances
    typical = (k - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
    return float(100 * tau2 / (tau2 + typical)), float(tau2 / typical + 1)
