"""What a practice states that its care costs, and the sum of a first course, with its arithmetic.

>>> lines = [PriceLine("The check", Decimal("200"), PriceStage.BEFORE, 1),
...          PriceLine("Each drip", Decimal("300"), PriceStage.DRIP, 6)]
>>> found = estimate(lines)
>>> found.total, [stop.total for stop in found.stops][:2]
(Decimal('2000'), [Decimal('500'), Decimal('800')])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from afterglow.core.errors import InvalidValue

SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}
MOST_AMOUNT: Final = Decimal("99999.99")
MOST_TIMES: Final = 30


class PriceStage(StrEnum):
    """Where in the first course a price falls due. ``OTHER`` is no part of a first course."""

    BEFORE = "before"
    DRIP = "drip"
    AFTER = "after"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One thing that is paid for: its words, its price, when it falls due and how often.

    ``times`` is how many of it the first course has as planned; nought for what is no part of it.
    """

    name: str
    amount: Decimal
    stage: PriceStage
    times: int
    includes: str = ""

    @property
    def together(self) -> Decimal:
        """Price times number."""
        return self.amount * self.times


@dataclass(frozen=True, slots=True)
class Stop:
    """What has been paid when the course ends after ``drips`` drips."""

    drips: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Estimate:
    """The first course as planned: its lines, its sum, and the sum at every earlier end."""

    counted: tuple[PriceLine, ...]
    others: tuple[PriceLine, ...]
    total: Decimal
    stops: tuple[Stop, ...]


def check_prices(lines: Sequence[PriceLine]) -> None:
    """Raise InvalidValue for a list that cannot be meant: an empty one is "no longer stated"."""
    for line in lines:
        if not line.name.strip():
            raise InvalidValue("A price has no words; say what is paid for.")
        if not 0 <= line.amount <= MOST_AMOUNT:
            raise InvalidValue(
                "%(seen)s is no price; it lies between 0 and %(limit)s.",
                seen=line.amount,
                limit=MOST_AMOUNT,
            )
        if line.amount != line.amount.quantize(Decimal("0.01")):
            raise InvalidValue("%(seen)s has parts of a cent.", seen=line.amount)
        if line.stage is PriceStage.OTHER and line.times:
            raise InvalidValue(
                "“%(name)s” is no part of the first course, so it is counted 0 times in it, "
                "not %(seen)s.",
                name=line.name,
                seen=line.times,
            )
        if line.stage is not PriceStage.OTHER and not 1 <= line.times <= MOST_TIMES:
            raise InvalidValue(
                "“%(name)s” is counted %(seen)s times in the first course; it must be 1 to "
                "%(limit)s.",
                name=line.name,
                seen=line.times,
                limit=MOST_TIMES,
            )
    drips = [line for line in lines if line.stage is PriceStage.DRIP]
    if lines and len(drips) != 1:
        raise InvalidValue(
            "%(seen)s prices are said to be the drip itself; exactly one must be.",
            seen=len(drips),
        )


def estimate(lines: Sequence[PriceLine]) -> Estimate | None:
    """Return what the first course comes to, or None when no price is stated.

    Raises InvalidValue for a list that ``check_prices`` refuses.
    """
    check_prices(lines)
    if not lines:
        return None
    counted = tuple(line for line in lines if line.stage is not PriceStage.OTHER)
    drip = next(line for line in counted if line.stage is PriceStage.DRIP)
    before = sum((line.together for line in counted if line.stage is PriceStage.BEFORE), Decimal(0))
    return Estimate(
        counted,
        tuple(line for line in lines if line.stage is PriceStage.OTHER),
        sum((line.together for line in counted), Decimal(0)),
        tuple(Stop(n, before + n * drip.amount) for n in range(1, drip.times)),
    )


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as it is read aloud: ``$1,250`` or ``$80.50``; whole amounts have no cents.

    >>> money(Decimal("1250.00"), "USD"), money(Decimal("80.5"), "CHF")
    ('$1,250', 'CHF 80.50')
    """
    words = f"{amount:,.2f}".removesuffix(".00")
    sign = SIGNS.get(currency)
    return f"{sign}{words}" if sign else f"{currency} {words}"
