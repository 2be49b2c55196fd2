"""May this rate be charted? One to be set obeys the protocol; one that ran is written as it was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from afterglow.core.cited import Section
from afterglow.core.decisions import Decision
from afterglow.core.quantities import Rate
from afterglow.core.treatment.codes import pump as codes

_STOPPED: Final = Rate.ml_per_h(0)


@cache
def fastest_possible() -> Rate:
    """Return the rate (mL/h) past which no infusion pump runs, as the data file gives it.

    It is no limit of the protocol: what is above was misread or mistyped, and never ran.
    """
    file = resources.files("afterglow").joinpath("data", "pump", "limits", "1.json")
    root = Section("pump", json.loads(file.read_text(encoding="utf-8")))
    return Rate.ml_per_h(root.number("fastest_possible", unit="mL/h"))


@dataclass(frozen=True, slots=True)
class RateFacts:
    """A rate, and the fastest the protocol allows for the bag.

    ``really_ran``: somebody says that the pump ran at it, whatever was meant; ``reason`` is what
    they say of how that came. Without it the rate is one that is set, ordered or planned.
    """

    rate: Rate
    fastest: Rate
    really_ran: bool = False
    reason: str = ""

    @property
    def is_deviation(self) -> bool:
        """Whether what really ran is past what the protocol allows."""
        return self.really_ran and self.rate > self.fastest


def assess(facts: RateFacts) -> Decision:
    """Decide whether a rate may be charted.

    Nothing past the hard limit is ever set, ordered or planned, and nobody overrides that. What the
    pump really ran at is charted past it too, with the reason in words: the record says what
    happened, and the caution that comes with it makes it an alarm and a task. What no pump can run
    at never ran.
    """
    if not facts.rate > _STOPPED:
        return Decision((codes.RATE_NOT_POSITIVE.reason(seen=facts.rate, limit=_STOPPED),))
    if facts.rate > fastest_possible():
        return Decision((codes.RATE_IMPOSSIBLE.reason(seen=facts.rate, limit=fastest_possible()),))
    if not facts.rate > facts.fastest:
        return Decision()
    if not facts.really_ran:
        code = codes.RATE_ABOVE_HARD_LIMIT
    elif not facts.reason.strip():
        code = codes.RATE_RAN_WITHOUT_REASON
    else:
        code = codes.RATE_RAN_ABOVE_HARD_LIMIT
    return Decision((code.reason(seen=facts.rate, limit=facts.fastest),))
