"""The mechanism explainer's data: receptor, experience and plasticity on one time line.

Drawn from the models, with species and evidence beside each step; a teaching display, not a
prediction of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from afterglow.core.pharmacology import effects, library
from afterglow.core.pharmacology.definition import Model
from afterglow.core.pharmacology.errors import BadTimes
from afterglow.core.pharmacology.inputs import Regimen
from afterglow.core.pharmacology.simulation import simulate
from afterglow.core.pharmacology.standing import Number, check_accepted, number

Floats = npt.NDArray[np.float64]


class Phase(StrEnum):
    """The three phases in which the field tells what ketamine does."""

    BIOLOGIC = "biologic"
    EXPERIENTIAL = "experiential"
    NEUROPLASTIC = "neuroplastic"


@dataclass(frozen=True)
class Strand:
    """One line of the explainer: ``part`` (t,) is 0 to 1 of its own peak at ``hours`` (t,)."""

    key: str
    title: str
    phase: Phase
    species: str
    evidence: str
    label: str
    hours: Floats
    part: Floats
    numbers: tuple[Number, ...]


def mechanism_timeline(
    regimen: Regimen,
    *,
    hours: npt.ArrayLike | None = None,
    model: Model | str = "otto2021",
    accept_unconfirmed: bool = False,
) -> tuple[Strand, ...]:
    """Return every strand of the explainer for one dose: biologic, experiential, neuroplastic.

    ``hours`` (t,): ascending, by default 0 to 14 days, close together at first. Most strands stand
    on proposed numbers, so ``accept_unconfirmed`` is needed; each strand names its own.
    """
    at = np.geomspace(1.0, 14 * 24 + 1.0, 400) - 1.0 if hours is None else np.asarray(hours)
    at = np.asarray(at, dtype=np.float64)
    if at.ndim != 1 or not np.isfinite(at).all() or (at < 0).any() or (np.diff(at) < 0).any():
        raise BadTimes("Hours of the time line must be finite, 0 or more, and ascending.")
    levels = simulate(model, regimen, at * 60.0)
    occupied = effects.nmda_occupancy(
        {name: levels[name] for name in ("ketamine", "norketamine") if name in levels.ng_per_ml},
        accept_unconfirmed=accept_unconfirmed,
    )
    felt = effects.dissociation(levels["ketamine"])
    strands = [
        Strand(
            "occupancy",
            "NMDA receptors occupied",
            Phase.BIOLOGIC,
            "human level, rat receptor",
            occupied.warning,
            occupied.label,
            at,
            _of_peak(occupied.middle),
            occupied.numbers,
        ),
        Strand(
            "dissociation",
            "Dissociation",
            Phase.EXPERIENTIAL,
            "human",
            f"Linear in the level: {felt.population}",
            felt.label,
            at,
            _of_peak(felt.middle),
            felt.numbers,
        ),
    ]
    return (*strands, *_plasticity(at, accept_unconfirmed), _mood(at, accept_unconfirmed))


def _plasticity(at: Floats, accept_unconfirmed: bool) -> list[Strand]:
    body = library.body("effects", "plasticity")
    strands = []
    for key, one in body["steps"].items():
        rise, fall = (number(f"plasticity.{key}.{k}", one[k]) for k in ("rise_h", "fall_h"))
        check_accepted((rise, fall), accept_unconfirmed=accept_unconfirmed, what=body["title"])
        curve = np.exp(-at / fall.value)
        if rise.value:
            curve = curve - np.exp(-at / rise.value) if rise.value != fall.value else at * curve
        strands.append(
            Strand(
                key,
                one["title"],
                Phase(one["phase"]),
                one["species"],
                one["evidence"],
                body["label"],
                at,
                _of_peak(np.maximum(curve, 0.0)),
                (rise, fall),
            )
        )
    return strands


def _mood(at: Floats, accept_unconfirmed: bool) -> Strand:
    course = effects.antidepressant_course(at, accept_unconfirmed=accept_unconfirmed)
    return Strand(
        "antidepressant",
        "Antidepressant effect of a group",
        Phase.NEUROPLASTIC,
        "human",
        course.warning,
        course.label,
        at,
        _of_peak(course.middle),
        course.numbers,
    )


def _of_peak(curve: Floats) -> Floats:
    top = float(curve.max()) if curve.size else 0.0
    return curve / top if top > 0 else curve
