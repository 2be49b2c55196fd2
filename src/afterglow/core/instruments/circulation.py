"""The circulation item of Aldrete and PADSS, computed from pressures and not guessed.

The rule is a percentage of the baseline; a published variant that uses 20 mmHg is not this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class CirculationRule:
    """How far from the baseline (%) gives two points, one point or none.

    Two points up to ``full_within``; one point up to ``partial``, or only below it where
    ``partial_is_beyond`` says that the number itself is too far.
    """

    full_within: Decimal
    partial: Decimal
    partial_is_beyond: bool

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> CirculationRule:
        """Read the ``circulation`` section of an instrument's body."""
        section = Section("instrument", body).section("circulation")
        is_beyond = section.has("partial_below")
        return cls(
            full_within=section.number("full_within", unit="%"),
            partial=section.number("partial_below" if is_beyond else "partial_within", unit="%"),
            partial_is_beyond=is_beyond,
        )


@dataclass(frozen=True, slots=True)
class PressurePair:
    """One pressure now and at baseline, in mmHg."""

    baseline: Decimal
    now: Decimal

    def __post_init__(self) -> None:
        if self.baseline <= 0:
            raise InvalidValue(f"A baseline pressure of {self.baseline} mmHg is none.")

    @property
    def percent_away(self) -> Decimal:
        """How far from the baseline, up or down."""
        return abs(self.now - self.baseline) * 100 / self.baseline


def circulation_points(pairs: Iterable[PressurePair], rule: CirculationRule) -> int:
    """Return 2, 1 or 0: the worst of the pressures counts. Raises InvalidValue without any."""
    away = max((pair.percent_away for pair in pairs), default=None)
    if away is None:
        raise InvalidValue("The circulation item needs at least one pressure and its baseline.")
    if away <= rule.full_within:
        return 2
    if away < rule.partial or (away == rule.partial and not rule.partial_is_beyond):
        return 1
    return 0
