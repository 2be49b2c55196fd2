"""What a level may do: never one number without its band, and every output says what it stands on.

Each function returns a :class:`Band` whose ``label``, ``population``, ``warning`` and ``numbers``
travel with it. Most numbers are proposals [P]; a caller must accept them explicitly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import library
from afterglow.core.pharmacology.errors import UnknownModel
from afterglow.core.pharmacology.standing import Number, check_accepted, number, numbers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """A modelled effect with its honest spread; arrays have the shape of the levels given.

    ``low`` ≤ ``middle`` ≤ ``high``. ``label`` is what the screen calls it, ``warning`` what it must
    say beside it; ``numbers`` is what it stands on, ``unconfirmed`` those among them that nobody
    has confirmed.
    """

    name: str
    unit: str
    low: Floats
    middle: Floats
    high: Floats
    label: str
    population: str
    warning: str
    numbers: tuple[Number, ...]

    @property
    def unconfirmed(self) -> tuple[Number, ...]:
        """The numbers from memory or proposed."""
        return tuple(one for one in self.numbers if one.standing.unconfirmed)


def _levels(ng_per_ml: npt.ArrayLike, what: str) -> Floats:
    levels = np.asarray(ng_per_ml, dtype=np.float64)
    if not np.isfinite(levels).all() or (levels < 0).any():
        bad = levels[~(np.isfinite(levels) & (levels >= 0))].flat[0]
        raise InvalidValue(f"{what} was given as {bad:g} ng/mL; it must be finite and 0 or more.")
    return levels


def _band(
    body: Mapping[str, Any],
    name: str,
    unit: str,
    curves: tuple[Floats, Floats, Floats],
    used: Iterable[Number],
    accept_unconfirmed: bool,
) -> Band:
    used = tuple(dict.fromkeys(used))
    check_accepted(used, accept_unconfirmed=accept_unconfirmed, what=body["title"])
    low, middle, high = curves
    return Band(
        name, unit, low, middle, high, body["label"], body["population"], body["warning"], used
    )


def assays() -> tuple[str, ...]:
    """Return the name of every published set of NMDA binding values."""
    return tuple(library.body("effects", "nmda")["assays"])


def occupancy_of_assay(
    assay: str, levels: Mapping[str, npt.ArrayLike]
) -> tuple[Floats, tuple[Number, ...]]:
    """Return the part of receptors occupied by one assay's values, and the numbers used.

    ``levels`` in ng/mL: ``ketamine`` (racemate) or ``s_ketamine`` and ``r_ketamine``, and the same
    of norketamine; a racemate counts as halves where the assay knows the forms. Competition at
    one site: L / (1 + L) with L = Σ unbound · C / (molar mass · Ki).
    Raises UnknownModel for an assay that is not there.
    """
    there = library.body("effects", "nmda")["assays"]
    if assay not in there:
        raise UnknownModel(f"No assay is called {assay!r}; there are {', '.join(there)}.")
    ki = numbers(f"nmda.{assay}", there[assay]["ki"])
    used: list[Number] = []
    load: Floats = np.zeros(())
    for ligand, amount in _split(levels, ki).items():
        parent = "norketamine" if "norketamine" in ligand else "ketamine"
        unbound = library.constant_number("unbound_fraction", parent)
        mass = library.constant_number("molar_mass", parent)
        brain = library.constant_number("unbound_fraction", "brain_over_plasma_unbound")
        used += [ki[ligand], unbound, mass, brain]
        load = load + brain.value * unbound.value * amount / (mass.value * ki[ligand].value)
    return load / (1.0 + load), tuple(dict.fromkeys(used))


def _split(levels: Mapping[str, npt.ArrayLike], ki: Mapping[str, Number]) -> dict[str, Floats]:
    """Put levels in the ligands that an assay knows: forms into racemates, or halves of them."""
    given = {name: _levels(amount, f"The level of {name}") for name, amount in levels.items()}
    found: dict[str, Floats] = {}
    for parent in ("ketamine", "norketamine"):
        s, r, both = (given.get(name) for name in (f"s_{parent}", f"r_{parent}", parent))
        if s is None and r is None and both is not None:
            s, r = both / 2, both / 2
        if s is None or r is None:
            continue
        if f"s_{parent}" in ki:
            found |= {f"s_{parent}": s, f"r_{parent}": r}
        elif parent in ki:
            found[parent] = s + r
    if not found:
        raise InvalidValue(f"Levels of {', '.join(levels) or 'nothing'} give no occupancy.")
    return found


def nmda_occupancy(
    levels: Mapping[str, npt.ArrayLike], *, accept_unconfirmed: bool = False
) -> Band:
    """Return the modelled occupancy index (0 to 1) with its band over every published assay.

    The middle is the default assay (Ebert 1997); low and high are the extremes of all assays at
    each point. ``levels`` as in :func:`occupancy_of_assay`, ng/mL.
    """
    body = library.body("effects", "nmda")
    every = {name: occupancy_of_assay(name, levels) for name in body["assays"]}
    stack = np.stack([curve for curve, _ in every.values()])
    middle = every[body["default"]][0]
    used = [one for _, numbers_used in every.values() for one in numbers_used]
    curves = (stack.min(axis=0), middle, stack.max(axis=0))
    return _band(body, "nmda_occupancy", "", curves, used, accept_unconfirmed)


def pressure_rise(
    effect_site_ng_per_ml: npt.ArrayLike,
    *,
    which: str = "systolic",
    accept_unconfirmed: bool = False,
) -> Band:
    """Return the rise of ``systolic`` or ``diastolic`` pressure (mmHg) or ``pulse`` (/min).

    From the effect-site level, calibrated to three cohorts; low and high are the cohorts' extremes
    (for the pulse, the between-subject spread of ±70 %). It foretells a group, not a person.
    """
    body = library.body("effects", "circulation")
    level = _levels(effect_site_ng_per_ml, "The effect-site level")
    spread = number("circulation.between_subject_cv", body["between_subject_cv"])
    if which == "pulse":
        slope = number("circulation.pulse", body["pulse_per_min_per_ng_per_ml"])
        middle = slope.value * level
        curves = (middle * (1 - spread.value), middle, middle * (1 + spread.value))
        return _band(body, "pulse_rise", "/min", curves, [slope, spread], accept_unconfirmed)
    if which not in ("systolic", "diastolic"):
        raise UnknownModel(
            f"No pressure is called {which!r}; there are systolic, diastolic, pulse."
        )
    slopes = numbers("circulation.systolic", body["systolic_mmhg_per_ng_per_ml"])
    ratio = number("circulation.diastolic_over_systolic", body["diastolic_over_systolic"])
    used = [*slopes.values(), *([ratio] if which == "diastolic" else [])]
    factor = ratio.value if which == "diastolic" else 1.0
    low, middle, high = (factor * slopes[k].value * level for k in ("low", "default", "high"))
    name = f"{which}_rise"
    return _band(body, name, "mmHg", (low, middle, high), used, accept_unconfirmed)


def dissociation(venous_ng_per_ml: npt.ArrayLike) -> Band:
    """Return the part of a full dissociation scale (0 to 1), linear in the venous level.

    Clipped at the highest level that was studied (200 ng/mL): what lies above is not known.
    """
    body = library.body("effects", "dissociation")
    level = _levels(venous_ng_per_ml, "The venous level")
    limit = number("dissociation.linear_limit", body["linear_limit"])
    ends = numbers("dissociation.fraction_at_limit", body["fraction_at_limit"])
    part = np.minimum(level, limit.value) / limit.value
    low, high = (ends[k].value * part for k in ("low", "high"))
    used = [limit, *ends.values()]
    return _band(body, "dissociation", "", (low, (low + high) / 2, high), used, False)


def sedation_thresholds() -> tuple[Number, ...]:
    """Return the published levels (ng/mL) of sedation, waking and anaesthesia, lowest first."""
    body = library.body("effects", "sedation")
    found = numbers("sedation", body["thresholds"])
    return tuple(sorted(found.values(), key=lambda one: one.value))


def antidepressant_course(hours: npt.ArrayLike, *, accept_unconfirmed: bool = False) -> Band:
    """Return a group's antidepressant effect (24 h = 1) at each hour after one infusion.

    Kept apart from concentration on purpose: no level predicts it. Low is the cautious decay
    (half-life 7 days), high the fitted one; the middle is their mean.
    """
    body = library.body("effects", "antidepressant")
    t = np.asarray(hours, dtype=np.float64)
    if not np.isfinite(t).all() or (t < 0).any():
        raise InvalidValue("Hours after an infusion must be finite and 0 or more.")
    scale = number("antidepressant.scale", body["scale"])
    onset = number("antidepressant.onset_per_h", body["onset_per_h"])
    decays = numbers("antidepressant.decay_per_h", body["decay_per_h"])

    def course(decay: Number) -> Floats:
        curve = np.exp(-decay.value * t) - np.exp(-onset.value * t)
        return np.asarray(np.maximum(scale.value * curve, 0.0))

    low, high = course(decays["cautious"]), course(decays["fitted"])
    curves = (np.minimum(low, high), (low + high) / 2, np.maximum(low, high))
    used = [scale, onset, *decays.values()]
    return _band(body, "antidepressant", "", curves, used, accept_unconfirmed)
