"""The shipped monitoring rules and short ways to write a reading in a test."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any

from afterglow.core.monitoring.readings import Baseline, Reading, Source
from afterglow.core.monitoring.rules import MonitoringRules

START = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def monitoring_body() -> dict[str, Any]:
    """Return the monitoring section of the shipped protocol."""
    path = "data/protocols/iv_ketamine_adult/4/monitoring.json"
    return dict(json.loads(resources.files("afterglow").joinpath(path).read_text("utf-8")))


RULES = MonitoringRules.parse(monitoring_body())


def minute(number: float) -> datetime:
    """Return the time ``number`` minutes after the start of the infusion."""
    return START + timedelta(minutes=number)


def reading(
    sign: str,
    value: str,
    at: float = 0,
    *,
    source: Source = Source.DEVICE,
    artefact: bool = False,
    entered: float | None = None,
) -> Reading:
    """Return a reading ``at`` minutes after the start, typed ``entered`` minutes after it."""
    entered_at = None if entered is None else minute(entered)
    return Reading(sign, Decimal(value), minute(at), source, artefact, entered_at)


def baseline_of(**signs: str) -> Mapping[str, Baseline]:
    """Return baselines from two readings before the start."""
    times = (minute(-6), minute(-1))
    return {s: Baseline(s, Decimal(v), Source.DEVICE, times) for s, v in signs.items()}
