"""Technical conditions: silent devices, lost signals, wrong clocks, a pump that disagrees.

What the pump reports outranks what was charted; both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from afterglow.core.monitoring.catalogue import NO_VALUE_SAID_AFTER, UNCLEAR_PRIORITY
from afterglow.core.monitoring.catalogue import words_of as term_named
from afterglow.core.monitoring.conditions import AlarmCondition, AlarmKind, AlarmPriority, worse
from afterglow.core.monitoring.limits import plain, sign_name
from afterglow.core.monitoring.readings import LOOKED_BACK
from afterglow.core.monitoring.rules import PumpRules, TechnicalRules
from afterglow.core.monitoring.schedule import Slot, SlotState

ZERO_OR_PROBE_OFF: Final = "ZERO_OR_PROBE_OFF"
"""A zero that is very bad news or a probe that is off: somebody must look."""
_NONE = Decimal(0)


class DeviceKind(StrEnum):
    """What stands in the room."""

    MONITOR = "monitor"
    PUMP = "pump"


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of one device of a session's room.

    ``key`` tells devices of one name apart. ``expected_since``: from when it should be heard.
    ``last_heard``: arrival of its last message. ``clock_offset``: device clock minus ours, when it
    sends one; ``is_corrected``: its readings are charted with their times by our clock.
    ``signals``: the signs it is expected to send with the time of the last usable value, or None
    when there was none yet.
    ``probes_off``: signs for which the device says that it has no value, with when that arrived.
    ``unclear``: signs whose value is either very bad news or a probe that is off, with when it
    arrived and that value; both only of signs that were measured before. ``second_for``: signs that
    another device gives at the same time, with when that was seen last.
    """

    kind: DeviceKind
    name: str
    is_assigned: bool
    expected_since: datetime
    key: int | None = None
    last_heard: datetime | None = None
    clock_offset: timedelta | None = None
    is_corrected: bool = False
    signals: tuple[tuple[str, datetime | None], ...] = ()
    probes_off: tuple[tuple[str, datetime], ...] = ()
    unclear: tuple[tuple[str, datetime, str], ...] = ()
    second_for: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class PumpFacts:
    """What the pump reports beside what was charted (mL/h, mL).

    ``reported_to_be_infused``: what the pump is set to infuse in all; some pumps count it down.
    ``charted_since``: when the charted state or rate last changed. A report made within the
    protocol's time to settle after that change is not yet compared.
    """

    reported_rate: Decimal
    reported_at: datetime
    charted_rate: Decimal
    charted_since: datetime
    reported_volume: Decimal | None = None
    charted_volume: Decimal | None = None
    reported_drug: str = ""
    planned_drug: str = ""
    reported_to_be_infused: Decimal | None = None
    planned_to_be_infused: Decimal | None = None

    @property
    def drug_differs(self) -> bool:
        """Whether the pump names another drug; silence on either side is no difference."""
        planned, reported = _letters(self.planned_drug), _letters(self.reported_drug)
        return bool(planned and reported) and planned not in reported

    @property
    def reports_running(self) -> bool:
        """Whether the pump says that it is infusing."""
        return self.reported_rate > 0

    @property
    def charted_running(self) -> bool:
        """Whether the chart says that it is infusing."""
        return self.charted_rate > 0

    @property
    def is_finished(self) -> bool:
        """Whether the pump says that all it was to give is given."""
        planned, given = self.planned_to_be_infused, self.reported_volume
        return planned is not None and given is not None and given >= planned


def device_conditions(
    devices: Iterable[DeviceFacts], rules: TechnicalRules, *, at: datetime
) -> Iterator[AlarmCondition]:
    """Yield what is wrong with the devices. An unassigned device is said once and no more."""
    for device in devices:
        if not device.is_assigned:
            yield _technical(
                "DEVICE_NOT_ASSIGNED",
                device.name,
                rules.not_assigned_priority,
                f"{device.name} is not assigned to this session; its readings are not shown here.",
                since=device.expected_since,
            )
            continue
        for sign, since in device.second_for:
            yield _technical(
                "SECOND_SOURCE",
                sign,
                AlarmPriority.LOW,
                f"{sign_name(sign)} comes from two devices. What {device.name} says is kept beside "
                "the charted one and raises no alarm here.",
                since=since,
            )
        silence = _silence(device, rules, at)
        if silence is not None:
            yield silence
        else:
            yield from _lost_signals(device, rules, at)
        if device.clock_offset is not None and abs(device.clock_offset) > rules.clock_drift_above:
            yield _clock_drift(device, device.clock_offset, rules)


def overdue_conditions(schedule: Iterable[Slot], rules: TechnicalRules) -> Iterator[AlarmCondition]:
    """Yield one condition for every reading that is overdue."""
    for slot in schedule:
        if slot.state is SlotState.OVERDUE:
            yield _technical(
                "READING_OVERDUE",
                str(slot.number),
                rules.overdue_priority,
                f"Reading {slot.number} is overdue; still to measure: "
                f"{', '.join(_group_name(group) for group in slot.lacking)}.",
                since=slot.due_at,
            )


@dataclass(frozen=True, slots=True)
class CoverageFacts:
    """Who is with a patient whose drug runs, or who recovers.

    ``nobody_since`` is None while somebody is there. ``break_over_at``: when the cover of a break
    was to end; ``who`` covers it. ``recovering``: how many patients in recovery, this one among
    them, have the same clinician, where that is more than ``recovering_at_most``; since when.
    """

    nobody_since: datetime | None = None
    break_over_at: datetime | None = None
    who: str = ""
    recovering: int = 0
    recovering_at_most: int = 0
    recovering_since: datetime | None = None


def coverage_conditions(
    coverage: CoverageFacts | None, rules: TechnicalRules, *, at: datetime
) -> Iterator[AlarmCondition]:
    """Yield what is wrong with who is with the patient: nobody, a break that is over, too many."""
    if coverage is None:
        return
    if coverage.nobody_since is not None and coverage.nobody_since <= at:
        yield _technical(
            "NOBODY_WITH_PATIENT",
            "",
            rules.nobody_with_patient_priority,
            "Nobody is with the patient.",
            since=coverage.nobody_since,
        )
    if coverage.break_over_at is not None and coverage.break_over_at <= at:
        yield _technical(
            "BREAK_OVERRUN",
            "",
            rules.break_overrun_priority,
            f"The break is over and {coverage.who} still covers it.",
            since=coverage.break_over_at,
            seen=coverage.who,
        )
    if coverage.recovering_since is not None and coverage.recovering > coverage.recovering_at_most:
        yield _technical(
            "RECOVERY_RATIO_EXCEEDED",
            "",
            rules.recovery_ratio_priority,
            f"One clinician watches {coverage.recovering} patients in recovery; the protocol "
            f"allows {coverage.recovering_at_most}.",
            since=coverage.recovering_since,
            seen=str(coverage.recovering),
            limit=str(coverage.recovering_at_most),
        )


@dataclass(frozen=True, slots=True)
class ChartedRate:
    """The rate that is charted now (mL/h), since when, and the most its bag was allowed."""

    rate: Decimal
    since: datetime
    at_most: Decimal


def charted_rate_conditions(
    charted: ChartedRate | None, rules: PumpRules
) -> Iterator[AlarmCondition]:
    """Yield that the pump really runs past the protocol's limit, as somebody charted it."""
    if charted is None or charted.rate <= charted.at_most:
        return
    seen, limit = f"{plain(charted.rate)} mL/h", f"{plain(charted.at_most)} mL/h"
    yield _technical(
        "PUMP_RAN_TOO_FAST",
        DeviceKind.PUMP,
        rules.above_limit_priority,
        f"The pump runs at {seen}; the protocol allows {limit} at most for this bag.",
        since=charted.since,
        seen=seen,
        limit=limit,
    )


def pump_conditions(
    pump: PumpFacts | None, rules: PumpRules, *, at: datetime
) -> Iterator[AlarmCondition]:
    """Yield the differences between the pump's report and the plan as charted."""
    if pump is None:
        return
    if pump.drug_differs:
        yield _technical(
            "PUMP_DRUG_DIFFERS",
            DeviceKind.PUMP,
            rules.drug_priority,
            f"The pump says that it infuses {pump.reported_drug[:40]}, and the bag holds "
            f"{pump.planned_drug}.",
            since=pump.reported_at,
            seen=pump.reported_drug[:40],
            limit=pump.planned_drug[:40],
        )
    if _target_differs(pump, rules):
        set_to, plan = (
            f"{plain(ml or _NONE)} mL"
            for ml in (pump.reported_to_be_infused, pump.planned_to_be_infused)
        )
        yield _technical(
            "PUMP_TARGET_DIFFERS",
            DeviceKind.PUMP,
            rules.volume_priority,
            f"The pump is set to infuse {set_to}, and the plan is {plan}.",
            since=pump.reported_at,
            seen=set_to,
            limit=plan,
        )
    if pump.reported_at < pump.charted_since + rules.settle_for:
        return
    reported, charted = f"{plain(pump.reported_rate)} mL/h", f"{plain(pump.charted_rate)} mL/h"
    if pump.reports_running and not pump.charted_running:
        yield _technical(
            "PUMP_STILL_RUNNING",
            DeviceKind.PUMP,
            rules.running_priority,
            f"The pump still reports {reported}, and the chart says that it is stopped.",
            since=pump.charted_since,
            seen=reported,
            limit="0 mL/h",
        )
    elif pump.charted_running and not pump.reports_running and pump.is_finished:
        yield _technical(
            "PUMP_FINISHED",
            DeviceKind.PUMP,
            rules.finished_priority,
            "The pump has given the planned volume and stopped. Record that it is stopped.",
            since=pump.reported_at,
            seen=f"{volume_words(pump.reported_volume or _NONE)} mL",
            limit=f"{volume_words(pump.planned_to_be_infused or _NONE)} mL",
        )
    elif pump.charted_running and not pump.reports_running:
        yield _technical(
            "PUMP_NOT_RUNNING",
            DeviceKind.PUMP,
            rules.stopped_priority,
            f"The pump reports that it is stopped, and the chart says {charted}.",
            since=pump.reported_at,
            seen=reported,
            limit=charted,
        )
    elif _differs(
        pump.reported_rate,
        pump.charted_rate,
        amount=rules.rate_difference,
        percent=rules.rate_difference_percent,
    ):
        yield _technical(
            "PUMP_RATE_DIFFERS",
            DeviceKind.PUMP,
            rules.rate_priority,
            f"The pump reports {reported}, and the chart says {charted}.",
            since=pump.charted_since,
            seen=reported,
            limit=charted,
        )
    if (
        pump.reported_volume is not None
        and pump.charted_volume is not None
        and _differs(
            pump.reported_volume,
            pump.charted_volume,
            amount=rules.volume_difference,
            percent=rules.volume_difference_percent,
        )
    ):
        yield _technical(
            "PUMP_VOLUME_DIFFERS",
            DeviceKind.PUMP,
            rules.volume_priority,
            f"The pump reports {volume_words(pump.reported_volume)} mL delivered, and the chart "
            f"says {volume_words(pump.charted_volume)} mL.",
            since=pump.charted_since,
            seen=f"{volume_words(pump.reported_volume)} mL",
            limit=f"{volume_words(pump.charted_volume)} mL",
        )


def volume_words(volume: Decimal) -> str:
    """Return millilitres to the tenth, as a pump shows them: a charted total has endless digits."""
    return plain(volume.quantize(Decimal("0.1"), ROUND_HALF_UP).normalize())


class Helper(StrEnum):
    """Who must be on site while drug runs (clinical reference 3.5)."""

    ACLS = "acls"
    PRESCRIBER = "prescriber"


@dataclass(frozen=True, slots=True)
class AbsentHelper:
    """Nobody of a kind is on site although drug runs: the last one went at ``since``."""

    helper: Helper
    since: datetime


_LEFT = {
    Helper.ACLS: (
        "ACLS_LEFT_SITE",
        "No ACLS-certified person is on site any more, and the infusion is not over.",
    ),
    Helper.PRESCRIBER: (
        "PRESCRIBER_LEFT_SITE",
        "No prescriber is on site any more, and the infusion is not over.",
    ),
}


def helper_conditions(
    absent: Iterable[AbsentHelper], rules: TechnicalRules
) -> Iterator[AlarmCondition]:
    """Yield one condition for every kind of helper who has left the site while drug runs."""
    priorities = {
        Helper.ACLS: rules.acls_left_priority,
        Helper.PRESCRIBER: rules.prescriber_left_priority,
    }
    for each in absent:
        code, sentence = _LEFT[each.helper]
        yield _technical(code, "", priorities[each.helper], sentence, since=each.since)


@dataclass(frozen=True, slots=True)
class DeviceNotice:
    """What a device itself alarms about, as it last told it."""

    device: str
    event: str
    at: datetime
    about: str = ""
    seen: str = ""


def notice_conditions(notices: Iterable[DeviceNotice]) -> Iterator[AlarmCondition]:
    """Yield what devices alarm about: always low, because the device is the primary alarm."""
    for notice in notices:
        words = event_words(notice.event)
        about = event_words(notice.about) if notice.about else ""
        value = f" ({notice.seen})" if notice.seen else ""
        yield _technical(
            "DEVICE_ALARM",
            f"{notice.device}: {words}"[:60],
            AlarmPriority.LOW,
            f"{notice.device} alarms: {words}{f', {about}' if about else ''}{value}. "
            "Secondary notification.",
            since=notice.at,
            seen=notice.seen,
        )


def event_words(refid: str) -> str:
    """Return a REFID as people read it: ``MDC_EVT_LO_VAL_LT_LIM`` is "lo val lt lim"."""
    found = term_named(refid)
    if found is not None:
        return found
    return refid.removeprefix("MDC_EVT_").removeprefix("MDC_").replace("_", " ").lower()


def _target_differs(pump: PumpFacts, rules: PumpRules) -> bool:
    """Whether the pump is set to another volume than the plan's.

    A pump that counts its volume down shows what is left: with what it delivered, that is the plan.
    """
    told, planned = pump.reported_to_be_infused, pump.planned_to_be_infused
    if told is None or planned is None:
        return False
    return all(
        _differs(
            seen,
            planned,
            amount=rules.volume_difference,
            percent=rules.volume_difference_percent,
        )
        for seen in (told, told + (pump.reported_volume or _NONE))
    )


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalpha())


def _differs(reported: Decimal, charted: Decimal, *, amount: Decimal, percent: Decimal) -> bool:
    """Whether two numbers differ by more than the larger of an amount and a percentage."""
    return abs(reported - charted) > max(amount, charted * percent / 100)


def _clock_drift(device: DeviceFacts, offset: timedelta, rules: TechnicalRules) -> AlarmCondition:
    """A clock that is off. Far behind and not yet corrected, no limit is looked at: not low."""
    seconds = offset.total_seconds()
    way = "ahead" if seconds > 0 else "behind"
    priority, unseen = rules.clock_drift_priority, ""
    if device.is_corrected:
        unseen = " Its readings are charted with their times by the clock here."
    elif device.kind is DeviceKind.MONITOR and offset < -LOOKED_BACK:
        priority = worse(priority, AlarmPriority.MEDIUM)
        unseen = " Its readings are compared with no limit: set its clock."
    return _technical(
        "DEVICE_CLOCK_DRIFT",
        device.name,
        priority,
        f"The clock of {device.name} is {_span(abs(offset))} {way}; "
        f"the limit is {_span(rules.clock_drift_above)}.{unseen}",
        since=device.last_heard or device.expected_since,
        seen=f"{seconds:g} s",
        limit=_span(rules.clock_drift_above),
    )


def _silence(device: DeviceFacts, rules: TechnicalRules, at: datetime) -> AlarmCondition | None:
    if device.kind is DeviceKind.MONITOR:
        code, allowed = "MONITOR_SILENT", rules.monitor_silent_after
        priority = rules.monitor_silent_priority
    else:
        code, allowed = "PUMP_SILENT", rules.pump_silent_after
        priority = rules.pump_silent_priority
    heard = device.last_heard or device.expected_since
    if at - heard <= allowed:
        return None
    return _technical(
        code,
        device.name,
        priority,
        f"No data from {device.name} for more than {_span(allowed)}.",
        since=heard,
        limit=_span(allowed),
    )


def _lost_signals(
    device: DeviceFacts, rules: TechnicalRules, at: datetime
) -> Iterator[AlarmCondition]:
    for sign, since, seen in device.unclear:
        yield _technical(
            ZERO_OR_PROBE_OFF,
            sign,
            UNCLEAR_PRIORITY,
            f"{sign_name(sign)}: {device.name} sends {seen}. Either that is so, or the probe is "
            "off: look at the patient.",
            since=since,
            seen=seen,
        )
    off = {sign: since for sign, since in device.probes_off if at - since >= NO_VALUE_SAID_AFTER}
    for sign, since in off.items():
        if sign in rules.signal_lost_priority:
            yield _technical(
                "PROBE_OFF",
                sign,
                rules.signal_lost_priority[sign],
                f"{sign_name(sign)}: {device.name} says that it has no value. Look whether the "
                "probe is on.",
                since=since,
            )
    for sign, last in device.signals:
        allowed = rules.signal_lost_after.get(sign)
        since = last or device.expected_since
        if sign not in off and allowed is not None and at - since > allowed:
            yield _technical(
                "SIGNAL_LOST",
                sign,
                rules.signal_lost_priority[sign],
                f"{sign_name(sign)}: no usable value for more than {_span(allowed)}.",
                since=since,
                limit=_span(allowed),
            )


def _group_name(group: str) -> str:
    """Say a group of signs of which one is enough: "heart rate or pulse rate"."""
    names = [sign_name(sign) for sign in group.split("/")]
    return " or ".join(n if n.isupper() else n[0].lower() + n[1:] for n in names)


def _technical(
    code: str,
    about: str,
    priority: AlarmPriority,
    sentence: str,
    *,
    since: datetime,
    seen: str = "",
    limit: str = "",
) -> AlarmCondition:
    return AlarmCondition(code, about, AlarmKind.TECHNICAL, priority, sentence, since, seen, limit)


def _span(span: timedelta) -> str:
    """Write a length of time as it is said: "45 s", "3 min"."""
    seconds = span.total_seconds()
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
