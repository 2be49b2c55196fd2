"""Every published ketamine model that could be had: exact, fast, and honest about its sources.

>>> from afterglow.core.pharmacology import BaseMass, Regimen, simulate
>>> curve = simulate("otto2021", Regimen.constant(BaseMass(35), over_min=40), [40, 240])
>>> [round(float(level), 2) for level in curve["ketamine"]]
[158.04, 25.17]

Needs NumPy only; numba is loaded when a population runs (:mod:`population`).
"""

from afterglow.core.pharmacology.definition import Model, Scope, load_model, model_keys, parse_model
from afterglow.core.pharmacology.errors import (
    BadDose,
    BadTimes,
    OutsideRange,
    OverlappingInfusions,
    UnconfirmedParameter,
    UnknownModel,
)
from afterglow.core.pharmacology.inputs import Bolus, Infusion, RateStep, Regimen, Route, Spray
from afterglow.core.pharmacology.mass import BaseMass, DrugMass, HydrochlorideMass
from afterglow.core.pharmacology.patient import Patient
from afterglow.core.pharmacology.simulation import Peak, Simulation, peak, simulate
from afterglow.core.pharmacology.standing import Number, Standing

__all__ = [
    "BadDose",
    "BadTimes",
    "BaseMass",
    "Bolus",
    "DrugMass",
    "HydrochlorideMass",
    "Infusion",
    "Model",
    "Number",
    "OutsideRange",
    "OverlappingInfusions",
    "Patient",
    "Peak",
    "RateStep",
    "Regimen",
    "Route",
    "Scope",
    "Simulation",
    "Spray",
    "Standing",
    "UnconfirmedParameter",
    "UnknownModel",
    "load_model",
    "model_keys",
    "parse_model",
    "peak",
    "simulate",
]
