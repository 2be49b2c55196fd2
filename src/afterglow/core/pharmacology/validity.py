"""Where a model may be believed: what lies outside its data, and what must not be drawn at all."""

from __future__ import annotations

from collections.abc import Iterator

from afterglow.core.decisions import Decision, Reason
from afterglow.core.pharmacology.definition import Caution, Model, Scope
from afterglow.core.pharmacology.inputs import Infusion, Regimen
from afterglow.core.pharmacology.patient import Patient
from afterglow.core.pharmacology.standing import Standing
from afterglow.core.reason_codes import Subject

_CODES = Subject("pharmacology")
OUTSIDE_FITTED = _CODES.caution(
    "PK_OUTSIDE_FITTED_RANGE", "Outside what the model was fitted to: {seen}; fitted {limit}."
)
OUTSIDE_LIMIT = _CODES.blocker(
    "PK_OUTSIDE_MODEL_LIMIT",
    "Too far outside what the model was fitted to for a prediction: {seen}; limit {limit}.",
)
OUT_OF_SCOPE = _CODES.blocker("PK_MODEL_OUT_OF_SCOPE", "The model describes {limit}, not {seen}.")
NO_VARIABILITY = _CODES.blocker(
    "PK_NO_VARIABILITY",
    "Model {seen} has no between-subject variability, so no band can be drawn; {limit} has.",
)
UNCONFIRMED = _CODES.caution(
    "PK_STANDS_ON_UNCONFIRMED", "The prediction stands on an unconfirmed number: {seen}."
)

_ADULT_YEARS = 18.0
_WORDS = {
    "age_years": "age",
    "weight_kg": "weight",
    "dose_mg_per_kg": "dose",
    "duration_min": "duration",
}
_WHOM = {
    Scope.ADULT: "adults",
    Scope.PAEDIATRIC: "children and adolescents",
    Scope.INTENSIVE_CARE: "patients in intensive care",
}


def _seen(model: Model, patient: Patient, regimen: Regimen) -> dict[str, float]:
    lengths = [e.end_min for e in regimen.events if isinstance(e, Infusion)]
    begins = [e.start_min for e in regimen.events if isinstance(e, Infusion)]
    return {
        "age_years": patient.age_years,
        "weight_kg": patient.weight_kg,
        "dose_mg_per_kg": regimen.base_mg / patient.weight_kg,
        "duration_min": max(lengths) - min(begins) if lengths else 0.0,
    }


def validity(model: Model, patient: Patient, regimen: Regimen) -> Decision:
    """Decide whether the model may predict this patient under this regimen.

    A blocker means that nothing may be drawn; a caution that what is drawn is an extrapolation.
    """
    return Decision.from_reasons(_reasons(model, patient, regimen))


def _reasons(model: Model, patient: Patient, regimen: Regimen) -> Iterator[Reason]:
    adult = patient.age_years >= _ADULT_YEARS
    if (model.scope is Scope.PAEDIATRIC) is adult:
        who = "an adult" if adult else f"a patient of {patient.age_years:g} years"
        yield OUT_OF_SCOPE.reason(seen=who, limit=_WHOM[model.scope])
    for name, value in _seen(model, patient, regimen).items():
        allowed = model.validity[name]
        seen = f"{_WORDS[name]} {_plain(value)} {allowed.unit}"
        (low, high), (lowest, highest) = allowed.fitted, allowed.limit
        if name == "dose_mg_per_kg" and value == 0:
            continue  # nothing given yet is no extrapolation
        if not lowest <= value <= highest:
            limit = f"{_plain(lowest)} to {_plain(highest)} {allowed.unit}"
            yield OUTSIDE_LIMIT.reason(seen=seen, limit=limit)
        elif not low <= value <= high:
            limit = f"{_plain(low)} to {_plain(high)} {allowed.unit}"
            yield OUTSIDE_FITTED.reason(seen=seen, limit=limit)


def _plain(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def validity_notes(model: Model, patient: Patient, regimen: Regimen) -> tuple[Caution, ...]:
    """Return every reason of :func:`validity` as a caution, for outputs that draw all the same."""
    return tuple(
        Caution(reason.code, reason.sentence, Standing.DERIVED)
        for reason in validity(model, patient, regimen)
    )
