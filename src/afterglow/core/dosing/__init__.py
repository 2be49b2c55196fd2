"""Dosing: from an order to a bag, a pump rate and the milligrams that reached the patient.

``rules`` reads a protocol version; ``body`` gives the dosing mass; ``plan`` does the arithmetic
and writes it out; ``checks_*`` judge; ``totals`` adds up what was given; ``titration`` suggests.
"""

from afterglow.core.dosing import codes
from afterglow.core.dosing.bag import Bag, Diluent, Draw, Mixing
from afterglow.core.dosing.body import (
    Body,
    FormulaSex,
    adjusted_mass,
    body_mass_index,
    dosing_mass,
    ideal_mass,
)
from afterglow.core.dosing.checks_body import MassMeasured, check_basis, check_weight
from afterglow.core.dosing.checks_order import OrderFacts, check_order
from afterglow.core.dosing.checks_preparation import PreparationFacts, check_preparation
from afterglow.core.dosing.plan import (
    PlannedInfusion,
    Prescription,
    Step,
    diluent_for,
    plan_infusion,
    pump_rate,
    shown,
)
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.dosing.titration import Direction, Titration, suggest_titration
from afterglow.core.dosing.totals import (
    Given,
    RateFrom,
    Reconciliation,
    Segment,
    Source,
    completes_at,
    delivered,
    given_by_pump,
    given_so_far,
    reconcile,
    segments,
)

__all__ = [
    "Bag",
    "Body",
    "Diluent",
    "Direction",
    "DosingRules",
    "Draw",
    "FormulaSex",
    "Given",
    "MassMeasured",
    "Mixing",
    "OrderFacts",
    "PlannedInfusion",
    "PreparationFacts",
    "Prescription",
    "RateFrom",
    "Reconciliation",
    "Segment",
    "Source",
    "Step",
    "Titration",
    "adjusted_mass",
    "body_mass_index",
    "check_basis",
    "check_order",
    "check_preparation",
    "check_weight",
    "codes",
    "completes_at",
    "delivered",
    "diluent_for",
    "dosing_mass",
    "given_by_pump",
    "given_so_far",
    "ideal_mass",
    "plan_infusion",
    "pump_rate",
    "reconcile",
    "segments",
    "shown",
    "suggest_titration",
]
