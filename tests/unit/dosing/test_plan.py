"""The plan of an infusion: arithmetic, mixing, what stays behind, and rounding within limits."""

import pytest

from afterglow.core.dosing import (
    Bag,
    Diluent,
    Draw,
    Mixing,
    PlannedInfusion,
    Prescription,
    plan_infusion,
)
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import (
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    Rate,
    Volume,
)
from support.dosing import RULES

HUNDRED = Diluent(Volume.ml(100))


def plan(
    mg_per_kg: str, kg: str, minutes: int = 40, strength: int = 50, diluent: Diluent = HUNDRED
) -> PlannedInfusion:
    return plan_infusion(
        Prescription(DosePerMass.mg_per_kg(mg_per_kg), Duration.minutes(minutes)),
        BodyMass.kg(kg),
        strength=Concentration.mg_per_ml(strength),
        diluent=diluent,
        rules=RULES,
    )


def test_the_arithmetic_is_written_out_line_by_line() -> None:
    lines = [(s.code, s.formula, s.result) for s in plan("0.5", "82.4").steps]

    assert lines == [
        ("RAW_DOSE", "0.5 mg/kg × 82.4 kg", "41.2 mg"),
        ("ROUNDED_DOSE", "41.2 mg, HALF_DOWN_TO_0_5_MG", "41 mg"),
        ("DRAWN_VOLUME", "41 mg ÷ 50 mg/mL, HALF_UP_TO_0_01_ML", "0.82 mL"),
        ("DRAWN_DOSE", "0.82 mL × 50 mg/mL", "41 mg"),
        ("DRAWN_PER_MASS", "41 mg ÷ 82.4 kg", "≈ 0.4976 mg/kg"),
        ("BAG_VOLUME", "100 mL − 0.82 mL taken out + 0.82 mL drug", "100 mL"),
        ("BAG_CONCENTRATION", "41 mg ÷ 100 mL", "0.41 mg/mL"),
        ("VOLUME_TO_BE_INFUSED", "100 mL − 0 mL residual − 0 mL line", "100 mL"),
        ("PUMP_RATE", "100 mL ÷ 40 min = 150 mL/h, HALF_UP_TO_0_1_ML_PER_H", "150 mL/h"),
        ("DELIVERABLE", "100 mL × 0.41 mg/mL", "41 mg"),
    ]


def test_drug_added_on_top_makes_the_bag_larger_and_weaker() -> None:
    added = plan("0.5", "70", diluent=Diluent(Volume.ml(100), Mixing.ADD))

    assert added.bag.taken_out == Volume.ml(0)
    assert added.bag.total == added.volume_to_be_infused == Volume.ml("100.7")
    assert added.rate == Rate.ml_per_h("151.1")
    assert added.bag.deliverable == Dose.mg(35)
    assert "100 mL + 0.7 mL drug" in [step.formula for step in added.steps]


@pytest.mark.parametrize(
    ("flushed", "volume", "rate", "deliverable", "behind"),
    [(False, "80", "120", "28", "7"), (True, "95", "142.5", "33.25", "1.75")],
)
def test_what_stays_in_bag_and_line_does_not_reach_the_patient(
    flushed: bool, volume: str, rate: str, deliverable: str, behind: str
) -> None:
    diluent = Diluent(Volume.ml(100), residual=Volume.ml(5), line=Volume.ml(15), flushed=flushed)

    planned = plan("0.5", "70", diluent=diluent)

    assert planned.volume_to_be_infused == Volume.ml(volume)
    assert planned.rate == Rate.ml_per_h(rate)
    assert planned.bag.deliverable == Dose.mg(deliverable)
    assert planned.bag.left_behind == Dose.mg(behind)


@pytest.mark.parametrize(
    ("mg_per_kg", "kg", "strength", "drawn"),
    [
        ("1.5", "61.3", 50, "91.5"),  # 91.95 mg would round up to 92 mg, past 1.5 mg/kg
        ("1.5", "61.3", 100, "91"),  # 91.5 mg is 0.915 mL, which would round up to 92 mg
        ("1.5", "99.9", 100, "149"),  # 149.85 mg, whose rounding may not pass its 1.5 mg/kg
        ("1.0", "99.8", 50, "100"),  # 100 mg is at the soft limit, not past it
        ("1.0", "99.5", 100, "100"),  # 0.995 mL rounds up to the soft limit exactly
        ("0.5", "199.9", 100, "100"),  # 99.95 mg
    ],
)
def test_no_rounding_carries_a_dose_past_a_limit(
    mg_per_kg: str, kg: str, strength: int, drawn: str
) -> None:
    assert plan(mg_per_kg, kg, strength=strength).drawn == Dose.mg(drawn)


def test_an_order_past_a_limit_is_not_quietly_lowered() -> None:
    assert plan("2", "80").drawn == Dose.mg(160)


def test_rounding_the_pump_rate_up_never_makes_the_infusion_too_short() -> None:
    diluent = Diluent(Volume.ml("29.98"))

    planned = plan("0.5", "70", minutes=30, diluent=diluent)

    assert planned.rate == Rate.ml_per_h("59.9")  # 59.96 would round up to 60
    assert planned.runs_for >= Duration.minutes(30)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: plan("0", "70"), "0 mg/kg; it must be more than 0"),
        (lambda: plan("0.5", "70", minutes=0), "over 0 min"),
        (lambda: plan("0.001", "70", strength=100), "0 mL was drawn"),
        (lambda: plan("0.5", "70", diluent=Diluent(Volume.ml("0.5"))), "cannot replace"),
        (lambda: plan("0.5", "70", minutes=400_000), "which no pump can be set to"),
        (
            lambda: Bag(
                Draw(Volume.ml(1), Concentration.mg_per_ml(50)),
                Diluent(Volume.ml(10), residual=Volume.ml(4), line=Volume.ml(6)),
            ),
            "Nothing of 10 mL would reach the patient",
        ),
    ],
)
def test_what_cannot_be_prepared_is_refused_with_the_numbers(make: object, said: str) -> None:
    assert callable(make)
    with pytest.raises(InvalidValue) as error:
        make()

    assert said in str(error.value)
