"""Alarm conditions, in the words of IEC 60601-1-8: condition, limit, priority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from afterglow.core.errors import InvalidValue


class AlarmPriority(StrEnum):
    """How urgent: high is drawn red, medium amber."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def weight(self) -> int:
        """Order of urgency; more is worse."""
        return _WEIGHTS[self]


def worse(one: AlarmPriority, other: AlarmPriority) -> AlarmPriority:
    """Return whichever of the two is more urgent."""
    return max(one, other, key=lambda priority: priority.weight)


_WEIGHTS = {AlarmPriority.LOW: 1, AlarmPriority.MEDIUM: 2, AlarmPriority.HIGH: 3}


class AlarmKind(StrEnum):
    """About the patient, or about the equipment and the record."""

    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"


LATE_READING = "LATE_READING"
"""A number beyond its limit that was entered long after it was measured: measure again."""
NOTICES = frozenset({LATE_READING})
"""Conditions that say something of then: they make no sound and break no silence."""


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """One thing that is wrong now.

    ``code`` with ``about`` (a source, a sign, a device) is its identity and never changes; the
    sentence carries the value and the limit. ``since`` is when it began, not when it was seen.
    ``repeat_by`` is set while a red value waits for its repeat, and past when that is late;
    ``back_since`` while the value is
    within its limit again, and not yet for long enough to end the condition. ``repeat_says``: what
    was measured by other means meanwhile, and is within; its sentence says it too.
    """

    code: str
    about: str
    kind: AlarmKind
    priority: AlarmPriority
    sentence: str
    since: datetime
    seen: str = ""
    limit: str = ""
    repeat_by: datetime | None = None
    back_since: datetime | None = None
    repeat_says: str = ""

    def __post_init__(self) -> None:
        if self.code != self.code.upper() or " " in self.code:
            raise InvalidValue(f"An alarm code is UPPER_SNAKE_CASE, not {self.code!r}.")
        if not self.sentence.endswith("."):
            raise InvalidValue(f"{self.code} says {self.sentence!r}, which ends without a stop.")

    @property
    def is_notice(self) -> bool:
        """Whether it is only to be read."""
        return self.code in NOTICES

    @property
    def key(self) -> tuple[str, str]:
        """What makes two conditions the same one."""
        return (self.code, self.about)


def worst_first(conditions: list[AlarmCondition]) -> tuple[AlarmCondition, ...]:
    """Return each condition once, at its highest priority, the most urgent first."""
    worst: dict[tuple[str, str], AlarmCondition] = {}
    for condition in conditions:
        known = worst.get(condition.key)
        if known is None or _urgency(condition) > _urgency(known):
            worst[condition.key] = condition
    return tuple(sorted(worst.values(), key=lambda c: (-c.priority.weight, c.since, c.key)))


def _urgency(condition: AlarmCondition) -> tuple[int, bool, float]:
    waits = condition.repeat_by is not None or condition.repeat_says != ""
    return (condition.priority.weight, waits, -condition.since.timestamp())
