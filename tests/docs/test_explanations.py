"""The worked numbers of the explanations are reckoned anew and compared with the page."""

from __future__ import annotations

from pathlib import Path

from afterglow.core.dosing import (
    Body,
    Diluent,
    FormulaSex,
    PlannedInfusion,
    Prescription,
    dosing_mass,
    plan_infusion,
)
from afterglow.core.quantities import (
    BodyMass,
    Concentration,
    DosePerMass,
    Duration,
    Height,
    MassBasis,
    Volume,
)
from support.dosing import RULES

PAGE = (Path(__file__).resolve().parents[2] / "docs/explanation/dosing.md").read_text("utf-8")


def plan(
    mg_per_kg: str, mass: BodyMass, strength: int, diluent: Diluent, minutes: int = 40
) -> PlannedInfusion:
    return plan_infusion(
        Prescription(DosePerMass.mg_per_kg(mg_per_kg), Duration.minutes(minutes)),
        mass,
        strength=Concentration.mg_per_ml(strength),
        diluent=diluent,
        rules=RULES,
    )


def test_the_table_of_the_page_is_the_plan() -> None:
    steps = plan("0.5", BodyMass.kg("70.4"), 50, Diluent(Volume.ml(50))).steps

    table = "".join(f"| {step.label} | {step.formula} | {step.result} |\n" for step in steps)
    assert "| --- | --- | --- |\n" + table + "\n" in PAGE


def test_the_syringe_example_is_as_told() -> None:
    made = plan("0.5", BodyMass.kg("78.6", MassBasis.ADJUSTED), 100, Diluent(Volume.ml(100)))

    assert (str(made.rounded), str(made.drawn_volume), str(made.drawn)) == (
        "39.5 mg",
        "0.4 mL",
        "40 mg",
    )
    assert "39.5 mg from 100 mg/mL is 0.395 mL, which is drawn as 0.40 mL" in PAGE


def test_the_rounding_example_is_as_told() -> None:
    made = plan("1.5", BodyMass.kg("61.3"), 50, Diluent(Volume.ml(100)))

    assert (str(made.raw), str(made.rounded)) == ("91.95 mg", "91.5 mg")
    assert "91.95 mg would round to 92 mg" in PAGE
    assert "so it becomes 91.5 mg" in PAGE


def test_the_masses_are_as_told() -> None:
    body = Body(BodyMass.kg(118), Height.cm(160), FormulaSex.FEMALE)

    told = [
        f"{dosing_mass(body, basis, RULES.dosing_mass).value:.1f}"
        for basis in (MassBasis.ACTUAL, MassBasis.IDEAL, MassBasis.ADJUSTED)
    ]

    assert told == ["118.0", "52.4", "78.6"]
    assert "these are 118, 52.4 and 78.6 kg" in PAGE


def test_what_stays_behind_is_as_told() -> None:
    bag = Diluent(Volume.ml(100), line=Volume.ml(2), residual=Volume.ml(1))

    made = plan("0.5", BodyMass.kg("70.4"), 50, bag)

    assert (str(made.volume_to_be_infused), made.steps[-1].result) == ("97 mL", "33.95 mg")
    assert "97 mL are infused and 33.95 mg of 35 mg reach the" in PAGE
