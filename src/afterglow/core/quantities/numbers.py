"""Exact decimal arithmetic under contexts of our own: no process-wide setting can bend it."""

from __future__ import annotations

import re
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction

from afterglow.core.errors import InvalidValue

Number = str | int | Decimal
"""What a quantity is built from. Never a float: 0.1 is not a tenth in binary."""

Scalar = int | Decimal
"""What a quantity is multiplied or divided by."""

_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
# Sums are exact (no two clinical amounts are 10^150 apart); products and quotients keep 34 digits.
_SUMS = Context(prec=300, rounding=ROUND_HALF_EVEN, traps=_TRAPS)
_PRODUCTS = Context(prec=34, rounding=ROUND_HALF_EVEN, traps=_TRAPS)
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_TOO_LARGE = Decimal(10) ** 12
_TOO_FINE = 60  # decimal places beyond which a number is noise, not a measurement


def exact(value: object, what: str) -> Decimal:
    """Return ``value`` as an exact, finite Decimal.

    Text is plain digits with an optional decimal point and a digit before it: "0.5", not ".5",
    "5.", "0,5" or "5e-1". Raises InvalidValue naming ``what`` and the value seen.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidValue(
            f"{what} was given as {value!r} ({type(value).__name__}); "
            "it must be a Decimal, an integer or digits in text."
        )
    if isinstance(value, str):
        text = value.strip(" \t\r\n")  # spaces a form may carry, no exotic ones
        if not _PLAIN.fullmatch(text):
            raise InvalidValue(
                f"{what} was given as {value[:40]!r}; write it in digits, such as 35 or 0.5."
            )
        number = Decimal(text)
    else:
        number = Decimal(value)
    if not number.is_finite():
        raise InvalidValue(f"{what} was given as {number}; it must be a finite number.")
    if abs(number) >= _TOO_LARGE:
        raise InvalidValue(f"{what} was given as {number:.3e}; it must be below {_TOO_LARGE:.0e}.")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _TOO_FINE:
        raise InvalidValue(
            f"{what} was given with {-exponent} decimal places; the limit is {_TOO_FINE}."
        )
    return number if number else Decimal(0)


def plain(value: Decimal) -> str:
    """Return the one way to write a number: no trailing zeros, a leading zero, no exponent.

    >>> plain(Decimal("26.30")), plain(Decimal("0.50")), plain(Decimal("1E+2"))
    ('26.3', '0.5', '100')
    """
    return format(value.normalize(_SUMS), "f") if value else "0"


def add(a: Decimal, b: Decimal) -> Decimal:
    """Return a + b, exactly."""
    return _SUMS.add(a, b)


def subtract(a: Decimal, b: Decimal) -> Decimal:
    """Return a − b, exactly."""
    return _SUMS.subtract(a, b)


def multiply(*factors: Decimal, by: int = 1, per: int = 1) -> Decimal:
    """Return the product × ``by`` ÷ ``per``, rounded once, at 34 significant digits."""
    product = Decimal(by)
    for factor in factors:
        product = _SUMS.multiply(product, factor)
    return _PRODUCTS.divide(product, Decimal(per))


def divide(a: Decimal, b: Decimal, *, by: int = 1) -> Decimal:
    """Return a × ``by`` ÷ b at 34 significant digits. Raises InvalidValue when b is nought."""
    if not b:
        raise InvalidValue(f"{plain(a)} cannot be divided by 0.")
    return _PRODUCTS.divide(_SUMS.multiply(a, Decimal(by)), b)


def from_fraction(value: Fraction) -> Decimal:
    """Return a fraction as a decimal, exactly where it ends, else at 34 significant digits."""
    return _PRODUCTS.divide(Decimal(value.numerator), Decimal(value.denominator))


def round_to_step(value: Decimal, step: Decimal, mode: str) -> Decimal:
    """Return the multiple of ``step`` that ``mode`` (a ``decimal`` rounding name) chooses."""
    steps = Fraction(value) / Fraction(step)
    # A ratio that does not end as a decimal is never a tie, so one guard digit decides it.
    whole = _SUMS.divide(Decimal(steps.numerator), Decimal(steps.denominator))
    return _SUMS.multiply(whole.quantize(Decimal(1), rounding=mode, context=_SUMS), step)
