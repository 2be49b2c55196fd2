"""The task of ``afterglow pk bench``, and how far a solver is from its 40-digit values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MINUTES = 240
"""Every minute from 0 to this one is asked for."""


def golden_errors(curves: Callable[[list[float]], Any]) -> tuple[float, float]:
    """Return the worst relative errors of ketamine and norketamine against the 40-digit values."""
    import numpy as np

    from afterglow.core.pharmacology import library

    case = library.body("golden", "points")["cases"][0]
    found = curves([float(t) for t in case["times_min"]])

    def worst(analyte: str) -> float:
        return float(np.abs(np.asarray(found[analyte]) / case["ng_per_ml"][analyte] - 1).max())

    return worst("ketamine"), worst("norketamine") if "norketamine" in found else float("nan")


def golden_of_kernel() -> tuple[float, float]:
    """Return the kernel's errors for the typical patient."""
    import numpy as np

    from afterglow.core.pharmacology import BaseMass, Patient, Regimen, building, lanes, load_model
    from afterglow.core.pharmacology.sampling import Sample

    model = load_model("otto2021")
    shape = lanes.shape_of(model, ("intravenous",))
    if shape is None:
        raise AssertionError("Otto 2021 is the model that the kernel was made for.")
    values = building.typical_parameters(model, building.covariates_of(Patient()))
    one = np.ones(1)

    def curves(at: list[float]) -> dict[str, Any]:
        steps = lanes.steps_of(Regimen.constant(BaseMass(35), over_min=40), np.array(at))
        room = lanes.room_for(1, len(at))
        lanes.walk(lanes.rates_of(shape, Sample(1, one, values), one), steps, curves=room)
        found = lanes.in_order(room, 1)[:, :, 0]
        return {"ketamine": found[0], "norketamine": found[1]}

    return golden_errors(curves)
