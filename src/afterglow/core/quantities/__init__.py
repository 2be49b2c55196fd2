"""Quantities: the type carries the unit, and only what has a meaning can be combined.

>>> str(DosePerMass.mg_per_kg("0.5") * BodyMass.kg("70"))
'35 mg'
>>> str(Dose.mg("35") / Concentration.mg_per_ml("2"))
'17.5 mL'
>>> str(HALF_UP_TO_0_1_ML_PER_H(Volume.ml("17.5") / Duration.minutes(40)))
'26.3 mL/h'
"""

from afterglow.core.quantities.base import Quantity
from afterglow.core.quantities.kinds import (
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    DrugRate,
    Duration,
    MassBasis,
    Rate,
    Volume,
)
from afterglow.core.quantities.measures import Height, Pressure
from afterglow.core.quantities.numbers import Number, Scalar, plain
from afterglow.core.quantities.rounding import (
    DOSE_POLICIES,
    HALF_DOWN_TO_0_5_MG,
    HALF_DOWN_TO_1_MG,
    HALF_UP_TO_0_01_MG_PER_KG,
    HALF_UP_TO_0_01_ML,
    HALF_UP_TO_0_05_ML,
    HALF_UP_TO_0_1_MG,
    HALF_UP_TO_0_1_ML,
    HALF_UP_TO_0_1_ML_PER_H,
    HALF_UP_TO_1_ML_PER_H,
    RATE_POLICIES,
    VOLUME_POLICIES,
    RoundingPolicy,
    named,
)

__all__ = [
    "DOSE_POLICIES",
    "HALF_DOWN_TO_0_5_MG",
    "HALF_DOWN_TO_1_MG",
    "HALF_UP_TO_0_01_MG_PER_KG",
    "HALF_UP_TO_0_01_ML",
    "HALF_UP_TO_0_05_ML",
    "HALF_UP_TO_0_1_MG",
    "HALF_UP_TO_0_1_ML",
    "HALF_UP_TO_0_1_ML_PER_H",
    "HALF_UP_TO_1_ML_PER_H",
    "RATE_POLICIES",
    "VOLUME_POLICIES",
    "BodyMass",
    "Concentration",
    "Dose",
    "DosePerMass",
    "DrugRate",
    "Duration",
    "Height",
    "MassBasis",
    "Number",
    "Pressure",
    "Quantity",
    "Rate",
    "RoundingPolicy",
    "Scalar",
    "Volume",
    "named",
    "plain",
]
