"""What a sheet says of the protocol: limits, the door, the way home, and when readings are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.rules import AlarmLimit, Bound, MonitoringRules
from afterglow.core.treatment.rules import SessionRules
from afterglow.web.formats import number

_SIGNS: Final = (
    ("systolic", "BP systolic"),
    ("diastolic", "BP diastolic"),
    ("heart_rate", "HR"),
    ("spo2", "SpO2"),
    ("respiratory_rate", "RR"),
    ("etco2", "EtCO2"),
    ("moaas", "MOAA/S"),
)
_BOUNDS: Final = {
    Bound.AT_OR_ABOVE: "from {0} up",
    Bound.ABOVE: "above {0}",
    Bound.BELOW: "below {0}",
    Bound.AT_OR_BELOW: "{0} or less",
}


def limits(rules: MonitoringRules) -> list[list[str]]:
    """Return the alarm limits as lines: the sign, what is amber, what is red."""
    found = []
    for sign, name in _SIGNS:
        mine = [limit for limit in rules.limits if limit.sign == sign]
        amber = _limit_words(mine, AlarmPriority.MEDIUM)
        red = _limit_words(mine, AlarmPriority.HIGH)
        if amber or red:
            found.append([name, amber or "–", red or "–"])
    return found


def door(rules: SessionRules) -> list[str]:
    """Return what is asked at the door, with the protocol's own numbers."""
    day = rules.day
    return [
        f"{number(rules.identifiers_needed)} identifiers said by the patient",
        "Consent in force",
        "Weighed, kg: _______",
        "Escort comes: _______",
        f"Solids {span_words(day.solids)}, clear fluids {span_words(day.clear_fluids)} ago",
        "Medicines and allergies gone through",
        f"No alcohol or drugs for {span_words(day.alcohol_or_drugs)}",
        "Pregnancy asked or tested",
        "Thoughts of suicide asked: _____",
        "Emergency equipment checked",
    ]


def leaving(rules: SessionRules) -> list[str]:
    """Return what must be true before the patient goes, with the protocol's own numbers."""
    home = rules.discharge
    return [
        f"Observed {span_words(home.observation)} since the stop",
        f"Aldrete or PADSS {number(home.score_pass)} or more: ____",
        f"MOAA/S {number(home.moaas)}: ____",
        "Oriented: person, place, time",
        f"Vital signs within {span_words(home.vitals_window)}",
        f"Pressure within {number(home.bp_from_baseline_percent)} % of baseline, "
        f"below {number(home.systolic_below_mmhg)}/{number(home.diastolic_below_mmhg)}",
        "Walks steadily",
        "No more dissociated than before",
        "Nausea under control",
        "Drinks",
        "IV line out, site dry",
        "Thoughts of suicide asked: ____",
        "Escort is here: __________",
        "Instructions given: no driving",
    ]


def span_words(span: timedelta) -> str:
    """Return ``6 h`` or ``30 min``."""
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 120 and minutes % 60 == 0 else f"{minutes} min"


def _limit_words(found: Iterable[AlarmLimit], priority: AlarmPriority) -> str:
    said = [_one_limit(limit) for limit in found if limit.priority is priority]
    return "; ".join(dict.fromkeys(said))


def _one_limit(limit: AlarmLimit) -> str:
    if limit.bound is not None and limit.number is not None:
        words = _BOUNDS[limit.bound].format(number(limit.number))
        return words + (
            f" for {int(limit.sustained_for.total_seconds())} s" if limit.sustained_for else ""
        )
    parts = []
    if limit.rise_percent is not None:
        parts.append(f"{number(limit.rise_percent)} %")
    if limit.rise_at_least is not None:
        parts.append(number(limit.rise_at_least))
    return f"up {' and '.join(parts)} from baseline"


def planned_columns(
    rules: MonitoringRules, room: int, *, lasts: timedelta | None = None
) -> list[str]:
    """Return the heads of a day that has not begun: baselines, then minutes after the start."""
    schedule = rules.schedule
    heads = [f"base {number + 1}" for number in range(schedule.baseline_readings)]
    heads.append("start")
    until = lasts or timedelta(minutes=40)
    every = schedule.infusing_every
    passed = every
    while passed < until and len(heads) < room - 1:
        heads.append(f"+{int(passed.total_seconds() // 60)}")
        passed += every
    heads.append("stop")
    return (heads + [""] * room)[:room]
