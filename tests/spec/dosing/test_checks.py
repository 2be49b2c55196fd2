"""What is refused, cautioned and allowed in dosing, and who may override: tables to sign."""

from datetime import UTC, datetime, timedelta

import pytest

from afterglow.core.decisions import Decision, Overrider, Severity
from afterglow.core.dosing import (
    Bag,
    Body,
    Diluent,
    Draw,
    FormulaSex,
    MassMeasured,
    Mixing,
    OrderFacts,
    PreparationFacts,
    Prescription,
    check_basis,
    check_order,
    check_preparation,
    check_weight,
    dosing_mass,
    plan_infusion,
)
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import (
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

NOW = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)
NOBODY, PRESCRIBER = Overrider.NOBODY, Overrider.PRESCRIBER
F = FormulaSex.FEMALE


def told(decision: Decision) -> list[tuple[str, str]]:
    """Each code with who may override it, or how much it weighs when it does not block."""
    return [
        (r.code, r.overridable_by if r.severity is Severity.BLOCKER else r.severity)
        for r in decision
    ]


@pytest.mark.parametrize(
    ("today", "before", "days", "expected"),
    [
        ("70", "70", 7, []),
        ("72.8", "70", 7, []),
        ("72.9", "70", 7, [("WEIGHT_CHANGED_REVIEW", Severity.CAUTION)]),
        ("67.1", "70", 7, [("WEIGHT_CHANGED_REVIEW", Severity.CAUTION)]),
        ("75.6", "70", 14, [("WEIGHT_CHANGED_REVIEW", Severity.CAUTION)]),
        ("75.7", "70", 14, [("WEIGHT_CHANGED_BLOCK", PRESCRIBER)]),
        ("75.6", "70", 15, []),
        ("75.7", "70", 15, [("WEIGHT_CHANGED_REVIEW", Severity.CAUTION)]),
        ("91.1", "70", 1095, [("WEIGHT_CHANGED_BLOCK", PRESCRIBER)]),
        ("95", "70", 1096, []),
        ("154.3", "70", 7, [("WEIGHT_LOOKS_LIKE_POUNDS", NOBODY)]),
        ("150", "70", 4000, [("WEIGHT_LOOKS_LIKE_POUNDS", NOBODY)]),
        ("70", "154.3", 7, [("EARLIER_WEIGHT_LOOKS_LIKE_POUNDS", NOBODY)]),
        ("29.9", None, 0, [("WEIGHT_IMPLAUSIBLE", NOBODY), ("WEIGHT_MAY_BE_POUNDS", "caution")]),
        ("30", None, 0, [("WEIGHT_MAY_BE_POUNDS", Severity.CAUTION)]),
        ("300", None, 0, [("WEIGHT_MAY_BE_POUNDS", Severity.CAUTION)]),
        ("300.1", None, 0, [("WEIGHT_IMPLAUSIBLE", NOBODY), ("WEIGHT_MAY_BE_POUNDS", "caution")]),
    ],
)
def test_a_weight_is_judged_against_history(
    today: str, before: str | None, days: int, expected: list[tuple[str, str]]
) -> None:
    history = []
    if before is not None:
        history = [
            MassMeasured(BodyMass.kg(before), NOW - timedelta(days=days)),
            MassMeasured(BodyMass.kg("50"), NOW - timedelta(days=days + 1)),
            MassMeasured(BodyMass.kg("50"), NOW),
        ]

    decision = check_weight(Body(BodyMass.kg(today)), at=NOW, history=history, rules=RULES)

    assert told(decision) == expected


@pytest.mark.parametrize(
    ("kg", "cm", "expected"),
    [
        ("70", "165", []),
        ("94", "165", []),
        ("96", "165", [("WEIGHT_MAY_BE_POUNDS", Severity.CAUTION)]),
        ("154", "165", [("WEIGHT_MAY_BE_POUNDS", Severity.CAUTION)]),
        ("70", "119", [("HEIGHT_IMPLAUSIBLE", NOBODY), ("WEIGHT_MAY_BE_POUNDS", "caution")]),
        ("70", "221", [("HEIGHT_IMPLAUSIBLE", NOBODY)]),
        ("33", "165", [("BMI_IMPLAUSIBLE", PRESCRIBER)]),
        ("195", "165", [("BMI_IMPLAUSIBLE", PRESCRIBER), ("WEIGHT_MAY_BE_POUNDS", "caution")]),
    ],
)
def test_a_first_weight_is_judged_by_height(
    kg: str, cm: str, expected: list[tuple[str, str]]
) -> None:
    body = Body(BodyMass.kg(kg), Height.cm(cm))

    assert told(check_weight(body, at=NOW, history=[], rules=RULES)) == expected


@pytest.mark.parametrize(
    ("kg", "cm", "sex", "basis", "expected"),
    [
        ("70", "165", F, None, []),
        ("81.6", "165", F, None, []),  # 29.97
        ("81.7", "165", F, None, [("BASIS_NOT_CHOSEN", NOBODY)]),  # 30.01
        ("86.7", "170", F, None, [("BASIS_NOT_CHOSEN", NOBODY)]),  # exactly 30
        ("118", "160", F, MassBasis.ACTUAL, []),
        ("118", "160", F, MassBasis.IDEAL, []),
        ("118", "160", F, MassBasis.ADJUSTED, []),
        ("118", None, F, None, [("HEIGHT_UNKNOWN", NOBODY)]),
        ("118", None, None, MassBasis.ACTUAL, []),
        ("118", None, F, MassBasis.IDEAL, [("HEIGHT_UNKNOWN", NOBODY)]),
        ("118", "160", None, MassBasis.ADJUSTED, [("SEX_FOR_FORMULA_UNKNOWN", NOBODY)]),
        ("50", "180", F, MassBasis.IDEAL, [("DOSING_MASS_ABOVE_ACTUAL", PRESCRIBER)]),
        ("50", "180", F, MassBasis.ADJUSTED, [("DOSING_MASS_ABOVE_ACTUAL", PRESCRIBER)]),
        ("50", "80", F, MassBasis.IDEAL, []),  # the height itself is refused by check_weight
    ],
)
def test_the_basis_of_a_dose_must_be_clear(
    kg: str,
    cm: str | None,
    sex: FormulaSex | None,
    basis: MassBasis | None,
    expected: list[tuple[str, str]],
) -> None:
    body = Body(BodyMass.kg(kg), None if cm is None else Height.cm(cm), sex)

    assert told(check_basis(body, basis, RULES)) == expected


def test_a_dosing_mass_that_cannot_be_reckoned_is_never_guessed() -> None:
    with pytest.raises(InvalidValue, match="needs a height"):
        dosing_mass(Body(BodyMass.kg(70)), MassBasis.IDEAL, RULES.dosing_mass)
    with pytest.raises(InvalidValue, match="needs a sex"):
        dosing_mass(Body(BodyMass.kg(70), Height.cm(165)), MassBasis.IDEAL, RULES.dosing_mass)
    with pytest.raises(InvalidValue, match="measured body mass is actual"):
        Body(BodyMass.kg(70, MassBasis.IDEAL))


def order(
    mg_per_kg: str,
    kg: str = "70",
    minutes: str = "40",
    last: str | None = "0.5",
    drawn: str | None = None,
    hours_ago: tuple[float, ...] = (),
) -> Decision:
    facts = OrderFacts(
        Prescription(DosePerMass.mg_per_kg(mg_per_kg), Duration.minutes(minutes)),
        BodyMass.kg(kg),
        NOW,
        None if drawn is None else Dose.mg(drawn),
        None if last is None else DosePerMass.mg_per_kg(last),
        tuple(NOW - timedelta(hours=h) for h in hours_ago),
    )
    return check_order(facts, RULES)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (order("0.5"), []),
        (order("0.5", last=None), []),
        (order("0.6", last=None), [("FIRST_DOSE_ABOVE_START", "caution")]),
        (order("0.24"), [("DOSE_BELOW_USUAL", "caution")]),
        (order("1.0", last="0.9"), []),
        (order("1.0", "61.3", last="0.9", drawn="61.5"), []),  # example 5: rounded, not ordered
        (order("1.01", last="0.9"), [("DOSE_PER_KG_ABOVE_SOFT_LIMIT", PRESCRIBER)]),
        (order("1.5", "60", last="1.4"), [("DOSE_PER_KG_ABOVE_SOFT_LIMIT", PRESCRIBER)]),
        (order("1.51", "60", last="1.5"), [("DOSE_PER_KG_ABOVE_HARD_LIMIT", NOBODY)]),
        (
            order("1.5", "61.3", last="1.5", drawn="92"),
            [("DOSE_PER_KG_ABOVE_HARD_LIMIT", NOBODY)],
        ),
        (order("0.5", "200"), []),
        (order("0.5", "200.1"), [("DOSE_ABOVE_SOFT_LIMIT", PRESCRIBER)]),
        (order("0.5", "199", drawn="101"), [("DOSE_ABOVE_SOFT_LIMIT", PRESCRIBER)]),
        (order("0.5", "300"), [("DOSE_ABOVE_SOFT_LIMIT", PRESCRIBER)]),
        (order("0.5", "300.2"), [("DOSE_ABOVE_HARD_LIMIT", NOBODY)]),
        (order("0.75", last="0.5"), []),
        (order("0.76", last="0.5"), [("DOSE_STEP_ABOVE_SOFT_LIMIT", PRESCRIBER)]),
        (order("0.5", last="1.0"), []),
        (order("0.5", minutes="29.9"), [("INFUSION_TOO_SHORT", NOBODY)]),
        (order("0.5", minutes="30"), [("INFUSION_SHORTER_THAN_USUAL", "caution")]),
        (order("0.5", minutes="60"), []),
        (order("0.5", minutes="100"), [("INFUSION_LONGER_THAN_USUAL", "caution")]),
        (order("0.5", hours_ago=(47,)), []),
        (order("0.5", hours_ago=(24, 47.9)), [("TOO_MANY_INFUSIONS", NOBODY)]),
        (order("0.5", hours_ago=(24, 48)), []),
    ],
)
def test_an_order_is_judged_against_every_limit(
    decision: Decision, expected: list[tuple[str, str]]
) -> None:
    assert told(decision) == expected


def test_every_reason_is_given_not_only_the_first() -> None:
    decision = order("2", "80", "20", hours_ago=(10, 20))

    assert decision.codes == (
        "DOSE_ABOVE_HARD_LIMIT",
        "DOSE_PER_KG_ABOVE_HARD_LIMIT",
        "DOSE_STEP_ABOVE_SOFT_LIMIT",
        "INFUSION_TOO_SHORT",
        "TOO_MANY_INFUSIONS",
    )
    assert decision.reasons[0].sentence == "The dose, 160 mg, is above the hard limit of 150 mg."


def test_a_weight_in_history_is_actual_and_has_its_time_zone() -> None:
    with pytest.raises(InvalidValue, match="measured body mass is actual"):
        MassMeasured(BodyMass.kg(70, MassBasis.IDEAL), NOW)
    with pytest.raises(InvalidValue, match="no time zone"):
        MassMeasured(BodyMass.kg(70), NOW.replace(tzinfo=None))


def test_an_order_without_time_zones_is_refused() -> None:
    with pytest.raises(InvalidValue, match="with its zone"):
        OrderFacts(
            Prescription(DosePerMass.mg_per_kg("0.5"), Duration.minutes(40)),
            BodyMass.kg(70),
            NOW.replace(tzinfo=None),
        )


def prepared(
    ml: str,
    strength: str,
    *,
    bag_ml: str = "100",
    mixing: Mixing = Mixing.REPLACE,
    planned: str = "50",
    diluent: str = "sodium_chloride_0_9",
) -> Decision:
    """Judge a bag made for 35 mg (0.5 mg/kg, 70 kg)."""
    plan = plan_infusion(
        Prescription(DosePerMass.mg_per_kg("0.5"), Duration.minutes(40)),
        BodyMass.kg(70),
        strength=Concentration.mg_per_ml(planned),
        diluent=Diluent(Volume.ml(100)),
        rules=RULES,
    )
    bag = Bag(
        Draw(Volume.ml(ml), Concentration.mg_per_ml(strength)),
        Diluent(Volume.ml(bag_ml), mixing),
    )
    return check_preparation(PreparationFacts(plan, bag, diluent), RULES)


MISMATCH = ("STRENGTH_MISMATCH", NOBODY)
DIFFERS = ("DRAWN_DIFFERS_FROM_ORDER", PRESCRIBER)
UNUSUAL = ("BAG_VOLUME_UNUSUAL", "caution")


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (prepared("0.7", "50"), []),
        (prepared("0.7", "50", mixing=Mixing.ADD), []),
        (prepared("0.73", "50"), []),  # 36.5 mg is 4.3 % above
        (prepared("0.74", "50"), [DIFFERS]),  # 37 mg is 5.7 % above
        (prepared("0.66", "50"), [DIFFERS]),  # 33 mg is 5.7 % below
        (prepared("0.35", "100"), [MISMATCH]),  # right milligrams, wrong vial
        (prepared("0.7", "100"), [MISMATCH, DIFFERS]),
        (
            prepared("3.5", "100", planned="10"),
            [
                ("DRAWN_ABOVE_HARD_LIMIT", NOBODY),
                MISMATCH,
                ("CONCENTRATION_ABOVE_SOFT_LIMIT", PRESCRIBER),
                DIFFERS,
            ],
        ),
        (prepared("3.5", "10", planned="10"), [("DILUTION_DISPUTED", "caution")]),
        (prepared("1.4", "25", planned="25"), [("STRENGTH_UNKNOWN", NOBODY)]),
        (prepared("0.7", "50", diluent="lactated_ringer"), [("DILUENT_UNKNOWN", NOBODY)]),
        (prepared("0.7", "50", diluent="sterile_water"), [("DILUENT_NOT_FOR_INFUSION", NOBODY)]),
        (prepared("0.7", "50", bag_ml="17.5"), [UNUSUAL]),  # 2 mg/mL, the soft limit
        (
            prepared("0.7", "50", bag_ml="17.4"),
            [
                ("CONCENTRATION_ABOVE_SOFT_LIMIT", PRESCRIBER),
                UNUSUAL,
            ],
        ),
        (
            prepared("0.7", "50", bag_ml="3"),
            [
                ("CONCENTRATION_ABOVE_HARD_LIMIT", NOBODY),
                UNUSUAL,
            ],
        ),
        (prepared("0.7", "50", bag_ml="250.1"), [UNUSUAL]),
        (
            prepared("0.35", "100", bag_ml="0.35", planned="100"),
            [
                ("CONCENTRATION_ABOVE_HARD_LIMIT", NOBODY),
                ("UNDILUTED", NOBODY),
                UNUSUAL,
            ],
        ),
        (
            prepared("0.35", "100", bag_ml="0", mixing=Mixing.ADD, planned="100"),
            [
                ("CONCENTRATION_ABOVE_HARD_LIMIT", NOBODY),
                ("UNDILUTED", NOBODY),
                UNUSUAL,
            ],
        ),
    ],
)
def test_a_preparation_is_judged_against_the_plan(
    decision: Decision, expected: list[tuple[str, str]]
) -> None:
    assert sorted(told(decision)) == sorted(expected)


def test_a_tenfold_strength_swap_says_so() -> None:
    stronger = prepared("3.5", "100", planned="10")
    weaker = prepared("0.35", "10", planned="100")

    sentences = [r.sentence for d in (stronger, weaker) for r in d if r.code == "STRENGTH_MISMATCH"]
    assert sentences == [
        "The vial says 100 mg/mL and the plan 10 mg/mL: tenfold stronger.",
        "The vial says 10 mg/mL and the plan 100 mg/mL: tenfold weaker.",
    ]
