"""Several treatments at once: an indirect comparison, never without the assumptions it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis import codes
from afterglow.core.evidence.synthesis.effects import Measure
from afterglow.core.evidence.synthesis.pooling import Model, Range

ASSUMPTIONS: Final = (
    "Transitivity: the trials are alike in everything that changes the effect (patients, "
    "resistance to treatment, time point, definition of the outcome), so that anyone in one trial "
    "could have been in any other.",
    "Consistency: direct and indirect evidence on the same pair estimate the same effect.",
    "The control arms are the same thing wherever they have the same name; a saline control that "
    "everybody sees through and an active placebo are not.",
    "One variance between trials holds for every pair of treatments, with a correlation of one "
    "half between the contrasts of a trial with several arms.",
    "No trial with an unwelcome result is missing.",
)


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """One arm of one trial on the pooling scale: a log odds, a mean. ``variance`` is its own."""

    study: str
    treatment: str
    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One treatment against another; ``direct`` counts the trials that compare the two."""

    treatment: str
    against: str
    estimate: float
    se: float
    ci: Range
    direct: int

    @property
    def indirect_only(self) -> bool:
        """Whether no trial compares the two."""
        return self.direct == 0


@dataclass(frozen=True, slots=True)
class Network:
    """What a network gives. It cannot be built, printed or stored without its assumptions."""

    measure: Measure
    model: Model
    reference: str
    comparisons: tuple[Comparison, ...]
    tau2: float
    q: float
    q_df: int
    q_p: float
    assumptions: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.assumptions:
            raise InvalidValue("A network comparison is not shown without its assumptions.")


def may_compare(arms: Sequence[ArmEffect], reference: str) -> Decision:
    """Decide whether the trials form one network around ``reference``."""
    by_study = _by_study(arms)
    reasons = [
        codes.NETWORK_ONE_ARM.reason(seen=study, limit=len(found))
        for study, found in by_study.items()
        if len({arm.treatment for arm in found}) < 2
    ]
    linked = {reference}
    grows = True
    while grows:
        grows = False
        for found in by_study.values():
            names = {arm.treatment for arm in found}
            if names & linked and not names <= linked:
                linked |= names
                grows = True
    reasons += [
        codes.NETWORK_NOT_CONNECTED.reason(seen=treatment, limit=reference)
        for treatment in sorted({arm.treatment for arm in arms} - linked)
    ]
    return Decision.from_reasons(reasons)


def compare(
    arms: Sequence[ArmEffect],
    *,
    reference: str,
    measure: Measure,
    model: Model = Model.REML,
    level: int = 95,
) -> Network:
    """Compare every treatment with ``reference``, by weighted least squares over all trials.

    Trials with several arms keep the covariance of their shared control. ``model`` is FIXED or
    REML. Raises InvalidValue with every reason when the trials form no network.
    """
    import numpy as np
    from scipy import stats
    from scipy.optimize import minimize_scalar

    decision = may_compare(arms, reference)
    if decision.refused:
        raise InvalidValue(" ".join(reason.sentence for reason in decision.blockers))
    if model not in (Model.FIXED, Model.REML):
        raise InvalidValue(f"A network is pooled by fixed or reml, not by {model}.")
    names = sorted({arm.treatment for arm in arms} - {reference})
    y, x, within, between = _contrasts(arms, names, reference)

    def fit(tau2: float) -> tuple[Any, Any, Any, float]:
        weights = np.linalg.inv(within + tau2 * between)
        information = x.T @ weights @ x
        covariance = np.linalg.inv(information)
        beta = covariance @ x.T @ weights @ y
        rest = y - x @ beta
        scatter = float(rest @ weights @ rest)
        return beta, covariance, information, scatter

    def deviance(tau2: float) -> float:
        _beta, _covariance, information, scatter = fit(tau2)
        whole = float(np.linalg.slogdet(within + tau2 * between)[1])
        return whole + float(np.linalg.slogdet(information)[1]) + scatter

    tau2 = 0.0
    if model is Model.REML and len(y) > len(names):
        widest = 10 * float(np.ptp(y)) ** 2 + float(np.diag(within).max())
        found = minimize_scalar(
            deviance, bounds=(0.0, widest), method="bounded", options={"xatol": 1e-10}
        )
        tau2 = float(found.x) if found.fun < deviance(0.0) else 0.0
    beta, covariance, _information, _scatter = fit(tau2)
    q = fit(0.0)[3]
    df = len(y) - len(names)
    reach = float(stats.norm.isf((100 - level) / 200))
    return Network(
        measure=measure,
        model=model,
        reference=reference,
        comparisons=tuple(_pairs(names, reference, beta, covariance, reach, arms)),
        tau2=tau2,
        q=q,
        q_df=df,
        q_p=float(stats.chi2.sf(q, df)) if df else 1.0,
        assumptions=ASSUMPTIONS,
    )


def _by_study(arms: Sequence[ArmEffect]) -> dict[str, list[ArmEffect]]:
    found: dict[str, list[ArmEffect]] = {}
    for arm in arms:
        found.setdefault(arm.study, []).append(arm)
    return found


def _contrasts(
    arms: Sequence[ArmEffect], names: list[str], reference: str
) -> tuple[Any, Any, Any, Any]:
    """Return contrasts against each trial's first arm: values, design, covariances."""
    import numpy as np

    values: list[float] = []
    design: list[list[float]] = []
    blocks: list[tuple[Any, Any]] = []
    for found in _by_study(arms).values():
        base, others = found[0], found[1:]
        for arm in others:
            values.append(arm.value - base.value)
            design.append([(arm.treatment == n) - (base.treatment == n) for n in names])
        size = len(others)
        own = np.diag([arm.variance for arm in others]) + base.variance * np.ones((size, size))
        blocks.append((own, 0.5 * (np.eye(size) + np.ones((size, size)))))
    whole = len(values)
    within, between = np.zeros((whole, whole)), np.zeros((whole, whole))
    at = 0
    for own, shared in blocks:
        end = at + len(own)
        within[at:end, at:end], between[at:end, at:end] = own, shared
        at = end
    return np.array(values), np.array(design, dtype=float), within, between


def _pairs(
    names: list[str],
    reference: str,
    beta: Any,
    covariance: Any,
    reach: float,
    arms: Sequence[ArmEffect],
) -> list[Comparison]:
    import numpy as np

    place = {name: np.eye(len(names))[at] for at, name in enumerate(names)}
    place[reference] = np.zeros(len(names))
    together = [{arm.treatment for arm in found} for found in _by_study(arms).values()]
    made = []
    every = [*names, reference]
    for at, one in enumerate(every):
        for other in every[at + 1 :]:
            pick = place[one] - place[other]
            estimate = float(pick @ beta)
            se = sqrt(float(pick @ covariance @ pick))
            made.append(
                Comparison(
                    one,
                    other,
                    estimate,
                    se,
                    Range(estimate - reach * se, estimate + reach * se),
                    sum(1 for trial in together if {one, other} <= trial),
                )
            )
    return made
