"""Alarm limits on readings: absolute, relative to the baseline, confirmed, sustained.

Readings of one sign and one source form a line; its last readings speak, as ``spells`` says. Two
sources of one sign are two lines: a normal value by hand does not end what a device reports. What a
device has since said several times outdates a value by hand, and a repeat may come from either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from afterglow.core.monitoring.catalogue import BLOOD_PRESSURE, CATALOGUE, VitalSignCode
from afterglow.core.monitoring.conditions import AlarmCondition, AlarmKind, AlarmPriority
from afterglow.core.monitoring.readings import Baseline, Lines, Reading, Source
from afterglow.core.monitoring.rules import AlarmLimit, AlarmRules, Bound, SymptomRule
from afterglow.core.monitoring.spells import IsBeyond, Spell, recent, spell, was_within

SCORE_NAMES = {"moaas": "MOAA/S", "rass": "RASS"}

Holding = Set[tuple[str, str, str]]
"""What open alarms spoke of last: code, source and limit, as a condition writes them."""

_BOUND_WORDS = {
    Bound.AT_OR_ABOVE: "at or above the limit of",
    Bound.ABOVE: "above the limit of",
    Bound.AT_OR_BELOW: "at or below the limit of",
    Bound.BELOW: "below the limit of",
}


_BACK = "; it is back"


@dataclass(frozen=True, slots=True)
class Symptom:
    """A symptom or a request that is present since ``at``. ``code`` is one of the protocol's."""

    code: str
    at: datetime


def sign_name(sign: str) -> str:
    """Return what a sign is called in a sentence."""
    if sign in SCORE_NAMES:
        return SCORE_NAMES[sign]
    return CATALOGUE[VitalSignCode(sign)].name


def limit_conditions(
    lines: Lines,
    baseline: Mapping[str, Baseline],
    limits: Iterable[AlarmLimit],
    rules: AlarmRules,
    *,
    symptomatic: bool,
    at: datetime,
    said_symptomatic: bool = False,
    holding: Holding = frozenset(),
) -> Iterator[AlarmCondition]:
    """Yield a condition for every limit that a line is beyond, or was until a moment ago.

    A limit that asks for a repeat counts at once when the patient has symptoms, when the repeat
    is beyond it too, or when the repeat is late; until then it is a medium condition that asks
    for the repeat. Whoever repeats it may do so by other means: by hand what a cuff said.
    ``said_symptomatic``: somebody answered that this pressure gives symptoms, so any pressure that
    is beyond a limit is a high one (clinical reference 0.1 and 3.3). ``holding``: what the open
    alarms said at the last look: a limit that has lasted long enough holds while its spell does.
    """
    known = tuple(limits)
    codes = _pulse_codes(known, lines, rules)
    look = _Look(lines, baseline, rules, codes, symptomatic, at, holding)
    found: list[AlarmCondition] = []
    for limit in known:
        for source in Source:
            condition = look.condition(limit, source)
            if condition is not None and said_symptomatic and limit.sign in BLOOD_PRESSURE:
                condition = replace(condition, priority=AlarmPriority.HIGH)
            if condition is not None:
                found.append(condition)
    crossed = {condition.key: condition for condition in found if condition.back_since is None}
    for condition in found:
        still = crossed.get(condition.key)
        yield condition if condition.back_since is None or not still else _eased(condition, still)


def symptom_conditions(
    symptoms: Iterable[Symptom], rules: Mapping[str, SymptomRule], *, at: datetime
) -> Iterator[AlarmCondition]:
    """Yield a condition for every symptom that is present. Raises KeyError for an unknown one."""
    for symptom in symptoms:
        if symptom.at <= at:
            rule = rules[symptom.code]
            yield AlarmCondition(
                code=f"SYMPTOM_{rule.code}",
                about="",
                kind=AlarmKind.PHYSIOLOGICAL,
                priority=rule.priority,
                sentence=f"{rule.name}. {rule.action}",
                since=symptom.at,
                seen=rule.name,
            )


@dataclass(slots=True)
class _Look:
    """One look at the lines: what every limit of a sign needs is found once."""

    lines: Lines
    baseline: Mapping[str, Baseline]
    rules: AlarmRules
    pulse_codes: Mapping[str, str]
    symptomatic: bool
    at: datetime
    holding: Holding = frozenset()
    extremes: dict[tuple[str, Source], tuple[Decimal, Decimal]] = field(default_factory=dict)

    def condition(self, limit: AlarmLimit, source: Source) -> AlarmCondition | None:
        """Return what a limit says of one line."""
        key = (limit.sign, source)
        line = self.lines.get(key)
        if not line:
            return None
        baseline = self.baseline.get(limit.sign)

        def is_beyond(value: Decimal) -> bool:
            return _is_beyond(value, limit, baseline)

        back_for = self._back_for(limit.sign, source)
        if not any(map(is_beyond, self._extremes(key, line, back_for))):
            return None
        found = spell(line, is_beyond, back_for=back_for, at=self.at)
        if found is None:
            return None
        if found.longest < limit.sustained_for and not self._holds_on(found, limit, source):
            return None
        if source is Source.HAND and self._outdated(limit.sign, found.last, is_beyond):
            return None
        condition = _condition(found, limit, baseline, back_for)
        condition = replace(condition, code=self._code(limit, source))
        return self._weigh(condition, found, limit, is_beyond)

    def _holds_on(self, found: Spell, limit: AlarmLimit, source: Source) -> bool:
        """Whether the spell has lasted long enough before what is looked at, by its alarm."""
        said = (self._code(limit, source), source.value, _shown_limit(limit))
        return found.began_before and said in self.holding

    def _code(self, limit: AlarmLimit, source: Source) -> str:
        code = limit.code
        return self.pulse_codes.get(code, code) if source is Source.DEVICE else code

    def _back_for(self, sign: str, source: Source) -> timedelta:
        if source is Source.HAND:
            return timedelta()
        return self.rules.back_within_for.get(sign, timedelta())

    def _extremes(
        self, key: tuple[str, Source], line: Sequence[Reading], back_for: timedelta
    ) -> tuple[Decimal, Decimal]:
        if key not in self.extremes:
            values = [reading.value for reading in recent(line, back_for)]
            self.extremes[key] = (min(values), max(values))
        return self.extremes[key]

    def _outdated(self, sign: str, by_hand: Reading, is_beyond: IsBeyond) -> bool:
        """Whether a device has said the opposite of a value by hand since, for long enough."""
        return any(
            was_within(
                self.lines.get((same, Source.DEVICE), ()),
                is_beyond,
                after=by_hand.at,
                times=self.rules.hand_yields_to,
                lasting=self._back_for(same, Source.DEVICE),
            )
            for same in SAME_RATE.get(sign, (sign,))
        )

    def _repeated(self, found: Spell, limit: AlarmLimit, is_beyond: IsBeyond) -> Reading | None:
        """Return the other source's reading that repeats what this spell began with.

        It is the last one after the spell; one just before it counts where it is beyond too.
        """
        other = Source.HAND if found.last.source is Source.DEVICE else Source.DEVICE
        line = self.lines.get((limit.sign, other), ())
        last = line[-1] if line else None
        if last is None:
            return None
        if last.at > found.last.at:
            return last
        just_before = found.first.at - last.at <= (limit.confirm_within or timedelta())
        return last if just_before and is_beyond(last.value) else None

    def _weigh(
        self, condition: AlarmCondition, found: Spell, limit: AlarmLimit, is_beyond: IsBeyond
    ) -> AlarmCondition:
        within = limit.confirm_within
        if within is None or self.symptomatic or found.last.at > found.first.at:
            return condition
        repeat = self._repeated(found, limit, is_beyond)
        said = condition.sentence[:-1]
        if repeat is not None and is_beyond(repeat.value):
            return condition
        if repeat is not None:
            how = "by hand" if repeat.source is Source.HAND else "of the device"
            amount = _amount(repeat.value, limit.unit)
            return replace(
                condition,
                priority=AlarmPriority.MEDIUM,
                repeat_says=amount,
                sentence=f"{said}; the repeat {how} says {amount}.",
            )
        by = found.first.at + within
        if self.at > by:
            return replace(condition, repeat_by=by, sentence=f"{said}, and the repeat is late.")
        return replace(
            condition,
            priority=AlarmPriority.MEDIUM,
            repeat_by=by,
            sentence=f"{said}: repeat within {_minutes(within)}.",
        )


_HEART, _PULSE = VitalSignCode.HEART_RATE.value, VitalSignCode.PULSE_RATE.value
SAME_RATE: Mapping[str, tuple[str, ...]] = {_HEART: (_HEART, _PULSE), _PULSE: (_PULSE, _HEART)}


def _pulse_codes(
    limits: Sequence[AlarmLimit], lines: Lines, rules: AlarmRules
) -> Mapping[str, str]:
    """Return under which code of the heart rate a pulse alarms while both are one rate.

    They are two where every value of the last moments differs by more than the protocol's
    tolerance: then the oximeter misses beats or one of them is wrong, and each speaks for itself.
    """
    heart, pulse = (lines.get((sign, Source.DEVICE)) for sign in (_HEART, _PULSE))
    if not heart or not pulse:
        return {}
    back_for = rules.back_within_for.get(_PULSE, timedelta())
    if abs(heart[-1].at - pulse[-1].at) > back_for:
        return {}
    rates = [r.value for r in recent(heart, back_for)]
    pulses = [r.value for r in recent(pulse, back_for)]
    apart = max(min(rates) - max(pulses), min(pulses) - max(rates))
    if apart > rules.same_rate_within:
        return {}
    codes = {limit.bound: limit.code for limit in limits if limit.sign == _HEART}
    return {
        limit.code: codes[limit.bound]
        for limit in limits
        if limit.sign == _PULSE and limit.bound in codes
    }


def _is_beyond(value: Decimal, limit: AlarmLimit, baseline: Baseline | None) -> bool:
    if limit.bound is not None and limit.number is not None:
        return limit.bound.is_crossed(value, limit.number)
    if baseline is None or baseline.value <= 0:
        return False
    rise = value - baseline.value
    enough_percent = rise * 100 >= (limit.rise_percent or 0) * baseline.value
    return rise > 0 and enough_percent and rise >= (limit.rise_at_least or 0)


def _condition(
    found: Spell, limit: AlarmLimit, baseline: Baseline | None, back_for: timedelta
) -> AlarmCondition:
    last = found.last
    seen = _amount(last.value, limit.unit)
    by_hand = ", entered by hand," if last.source is Source.HAND else ""
    shown_limit = _shown_limit(limit)
    if limit.bound is not None and limit.number is not None:
        beyond = f"{_BOUND_WORDS[limit.bound]} {shown_limit}"
    else:
        start = baseline.value if baseline is not None else Decimal(0)
        beyond = (
            f"{_amount(last.value - start, limit.unit)} above the baseline of "
            f"{_amount(start, limit.unit)}; the limit is {shown_limit}"
        )
    is_, back = "is", ""
    if found.back_since is not None:
        is_, back = "was", f"{_BACK} within it, and not yet for {_seconds(back_for)}"
    return AlarmCondition(
        code=limit.code,
        about=last.source.value,
        kind=AlarmKind.PHYSIOLOGICAL,
        priority=limit.priority,
        sentence=f"{sign_name(limit.sign)} {seen}{by_hand} {is_} {beyond}{back}.",
        since=found.first.at,
        seen=seen,
        limit=shown_limit,
        back_since=found.back_since,
    )


def _eased(condition: AlarmCondition, still: AlarmCondition) -> AlarmCondition:
    """Say of a limit that is no longer crossed that a milder one of the same alarm still is."""
    was = condition.sentence.partition(_BACK)[0]
    return replace(
        condition,
        sentence=f"{was}; it is {still.seen} now, and the limit of {still.limit} is still crossed.",
        back_since=None,
    )


def _shown_limit(limit: AlarmLimit) -> str:
    return _rise_limit(limit) if limit.number is None else _amount(limit.number, limit.unit)


def _rise_limit(limit: AlarmLimit) -> str:
    parts = []
    if limit.rise_percent is not None:
        parts.append(f"+{plain(limit.rise_percent)} %")
    if limit.rise_at_least is not None:
        parts.append(f"+{_amount(limit.rise_at_least, limit.unit)}")
    return " and at least ".join(parts)


def _amount(value: Decimal, unit: str) -> str:
    """Write a value exactly, with its unit; a score has none."""
    return f"{plain(value)}" if unit == "score" else f"{plain(value)} {unit}"


def plain(value: Decimal) -> str:
    """Write a decimal without an exponent and without idle zeros."""
    return f"{value.normalize():f}"


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"
