"""Which model, constants and effects are in force, read from the definitions and not from files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np

from afterglow.apps.definitions import queries as definitions
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology import Model, Patient, Regimen, parse_model
from afterglow.core.pharmacology.planning import (
    PredictedBand,
    StopNow,
    if_stopped,
    predicted_band,
)
from afterglow.core.pharmacology.standing import Number, number, numbers

DEFAULT_MODEL: Final = "otto2021"
CONSTANTS: Final = "physical"
WATCH_LEVELS: Final = "watch_levels"
FOLLOWED_MIN: Final = 720
"""How long after the last of drug a level is followed."""
LONGEST_MIN: Final = 2880
"""The longest curve: a point each minute for each twin, in the process that serves infusions."""

_parsed: dict[str, Model] = {}


@dataclass(frozen=True, eq=False)
class Parameters:
    """What a prediction stands on; two are equal when every definition's hash is.

    ``approved``: whether a medical director approved all of them. ``versions`` names them.
    """

    model: Model
    ke0: Number
    watch: tuple[Number, ...]
    versions: tuple[str, ...]
    hashes: tuple[str, ...]
    approved: bool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parameters) and self.hashes == other.hashes

    def __hash__(self) -> int:
        return hash(self.hashes)


def parameters(*, at: datetime, model: str = DEFAULT_MODEL) -> Parameters | None:
    """Return what is in force at ``at``; None when one of the definitions is retired or missing."""
    wanted = (
        (DefinitionKind.PK_MODEL, model),
        (DefinitionKind.PK_CONSTANTS, CONSTANTS),
        (DefinitionKind.PK_EFFECT, WATCH_LEVELS),
    )
    rows = [row for kind, key in wanted if (row := definitions.in_force(kind, key, at))]
    if len(rows) < len(wanted):
        return None
    model_row, constants, watch = rows
    levels = numbers(WATCH_LEVELS, watch.body["levels"])
    return Parameters(
        model=_model(model_row),
        ke0=number("effect_site.ke0", constants.body["effect_site"]["ke0"]),
        watch=tuple(sorted(levels.values(), key=lambda one: -one.value)),
        versions=tuple(str(row) for row in rows),
        hashes=tuple(row.sha256 for row in rows),
        approved=all(definitions.is_approved(row, at) for row in rows),
    )


def _model(row: Definition) -> Model:
    """Return a row's model, read and checked once: a version never changes."""
    known = f"{row.key}:{row.version}:{row.sha256}"
    if known not in _parsed:
        _parsed[known] = parse_model(row.key, row.version, row.body)
    return _parsed[known]


@lru_cache(maxsize=256)
def band(
    stands_on: Parameters, regimen: Regimen, minutes: tuple[int, int, int], patient: Patient
) -> PredictedBand:
    """Return a predicted band with the effect site at ``range(*minutes)``, kept while in use.

    A regimen is made of the plan's rows, so a plan that changes is another key: nothing to forget.
    Raises InvalidValue for more than ``LONGEST_MIN`` points.
    """
    points, most = len(range(*minutes)), LONGEST_MIN + 1
    if points > most:
        raise InvalidValue(
            "A curve of %(points)s points was asked for; the most is %(most)s.",
            points=points,
            most=most,
        )
    return predicted_band(
        regimen,
        np.arange(*minutes, dtype=np.float64),
        patient=patient,
        model=stands_on.model,
        effect_site=True,
        ke0=stands_on.ke0,
        accept_unconfirmed=True,
    )


@lru_cache(maxsize=256)
def stopped(stands_on: Parameters, regimen: Regimen, at_min: float, patient: Patient) -> StopNow:
    """Return what follows if everything stopped at ``at_min``, kept while in use."""
    return if_stopped(
        regimen,
        at_min,
        patient=patient,
        thresholds_ng_per_ml=tuple(one.value for one in stands_on.watch),
        model=stands_on.model,
        effect_site=True,
        ke0=stands_on.ke0,
        accept_unconfirmed=True,
        within_min=float(FOLLOWED_MIN),
        every_min=2.0,
    )


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect's definition in force: its body, its name with version, whether approved."""

    body: Mapping[str, Any]
    version: str
    approved: bool


def effect_in_force(key: str, *, at: datetime) -> Effect | None:
    """Return an effect's definition in force; None when every version is retired."""
    row = definitions.in_force(DefinitionKind.PK_EFFECT, key, at)
    return None if row is None else Effect(row.body, str(row), definitions.is_approved(row, at))
