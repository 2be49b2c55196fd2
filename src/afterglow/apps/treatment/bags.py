"""What hangs on the pole, as the dosing core reads it."""

from __future__ import annotations

from afterglow.apps.treatment.models import Preparation
from afterglow.core.dosing import Bag, Diluent, Draw


def bag_of(preparation: Preparation) -> Bag:
    """Return a preparation as the dosing core reads it: the drawn volume replaced diluent."""
    return Bag(
        Draw(preparation.drawn_ml, preparation.strength_mg_per_ml),
        Diluent(preparation.bag_ml, residual=preparation.residual_ml, line=preparation.line_ml),
    )
