"""The monitoring section of a dosing protocol, read once into frozen values.

Every number comes from ``body["monitoring"]`` with its unit, source and status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from afterglow.core.cited import Section, Status, leaves
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import CATALOGUE, VitalSignCode
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.presence import PresenceRules
from afterglow.core.monitoring.readings import LateRules
from afterglow.core.older_protocols import completed


class ObservationPhase(StrEnum):
    """Which rhythm of readings applies."""

    BASELINE = "baseline"
    INFUSING = "infusing"
    RECOVERY = "recovery"


class Bound(StrEnum):
    """On which side of its number a limit lies, and whether the number itself is beyond."""

    AT_OR_ABOVE = "at_or_above"
    ABOVE = "above"
    AT_OR_BELOW = "at_or_below"
    BELOW = "below"

    def is_crossed(self, value: Decimal, limit: Decimal) -> bool:
        """Whether ``value`` is beyond ``limit``."""
        return _CROSSED[self](value, limit)


_CROSSED: Mapping[Bound, Callable[[Decimal, Decimal], bool]] = {
    Bound.AT_OR_ABOVE: lambda value, limit: value >= limit,
    Bound.ABOVE: lambda value, limit: value > limit,
    Bound.AT_OR_BELOW: lambda value, limit: value <= limit,
    Bound.BELOW: lambda value, limit: value < limit,
}


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


@dataclass(frozen=True, slots=True)
class AlarmLimit:
    """One limit of one sign: absolute (``bound`` and ``number``) or a rise over the baseline.

    A relative limit is crossed when every part it has is reached: the percentage and the amount.
    ``confirm_within`` asks for a repeat before the priority counts; ``sustained_for`` for time.
    """

    code: str
    sign: str
    unit: str
    priority: AlarmPriority
    status: Status
    bound: Bound | None = None
    number: Decimal | None = None
    rise_percent: Decimal | None = None
    rise_at_least: Decimal | None = None
    confirm_within: timedelta | None = None
    sustained_for: timedelta = timedelta()

    def __post_init__(self) -> None:
        relative = self.rise_percent is not None or self.rise_at_least is not None
        if relative is (self.bound is not None):
            raise InvalidValue(f"{self.code} needs either one bound or a rise over the baseline.")

    @property
    def is_relative(self) -> bool:
        """Whether it is measured from the patient's own baseline."""
        return self.bound is None


@dataclass(frozen=True, slots=True)
class SymptomRule:
    """A symptom or request, how urgent it is and what is to be done.

    Only a symptom makes a pressure "symptomatic"; a request does not.
    """

    code: str
    name: str
    is_symptom: bool
    priority: AlarmPriority
    action: str


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


@dataclass(frozen=True, slots=True)
class GapRules:
    """When the line of a signal is broken in a drawing."""

    factor: Decimal
    expected_every: Mapping[str, timedelta]


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
        symptoms = [_symptom(s) for s in root.sections("symptoms")]
        return cls(
            schedule=_schedule(root.section("schedule")),
            limits=tuple(_limit(s) for s in root.sections("limits")),
            symptoms={s.code: s for s in symptoms},
            technical=_technical(root.section("technical")),
            pump=_pump(root.section("pump")),
            alarms=_alarms(root.section("alarms")),
            gaps=_gaps(root.section("gaps")),
            needs_approval=any(leaf.status.needs_approval for leaf in leaves(body)),
        )


_SCORED_SIGNS = ("moaas", "rass")


def _schedule(section: Section) -> ScheduleRules:
    required, reminders = section.section("required"), section.section("reminders")
    return ScheduleRules(
        baseline_readings=_count(section, "baseline_readings"),
        baseline_apart=_minutes(section, "baseline_apart"),
        infusing_every=_minutes(section, "infusing_every"),
        recovery_every=_minutes(section, "recovery_every"),
        after_sedative_every=_minutes(section, "after_sedative_every"),
        after_sedative_for=_minutes(section, "after_sedative_for"),
        closely_every=_minutes(section, "closely_every"),
        closely_required=_groups(section.text("closely_required")),
        recheck_every=_minutes(section, "recheck_every"),
        recheck_required=_groups(section.text("recheck_required")),
        recheck_after_drug=_minutes(section, "recheck_after_drug"),
        early=_minutes(section, "early", or_none=True),
        grace=_minutes(section, "grace", or_none=True),
        required={phase: _groups(required.text(phase)) for phase in ObservationPhase},
        reminders={phase: tuple(reminders.text(phase).split()) for phase in ObservationPhase},
        peak_from=_minutes(section, "peak_from", or_none=True),
        late=_late(section),
    )


def _late(section: Section) -> LateRules:
    after = section.section("late_after")
    for sign in after.names():
        if sign not in (*VitalSignCode, *_SCORED_SIGNS):
            raise InvalidValue(f"{after.path} names {sign!r}, which is not in the catalogue.")
    return LateRules(
        {sign: _minutes(after, sign) for sign in after.names()},
        _priority(section, "late_priority"),
    )


def _groups(text: str) -> tuple[frozenset[str], ...]:
    """Read "systolic heart_rate/pulse_rate": groups of signs of which one each is enough."""
    return tuple(frozenset(group.split("/")) for group in text.split())


def _limit(section: Section) -> AlarmLimit:
    sign = section.word("sign")
    if sign in _SCORED_SIGNS:
        unit = "score"
    elif sign in tuple(VitalSignCode):
        unit = CATALOGUE[VitalSignCode(sign)].shown_unit
    else:
        raise InvalidValue(f"{section.path}.sign is {sign!r}, which is not in the catalogue.")
    bounds = [b for b in Bound if section.has(b)]
    if len(bounds) > 1:
        raise InvalidValue(f"{section.path} has {len(bounds)} bounds; a limit has one.")
    bound = bounds[0] if bounds else None
    stated = [k for k in (*Bound, "rise_percent", "rise_at_least") if section.has(k)]
    return AlarmLimit(
        code=section.word("code"),
        sign=sign,
        unit=unit,
        priority=_priority(section, "priority"),
        status=_least_founded([section.cited(key).status for key in stated]),
        bound=bound,
        number=section.number(bound, unit=unit) if bound else None,
        rise_percent=_optional(section, "rise_percent", unit="%"),
        rise_at_least=_optional(section, "rise_at_least", unit=unit),
        confirm_within=_seconds(section, "confirm_within")
        if section.has("confirm_within")
        else None,
        sustained_for=_seconds(section, "sustained_for")
        if section.has("sustained_for")
        else timedelta(),
    )


def _symptom(section: Section) -> SymptomRule:
    return SymptomRule(
        code=section.word("code"),
        name=section.word("name"),
        is_symptom=section.word("kind") == "symptom",
        priority=_priority(section, "priority"),
        action=section.text("action"),
    )


def _technical(section: Section) -> TechnicalRules:
    lost, how = section.section("signal_lost_after"), section.section("signal_lost_priority")
    if set(lost.names()) != set(how.names()):
        raise InvalidValue(
            f"{lost.path} names {', '.join(lost.names())}, and {how.path} names "
            f"{', '.join(how.names())}; each sign needs both."
        )
    return TechnicalRules(
        monitor_silent_after=_seconds(section, "monitor_silent_after"),
        monitor_silent_priority=_priority(section, "monitor_silent_priority"),
        pump_silent_after=_seconds(section, "pump_silent_after"),
        pump_silent_priority=_priority(section, "pump_silent_priority"),
        signal_lost_after={sign: _seconds(lost, sign) for sign in lost.names()},
        signal_lost_priority={sign: _priority(how, sign) for sign in how.names()},
        clock_drift_above=_seconds(section, "clock_drift_above"),
        clock_drift_priority=_priority(section, "clock_drift_priority"),
        not_assigned_priority=_priority(section, "not_assigned_priority"),
        overdue_priority=_priority(section, "overdue_priority"),
        acls_left_priority=_priority(section, "acls_left_priority"),
        prescriber_left_priority=_priority(section, "prescriber_left_priority"),
        nobody_with_patient_priority=_priority(section, "nobody_with_patient_priority"),
        break_overrun_priority=_priority(section, "break_overrun_priority"),
        recovery_ratio_priority=_priority(section, "recovery_ratio_priority"),
        presence=PresenceRules(
            ask_after=_minutes(section, "presence_ask_after"),
            answer_within=_seconds(section, "presence_answer_within"),
            priority=_priority(section, "presence_priority"),
        ),
    )


def _pump(section: Section) -> PumpRules:
    return PumpRules(
        settle_for=_seconds(section, "settle_for"),
        rate_difference=section.number("rate_difference", unit="mL/h"),
        rate_difference_percent=section.number("rate_difference_percent", unit="%"),
        rate_priority=_priority(section, "rate_priority"),
        volume_difference=section.number("volume_difference", unit="mL"),
        volume_difference_percent=section.number("volume_difference_percent", unit="%"),
        volume_priority=_priority(section, "volume_priority"),
        drug_priority=_priority(section, "drug_priority"),
        running_priority=_priority(section, "running_priority"),
        stopped_priority=_priority(section, "stopped_priority"),
        finished_priority=_priority(section, "finished_priority"),
    )


def _alarms(section: Section) -> AlarmRules:
    silence = section.section("silence_at_most")
    latching = section.section("latching")
    back, action = section.section("back_within_for"), section.section("action")
    return AlarmRules(
        silence_at_most={p: _minutes(silence, p) for p in AlarmPriority},
        silences_in_a_row=_count(section, "silences_in_a_row"),
        latching={p: latching.flag(p) for p in AlarmPriority},
        tell_site_after=_each(section.section("tell_site_after")),
        tell_prescriber_after=_each(section.section("tell_prescriber_after")),
        acknowledged_for=_each(section.section("acknowledged_for")),
        back_within_for={sign: _seconds(back, sign) for sign in back.names()},
        hand_yields_to=_count(section, "hand_yields_to"),
        same_rate_within=section.number("same_rate_within", unit="/min"),
        action={p: action.text(p) for p in AlarmPriority if action.has(p)},
    )


def _each(section: Section) -> Mapping[AlarmPriority, timedelta]:
    """Read a time for every priority that is named."""
    return {p: _seconds(section, p) for p in AlarmPriority if section.has(p)}


def _gaps(section: Section) -> GapRules:
    expected = section.section("expected_every")
    factor = section.number("factor", unit="1")
    if factor < 1:
        raise InvalidValue(f"{section.path}.factor is {factor}; it must be at least 1.")
    return GapRules(factor, {sign: _seconds(expected, sign) for sign in expected.names()})


def _priority(section: Section, key: str) -> AlarmPriority:
    word = section.text(key)
    try:
        return AlarmPriority(word)
    except ValueError:
        raise InvalidValue(
            f"{section.path}.{key} is {word!r}; it must be one of {', '.join(AlarmPriority)}."
        ) from None


def _minutes(section: Section, key: str, *, or_none: bool = False) -> timedelta:
    return _span(section, key, unit="min", seconds=60, or_none=or_none)


def _seconds(section: Section, key: str) -> timedelta:
    return _span(section, key, unit="s", seconds=1, or_none=False)


def _span(section: Section, key: str, *, unit: str, seconds: int, or_none: bool) -> timedelta:
    number = section.number(key, unit=unit)
    if number < 0 or (number == 0 and not or_none):
        raise InvalidValue(f"{section.path}.{key} is {number} {unit}; it must be above 0.")
    return timedelta(seconds=float(number * seconds))


def _count(section: Section, key: str) -> int:
    number = section.number(key, unit="1")
    if number < 1 or number != int(number):
        raise InvalidValue(f"{section.path}.{key} is {number}; a whole number from 1 is needed.")
    return int(number)


def _optional(section: Section, key: str, *, unit: str) -> Decimal | None:
    return section.number(key, unit=unit) if section.has(key) else None


def _least_founded(statuses: list[Status]) -> Status:
    order = (Status.DEFAULT_PROPOSED, Status.GENERAL_KNOWLEDGE, Status.CONFIRMED)
    return next((s for s in order if s in statuses), Status.DEFAULT_PROPOSED)
