"""Reason codes of the vital signs before the start (clinical reference 3.1 and 3.3)."""

from typing import Final

from afterglow.core.decisions import Overrider
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("readiness")
_no = _SUBJECT.blocker
_PRESCRIBER: Final = Overrider.PRESCRIBER
_SOURCE: Final = "clinical reference 3.3"

BASELINE_MISSING: Final = _no(
    "BASELINE_MISSING",
    "Baseline blood pressures within the window: {seen}; needed: {limit}.",
    by=_PRESCRIBER,
    source="clinical reference 3.1",
)
BASELINE_TOO_CLOSE: Final = _no(
    "BASELINE_TOO_CLOSE",
    "The baseline blood pressures are {seen} apart; the least is {limit}.",
    by=_PRESCRIBER,
    source="clinical reference 3.1",
)
BASELINE_STALE: Final = _no(
    "BASELINE_STALE",
    "The last baseline blood pressure is {seen} old; the limit is {limit}.",
    by=_PRESCRIBER,
)
BASELINE_VALUE_MISSING: Final = _no(
    "BASELINE_VALUE_MISSING", "The baseline has no {seen}.", by=_PRESCRIBER
)
BP_ABOVE_REVIEW_LIMIT: Final = _SUBJECT.caution(
    "BP_ABOVE_REVIEW_LIMIT",
    "The blood pressure {seen} is above {limit}: review before the start.",
    source=_SOURCE,
)
BP_ABOVE_START_LIMIT: Final = _no(
    "BP_ABOVE_START_LIMIT",
    "The blood pressure {seen} is at or above the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
BP_BELOW_START_LIMIT: Final = _no(
    "BP_BELOW_START_LIMIT",
    "The blood pressure {seen} is below the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
HEART_RATE_ABOVE_START_LIMIT: Final = _no(
    "HEART_RATE_ABOVE_START_LIMIT",
    "The heart rate of {seen} is above the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
HEART_RATE_BELOW_START_LIMIT: Final = _no(
    "HEART_RATE_BELOW_START_LIMIT",
    "The heart rate of {seen} is below the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
SPO2_BELOW_START_LIMIT: Final = _no(
    "SPO2_BELOW_START_LIMIT",
    "The oxygen saturation of {seen} is below the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
RESPIRATORY_RATE_ABOVE_START_LIMIT: Final = _no(
    "RESPIRATORY_RATE_ABOVE_START_LIMIT",
    "The respiratory rate of {seen} is above the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
RESPIRATORY_RATE_BELOW_START_LIMIT: Final = _no(
    "RESPIRATORY_RATE_BELOW_START_LIMIT",
    "The respiratory rate of {seen} is below the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
MOAAS_BELOW_START_LIMIT: Final = _no(
    "MOAAS_BELOW_START_LIMIT",
    "The MOAA/S of {seen} is below the start limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_SOURCE,
)
