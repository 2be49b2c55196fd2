"""A dose history written down as data: what a file, a command line or another program hands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology.errors import UnknownModel
from afterglow.core.pharmacology.inputs import (
    Bolus,
    Event,
    Infusion,
    RateStep,
    Regimen,
    Route,
    Spray,
)
from afterglow.core.pharmacology.mass import BaseMass, DrugMass, HydrochlorideMass

KINDS: Mapping[str, frozenset[str]] = {
    "bolus_mg": frozenset({"at_min", "route"}),
    "infusion_mg": frozenset({"start_min", "duration_min"}),
    "spray_mg": frozenset({"at_min"}),
    "rate_mg_per_min": frozenset({"at_min"}),
}


def read_route(text: str) -> Route:
    """Return a route by its name. Raises UnknownModel listing those there are."""
    try:
        return Route(text.lower())
    except ValueError:
        raise UnknownModel(f"No route is called {text!r}; there are {', '.join(Route)}.") from None


def read_regimen(
    events: Sequence[Any], *, until_min: float, hydrochloride: bool = False
) -> Regimen:
    """Build a regimen from a list of objects, in any order.

    Each is one of ``{"bolus_mg", "at_min", "route"?}``, ``{"infusion_mg", "start_min",
    "duration_min"}``, ``{"spray_mg", "at_min"}`` and ``{"rate_mg_per_min", "at_min"}``; rates
    follow one another, the last until ``until_min``. ``hydrochloride`` says that the masses are of
    the salt. Raises InvalidValue naming the event that cannot be read.
    """
    mass = HydrochlorideMass if hydrochloride else BaseMass
    ready: list[Event] = []
    steps: list[RateStep] = []
    for order, one in enumerate(events, start=1):
        kind = _kind(one, order)
        amount = _number(one, kind, order)
        match kind:
            case "bolus_mg":
                route = read_route(str(one.get("route", Route.INTRAVENOUS)))
                moment = _number(one, "at_min", order)
                if route is Route.INTRANASAL:
                    ready.append(Spray(mass(amount), moment))
                else:
                    ready.append(Bolus(mass(amount), moment, route))
            case "infusion_mg":
                length = _number(one, "duration_min", order)
                ready.append(Infusion(mass(amount), _number(one, "start_min", order), length))
            case "spray_mg":
                ready.append(Spray(mass(amount), _number(one, "at_min", order)))
            case _:
                per_min: DrugMass = mass(amount)
                steps.append(RateStep(_number(one, "at_min", order), per_min.as_base.mg))
    steps.sort(key=lambda step: step.at_min)
    if steps:
        end = max(until_min, steps[-1].at_min)
        ready += Regimen.from_rates(steps, until_min=end).events
    return Regimen.of(*ready)


def _kind(one: Any, order: int) -> str:
    if not isinstance(one, Mapping):
        raise InvalidValue(f"Event {order} is {one!r}; an object is needed.")
    kinds = [kind for kind in KINDS if kind in one]
    if len(kinds) != 1:
        raise InvalidValue(
            f"Event {order} has {', '.join(kinds) or 'none'} of {', '.join(KINDS)}; one is needed."
        )
    stray = set(one) - KINDS[kinds[0]] - {kinds[0]}
    if stray:
        raise InvalidValue(f"Event {order} has {', '.join(sorted(stray))}, which is not known.")
    return kinds[0]


def _number(one: Mapping[str, Any], key: str, order: int) -> float:
    value = one.get(key, 0.0 if key in ("at_min", "start_min") else None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(f"Event {order} has {key} {value!r}; a number is needed.")
    return float(value)
