"""The monitoring section of a dosing protocol, read once into frozen values.

Every number comes from ``body["monitoring"]`` with its unit, source and status. One module a noun:
``schedule``, ``limits`` (and symptoms), ``devices`` (silence, signals, pumps, gaps), ``alarms``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterglow.core.cited import Section, leaves
from afterglow.core.monitoring.rules.alarms import AlarmRules, alarm_rules
from afterglow.core.monitoring.rules.devices import (
    GapRules,
    PumpRules,
    TechnicalRules,
    gap_rules,
    pump_rules,
    technical_rules,
)
from afterglow.core.monitoring.rules.limits import (
    AlarmLimit,
    Bound,
    SymptomRule,
    alarm_limit,
    symptom_rule,
)
from afterglow.core.monitoring.rules.schedule import (
    ObservationPhase,
    ScheduleRules,
    schedule_rules,
)
from afterglow.core.older_protocols import completed

__all__ = [
    "AlarmLimit",
    "AlarmRules",
    "Bound",
    "GapRules",
    "MonitoringRules",
    "ObservationPhase",
    "PumpRules",
    "ScheduleRules",
    "SymptomRule",
    "TechnicalRules",
]


@dataclass(frozen=True, slots=True)
class MonitoringRules:
    """Everything that the monitoring section of a protocol says.

    ``needs_approval`` is true while any number is general knowledge or a proposed default.
    """

    schedule: ScheduleRules
    limits: tuple[AlarmLimit, ...]
    symptoms: Mapping[str, SymptomRule]
    technical: TechnicalRules
    pump: PumpRules
    alarms: AlarmRules
    gaps: GapRules
    needs_approval: bool

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> MonitoringRules:
        """Read ``body["monitoring"]``. Raises InvalidValue naming the leaf that is wrong."""
        body = completed("monitoring", body)
        root = Section("monitoring", body)
        symptoms = [symptom_rule(s) for s in root.sections("symptoms")]
        return cls(
            schedule=schedule_rules(root.section("schedule")),
            limits=tuple(alarm_limit(s) for s in root.sections("limits")),
            symptoms={s.code: s for s in symptoms},
            technical=technical_rules(root.section("technical")),
            pump=pump_rules(root.section("pump")),
            alarms=alarm_rules(root.section("alarms")),
            gaps=gap_rules(root.section("gaps")),
            needs_approval=any(leaf.status.needs_approval for leaf in leaves(body)),
        )
