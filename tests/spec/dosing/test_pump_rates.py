"""A rate to set and a rate that really ran: a table a clinician can sign."""

from decimal import Decimal

import pytest

from afterglow.core.decisions import Overrider
from afterglow.core.quantities import Rate
from afterglow.core.treatment.pump_rate import RateFacts, assess

FASTEST = Rate.ml_per_h("150")
WHY = "A digit too many at the pump."


def judged(rate: str, *, ran: bool, reason: str) -> tuple[str, ...]:
    return assess(RateFacts(Rate.ml_per_h(Decimal(rate)), FASTEST, ran, reason)).codes


@pytest.mark.parametrize(
    ("rate", "really_ran", "reason", "codes"),
    [
        ("0", False, "", ("RATE_NOT_POSITIVE",)),
        ("0", True, WHY, ("RATE_NOT_POSITIVE",)),
        ("0.1", False, "", ()),
        ("150", False, "", ()),
        ("150", True, "", ()),
        ("150.1", False, "", ("RATE_ABOVE_HARD_LIMIT",)),
        ("525", False, WHY, ("RATE_ABOVE_HARD_LIMIT",)),
        ("525", True, "", ("RATE_RAN_WITHOUT_REASON",)),
        ("525", True, "  ", ("RATE_RAN_WITHOUT_REASON",)),
        ("525", True, WHY, ("RATE_RAN_ABOVE_HARD_LIMIT",)),
        ("1200", True, WHY, ("RATE_RAN_ABOVE_HARD_LIMIT",)),
        ("1200.01", True, WHY, ("RATE_IMPOSSIBLE",)),
        ("5250000", False, WHY, ("RATE_IMPOSSIBLE",)),
    ],
)
def test_a_rate_past_the_limit_is_never_set_and_is_written_down_where_it_really_ran(
    rate: str, really_ran: bool, reason: str, codes: tuple[str, ...]
) -> None:
    assert judged(rate, ran=really_ran, reason=reason) == codes


def test_nobody_overrides_the_limit_of_a_rate_to_set() -> None:
    (reason,) = assess(RateFacts(Rate.ml_per_h("525"), FASTEST))

    assert (reason.seen, reason.limit) == ("525 mL/h", "150 mL/h")
    assert reason.overridable_by is Overrider.NOBODY


def test_what_no_pump_runs_at_is_said_with_what_was_typed_and_the_most_there_is() -> None:
    (reason,) = assess(RateFacts(Rate.ml_per_h("999999"), FASTEST, True, WHY))

    assert (reason.seen, reason.limit) == ("999999 mL/h", "1200 mL/h")
    assert reason.overridable_by is Overrider.NOBODY
