"""What a first course comes to: sums that can be done again by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor_prices import PriceLine, PriceStage, estimate, money

CHECK = PriceLine("The check", Decimal("320.50"), PriceStage.BEFORE, 1)
DRIP = PriceLine("Each drip", Decimal("450"), PriceStage.DRIP, 6)
REVIEW = PriceLine("The review", Decimal("180"), PriceStage.AFTER, 1)
LATER = PriceLine("A later drip", Decimal("450"), PriceStage.OTHER, 0)


def test_the_sum_and_every_earlier_end_can_be_done_again_by_hand() -> None:
    found = estimate([CHECK, DRIP, REVIEW, LATER])

    assert found is not None
    assert found.total == Decimal("3200.50")  # 320.50 + 6 × 450 + 180
    assert [(stop.drips, stop.total) for stop in found.stops] == [
        (1, Decimal("770.50")),
        (2, Decimal("1220.50")),
        (3, Decimal("1670.50")),
        (4, Decimal("2120.50")),
        (5, Decimal("2570.50")),
    ]
    assert found.others == (LATER,)
    assert LATER not in found.counted


def test_without_prices_there_is_no_estimate() -> None:
    assert estimate([]) is None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([CHECK], "0 prices are said to be the drip"),
        ([DRIP, DRIP], "2 prices are said to be the drip"),
        ([PriceLine(" ", Decimal(1), PriceStage.DRIP, 1)], "no words"),
        ([PriceLine("x", Decimal("-1"), PriceStage.DRIP, 1)], "-1 is no price"),
        ([PriceLine("x", Decimal("100000"), PriceStage.DRIP, 1)], "between 0 and 99999.99"),
        ([PriceLine("x", Decimal("1.005"), PriceStage.DRIP, 1)], "parts of a cent"),
        ([PriceLine("x", Decimal(1), PriceStage.DRIP, 0)], "counted 0 times"),
        ([PriceLine("x", Decimal(1), PriceStage.DRIP, 31)], "must be 1 to 30"),
        ([DRIP, PriceLine("x", Decimal(1), PriceStage.OTHER, 2)], "no part of the first course"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_in_words(lines: list[PriceLine], why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        estimate(lines)


@given(
    st.decimals("0", "9999", places=2),
    st.integers(1, 30),
    st.decimals("0", "9999", places=2),
)
def test_a_later_end_never_costs_less_and_the_plan_costs_most(
    drip: Decimal, times: int, check: Decimal
) -> None:
    found = estimate(
        [
            PriceLine("check", check, PriceStage.BEFORE, 1),
            PriceLine("drip", drip, PriceStage.DRIP, times),
        ]
    )

    assert found is not None
    paid = [stop.total for stop in found.stops]
    assert paid == sorted(paid)
    assert all(each <= found.total for each in paid)
    assert len(paid) == times - 1


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [("0", "USD", "$0"), ("1250", "USD", "$1,250"), ("80.5", "EUR", "€80.50")],
)
def test_money_is_said_as_it_is_read(amount: str, currency: str, words: str) -> None:
    assert money(Decimal(amount), currency) == words
