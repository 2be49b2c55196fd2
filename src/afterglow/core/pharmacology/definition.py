"""A pharmacokinetic model as data: parameters with their sources, compartments, flows, routes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import library
from afterglow.core.pharmacology.errors import UnknownModel
from afterglow.core.pharmacology.standing import Number, Standing, number, numbers


class Scope(StrEnum):
    """Whom a model was fitted to."""

    ADULT = "adult"
    PAEDIATRIC = "paediatric"
    INTENSIVE_CARE = "intensive_care"


@dataclass(frozen=True, slots=True)
class CovariateEffect:
    """How one covariate moves a parameter: a factor when it is yes, or a slope above a value."""

    on: str
    times: float = 1.0
    above: float = 0.0
    add_per_unit: float = 0.0


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typical value for 70 kg (or for each kg), and how covariates move it."""

    number: Number
    weight_exponent: float
    effects: tuple[CovariateEffect, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Drug moving from a state, to another or out (``to`` None).

    Its rate constant is clearance / volume of the source, or ``rate``, or stages / transit time;
    times every parameter in ``times``. ``fraction`` of what leaves arrives; the rest is lost.
    """

    source: str
    to: str | None
    clearance: str | None = None
    rate: str | None = None
    transit: str | None = None
    stages: int = 1
    fraction: str | None = None
    times: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that it uses."""
        named = (self.clearance, self.rate, self.transit, self.fraction, *self.times)
        return tuple(name for name in named if name is not None)


@dataclass(frozen=True, slots=True)
class Output:
    """A concentration: summed over states, and in moles of another analyte where states carry
    ketamine equivalents."""

    states: tuple[str, ...]
    as_moles_of: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Part of a dose into a state: times every ``fraction``, at once or over a zero-order time."""

    into: str
    fraction: tuple[str, ...]
    over: str | None


@dataclass(frozen=True, slots=True)
class VariabilityBlock:
    """Between-subject variability of one or more parameters together.

    ``omega2`` is the covariance on the log scale (or on the logit scale, when ``logit``).
    """

    parameters: tuple[str, ...]
    omega2: tuple[tuple[float, ...], ...]
    logit: bool
    standing: Standing


@dataclass(frozen=True, slots=True)
class ValidRange:
    """Where a model was fitted, and beyond which nothing is drawn. ``unit`` belongs to both."""

    unit: str
    fitted: tuple[float, float]
    limit: tuple[float, float]
    source: str


@dataclass(frozen=True, slots=True)
class Caution:
    """A known weakness of a model: a stable code and a sentence."""

    code: str
    sentence: str
    standing: Standing


@dataclass(frozen=True)
class Model:
    """One published model in one version. Build it with :func:`load_model`."""

    key: str
    version: int
    title: str
    drug: str
    sample: str
    scope: Scope
    population: str
    citations: tuple[str, ...]
    cautions: tuple[Caution, ...]
    validity: Mapping[str, ValidRange]
    parameters: Mapping[str, Parameter]
    states: Mapping[str, str | None]
    flows: tuple[Flow, ...]
    outputs: Mapping[str, Output]
    routes: Mapping[str, tuple[Entry, ...]]
    nasal: Mapping[str, str]
    variability: tuple[VariabilityBlock, ...]
    residual: Mapping[str, Mapping[str, Number]]

    def route(self, name: str) -> tuple[Entry, ...]:
        """Return how a route enters the states. Raises UnknownModel listing those there are."""
        if name not in self.routes:
            raise UnknownModel(
                f"Model {self.key} has no route {name!r}; it has {', '.join(self.routes)}."
            )
        return self.routes[name]

    def volume_of(self, state: str) -> str:
        """Return the parameter that is a state's volume. Raises InvalidValue when it has none."""
        volume = self.states[state]
        if volume is None:
            raise InvalidValue(f"Model {self.key}: state {state} has no volume.")
        return volume


@cache
def load_model(key: str, version: int | None = None) -> Model:
    """Return a shipped model, checked. Raises UnknownModel listing the models there are."""
    versions = library.shipped_versions("models")
    name = key.lower().replace("-", "_")
    if name not in versions:
        raise UnknownModel(f"No model is called {key!r}; there are {', '.join(versions)}.")
    chosen = version or versions[name]
    return parse_model(name, chosen, library.body("models", name, chosen))


def model_keys() -> tuple[str, ...]:
    """Return the key of every shipped model."""
    return tuple(library.shipped_versions("models"))


def parse_model(key: str, version: int, body: Mapping[str, Any]) -> Model:
    """Build a model from its JSON body; refuse what refers to nothing.

    Raises InvalidValue naming the state or parameter that is missing.
    """
    model = Model(
        key=key,
        version=version,
        title=body["title"],
        drug=body["drug"],
        sample=body["sample"],
        scope=Scope(body["scope"]),
        population=body["population"]["text"],
        citations=tuple(_citation(one) for one in body["citations"]),
        cautions=tuple(
            Caution(one["code"], one["sentence"], Standing(one["status"]))
            for one in body["cautions"]
        ),
        validity={name: _range(one) for name, one in body["validity"].items()},
        parameters={name: _parameter(key, name, leaf) for name, leaf in body["parameters"].items()},
        states=dict(body["states"]),
        flows=tuple(flow for one in body["flows"] for flow in _flows(one)),
        outputs={
            name: Output(tuple(one["states"]), one.get("as_moles_of"))
            for name, one in body["outputs"].items()
        },
        routes={
            name: tuple(
                Entry(one["into"], tuple(one.get("fraction", ())), one.get("over"))
                for one in entries
            )
            for name, entries in body["routes"].items()
        },
        nasal=dict(body.get("nasal", {})),
        variability=tuple(_block(one) for one in body["variability"]),
        residual={
            analyte: numbers(f"{key}.residual.{analyte}", one)
            for analyte, one in body["residual"].items()
        },
    )
    for what in _dangling(model):
        raise InvalidValue(
            f"Model {key} version {version} refers to {what}, which it does not have."
        )
    return model


def _citation(one: Mapping[str, str]) -> str:
    marks = [f"doi {one['doi']}"] if "doi" in one else []
    marks += [f"PMID {one['pmid']}"] if "pmid" in one else []
    return ", ".join([one["text"], *marks])


def _range(one: Mapping[str, Any]) -> ValidRange:
    def ends(part: Mapping[str, str]) -> tuple[float, float]:
        return float(part["low"]), float(part["high"])

    return ValidRange(one["unit"], ends(one["fitted"]), ends(one["limit"]), one["fitted"]["source"])


def _parameter(key: str, name: str, leaf: Mapping[str, Any]) -> Parameter:
    value = number(f"{key}.{name}", leaf)
    effects = tuple(
        CovariateEffect(
            one["on"],
            times=float(one.get("times", 1)),
            above=float(one.get("above", 0)),
            add_per_unit=float(one.get("add_per_unit", 0)),
        )
        for one in leaf.get("covariates", ())
    )
    return Parameter(value, float(leaf.get("weight_exponent", 0)), effects)


def _flows(one: Mapping[str, Any]) -> Iterator[Flow]:
    if "between" in one:
        here, there = one["between"]
        yield Flow(here, there, clearance=one["clearance"])
        yield Flow(there, here, clearance=one["clearance"])
        return
    yield Flow(
        one["from"],
        one["to"],
        clearance=one.get("clearance"),
        rate=one.get("rate"),
        transit=one.get("transit"),
        stages=int(one.get("stages", 1)),
        fraction=one.get("fraction"),
        times=tuple(one.get("times", ())),
    )


def _block(one: Mapping[str, Any]) -> VariabilityBlock:
    if "cv" in one:
        omega2: tuple[tuple[float, ...], ...] = ((math.log1p(float(one["cv"]) ** 2),),)
    elif "logit_sd" in one:
        omega2 = ((float(one["logit_sd"]) ** 2,),)
    else:
        omega2 = tuple(tuple(float(cell) for cell in row) for row in one["omega2"])
    return VariabilityBlock(
        tuple(one["parameters"]), omega2, "logit_sd" in one, Standing(one["status"])
    )


def _dangling(model: Model) -> Iterator[str]:
    known = set(model.parameters) | {"nasal", "not_nasal"}
    for flow in model.flows:
        yield from (f"state {s!r}" for s in (flow.source, flow.to) if s and s not in model.states)
        yield from (f"parameter {p!r}" for p in flow.parameters if p not in known)
        if flow.clearance and not model.states.get(flow.source):
            yield f"a volume of state {flow.source!r}"
    for output in model.outputs.values():
        yield from (f"state {s!r}" for s in output.states if s not in model.states)
        yield from (f"a volume of state {s!r}" for s in output.states if not model.states.get(s))
    for entries in model.routes.values():
        yield from (f"state {e.into!r}" for e in entries if e.into not in model.states)
        yield from (f"parameter {p!r}" for e in entries for p in e.fraction if p not in known)
    for block in model.variability:
        yield from (f"parameter {p!r}" for p in block.parameters if p not in known)
