"""What the change between two totals of one instrument means."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.definition import Instrument


@dataclass(frozen=True, slots=True)
class Change:
    """From a baseline to a later total. None where the instrument gives no rule.

    ``difference`` is later minus baseline; ``fall_percent`` is exact and None at a baseline of 0.
    """

    difference: Decimal
    fall_percent: Decimal | None
    is_response: bool | None
    is_remission: bool | None
    meets_smallest_difference: bool | None


def change(instrument: Instrument, *, baseline: Decimal, later: Decimal) -> Change:
    """Return the change. Lower is better in every instrument that has these rules.

    Raises InvalidValue for a negative total.
    """
    if baseline < 0 or later < 0:
        raise InvalidValue(f"A total is not negative; {min(baseline, later)} was given.")
    rule = instrument.change
    fall = (baseline - later) * 100 / baseline if baseline else None
    response = None
    if rule.response_percent is not None and fall is not None:
        response = fall >= rule.response_percent
    return Change(
        difference=later - baseline,
        fall_percent=fall,
        is_response=response,
        is_remission=None if rule.remission_below is None else later < rule.remission_below,
        meets_smallest_difference=None
        if rule.smallest_difference is None
        else baseline - later >= rule.smallest_difference,
    )
