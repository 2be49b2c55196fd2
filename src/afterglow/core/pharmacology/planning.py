"""What pages ask: the band a plan or a dose history predicts, two plans side by side, and "what if
I stop now".

Everything here is data a page can draw (no SVG, no HTML) with every sentence it must say. Where a
model may not be believed, the answer carries the reasons and no curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import building
from afterglow.core.pharmacology.definition import Model, VariabilityBlock, load_model
from afterglow.core.pharmacology.inputs import Regimen
from afterglow.core.pharmacology.patient import Patient
from afterglow.core.pharmacology.sampling import vary
from afterglow.core.pharmacology.simulation import effect_site_ke0, simulate
from afterglow.core.pharmacology.solver import solve
from afterglow.core.pharmacology.standing import Number, check_accepted
from afterglow.core.pharmacology.validity import NO_VARIABILITY, UNCONFIRMED, validity

Floats = npt.NDArray[np.float64]

TWINS = 400
"""Virtual patients with this patient's body: enough that the 5 and 95 % lines hold to about 2 %."""
SEED = 20210615
"""One seed for every band, so that two plans differ by the plan and not by the draw."""


@dataclass(frozen=True)
class Line:
    """One analyte's band at ``times_min``: 5 %, 50 %, 95 % of the twins and the typical patient."""

    p5: Floats
    p50: Floats
    p95: Floats
    typical: Floats


@dataclass(frozen=True)
class PredictedBand:
    """What a model predicts for a body and a dose history, or why it may not.

    ``lines`` maps analytes (``ketamine``, ``norketamine``, ``effect_site``) to arrays of shape
    (t,) in ng/mL; it is empty when ``decision`` is refused. ``cautions`` of the decision are what
    the page says beside the curve, first of them the model's own weaknesses.
    """

    model: str
    version: int
    sample: str
    population: str
    times_min: Floats
    lines: Mapping[str, Line]
    decision: Decision
    weaknesses: tuple[str, ...]
    unconfirmed: tuple[Number, ...]

    @property
    def drawn(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.lines)

    def as_data(self) -> dict[str, Any]:
        """Return plain lists, the unit in each key, for a template or JSON."""
        said: dict[str, Any] = {
            "model": self.model,
            "version": self.version,
            "sample": self.sample,
            "times_min": self.times_min.tolist(),
        }
        for analyte, line in self.lines.items():
            for name in ("p5", "p50", "p95", "typical"):
                said[f"{analyte}_{name}_ng_per_ml"] = getattr(line, name).tolist()
        said["reasons"] = [{"code": r.code, "sentence": r.sentence} for r in self.decision]
        said["weaknesses"] = list(self.weaknesses)
        said["unconfirmed"] = [str(one) for one in self.unconfirmed]
        return said


def predicted_band(
    regimen: Regimen,
    times_min: npt.ArrayLike,
    *,
    patient: Patient,
    model: Model | str = "otto2021",
    effect_site: bool = False,
    ke0: Number | None = None,
    accept_unconfirmed: bool = False,
    twins: int = TWINS,
) -> PredictedBand:
    """Return the predicted band of a dose history: the 5, 50 and 95 % of ``twins`` of this patient.

    ``regimen`` from a plan, or from charted or reported rates by ``Regimen.from_rates``;
    ``times_min`` (t,) ascending minutes from its zero. With an effect site (a proposed rate
    constant, the shipped one unless ``ke0`` is given) ``accept_unconfirmed`` is needed, and the
    result names the number. Where its limits forbid a prediction, ``lines`` is empty and
    ``decision`` says why. No numba, a few milliseconds.
    """
    model = load_model(model) if isinstance(model, str) else model
    times = building.checked_times(times_min)
    if not 20 <= twins <= 100_000:
        raise InvalidValue(f"A band of {twins} twins was asked for; it must be 20 to 100000.")
    decision = validity(model, patient, regimen)
    if not model.variability:
        decision &= Decision((NO_VARIABILITY.reason(seen=model.key, limit="otto2021"),))
    ke0 = (ke0 or effect_site_ke0()) if effect_site else None
    bodies = _twins(model, patient, twins)
    routes = building.routes_of(regimen)
    system = building.build_system(model, bodies, routes=routes, effect_site_ke0=ke0)
    unconfirmed = check_accepted(
        system.used, accept_unconfirmed=accept_unconfirmed, what=f"Model {model.key}"
    )
    decision &= Decision.from_reasons(*(UNCONFIRMED.reason(seen=str(n)) for n in unconfirmed))
    lines: dict[str, Line] = {}
    if decision.allowed:
        plan = building.schedule(model, system, bodies, regimen)
        curves = solve(system.matrix, plan, times, system.read)
        lines = {
            name: _line(curves[1:, row], curves[0, row]) for row, name in enumerate(system.analytes)
        }
    return PredictedBand(
        model=model.key,
        version=model.version,
        sample=model.sample,
        population=model.population,
        times_min=times,
        lines=lines,
        decision=decision,
        weaknesses=tuple(c.sentence for c in model.cautions),
        unconfirmed=unconfirmed,
    )


@lru_cache(maxsize=64)
def _drawn(blocks: tuple[VariabilityBlock, ...], twins: int) -> Mapping[str, Floats]:
    """Return the random factor of every parameter that varies, per twin: shape (twins,)."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    factors: dict[str, building.Value] = {}
    for block in blocks:
        if block.logit:
            continue
        factors |= {name: np.ones(twins) for name in block.parameters}
        vary(factors, block, rng, twins)
    return {name: np.asarray(factor) for name, factor in factors.items()}


def _twins(model: Model, patient: Patient, twins: int) -> dict[str, building.Value]:
    """Return the parameters of the typical patient first, then of every twin: (twins + 1,)."""
    values = building.typical_parameters(model, building.covariates_of(patient))
    factors = _drawn(model.variability, twins)
    everyone: dict[str, building.Value] = {}
    for name, value in values.items():
        factor = factors.get(name, np.ones(twins))
        everyone[name] = np.concatenate([[value], value * factor])
    for block in model.variability:
        if block.logit:
            rng = np.random.Generator(np.random.PCG64(SEED + 1))
            mine = {name: np.asarray(everyone[name])[1:] for name in block.parameters}
            changed: dict[str, building.Value] = dict(mine)
            vary(changed, block, rng, twins)
            for name in block.parameters:
                everyone[name] = np.concatenate([np.asarray(everyone[name])[:1], changed[name]])
    # A zero-order absorption time is one for all: the time grid is shared.
    for entries in model.routes.values():
        for entry in entries:
            if entry.over:
                everyone[entry.over] = float(np.asarray(everyone[entry.over])[0])
    return everyone


def _line(levels: Floats, typical: Floats) -> Line:
    ordered = np.sort(levels, axis=0)
    last = ordered.shape[0] - 1

    def at(quantile: float) -> Floats:
        place = quantile * last
        below = int(place)
        above = min(below + 1, last)
        share = place - below
        return np.asarray(ordered[below] * (1 - share) + ordered[above] * share)

    return Line(at(0.05), at(0.5), at(0.95), typical)


@dataclass(frozen=True)
class Comparison:
    """Two plans for one body; ``ratios``: by analyte, (peak, area), second over first."""

    first: PredictedBand
    second: PredictedBand
    ratios: Mapping[str, tuple[float, float]]


def compare_plans(
    first: Regimen,
    second: Regimen,
    times_min: npt.ArrayLike,
    *,
    patient: Patient,
    model: Model | str = "otto2021",
    accept_unconfirmed: bool = False,
) -> Comparison:
    """Return both bands from the same twins, and how peak and area of the typical patient change.

    The ratios are empty when either plan may not be predicted.
    """
    one, two = (
        predicted_band(
            plan, times_min, patient=patient, model=model, accept_unconfirmed=accept_unconfirmed
        )
        for plan in (first, second)
    )
    ratios: dict[str, tuple[float, float]] = {}
    if one.drawn and two.drawn:
        a, b = (
            simulate(
                model, plan, one.times_min, patient=patient, accept_unconfirmed=accept_unconfirmed
            )
            for plan in (first, second)
        )
        for name in a.ng_per_ml:
            area = b.auc_ng_h_per_ml[name][-1], a.auc_ng_h_per_ml[name][-1]
            ratios[name] = (_over(b[name].max(), a[name].max()), _over(*area))
    return Comparison(one, two, ratios)


def _over(new: float, old: float) -> float:
    return float(new / old) if old > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class Fall:
    """When a level falls below ``threshold_ng_per_ml`` after a stop, in minutes from the stop.

    For the 5 %, the 50 % and the 95 % line; 0 when it is below already, None when it does not fall
    so far within the time looked at.
    """

    threshold_ng_per_ml: float
    after_p5_min: float | None
    after_p50_min: float | None
    after_p95_min: float | None


@dataclass(frozen=True)
class StopNow:
    """The band if everything stopped at ``at_min``, and when thresholds are passed."""

    at_min: float
    band: PredictedBand
    falls: Mapping[str, tuple[Fall, ...]]


def if_stopped(
    regimen: Regimen,
    at_min: float,
    *,
    patient: Patient,
    thresholds_ng_per_ml: Sequence[float],
    model: Model | str = "otto2021",
    effect_site: bool = False,
    ke0: Number | None = None,
    accept_unconfirmed: bool = False,
    within_min: float = 240.0,
    every_min: float = 1.0,
) -> StopNow:
    """Return what follows if everything stopped at ``at_min``: the band, and when it has fallen.

    ``falls`` maps each analyte to one :class:`Fall` a threshold, read off the band's own lines and
    linear between its points (``every_min`` apart). Thresholds must be above 0.
    """
    for threshold in thresholds_ng_per_ml:
        if not np.isfinite(threshold) or threshold <= 0:
            raise InvalidValue(f"A threshold is {threshold:g} ng/mL; it must be above 0.")
    if not (0 < every_min <= within_min):
        raise InvalidValue(f"Steps of {every_min:g} min do not fit in {within_min:g} min.")
    times = at_min + np.arange(0.0, within_min + every_min / 2, every_min)
    band = predicted_band(
        regimen.until(at_min),
        times,
        patient=patient,
        model=model,
        effect_site=effect_site,
        ke0=ke0,
        accept_unconfirmed=accept_unconfirmed,
    )
    since = times - at_min
    falls = {
        name: tuple(
            Fall(
                threshold,
                _falls_below(line.p5, since, threshold),
                _falls_below(line.p50, since, threshold),
                _falls_below(line.p95, since, threshold),
            )
            for threshold in thresholds_ng_per_ml
        )
        for name, line in band.lines.items()
    }
    return StopNow(at_min, band, falls)


def _falls_below(levels: Floats, since: Floats, threshold: float) -> float | None:
    above = np.flatnonzero(levels >= threshold)
    if not above.size:
        return 0.0
    last = int(above[-1])
    if last == len(levels) - 1:
        return None
    high, low = levels[last], levels[last + 1]
    share = (high - threshold) / (high - low)
    return float(since[last] + share * (since[last + 1] - since[last]))
