"""What can be charted as a dose, and when it is above the usual one."""

from __future__ import annotations

from decimal import Decimal

from afterglow.apps.medicines.models import Product
from afterglow.core.decisions import Reason, blocker
from afterglow.core.quantities import Dose
from afterglow.core.treatment.saying import number

_LARGEST_MG = Decimal(1_000_000)
_SMALLEST_MG = Decimal("0.0001")
"""What a charted dose can be kept as; every real one lies far inside."""


def dose_reasons(dose: Dose) -> list[Reason]:
    """Return why a number is not a dose that can be charted."""
    if not dose > Dose.mg(0):
        return [blocker("DOSE_NOT_POSITIVE", f"{dose} is not a dose.", seen=str(dose))]
    if not _SMALLEST_MG <= dose.value < _LARGEST_MG:
        limit = f"{_SMALLEST_MG} to {_LARGEST_MG} mg"
        seen = f"{number(dose.value)} mg"
        sentence = f"{seen} is outside {limit}: check the dose and its unit."
        return [blocker("DOSE_OUT_OF_RANGE", sentence, seen=seen, limit=limit)]
    return []


def above_usual(product: Product, dose: Dose, route: str) -> Reason | None:
    """Return a reason when a dose is above the usual doses of the product by that route."""
    lines = [line for line in product.prn_doses if line.get("route", "") in ("", route)]
    usual = [
        Decimal(line[name]["value"])
        for line in lines or product.prn_doses
        for name in ("dose_low", "dose_high")
        if line.get(name)
    ]
    if not usual or dose.value <= max(usual):
        return None
    return blocker(
        "DOSE_ABOVE_USUAL",
        f"{dose} of {product.medicine} is above the usual dose, at most {max(usual)} mg. "
        "If it was given on the prescriber's word, confirm that.",
        seen=str(dose),
        limit=f"{max(usual)} mg",
        medicine=product.medicine,
    )
