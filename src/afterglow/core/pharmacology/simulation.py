"""One patient's curve: the exact concentrations, with everything that must be said about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterglow.core.pharmacology import building
from afterglow.core.pharmacology.definition import Caution, Model, load_model
from afterglow.core.pharmacology.errors import UnknownModel
from afterglow.core.pharmacology.inputs import Regimen
from afterglow.core.pharmacology.library import constant_number
from afterglow.core.pharmacology.patient import Patient
from afterglow.core.pharmacology.solver import integrated, solve
from afterglow.core.pharmacology.standing import Number, check_accepted
from afterglow.core.pharmacology.validity import validity_notes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Simulation:
    """Concentrations in ng/mL by analyte, each of shape (t,), at ``times_min`` (t,).

    ``auc_ng_h_per_ml`` is the exact area from 0 to each time. ``unconfirmed`` names every number
    from memory or proposed that the curves stand on; ``cautions`` is what a reader must be told.
    """

    model: Model
    patient: Patient
    times_min: Floats
    ng_per_ml: Mapping[str, Floats]
    auc_ng_h_per_ml: Mapping[str, Floats]
    unconfirmed: tuple[Number, ...]
    cautions: tuple[Caution, ...]

    def __getitem__(self, analyte: str) -> Floats:
        if analyte not in self.ng_per_ml:
            raise UnknownModel(
                f"Model {self.model.key} has no {analyte!r}; it has {', '.join(self.ng_per_ml)}."
            )
        return self.ng_per_ml[analyte]


def effect_site_ke0() -> Number:
    """Return the default effect-site rate constant per minute: a proposal, to be asked for."""
    return constant_number("effect_site", "ke0")


def simulate(
    model: Model | str,
    regimen: Regimen,
    times_min: npt.ArrayLike,
    *,
    patient: Patient | None = None,
    effect_site: bool = False,
    accept_unconfirmed: bool = False,
) -> Simulation:
    """Return the typical concentrations of a patient given ``regimen``, exact to about 1e-13.

    ``times_min``: shape (t,), ascending minutes from the regimen's zero. ``effect_site`` adds the
    analyte ``effect_site`` (ng/mL), which stands on a proposed rate constant. Raises UnknownModel,
    BadTimes, and UnconfirmedParameter unless ``accept_unconfirmed``.
    Source of each number: the model's definition.
    """
    model = load_model(model) if isinstance(model, str) else model
    patient = patient or Patient()
    times = building.checked_times(times_min)
    values = building.typical_parameters(model, building.covariates_of(patient))
    system = building.build_system(
        model,
        values,
        routes=building.routes_of(regimen),
        effect_site_ke0=effect_site_ke0() if effect_site else None,
    )
    unconfirmed = check_accepted(
        system.used, accept_unconfirmed=accept_unconfirmed, what=f"Model {model.key}"
    )
    plan = building.schedule(model, system, values, regimen)
    matrix, read_areas = integrated(system.matrix, system.read)
    areas = system.read.shape[-2]
    padding = ((0, 0), (0, areas))
    whole = building.Schedule(plan.at, np.pad(plan.jumps, padding), np.pad(plan.rates, padding))
    both = np.concatenate([np.pad(system.read, padding), read_areas])
    curves = solve(matrix, whole, times, both)
    return Simulation(
        model=model,
        patient=patient,
        times_min=times,
        ng_per_ml=dict(zip(system.analytes, curves[:areas], strict=True)),
        auc_ng_h_per_ml=dict(zip(system.analytes, curves[areas:] / 60.0, strict=True)),
        unconfirmed=unconfirmed,
        cautions=(*model.cautions, *validity_notes(model, patient, regimen)),
    )


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest concentration and when it is reached."""

    ng_per_ml: float
    at_min: float


def peak(
    model: Model | str,
    regimen: Regimen,
    analyte: str,
    *,
    patient: Patient | None = None,
    within_min: float = 24 * 60.0,
    accept_unconfirmed: bool = False,
) -> Peak:
    """Return the peak of one analyte, found to about 0.001 min by closing in on a grid."""
    low, high = 0.0, within_min
    corners = [e for event in regimen.events for e in (building.starts_and_ends(event))]
    best = Peak(0.0, 0.0)
    for _ in range(4):
        inside = [c for c in corners if low <= c <= high]
        grid = np.unique([*np.linspace(low, high, 481), *inside])
        curve = simulate(
            model,
            regimen,
            grid,
            patient=patient,
            effect_site=analyte == "effect_site",
            accept_unconfirmed=accept_unconfirmed,
        )[analyte]
        top = int(np.argmax(curve))
        best = Peak(float(curve[top]), float(grid[top]))
        low, high = float(grid[max(top - 1, 0)]), float(grid[min(top + 1, len(grid) - 1)])
    return best
