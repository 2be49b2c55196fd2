"""What devices do wrong, and how far a pump may be from the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.presence import PresenceRules
from afterglow.core.monitoring.rules.amounts import minutes_at, priority_at, seconds_at


@dataclass(frozen=True, slots=True)
class TechnicalRules:
    """When silence of a device, a lost signal or a wrong clock becomes a condition."""

    monitor_silent_after: timedelta
    monitor_silent_priority: AlarmPriority
    pump_silent_after: timedelta
    pump_silent_priority: AlarmPriority
    signal_lost_after: Mapping[str, timedelta]
    signal_lost_priority: Mapping[str, AlarmPriority]
    clock_drift_above: timedelta
    clock_drift_priority: AlarmPriority
    not_assigned_priority: AlarmPriority
    overdue_priority: AlarmPriority
    acls_left_priority: AlarmPriority
    prescriber_left_priority: AlarmPriority
    nobody_with_patient_priority: AlarmPriority
    break_overrun_priority: AlarmPriority
    recovery_ratio_priority: AlarmPriority
    presence: PresenceRules


@dataclass(frozen=True, slots=True)
class PumpRules:
    """How far the pump's report may be from what was charted (mL/h, mL, percent)."""

    settle_for: timedelta
    rate_difference: Decimal
    rate_difference_percent: Decimal
    rate_priority: AlarmPriority
    volume_difference: Decimal
    volume_difference_percent: Decimal
    volume_priority: AlarmPriority
    drug_priority: AlarmPriority
    running_priority: AlarmPriority
    stopped_priority: AlarmPriority
    finished_priority: AlarmPriority
    above_limit_priority: AlarmPriority


@dataclass(frozen=True, slots=True)
class GapRules:
    """When the line of a signal is broken in a drawing."""

    factor: Decimal
    expected_every: Mapping[str, timedelta]


def technical_rules(section: Section) -> TechnicalRules:
    """Read "technical". Raises InvalidValue where a sign has a time and no priority."""
    lost, how = section.section("signal_lost_after"), section.section("signal_lost_priority")
    if set(lost.names()) != set(how.names()):
        raise InvalidValue(
            f"{lost.path} names {', '.join(lost.names())}, and {how.path} names "
            f"{', '.join(how.names())}; each sign needs both."
        )
    return TechnicalRules(
        monitor_silent_after=seconds_at(section, "monitor_silent_after"),
        monitor_silent_priority=priority_at(section, "monitor_silent_priority"),
        pump_silent_after=seconds_at(section, "pump_silent_after"),
        pump_silent_priority=priority_at(section, "pump_silent_priority"),
        signal_lost_after={sign: seconds_at(lost, sign) for sign in lost.names()},
        signal_lost_priority={sign: priority_at(how, sign) for sign in how.names()},
        clock_drift_above=seconds_at(section, "clock_drift_above"),
        clock_drift_priority=priority_at(section, "clock_drift_priority"),
        not_assigned_priority=priority_at(section, "not_assigned_priority"),
        overdue_priority=priority_at(section, "overdue_priority"),
        acls_left_priority=priority_at(section, "acls_left_priority"),
        prescriber_left_priority=priority_at(section, "prescriber_left_priority"),
        nobody_with_patient_priority=priority_at(section, "nobody_with_patient_priority"),
        break_overrun_priority=priority_at(section, "break_overrun_priority"),
        recovery_ratio_priority=priority_at(section, "recovery_ratio_priority"),
        presence=PresenceRules(
            ask_after=minutes_at(section, "presence_ask_after"),
            answer_within=seconds_at(section, "presence_answer_within"),
            priority=priority_at(section, "presence_priority"),
        ),
    )


def pump_rules(section: Section) -> PumpRules:
    """Read "pump"."""
    return PumpRules(
        settle_for=seconds_at(section, "settle_for"),
        rate_difference=section.number("rate_difference", unit="mL/h"),
        rate_difference_percent=section.number("rate_difference_percent", unit="%"),
        rate_priority=priority_at(section, "rate_priority"),
        volume_difference=section.number("volume_difference", unit="mL"),
        volume_difference_percent=section.number("volume_difference_percent", unit="%"),
        volume_priority=priority_at(section, "volume_priority"),
        drug_priority=priority_at(section, "drug_priority"),
        running_priority=priority_at(section, "running_priority"),
        stopped_priority=priority_at(section, "stopped_priority"),
        finished_priority=priority_at(section, "finished_priority"),
        above_limit_priority=priority_at(section, "above_limit_priority"),
    )


def gap_rules(section: Section) -> GapRules:
    """Read "gaps". Raises InvalidValue for a factor below 1."""
    expected = section.section("expected_every")
    factor = section.number("factor", unit="1")
    if factor < 1:
        raise InvalidValue(f"{section.path}.factor is {factor}; it must be at least 1.")
    return GapRules(factor, {sign: seconds_at(expected, sign) for sign in expected.names()})
