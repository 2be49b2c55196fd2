"""Reason codes of the rates a pump may be set to, and of those it really ran at."""

from typing import Final

from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("pump")
_no = _SUBJECT.blocker

RATE_NOT_POSITIVE: Final = _no(
    "RATE_NOT_POSITIVE", "{seen} is not a rate to run at; pause or stop the pump instead."
)
RATE_IMPOSSIBLE: Final = _no(
    "RATE_IMPOSSIBLE",
    "{seen} is more than an infusion pump runs at; the most is {limit}. Look at the pump again.",
)
RATE_ABOVE_HARD_LIMIT: Final = _no(
    "RATE_ABOVE_HARD_LIMIT",
    "{seen} is faster than {limit}, at which the bag would run in the shortest time the protocol "
    "allows.",
)
RATE_RAN_WITHOUT_REASON: Final = _no(
    "RATE_RAN_WITHOUT_REASON",
    "{seen} is faster than {limit}, the fastest the protocol allows. Say in words how the pump "
    "came to run at it.",
)
RATE_RAN_ABOVE_HARD_LIMIT: Final = _SUBJECT.caution(
    "RATE_RAN_ABOVE_HARD_LIMIT",
    "The pump really ran at {seen}; the fastest the protocol allows for this bag is {limit}.",
)
