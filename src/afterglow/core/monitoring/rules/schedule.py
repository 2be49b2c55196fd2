"""When readings are due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import LateRules
from afterglow.core.monitoring.rules.amounts import SCORED_SIGNS, count_at, minutes_at, priority_at


class ObservationPhase(StrEnum):
    """Which rhythm of readings applies."""

    BASELINE = "baseline"
    INFUSING = "infusing"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class ScheduleRules:
    """When readings are due. ``required`` holds groups; one sign of each group must be there.

    ``closely_every`` is for a patient whose pressure may rise (an MAO inhibitor): between the whole
    sets only ``closely_required`` is read. ``reminders`` are scores that a phase asks for and does
    not demand; the infusion asks for its own from ``peak_from`` after the start. While a pressure
    is beyond a limit, ``recheck_required`` is read every ``recheck_every``; the whole set is read
    ``recheck_after_drug`` after a drug into the vein. ``late``: when what was typed afterwards is a
    reading of then and no more.
    """

    baseline_readings: int
    baseline_apart: timedelta
    infusing_every: timedelta
    recovery_every: timedelta
    after_sedative_every: timedelta
    after_sedative_for: timedelta
    closely_every: timedelta
    closely_required: tuple[frozenset[str], ...]
    recheck_every: timedelta
    recheck_required: tuple[frozenset[str], ...]
    recheck_after_drug: timedelta
    early: timedelta
    grace: timedelta
    required: Mapping[ObservationPhase, tuple[frozenset[str], ...]]
    reminders: Mapping[ObservationPhase, tuple[str, ...]]
    peak_from: timedelta
    late: LateRules


def schedule_rules(section: Section) -> ScheduleRules:
    """Read "schedule". Raises InvalidValue naming the leaf that is wrong."""
    required, reminders = section.section("required"), section.section("reminders")
    return ScheduleRules(
        baseline_readings=count_at(section, "baseline_readings"),
        baseline_apart=minutes_at(section, "baseline_apart"),
        infusing_every=minutes_at(section, "infusing_every"),
        recovery_every=minutes_at(section, "recovery_every"),
        after_sedative_every=minutes_at(section, "after_sedative_every"),
        after_sedative_for=minutes_at(section, "after_sedative_for"),
        closely_every=minutes_at(section, "closely_every"),
        closely_required=_groups(section.text("closely_required")),
        recheck_every=minutes_at(section, "recheck_every"),
        recheck_required=_groups(section.text("recheck_required")),
        recheck_after_drug=minutes_at(section, "recheck_after_drug"),
        early=minutes_at(section, "early", or_none=True),
        grace=minutes_at(section, "grace", or_none=True),
        required={phase: _groups(required.text(phase)) for phase in ObservationPhase},
        reminders={phase: tuple(reminders.text(phase).split()) for phase in ObservationPhase},
        peak_from=minutes_at(section, "peak_from", or_none=True),
        late=_late(section),
    )


def _late(section: Section) -> LateRules:
    after = section.section("late_after")
    for sign in after.names():
        if sign not in (*VitalSignCode, *SCORED_SIGNS):
            raise InvalidValue(f"{after.path} names {sign!r}, which is not in the catalogue.")
    return LateRules(
        {sign: minutes_at(after, sign) for sign in after.names()},
        priority_at(section, "late_priority"),
    )


def _groups(text: str) -> tuple[frozenset[str], ...]:
    """Read "systolic heart_rate/pulse_rate": groups of signs of which one each is enough."""
    return tuple(frozenset(group.split("/")) for group in text.split())
