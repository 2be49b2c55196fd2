"""The seed protocol's dosing section: every number has unit, status and source, and parses."""

import json
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from afterglow.core.cited import Section, Status, leaves
from afterglow.core.dosing import DosingRules
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import (
    HALF_DOWN_TO_0_5_MG,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    MassBasis,
)
from support.dosing import RULES, seed_body

SCHEMA = json.loads(
    files("afterglow").joinpath("data/schemas/dosing_section.json").read_text("utf-8")
)


def changed(path: str, leaf: object) -> dict[str, Any]:
    body = deepcopy(seed_body())
    *folders, last = path.split(".")
    place: Any = body
    for folder in folders:
        place = place[int(folder)] if folder.isdigit() else place[folder]
    if leaf is None:
        del place[last]
    else:
        place[last] = leaf
    return body


def test_the_seed_fits_its_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert list(Draft202012Validator(SCHEMA).iter_errors(seed_body())) == []


def test_every_number_says_where_it_comes_from() -> None:
    every = list(leaves(seed_body()))

    assert len(every) > 60
    assert [leaf.path for leaf in every if not leaf.source] == []
    assert (
        {"confirmed", "GK", "DP"}
        <= {str(leaf.status) for leaf in every}
        <= {str(s) for s in Status}
    )


def test_the_limits_of_the_seed_are_those_of_the_clinical_reference() -> None:
    limits = RULES.limits

    assert RULES.usual.start_dose == DosePerMass.mg_per_kg("0.5")
    assert limits.per_mass.recommended.high == DosePerMass.mg_per_kg(1)
    assert limits.per_mass.absolute.high == DosePerMass.mg_per_kg("1.5")
    assert limits.dose.recommended.high == Dose.mg(100)
    assert limits.dose.absolute.high == Dose.mg(150)
    assert limits.soft_step_up == DosePerMass.mg_per_kg("0.25")
    assert limits.shortest == Duration.minutes(30)
    assert (limits.infusions, limits.infusions_within) == (2, Duration.hours(48))
    assert RULES.dosing_mass.default_basis is MassBasis.ACTUAL
    assert RULES.preparation.never_undiluted_from == Concentration.mg_per_ml(100)
    assert RULES.rounding.dose is HALF_DOWN_TO_0_5_MG


BARE = "0.5"
OTHER_UNIT = {"value": "0.5", "unit": "mg", "status": "DP", "source": "x"}
NO_STATUS = {"value": "0.5", "unit": "mg/kg", "source": "x"}


def leaf(value: str, unit: str) -> dict[str, str]:
    return {"value": value, "unit": unit, "status": "DP", "source": "made up for a test"}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("usual.start_dose", None, "dosing.usual.start_dose is missing"),
        ("usual.start_dose", BARE, "dosing.usual.start_dose is missing or carries no source"),
        ("usual.start_dose", OTHER_UNIT, "dosing.usual.start_dose is in mg; mg/kg is needed"),
        ("usual.start_dose", NO_STATUS, "dosing.usual.start_dose has status None"),
        ("usual.start_dose", leaf("half", "mg/kg"), "is 'half', which is not a number"),
        ("usual.dose_low", leaf("2", "mg/kg"), "cannot run from 2 mg/kg down to 1 mg/kg"),
        ("soft_limits.dose", leaf("200", "mg"), "recommended range (at most 200 mg)"),
        ("hard_limits.infusions", leaf("2.5", "count"), "must be a whole number"),
        ("dosing_mass.default_basis", leaf("lean", ""), "must be one of actual, ideal, adjusted"),
        ("rounding.dose", leaf("UP", ""), "No rounding policy is called 'UP'"),
        ("measurements.mass_changes.0.review", leaf("9", "%"), "reviews at 9 % but blocks"),
        ("products.0.dilution_disputed", leaf("maybe", ""), "must be true or false"),
        ("titration", None, "dosing.titration is missing"),
    ],
)
def test_a_section_that_is_wrong_is_refused_by_path(path: str, value: object, said: str) -> None:
    with pytest.raises(InvalidValue) as error:
        DosingRules.parse(Section("dosing", changed(path, value)))

    assert said in str(error.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("usual.start_dose", None),
        ("usual.start_dose", BARE),
        ("usual.start_dose", OTHER_UNIT),
        ("usual.start_dose", NO_STATUS),
        ("usual.start_dose", leaf("half", "mg/kg")),
        ("usual.start_dose", leaf("-1", "mg/kg")),
        ("usual.extra", leaf("1", "mg/kg")),
        ("products", []),
    ],
)
def test_the_schema_refuses_what_is_not_a_cited_number(path: str, value: object) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid(changed(path, value))
