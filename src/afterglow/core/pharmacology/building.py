"""From a model and a body to numbers: the state matrix, and what a regimen puts in where.

Everything is float64 in litres, minutes and milligrams of base. Parameters may be scalars (one
patient) or arrays of shape ``(n,)`` (a population); matrices then carry a leading axis ``n``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology.definition import Flow, Model
from afterglow.core.pharmacology.errors import BadTimes, UnknownModel
from afterglow.core.pharmacology.inputs import Bolus, Infusion, Regimen, Route, Spray
from afterglow.core.pharmacology.library import constant, constant_number
from afterglow.core.pharmacology.mass import BaseMass
from afterglow.core.pharmacology.patient import Patient
from afterglow.core.pharmacology.standing import Number

Floats = npt.NDArray[np.float64]
Value = float | Floats

_TO_BASE_UNITS = {
    "L": 1.0,
    "L/kg": 1.0,  # times the weight
    "L/h": 1 / 60,
    "L/min": 1.0,
    "/h": 1 / 60,
    "/min": 1.0,
    "h": 60.0,
    "min": 1.0,
    "mg": 1.0,
    "": 1.0,
}
_REFERENCE_KG = 70.0
COVARIATES = ("weight_kg", "age_years", "asian", "japanese")


def covariates_of(patient: Patient) -> dict[str, Value]:
    """Return a patient's covariates by the names that definitions use."""
    return {name: patient.covariate(name) for name in COVARIATES}


def typical_parameters(model: Model, covariates: Mapping[str, Value]) -> dict[str, Value]:
    """Return every parameter in L, min and mg for these covariates, without random effects.

    Covariates are scalars or arrays of shape (n,). Raises InvalidValue for a unit it cannot read.
    """
    weight = covariates["weight_kg"]
    values: dict[str, Value] = {}
    for name, parameter in model.parameters.items():
        unit = parameter.number.unit
        if unit not in _TO_BASE_UNITS:
            raise InvalidValue(
                f"{parameter.number.name} is in {unit!r}; it must be one of "
                f"{', '.join(u or 'no unit' for u in _TO_BASE_UNITS)}."
            )
        value: Value = parameter.number.value
        for effect in parameter.effects:
            seen = covariates[effect.on]
            if effect.add_per_unit:
                value = value + effect.add_per_unit * np.maximum(seen - effect.above, 0.0)
            else:
                value = value * np.where(np.asarray(seen) > 0, effect.times, 1.0)
        value = value * _TO_BASE_UNITS[unit]
        if unit == "L/kg":
            value = value * weight
        if parameter.weight_exponent:
            value = value * (weight / _REFERENCE_KG) ** parameter.weight_exponent
        values[name] = value
    return values


@dataclass(frozen=True)
class System:
    """dx/dt = ``matrix`` · x + input, x in mg; concentrations in ng/mL = ``read`` · x.

    ``matrix`` has shape (S, S) or (n, S, S); ``read`` (O, S) or (n, O, S), where S counts the
    states that the regimen reaches and O the analytes. An effect site is a state in ng/mL.
    """

    states: tuple[str, ...]
    analytes: tuple[str, ...]
    matrix: Floats
    read: Floats
    used: tuple[Number, ...]

    @property
    def fastest_per_min(self) -> float:
        """The fastest rate at which any state empties."""
        diagonal = np.diagonal(self.matrix, axis1=-2, axis2=-1)
        return float(-diagonal.min()) if diagonal.size else 0.0


def reachable(model: Model, routes: Iterable[str]) -> tuple[str, ...]:
    """Return the states that drug given by these routes comes to, in the model's order."""
    found = {entry.into for route in routes for entry in model.route(route)}
    while True:
        more = {
            flow.to for flow in model.flows if flow.source in found and flow.to is not None
        } - found
        if not more:
            return tuple(state for state in model.states if state in found)
        found |= more


def build_system(
    model: Model,
    values: Mapping[str, Value],
    *,
    routes: Iterable[str],
    effect_site_ke0: Number | None = None,
) -> System:
    """Build the state matrix for what these routes reach.

    ``effect_site_ke0`` (per minute) adds an ``effect_site`` driven by ketamine in plasma.
    Raises UnknownModel for a route that the model does not have.
    """
    routes = tuple(routes)
    states = reachable(model, routes)
    flows = [flow for flow in model.flows if flow.source in states]
    extra = ("effect_site",) if effect_site_ke0 else ()
    index = {name: row for row, name in enumerate((*states, *extra))}
    shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    matrix = np.zeros((*shape, len(index), len(index)))
    for flow in flows:
        leaving = flow_rate(model, flow, values)
        source = index[flow.source]
        matrix[..., source, source] -= leaving
        if flow.to is not None:
            arriving = leaving * values[flow.fraction] if flow.fraction else leaving
            matrix[..., index[flow.to], source] += arriving
    analytes = [
        name
        for name, output in model.outputs.items()
        if all(state in index for state in output.states)
    ]
    read = np.zeros((*shape, len(analytes) + len(extra), len(index)))
    constants: list[Number] = []
    for row, name in enumerate(analytes):
        output = model.outputs[name]
        ratio = 1.0
        if output.as_moles_of:
            ratio = constant("molar_mass", output.as_moles_of) / constant("molar_mass", "ketamine")
            constants.append(constant_number("molar_mass", output.as_moles_of))
        for state in output.states:
            read[..., row, index[state]] = 1000.0 * ratio / values[model.volume_of(state)]
    if effect_site_ke0:
        site = index["effect_site"]
        matrix[..., site, :] += effect_site_ke0.value * read[..., analytes.index("ketamine"), :]
        matrix[..., site, site] -= effect_site_ke0.value
        read[..., -1, site] = 1.0
        constants.append(effect_site_ke0)
    used = _numbers_used(model, flows, states, routes)
    return System(tuple(index), (*analytes, *extra), matrix, read, (*used, *constants))


def flow_rate(model: Model, flow: Flow, values: Mapping[str, Value]) -> Value:
    """Return the rate constant per minute at which a flow empties its source."""
    if flow.clearance is not None:
        rate: Value = values[flow.clearance] / values[model.volume_of(flow.source)]
    elif flow.rate is not None:
        rate = values[flow.rate]
    elif flow.transit is not None:
        rate = flow.stages / values[flow.transit]
    else:
        raise InvalidValue(f"Model {model.key}: the flow from {flow.source} has no rate.")
    for factor in flow.times:
        rate = rate * values[factor]
    return rate


def _numbers_used(
    model: Model, flows: Iterable[Flow], states: Iterable[str], routes: Iterable[str]
) -> tuple[Number, ...]:
    names = [name for flow in flows for name in flow.parameters]
    names += [volume for state in states if (volume := model.states[state])]
    for route in routes:
        for entry in model.route(route):
            names += [*entry.fraction, *([entry.over] if entry.over else [])]
            if "nasal" in entry.fraction or "not_nasal" in entry.fraction:
                names += [model.nasal["fraction"], model.nasal["later"]]
    return tuple(
        model.parameters[name].number for name in dict.fromkeys(names) if name in model.parameters
    )


@dataclass(frozen=True)
class Schedule:
    """A regimen as the solver wants it: at ``at[i]`` comes ``jumps[i]``, from then on ``rates[i]``.

    ``at`` has shape (m,) and starts at 0; ``jumps`` (mg) and ``rates`` (mg/min) have shape
    (m, S) or (m, n, S).
    """

    at: Floats
    jumps: Floats
    rates: Floats


def routes_of(regimen: Regimen) -> tuple[str, ...]:
    """Return the routes that a regimen uses; an empty one counts as intravenous."""
    used = dict.fromkeys(
        Route.INTRAVENOUS
        if isinstance(event, Infusion)
        else (Route.INTRANASAL if isinstance(event, Spray) else event.route)
        for event in regimen.events
    )
    return tuple(str(route) for route in used) or (str(Route.INTRAVENOUS),)


def schedule(
    model: Model,
    system: System,
    values: Mapping[str, Value],
    regimen: Regimen,
    *,
    dose_factor: Value = 1.0,
) -> Schedule:
    """Turn a regimen into jumps and rates of every state.

    ``dose_factor`` scales every dose, per patient when it has shape (n,). Raises InvalidValue when
    a zero-order absorption time differs between patients: every patient shares one time grid.
    """
    row = {name: i for i, name in enumerate(system.states)}
    shape = system.matrix.shape[:-1]
    pieces: list[tuple[float, float | None, int, Value]] = []  # start, end, state, mg or mg/min
    sprays = 0
    for event in regimen.events:
        mg = event.mass.as_base.mg * dose_factor
        if isinstance(event, Infusion):
            for entry in model.route(Route.INTRAVENOUS):
                part = _fraction(model, values, entry.fraction, 0) * mg / event.duration_min
                pieces.append((event.start_min, event.end_min, row[entry.into], part))
            continue
        route = Route.INTRANASAL if isinstance(event, Spray) else event.route
        order = sprays
        sprays += route is Route.INTRANASAL
        for entry in model.route(route):
            part = _fraction(model, values, entry.fraction, order) * mg
            if entry.over is None:
                pieces.append((event.at_min, None, row[entry.into], part))
                continue
            span = values[entry.over]
            if np.ndim(span):
                raise InvalidValue(
                    f"{model.key}.{entry.over} differs between patients; a population needs one."
                )
            end = event.at_min + float(span)
            pieces.append((event.at_min, end, row[entry.into], part / span))
    at = np.unique([0.0, *(p[0] for p in pieces), *(p[1] for p in pieces if p[1] is not None)])
    jumps = np.zeros((len(at), *shape))
    rates = np.zeros((len(at), *shape))
    for start, stop, state, amount in pieces:
        first = int(np.searchsorted(at, start))
        if stop is None:
            jumps[first, ..., state] += amount
        else:
            rates[first : int(np.searchsorted(at, stop)), ..., state] += amount
    return Schedule(at, jumps, rates)


def _fraction(
    model: Model, values: Mapping[str, Value], names: tuple[str, ...], order: int
) -> Value:
    product: Value = 1.0
    for name in names:
        if name in ("nasal", "not_nasal"):
            absorbed = values[model.nasal["fraction"]]
            if order:
                absorbed = absorbed * values[model.nasal["later"]]
            product = product * (absorbed if name == "nasal" else 1.0 - absorbed)
        else:
            product = product * values[name]
    return product


def checked_times(times_min: npt.ArrayLike) -> Floats:
    """Return output times as a float64 array of shape (t,), in minutes.

    Raises BadTimes when they are not finite, not ascending, negative, or none at all.
    """
    times = np.atleast_1d(np.asarray(times_min, dtype=np.float64))
    if times.ndim != 1 or times.size == 0:
        raise BadTimes(f"Times have shape {times.shape}; a list of at least one time is needed.")
    if not np.isfinite(times).all():
        bad = times[~np.isfinite(times)][0]
        raise BadTimes(f"A time is {bad}; every time must be a finite number of minutes.")
    if times[0] < 0:
        raise BadTimes(f"The first time is {times[0]:g} min; it must be 0 min or later.")
    steps = np.diff(times)
    if (steps < 0).any():
        at = int(np.argmax(steps < 0))
        raise BadTimes(
            f"Time {times[at + 1]:g} min follows {times[at]:g} min; times must be sorted."
        )
    return times


def nasal_sprays(model: Model, mg: float, *, at_min: float = 0.0) -> tuple[Spray, ...]:
    """Return the whole devices that make up a nasal dose.

    Raises UnknownModel when the model has no nasal route, InvalidValue when ``mg`` is no whole
    number of devices.
    """
    if not model.nasal:
        raise UnknownModel(
            f"Model {model.key} has no route 'intranasal'; it has {', '.join(model.routes)}."
        )
    device = model.parameters[model.nasal["device"]].number.value
    count = round(mg / device)
    if count < 1 or abs(count * device - mg) > 1e-9:
        raise InvalidValue(
            f"A nasal dose of {mg:g} mg is no whole number of {device:g}-mg devices."
        )
    return tuple(Spray(BaseMass(device), at_min) for _ in range(count))


def single_dose(model: Model, route: Route, mg: float, *, duration_min: float = 0.0) -> Regimen:
    """Return one dose by one route, in mg of base: an infusion when ``duration_min`` > 0."""
    if route is Route.INTRANASAL:
        return Regimen(nasal_sprays(model, mg))
    if route is Route.INTRAVENOUS and duration_min > 0:
        return Regimen.constant(BaseMass(mg), over_min=duration_min)
    return Regimen((Bolus(BaseMass(mg), 0.0, route),))


def starts_and_ends(event: Bolus | Infusion | Spray) -> tuple[float, ...]:
    """Return the moments at which a curve may have a corner."""
    if isinstance(event, Infusion):
        return (event.start_min, event.end_min)
    return (event.at_min,)
