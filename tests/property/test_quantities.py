"""Laws of quantities: closure, monotonicity, rounding, and an independent unit check."""

import operator
from decimal import ROUND_HALF_DOWN, Decimal
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.errors import InvalidValue, UnitMismatch
from afterglow.core.quantities import (
    DOSE_POLICIES,
    HALF_DOWN_TO_0_5_MG,
    RATE_POLICIES,
    VOLUME_POLICIES,
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    DrugRate,
    Duration,
    Height,
    Pressure,
    Quantity,
    Rate,
    RoundingPolicy,
    Volume,
)

KINDS: list[type[Quantity]] = [
    Dose,
    DosePerMass,
    BodyMass,
    Concentration,
    Volume,
    Rate,
    DrugRate,
    Duration,
    Pressure,
    Height,
]
# The units that pint knows, written independently of UNIT.
PINT_UNITS = {
    Dose: "milligram",
    DosePerMass: "milligram / kilogram",
    BodyMass: "kilogram",
    Concentration: "milligram / milliliter",
    Volume: "milliliter",
    Rate: "milliliter / hour",
    DrugRate: "milligram / hour",
    Duration: "second",
    Pressure: "mmHg",
    Height: "centimeter",
}
# A kilogram of body is not a kilogram of drug: pint gets a unit of its own for it.
REGISTRY: Any = pint.UnitRegistry(non_int_type=Decimal)
REGISTRY.define("bodykilogram = [body_mass]")
PINT_UNITS[BodyMass] = "bodykilogram"
PINT_UNITS[DosePerMass] = "milligram / bodykilogram"

amounts = st.decimals(min_value="0.001", max_value=10000, places=3)
kinds = st.sampled_from(KINDS)
policies: st.SearchStrategy[RoundingPolicy[Any]] = st.sampled_from(
    [*DOSE_POLICIES.values(), *VOLUME_POLICIES.values(), *RATE_POLICIES.values()]
)


def in_pint(quantity: Quantity) -> Any:
    return REGISTRY.Quantity(quantity.value, PINT_UNITS[type(quantity)])


def agrees(ours: object, theirs: Any) -> bool:
    if isinstance(ours, Quantity):
        theirs = theirs.to(PINT_UNITS[type(ours)]).magnitude
        ours = ours.value
    else:
        theirs = theirs.to("").magnitude
    assert isinstance(ours, Decimal)
    return bool(abs(ours - theirs) <= abs(theirs) * Decimal("1e-24"))


@given(kinds, kinds, amounts, amounts)
def test_products_and_quotients_have_the_unit_that_pint_gives_them_or_are_refused(
    left_kind: type[Quantity], right_kind: type[Quantity], a: Decimal, b: Decimal
) -> None:
    left: Any = left_kind.from_decimal(a)
    right: Any = right_kind.from_decimal(b)

    for combine in (operator.mul, operator.truediv):
        try:
            ours = combine(left, right)
        except UnitMismatch:
            continue
        assert agrees(ours, combine(in_pint(left), in_pint(right)))


@given(kinds, kinds, amounts, amounts)
def test_sums_and_comparisons_stay_within_a_kind(
    left_kind: type[Quantity], right_kind: type[Quantity], a: Decimal, b: Decimal
) -> None:
    left: Any = left_kind.from_decimal(a)
    right: Any = right_kind.from_decimal(b)

    if left_kind is right_kind:
        assert (left + right).value == a + b
        assert (left < right) == (a < b)
        assert left + right - right == left
    else:
        with pytest.raises(UnitMismatch):
            _ = left + right
        with pytest.raises(UnitMismatch):
            _ = left < right


@given(kinds, amounts, st.integers(0, 5))
def test_text_does_not_depend_on_how_a_number_was_written(
    kind: type[Quantity], value: Decimal, zeros: int
) -> None:
    padded = Decimal(f"{value}{'0' * zeros}") if "." in str(value) else value

    text = str(kind.from_decimal(padded))

    assert text == str(kind.from_decimal(value))
    number = text.split(" ")[0]
    assert "E" not in number
    assert not number.startswith(".")
    assert "." not in number or not number.endswith(("0", "."))


@given(st.floats())
def test_a_float_is_never_a_quantity(value: float) -> None:
    with pytest.raises(InvalidValue):
        Dose.mg(value)  # type: ignore[arg-type]


@given(st.text(max_size=12))
def test_text_either_is_plain_digits_or_is_refused(text: str) -> None:
    try:
        dose = Dose.mg(text)
    except InvalidValue:
        return
    assert text.isascii()
    assert "_" not in text
    assert "e" not in text.lower()
    assert dose.value == Decimal(text.strip())


@given(policies, amounts, amounts)
def test_rounding_is_monotonic_idempotent_and_within_half_a_step(
    policy: RoundingPolicy[Any], a: Decimal, b: Decimal
) -> None:
    low, high = (policy.step.with_value(value) for value in sorted((a, b)))

    assert policy(low) <= policy(high)
    assert policy(policy(low)) == policy(low)
    assert abs(policy(low).change_from(low)) * 2 <= policy.step.value
    assert policy(low).value % policy.step.value == 0


@given(policies, amounts, amounts)
def test_rounding_never_crosses_a_limit(
    policy: RoundingPolicy[Any], raw: Decimal, limit: Decimal
) -> None:
    quantity, bound = policy.step.with_value(raw), policy.step.with_value(limit)

    assert policy(quantity, at_most=bound) <= bound
    assert policy(quantity, at_least=bound) >= bound


@given(st.integers(0, 100_000))
def test_a_tie_goes_down_where_the_name_says_down(halves: int) -> None:
    tie = Decimal(halves) / 2 + Decimal("0.25")

    expected = (tie * 2).quantize(Decimal(1), rounding=ROUND_HALF_DOWN) / 2
    assert HALF_DOWN_TO_0_5_MG(Dose.mg(tie)) == Dose.mg(expected)
    assert HALF_DOWN_TO_0_5_MG(Dose.mg(tie)) < Dose.mg(tie)
