"""Which alarm conditions hold now. The monitor at the bedside remains the primary alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from afterglow.core.monitoring.catalogue import BLOOD_PRESSURE
from afterglow.core.monitoring.conditions import LATE_READING, AlarmCondition, worst_first
from afterglow.core.monitoring.late import late_conditions
from afterglow.core.monitoring.limits import (
    Holding,
    Symptom,
    limit_conditions,
    symptom_conditions,
)
from afterglow.core.monitoring.presence import UNANSWERED, PresenceFacts, presence_conditions
from afterglow.core.monitoring.readings import Baseline, Lines, Reading, lines_of
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.core.monitoring.schedule import Slot
from afterglow.core.monitoring.technical import (
    AbsentHelper,
    ChartedRate,
    CoverageFacts,
    DeviceFacts,
    DeviceNotice,
    PumpFacts,
    charted_rate_conditions,
    coverage_conditions,
    device_conditions,
    helper_conditions,
    notice_conditions,
    overdue_conditions,
    pump_conditions,
)

TECHNICAL_CODES = (
    "DEVICE_NOT_ASSIGNED",
    "DEVICE_CLOCK_DRIFT",
    "MONITOR_SILENT",
    "PUMP_SILENT",
    "PROBE_OFF",
    "ZERO_OR_PROBE_OFF",
    "SECOND_SOURCE",
    "SIGNAL_LOST",
    "READING_OVERDUE",
    "PUMP_STILL_RUNNING",
    "PUMP_NOT_RUNNING",
    "PUMP_FINISHED",
    "PUMP_RATE_DIFFERS",
    "PUMP_VOLUME_DIFFERS",
    "PUMP_DRUG_DIFFERS",
    "PUMP_TARGET_DIFFERS",
    "PUMP_RAN_TOO_FAST",
    "DEVICE_ALARM",
    "ACLS_LEFT_SITE",
    "PRESCRIBER_LEFT_SITE",
    "NOBODY_WITH_PATIENT",
    "BREAK_OVERRUN",
    "RECOVERY_RATIO_EXCEEDED",
    "PRESENCE_NOT_CERTAIN",
    "ROOM_NOT_HEARD",
    LATE_READING,
)
BY_THE_CLOCK = frozenset(
    {"READING_OVERDUE", "ACLS_LEFT_SITE", "PRESCRIBER_LEFT_SITE", "PRESENCE_NOT_CERTAIN"}
)
"""What no message brings about, only time and people: judged by the watch, not at each message."""


def is_by_the_clock(condition: str, about: str) -> bool:
    """Whether a condition stays as it is while only messages are judged.

    So does what comes from a question that nobody answered: "nobody with the patient", or a room
    that is not heard. Where somebody said that they leave, each message knows it.
    """
    return condition in BY_THE_CLOCK or about == UNANSWERED


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What alarms are judged from.

    ``readings``: a window that reaches back at least to the last normal value of each sign;
    ``baseline``: from ``readings.baselines``; ``symptoms``: those present now.
    ``said_symptomatic``: the answer that is asked for at every red pressure. ``lines``: readings
    already in order, for whoever keeps them so; ``readings`` are then not looked at. ``holding``:
    what the open alarms spoke of at the last look.
    """

    readings: tuple[Reading, ...] = ()
    baseline: Mapping[str, Baseline] = field(default_factory=dict)
    symptoms: tuple[Symptom, ...] = ()
    said_symptomatic: bool = False
    devices: tuple[DeviceFacts, ...] = ()
    pump: PumpFacts | None = None
    charted: ChartedRate | None = None
    schedule: tuple[Slot, ...] = ()
    notices: tuple[DeviceNotice, ...] = ()
    absent: tuple[AbsentHelper, ...] = ()
    lines: Lines | None = None
    coverage: CoverageFacts | None = None
    presence: PresenceFacts | None = None
    holding: Holding = frozenset()


def evaluate(facts: AlarmFacts, rules: MonitoringRules, at: datetime) -> tuple[AlarmCondition, ...]:
    """Return every condition that holds at ``at``, each once, the most urgent first."""
    symptomatic = facts.said_symptomatic or any(
        rules.symptoms[s.code].is_symptom for s in facts.symptoms if s.at <= at
    )
    lines = lines_of(facts.readings, at=at) if facts.lines is None else facts.lines
    present, late = rules.schedule.late.apart(lines)
    return worst_first(
        [
            *limit_conditions(
                present,
                facts.baseline,
                rules.limits,
                rules.alarms,
                symptomatic=symptomatic,
                said_symptomatic=facts.said_symptomatic,
                holding=facts.holding,
                at=at,
            ),
            *late_conditions(
                late,
                present,
                facts.baseline,
                rules.limits,
                rules.alarms,
                rules.schedule.late,
                at=at,
            ),
            *symptom_conditions(facts.symptoms, rules.symptoms, at=at),
            *device_conditions(facts.devices, rules.technical, at=at),
            *overdue_conditions(facts.schedule, rules.technical),
            *pump_conditions(facts.pump, rules.pump, at=at),
            *charted_rate_conditions(facts.charted, rules.pump),
            *notice_conditions(facts.notices),
            *helper_conditions(facts.absent, rules.technical),
            *coverage_conditions(facts.coverage, rules.technical, at=at),
            *presence_conditions(
                facts.presence,
                rules.technical.presence,
                nobody=rules.technical.nobody_with_patient_priority,
                at=at,
            ),
        ]
    )


def pressure_codes(rules: MonitoringRules) -> frozenset[str]:
    """Return the codes that are about a blood pressure: each, when red, asks for symptoms."""
    return frozenset(limit.code for limit in rules.limits if limit.sign in BLOOD_PRESSURE)


def alarm_codes(rules: MonitoringRules) -> tuple[str, ...]:
    """Return every code that ``evaluate`` can give under these rules, for words and documents."""
    limits = dict.fromkeys(limit.code for limit in rules.limits)
    return (*limits, *(f"SYMPTOM_{code}" for code in rules.symptoms), *TECHNICAL_CODES)
