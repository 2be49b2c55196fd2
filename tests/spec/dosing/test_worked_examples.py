"""The worked examples of clinical reference 2.4, every column: a table a clinician can sign."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from afterglow.core.dosing import (
    Bag,
    Body,
    Diluent,
    Draw,
    FormulaSex,
    Prescription,
    diluent_for,
    dosing_mass,
    given_by_pump,
    plan_infusion,
    pump_rate,
)
from afterglow.core.quantities import (
    HALF_UP_TO_0_01_MG_PER_KG,
    HALF_UP_TO_0_01_ML,
    HALF_UP_TO_0_1_MG,
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    Height,
    MassBasis,
    Volume,
)
from support.dosing import RULES

F, M = FormulaSex.FEMALE, FormulaSex.MALE
ACTUAL, ADJUSTED, IDEAL = MassBasis.ACTUAL, MassBasis.ADJUSTED, MassBasis.IDEAL

# ruff: noqa: E501
# fmt: off
EXAMPLES = [
    # id   sex cm   kg     BMI     basis     kg used  mg/kg  min  raw     given   mL@50   mL@100  bag      100 mL bag  1 mg/mL  2 mg/mL
    ("1",  F, 165, "70",   "25.7", ACTUAL,   "70.0",  "0.5",  40, "35.0", "35.0", "0.70", "0.35", "0.350", "150",      "52.5",  "26.3"),
    ("2",  M, 180, "82.4", "25.4", ACTUAL,   "82.4",  "0.5",  40, "41.2", "41.0", "0.82", "0.41", "0.410", "150",      "61.5",  "30.8"),
    ("3a", F, 160, "118",  "46.1", ACTUAL,   "118.0", "0.5",  40, "59.0", "59.0", "1.18", "0.59", "0.590", "150",      "88.5",  "44.3"),
    ("3b", F, 160, "118",  "46.1", ADJUSTED, "78.6",  "0.5",  40, "39.3", "39.5", "0.79", "0.40", "0.395", "150",      "59.3",  "29.6"),
    ("3c", F, 160, "118",  "46.1", IDEAL,    "52.4",  "0.5",  40, "26.2", "26.0", "0.52", "0.26", "0.260", "150",      "39.0",  "19.5"),
    ("4",  M, 175, "95",   "31.0", ACTUAL,   "95.0",  "0.75", 40, "71.25","71.0", "1.42", "0.71", "0.710", "150",      "106.5", "53.3"),
    ("5",  F, 170, "61.3", "21.2", ACTUAL,   "61.3",  "1.0",  60, "61.3", "61.5", "1.23", "0.62", "0.615", "100",      "61.5",  "30.8"),
    ("6",  M, 190, "150",  "41.6", ACTUAL,   "150.0", "0.6",  40, "90.0", "90.0", "1.80", "0.90", "0.900", "150",      "135.0", "67.5"),
    ("6b", M, 190, "150",  "41.6", ADJUSTED, "110.5", "0.6",  40, "66.3", "66.5", "1.33", "0.67", "0.665", "150",      "99.8",  "49.9"),
    ("6c", M, 190, "150",  "41.6", IDEAL,    "84.2",  "0.6",  40, "50.5", "50.5", "1.01", "0.51", "0.505", "150",      "75.8",  "37.9"),
]
# fmt: on


def tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


@pytest.mark.parametrize(
    (
        "sex",
        "cm",
        "kg",
        "bmi",
        "basis",
        "kg_used",
        "mg_per_kg",
        "minutes",
        "raw",
        "given",
        "ml_50",
        "ml_100",
        "concentration",
        "rate_bag",
        "rate_1",
        "rate_2",
    ),
    [row[1:] for row in EXAMPLES],
    ids=[row[0] for row in EXAMPLES],
)
def test_a_worked_example_comes_out_in_every_column(
    sex: FormulaSex,
    cm: int,
    kg: str,
    bmi: str,
    basis: MassBasis,
    kg_used: str,
    mg_per_kg: str,
    minutes: int,
    raw: str,
    given: str,
    ml_50: str,
    ml_100: str,
    concentration: str,
    rate_bag: str,
    rate_1: str,
    rate_2: str,
) -> None:
    body = Body(BodyMass.kg(kg), Height.cm(cm), sex)
    over = Duration.minutes(minutes)

    mass = dosing_mass(body, basis, RULES.dosing_mass)
    plan = plan_infusion(
        Prescription(DosePerMass.mg_per_kg(mg_per_kg), over),
        mass,
        strength=Concentration.mg_per_ml(50),
        diluent=Diluent(Volume.ml(100)),
        rules=RULES,
    )

    assert body.bmi is not None
    assert tenth(body.bmi) == Decimal(bmi)
    assert tenth(mass.value) == Decimal(kg_used)
    assert plan.raw == Dose.mg(raw) or HALF_UP_TO_0_1_MG(plan.raw) == Dose.mg(raw)
    assert plan.rounded == plan.drawn == Dose.mg(given)
    assert plan.drawn_volume == Volume.ml(ml_50)
    assert HALF_UP_TO_0_01_ML(plan.rounded / Concentration.mg_per_ml(100)) == Volume.ml(ml_100)
    assert plan.concentration == Concentration.mg_per_ml(concentration)
    assert str(plan.rate) == f"{rate_bag} mL/h"
    assert plan.volume_to_be_infused == Volume.ml(100)
    assert pump_rate(
        plan.drawn, over=over, concentration=Concentration.mg_per_ml(1)
    ).value == Decimal(rate_1)
    assert pump_rate(
        plan.drawn, over=over, concentration=Concentration.mg_per_ml(2)
    ).value == Decimal(rate_2)


def test_drawn_from_100_mg_per_ml_the_milligrams_follow_the_syringe_not_the_order() -> None:
    """Example 3b: 39.5 mg is 0.395 mL, which a syringe draws as 0.40 mL, which is 40 mg."""
    plan = plan_infusion(
        Prescription(DosePerMass.mg_per_kg("0.5"), Duration.minutes(40)),
        BodyMass.kg("78.6", ADJUSTED),
        strength=Concentration.mg_per_ml(100),
        diluent=Diluent(Volume.ml(100)),
        rules=RULES,
    )

    assert plan.rounded == Dose.mg("39.5")
    assert plan.drawn_volume == Volume.ml("0.4")
    assert plan.drawn == Dose.mg(40)
    assert plan.concentration == Concentration.mg_per_ml("0.4")


def test_a_partial_infusion_gives_what_ran_in() -> None:
    """Example 2 stopped after 62 mL: 25.4 mg, 0.31 mg/kg."""
    bag = Bag(
        Draw(Volume.ml("0.82"), Concentration.mg_per_ml(50)),
        Diluent(Volume.ml(100)),
    )

    given = given_by_pump(bag, Volume.ml(62))

    assert given.dose == Dose.mg("25.42")
    assert HALF_UP_TO_0_1_MG(given.dose) == Dose.mg("25.4")
    per_kg = HALF_UP_TO_0_01_MG_PER_KG(given.per(BodyMass.kg("82.4")))
    assert per_kg == DosePerMass.mg_per_kg("0.31")


def test_35_mg_at_2_mg_per_ml_over_40_minutes_runs_at_26_3_ml_per_h() -> None:
    dose, strength = Dose.mg("35"), Concentration.mg_per_ml("2")

    rate = pump_rate(dose, over=Duration.minutes(40), concentration=strength)
    plan = plan_infusion(
        Prescription(DosePerMass.mg_per_kg("0.5"), Duration.minutes(40)),
        BodyMass.kg(70),
        strength=Concentration.mg_per_ml(50),
        diluent=diluent_for(dose, strength),
        rules=RULES,
    )

    assert str(rate) == "26.3 mL/h"
    assert plan.rate == rate
    assert plan.volume_to_be_infused == Volume.ml("17.5")
