"""Every reason code of weight, order, preparation and totals, declared once.

The rules write their own sentences, for a number is said with its arithmetic there; the patterns
here are what documents and translations list. An override of any of these binds the value seen.
"""

from __future__ import annotations

from typing import Final

from afterglow.core.decisions import Overrider
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("dosing")
_no = _SUBJECT.blocker
_caution = _SUBJECT.caution
_BY: Final = Overrider.PRESCRIBER

# The weight
_no("WEIGHT_IMPLAUSIBLE", "The weight, {seen}, is outside {limit}.")
_no("HEIGHT_IMPLAUSIBLE", "The height, {seen}, is outside {limit}.")
_no(
    "BMI_IMPLAUSIBLE",
    "The body mass index is {seen}, outside {limit}: check weight and height.",
    by=_BY,
    binds_value=True,
)
_caution(
    "WEIGHT_MAY_BE_POUNDS",
    "The body mass index is {seen}, from {limit} on suspect: was the weight read in pounds?",
)
_no(
    "WEIGHT_LOOKS_LIKE_POUNDS",
    "The weight, {seen} against {limit}, looks like pounds typed as kilograms.",
    source="clinical reference 2.3",
)
_no(
    "EARLIER_WEIGHT_LOOKS_LIKE_POUNDS",
    "The weight is {seen} against {limit}: the earlier one looks like pounds typed as kilograms.",
    source="clinical reference 2.3",
)
_no(
    "WEIGHT_CHANGED_BLOCK",
    "The weight changed by {seen}, above the limit of {limit}: weigh again.",
    by=_BY,
    binds_value=True,
)
_caution("WEIGHT_CHANGED_REVIEW", "The weight changed by {seen}, above {limit}.")

# The mass that a dose stands on
_no("HEIGHT_UNKNOWN", "No height is known: measure it, or choose the basis of the dose.")
_no(
    "BASIS_NOT_CHOSEN",
    "The body mass index is {seen}, at or above {limit}: the prescriber must choose the basis.",
)
_no("SEX_FOR_FORMULA_UNKNOWN", "The chosen body mass needs the sex for Devine's formula.")
_no(
    "DOSING_MASS_ABOVE_ACTUAL",
    "The chosen body mass, {seen}, is above the actual one, {limit}.",
    by=_BY,
    binds_value=True,
)

# The order
_no(
    "DOSE_PER_KG_ABOVE_HARD_LIMIT",
    "The dose per kilogram, {seen}, is above the hard limit of {limit}.",
)
_no(
    "DOSE_PER_KG_ABOVE_SOFT_LIMIT",
    "The dose per kilogram, {seen}, is above the soft limit of {limit}.",
    by=_BY,
    binds_value=True,
)
_no("DOSE_ABOVE_HARD_LIMIT", "The dose, {seen}, is above the hard limit of {limit}.")
_no(
    "DOSE_ABOVE_SOFT_LIMIT",
    "The dose, {seen}, is above the soft limit of {limit}.",
    by=_BY,
    binds_value=True,
)
_no(
    "DOSE_STEP_ABOVE_SOFT_LIMIT",
    "The dose rises by {seen}, above the soft limit of {limit}.",
    by=_BY,
    binds_value=True,
)
_no("INFUSION_TOO_SHORT", "The infusion, {seen}, is shorter than the hard limit of {limit}.")
_no("TOO_MANY_INFUSIONS", "This would be infusion number {seen}; the hard limit is {limit}.")
_caution("DOSE_BELOW_USUAL", "The dose per kilogram, {seen}, is below the lowest usual {limit}.")
_caution("FIRST_DOSE_ABOVE_START", "The first dose, {seen}, is above the usual start of {limit}.")
_caution("INFUSION_SHORTER_THAN_USUAL", "The infusion, {seen}, is shorter than the usual {limit}.")
_caution("INFUSION_LONGER_THAN_USUAL", "The infusion, {seen}, is longer than the usual {limit}.")

# The preparation
_no("STRENGTH_MISMATCH", "The vial says {seen} and the plan {limit}.")
_no("STRENGTH_UNKNOWN", "No product of the protocol has {seen}; it knows {limit}.")
_caution("DILUTION_DISPUTED", "Sources disagree whether {seen} may be diluted further.")
_no("UNDILUTED", "{seen} is not diluted; from {limit} it must never be given undiluted.")
_no(
    "CONCENTRATION_ABOVE_HARD_LIMIT",
    "The concentration in the bag, {seen}, is above the hard limit of {limit}.",
)
_no(
    "CONCENTRATION_ABOVE_SOFT_LIMIT",
    "The concentration in the bag, {seen}, is above the soft limit of {limit}.",
    by=_BY,
    binds_value=True,
)
_no("DILUENT_UNKNOWN", "The diluent {seen} is not one of the protocol's: {limit}.")
_no(
    "DILUENT_NOT_FOR_INFUSION",
    "{seen} is no fluid for an infusion: it only dilutes a vial of {limit}, one to one.",
)
_caution("BAG_VOLUME_UNUSUAL", "The bag holds {seen}; {limit} is usual.")
_no("DRAWN_ABOVE_HARD_LIMIT", "{seen} was drawn, above the hard limit of {limit}.")
_no(
    "DRAWN_DIFFERS_FROM_ORDER",
    "{seen} was drawn; the limit is {limit}.",
    by=_BY,
    binds_value=True,
)

# What was given
_no(
    "PUMP_DIFFERS_FROM_CHART",
    "Pump and chart are {seen} apart, above the limit of {limit}.",
    by=_BY,
    binds_value=True,
)
_no(
    "PUMP_BEYOND_BAG",
    "The pump says {seen} was given, but the bag could deliver only {limit}.",
    by=_BY,
    binds_value=True,
)
_no(
    "CHART_BEYOND_BAG",
    "The chart says {seen} was given, but the bag could deliver only {limit}.",
    by=_BY,
    binds_value=True,
)
