"""Quantities: what may be combined, what is refused, and how they are written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import pytest

from afterglow.core.errors import InvalidValue, UnitMismatch
from afterglow.core.quantities import (
    HALF_DOWN_TO_0_5_MG,
    HALF_UP_TO_0_1_ML_PER_H,
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    DrugRate,
    Duration,
    Height,
    MassBasis,
    Pressure,
    Quantity,
    Rate,
    Volume,
)

ONE_OF_EACH: list[Quantity] = [
    Dose.mg(35),
    DosePerMass.mg_per_kg("0.5"),
    BodyMass.kg(70),
    Concentration.mg_per_ml(2),
    Volume.ml("17.5"),
    Rate.ml_per_h("26.3"),
    DrugRate.mg_per_h("52.5"),
    Duration.minutes(40),
    Pressure.mmhg(120),
    Height.cm(165),
]


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Dose.mg("35.0"), "35 mg"),
        (Dose.mg("0.50"), "0.5 mg"),
        (Dose.mg(0), "0 mg"),
        (Dose.mg(Decimal("-0")), "0 mg"),
        (Dose.mg(Decimal("1E+2")), "100 mg"),
        (Dose.mg("1000.00"), "1000 mg"),
        (DosePerMass.mg_per_kg("0.500"), "0.5 mg/kg"),
        (BodyMass.kg("82.40"), "82.4 kg"),
        (BodyMass.pounds(1), "0.45359237 kg"),
        (Concentration.mg_per_ml("0.350"), "0.35 mg/mL"),
        (Volume.ml("17.5"), "17.5 mL"),
        (Rate.ml_per_h("26.30"), "26.3 mL/h"),
        (DrugRate.mg_per_min("0.875"), "52.5 mg/h"),
        (Duration.minutes(40), "40 min"),
        (Duration.seconds(90), "90 s"),
        (Duration.hours("0.5"), "30 min"),
        (Duration.seconds(0), "0 s"),
        (Pressure.mmhg(120), "120 mmHg"),
        (Height.cm("165.0"), "165 cm"),
    ],
)
def test_a_quantity_is_written_one_way_only(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text


def test_the_products_and_quotients_that_have_a_meaning() -> None:
    assert DosePerMass.mg_per_kg("0.5") * BodyMass.kg("82.4") == Dose.mg("41.2")
    assert BodyMass.kg("82.4") * DosePerMass.mg_per_kg("0.5") == Dose.mg("41.2")
    assert Concentration.mg_per_ml(50) * Volume.ml("0.82") == Dose.mg(41)
    assert Volume.ml("0.82") * Concentration.mg_per_ml(50) == Dose.mg(41)
    assert Rate.ml_per_h(150) * Duration.minutes(40) == Volume.ml(100)
    assert Duration.minutes(40) * Rate.ml_per_h(150) == Volume.ml(100)
    assert Rate.ml_per_h(150) * Concentration.mg_per_ml("0.41") == DrugRate.mg_per_h("61.5")
    assert Concentration.mg_per_ml("0.41") * Rate.ml_per_h(150) == DrugRate.mg_per_h("61.5")
    assert DrugRate.mg_per_h("61.5") * Duration.minutes(40) == Dose.mg(41)
    assert Duration.minutes(40) * DrugRate.mg_per_h("61.5") == Dose.mg(41)
    assert Dose.mg(41) / Concentration.mg_per_ml(50) == Volume.ml("0.82")
    assert Dose.mg(41) / Volume.ml(100) == Concentration.mg_per_ml("0.41")
    assert Dose.mg(35) / BodyMass.kg(70) == DosePerMass.mg_per_kg("0.5")
    assert Dose.mg(35) / Duration.minutes(40) == DrugRate.mg_per_min("0.875")
    assert Dose.mg(35) / DrugRate.mg_per_min("0.875") == Duration.minutes(40)
    assert Volume.ml(100) / Duration.minutes(40) == Rate.ml_per_h(150)
    assert Volume.ml(100) / Rate.ml_per_h(150) == Duration.minutes(40)
    assert DrugRate.mg_per_h("61.5") / Concentration.mg_per_ml("0.41") == Rate.ml_per_h(150)
    assert DrugRate.mg_per_h("61.5") / Rate.ml_per_h(150) == Concentration.mg_per_ml("0.41")
    assert DrugRate.mg_per_h("52.5").in_mg_per_min == Decimal("0.875")


def test_a_quantity_scales_by_a_number_and_divides_by_its_own_kind() -> None:
    assert Dose.mg(35) * 2 == 2 * Dose.mg(35) == Dose.mg(70)
    assert Dose.mg(35) / 2 == Dose.mg("17.5")
    assert Pressure.mmhg(120) * 2 == Pressure.mmhg(240)
    assert Pressure.mmhg(120) / 2 == Pressure.mmhg(60)
    assert Height.cm(80) * 2 == Height.cm(160)
    assert Height.cm(160) / Height.cm(80) == 2
    for quantity in ONE_OF_EACH:
        assert quantity._divided_by(quantity) == 1
        assert quantity._divided_by(Decimal(1)) == quantity


@pytest.mark.parametrize("left", ONE_OF_EACH, ids=lambda q: type(q).__name__)
@pytest.mark.parametrize("right", [*ONE_OF_EACH, 0.5, "2", True, None], ids=repr)
def test_kinds_that_have_no_meaning_together_are_refused(left: Quantity, right: object) -> None:
    if type(left) is not type(right):
        for combine in ("__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"):
            with pytest.raises(UnitMismatch):
                getattr(left, combine)(right)

    meaningful = {
        ("DosePerMass", "BodyMass"),
        ("Concentration", "Volume"),
        ("Concentration", "Rate"),
        ("Rate", "Duration"),
        ("DrugRate", "Duration"),
    }
    pair = (type(left).__name__, type(right).__name__)
    if pair not in meaningful and pair[::-1] not in meaningful:
        with pytest.raises(UnitMismatch):
            _ = left * right  # type: ignore[operator]


def test_a_dose_cannot_be_divided_by_a_pressure() -> None:
    with pytest.raises(UnitMismatch, match="35 mg cannot be divided by 120 mmHg"):
        _ = Dose.mg(35) / Pressure.mmhg(120)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (35.0, "35.0 (float)"),
        (float("nan"), "nan (float)"),
        (True, "True (bool)"),
        (None, "None (NoneType)"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "sNaN"),
        (Decimal("Infinity"), "Infinity"),
        ("NaN", "'NaN'"),
        ("", "''"),
        (".5", "'.5'"),
        ("5.", "'5.'"),
        ("0,5", "'0,5'"),
        ("5e-1", "'5e-1'"),
        ("1_000", "'1_000'"),
        ("３５", "'３５'"),
        ("35 mg", "'35 mg'"),
        ("-1", "-1 mg"),
        (Decimal("1E+12"), "1.000e+12"),
        (Decimal("1E-61"), "61 decimal places"),
    ],
)
def test_what_is_not_an_amount_is_refused_with_the_value_seen(bad: object, said: str) -> None:
    with pytest.raises(InvalidValue) as error:
        Dose.mg(bad)  # type: ignore[arg-type]

    assert "A dose was given" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize("make", [BodyMass.kg, Concentration.mg_per_ml, Height.cm])
def test_nobody_weighs_nothing_and_no_vial_is_without_strength(make: type) -> None:
    with pytest.raises(InvalidValue, match="more than 0"):
        make("0")


def test_what_would_fall_below_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="-1 mg; it must be 0 or more"):
        _ = Dose.mg(1) - Dose.mg(2)


def test_dividing_by_a_pump_that_stands_still_is_refused() -> None:
    with pytest.raises(InvalidValue, match="cannot be divided by 0"):
        _ = Volume.ml(100) / Rate.ml_per_h(0)


def test_a_fall_in_pressure_is_a_signed_number() -> None:
    assert Pressure.mmhg(100).change_from(Pressure.mmhg(120)) == -20


def test_body_masses_on_different_bases_do_not_mix() -> None:
    actual, ideal = BodyMass.kg(70), BodyMass.kg(70, MassBasis.IDEAL)

    assert actual != ideal
    assert (actual * 2).basis is MassBasis.ACTUAL
    assert (ideal * 2).basis is MassBasis.IDEAL
    with pytest.raises(UnitMismatch, match="different bases"):
        _ = actual < ideal
    with pytest.raises(UnitMismatch, match="different bases"):
        _ = actual + ideal
    with pytest.raises(UnitMismatch, match="different bases"):
        _ = actual / ideal


def test_equal_amounts_are_equal_and_hash_alike_however_they_were_written() -> None:
    assert Dose.mg("35") == Dose.mg("35.00") == Dose.from_decimal(Decimal(35))
    assert len({Dose.mg("35"), Dose.mg("35.00")}) == 1
    assert len({*ONE_OF_EACH, Volume.ml(35), Dose.mg(35)}) == len(ONE_OF_EACH) + 1
    assert sorted([Dose.mg(3), Dose.mg(1)]) == [Dose.mg(1), Dose.mg(3)]


def test_a_narrow_process_wide_decimal_context_changes_nothing() -> None:
    with localcontext() as context:
        context.prec = 3
        rate = HALF_UP_TO_0_1_ML_PER_H(Volume.ml("123.456") / Duration.minutes(40))
        text = str(Dose.mg("123.4567"))

    assert text == "123.4567 mg"
    assert rate == Rate.ml_per_h("185.2")


def test_a_duration_between_two_moments_needs_zones_and_order() -> None:
    start = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)

    assert Duration.between(start, start + timedelta(minutes=40)) == Duration.minutes(40)
    assert Duration.minutes("1.5").to_timedelta() == timedelta(seconds=90)
    assert Duration.minutes(90).in_hours == Decimal("1.5")
    assert Duration.minutes(90).in_seconds == 5400
    with pytest.raises(InvalidValue, match="cannot end"):
        Duration.between(start, start - timedelta(seconds=1))
    with pytest.raises(InvalidValue, match="zones"):
        Duration.between(start.replace(tzinfo=None), start)
    with pytest.raises(InvalidValue, match="0 or more"):
        Duration.from_timedelta(timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("raw", "rounded"),
    [("41.2", "41"), ("39.3", "39.5"), ("71.25", "71"), ("71.26", "71.5"), ("0.25", "0")],
)
def test_doses_round_to_half_a_milligram_with_ties_down(raw: str, rounded: str) -> None:
    assert HALF_DOWN_TO_0_5_MG(Dose.mg(raw)) == Dose.mg(rounded)


@pytest.mark.parametrize(("raw", "rounded"), [("26.25", "26.3"), ("29.625", "29.6")])
def test_pump_rates_round_to_a_tenth_with_ties_up(raw: str, rounded: str) -> None:
    assert HALF_UP_TO_0_1_ML_PER_H(Rate.ml_per_h(raw)) == Rate.ml_per_h(rounded)


def test_rounding_steps_back_inside_its_limits() -> None:
    limit = Dose.mg("149.9")

    assert HALF_DOWN_TO_0_5_MG(Dose.mg("149.9"), at_most=limit) == Dose.mg("149.5")
    assert HALF_DOWN_TO_0_5_MG(Dose.mg("10.1"), at_least=Dose.mg("10.1")) == Dose.mg("10.5")
    with pytest.raises(InvalidValue, match=r"no multiple of 0\.5 mg"):
        HALF_DOWN_TO_0_5_MG(Dose.mg("10.2"), at_least=Dose.mg("10.1"), at_most=Dose.mg("10.3"))
