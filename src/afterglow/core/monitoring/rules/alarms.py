"""How alarms are held, silenced and passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.rules.amounts import (
    count_at,
    minutes_at,
    seconds_at,
    seconds_by_priority,
)


@dataclass(frozen=True, slots=True)
class AlarmRules:
    """How alarms are held, how long they may be silent, and who hears when nobody answers.

    ``tell_site_after`` and ``tell_prescriber_after`` count from when the alarm began to wait for
    an acknowledgement; the second is never before the first. A priority that neither names is not
    passed on.

    ``acknowledged_for``: how long an acknowledgement takes the sound of a condition that still
    holds; a priority that it does not name is not brought back. ``back_within_for``: how long a
    sign of a device must be within its limit before its alarm ends (return-to-normal dwell); a sign
    that it does not name ends with its first value within. ``hand_yields_to``: so many values of a
    device within the limit outdate one by hand. ``same_rate_within`` (/min): an oximeter's pulse
    and an ECG's rate that are so near are one. ``action``: what the protocol asks for, in words.
    """

    silence_at_most: Mapping[AlarmPriority, timedelta]
    silences_in_a_row: int
    latching: Mapping[AlarmPriority, bool]
    tell_site_after: Mapping[AlarmPriority, timedelta]
    tell_prescriber_after: Mapping[AlarmPriority, timedelta]
    acknowledged_for: Mapping[AlarmPriority, timedelta]
    back_within_for: Mapping[str, timedelta]
    hand_yields_to: int
    same_rate_within: Decimal
    action: Mapping[AlarmPriority, str]

    def __post_init__(self) -> None:
        for priority, then in self.tell_prescriber_after.items():
            site = self.tell_site_after.get(priority)
            if site is None or then < site:
                raise InvalidValue(
                    f"A {priority} alarm reaches the prescriber after {then}, before the other "
                    f"screens after {site}; the site hears first."
                )


def alarm_rules(section: Section) -> AlarmRules:
    """Read "alarms"."""
    silence = section.section("silence_at_most")
    latching = section.section("latching")
    back, action = section.section("back_within_for"), section.section("action")
    return AlarmRules(
        silence_at_most={p: minutes_at(silence, p) for p in AlarmPriority},
        silences_in_a_row=count_at(section, "silences_in_a_row"),
        latching={p: latching.flag(p) for p in AlarmPriority},
        tell_site_after=seconds_by_priority(section.section("tell_site_after")),
        tell_prescriber_after=seconds_by_priority(section.section("tell_prescriber_after")),
        acknowledged_for=seconds_by_priority(section.section("acknowledged_for")),
        back_within_for={sign: seconds_at(back, sign) for sign in back.names()},
        hand_yields_to=count_at(section, "hand_yields_to"),
        same_rate_within=section.number("same_rate_within", unit="/min"),
        action={p: action.text(p) for p in AlarmPriority if action.has(p)},
    )
