"""The worked examples of clinical reference 4.4, row by row: a table a clinician can sign."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.treatment.discharge import assess
from afterglow.core.treatment.facts import AldreteFacts, MpadssFacts
from support.treatment import FULL_ALDRETE, FULL_MPADSS, GOING_HOME, RULES, SETTLED


def aldrete(*points: int) -> AldreteFacts:
    """Return the score of activity, respiration, circulation, consciousness, SpO2."""
    names = ("activity", "respiration", "circulation", "consciousness", "spo2")
    return AldreteFacts(**dict(zip(names, points, strict=True)))


def mpadss(*points: int) -> MpadssFacts:
    """Return the score of vital signs, ambulation, nausea, pain, bleeding."""
    names = ("vital_signs", "ambulation", "nausea", "pain", "bleeding")
    return MpadssFacts(**dict(zip(names, points, strict=True)))


BASELINE_100 = replace(SETTLED, baseline_systolic_mmhg=Decimal(100))


@pytest.mark.parametrize(
    ("changes", "aldrete_total", "codes"),
    [
        pytest.param(
            {
                "aldrete": aldrete(2, 2, 2, 2, 2),
                "vitals": replace(BASELINE_100, systolic_mmhg=108),
            },
            10,
            (),
            id="1 awake, BP +8 %, 98 % on air: pass",
        ),
        pytest.param(
            {
                "aldrete": aldrete(2, 2, 1, 2, 2),
                "mpadss": mpadss(1, 2, 2, 2, 2),
                "vitals": replace(BASELINE_100, systolic_mmhg=124),
            },
            9,
            ("BP_AWAY_FROM_BASELINE",),
            id="2 awake, BP +24 %: the Aldrete passes, the pressure holds",
        ),
        pytest.param(
            {"aldrete": aldrete(2, 2, 2, 1, 2), "mpadss": mpadss(2, 1, 2, 2, 2)},
            9,
            ("CONSCIOUSNESS_BELOW_FULL",),
            id="3 drowsy to voice: consciousness below 2 fails",
        ),
        pytest.param(
            {
                "aldrete": aldrete(2, 2, 2, 2, 2),
                "mpadss": mpadss(2, 1, 1, 2, 2),
                "gait_steady": False,
                "nausea_controlled": False,
            },
            10,
            ("GAIT_UNSTEADY", "MPADSS_BELOW_PASS", "NAUSEA_NOT_CONTROLLED"),
            id="4 dizzy, needs an arm, moderate nausea: the MPADSS of 8 fails",
        ),
        pytest.param(
            {
                "aldrete": aldrete(2, 2, 2, 2, 1),
                "mpadss": None,
                "vitals": replace(SETTLED, spo2_percent=91, on_oxygen=True),
            },
            9,
            ("OXYGEN_NEEDED", "OXYGEN_NEEDED"),
            id="5 needs 2 L of oxygen for 91 %: no oxygen at home",
        ),
        pytest.param(
            {"aldrete": FULL_ALDRETE, "mpadss": FULL_MPADSS, "escort": None},
            10,
            ("ESCORT_NOT_PRESENT",),
            id="6 all fine, no escort: hold until the escort comes",
        ),
    ],
)
def test_a_worked_example_decides_as_the_reference_says(
    changes: dict[str, Any], aldrete_total: int, codes: tuple[str, ...]
) -> None:
    facts = replace(GOING_HOME, **changes)

    assert facts.aldrete is not None
    assert facts.aldrete.total == aldrete_total
    assert assess(facts, RULES).codes == codes


def test_the_scores_of_example_4_are_10_and_8() -> None:
    assert aldrete(2, 2, 2, 2, 2).total == 10
    assert mpadss(2, 1, 1, 2, 2).total == 8
