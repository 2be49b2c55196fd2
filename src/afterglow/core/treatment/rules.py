"""The session's rules: the windows, limits and rights to override of one protocol version.

They are read from ``body["session"]`` of a ``dosing_protocol`` definition. Data may tighten who may
override a code; it can never loosen it: see :meth:`SessionRules.tighten`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, Self

from afterglow.core.cited import Section
from afterglow.core.decisions import Overrider, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.older_protocols import fallback
from afterglow.core.reason_codes import reason_code
from afterglow.core.treatment import codes  # noqa: F401  (declares what the data speaks of)
from afterglow.core.treatment.attached import AskedFor, read_asked

_STRICTNESS: Final = {
    Overrider.PRESCRIBER: 0,
    Overrider.MEDICAL_DIRECTOR: 1,
    Overrider.NOBODY: 2,
}
_UNITS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def stricter(one: Overrider, other: Overrider) -> Overrider:
    """Return whichever of the two fewer people hold."""
    return max(one, other, key=_STRICTNESS.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartLimits:
    """The vital signs that hold a start (clinical reference 3.3)."""

    systolic_review_above_mmhg: Decimal
    diastolic_review_above_mmhg: Decimal
    systolic_hold_from_mmhg: Decimal
    diastolic_hold_from_mmhg: Decimal
    systolic_hold_below_mmhg: Decimal
    diastolic_hold_below_mmhg: Decimal
    heart_rate_hold_above_per_min: Decimal
    heart_rate_hold_below_per_min: Decimal
    spo2_hold_below_percent: Decimal
    respiratory_rate_hold_above_per_min: Decimal
    respiratory_rate_hold_below_per_min: Decimal
    moaas_hold_below: Decimal

    def __post_init__(self) -> None:
        _refuse_disorder(
            "systolic pressure",
            self.systolic_hold_below_mmhg,
            self.systolic_review_above_mmhg,
            self.systolic_hold_from_mmhg,
        )
        _refuse_disorder(
            "diastolic pressure",
            self.diastolic_hold_below_mmhg,
            self.diastolic_review_above_mmhg,
            self.diastolic_hold_from_mmhg,
        )
        _refuse_disorder(
            "heart rate", self.heart_rate_hold_below_per_min, self.heart_rate_hold_above_per_min
        )
        _refuse_disorder(
            "respiratory rate",
            self.respiratory_rate_hold_below_per_min,
            self.respiratory_rate_hold_above_per_min,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLimits:
    """How long before the start something must not have been taken (clinical reference 6, 11)."""

    alcohol_or_drugs: timedelta
    cannabis: timedelta
    benzodiazepine_diazepam_mg_per_day: Decimal
    solids: timedelta
    clear_fluids: timedelta
    pregnancy_test_days: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawLimits:
    """What a draw must keep to (clinical reference 2.2)."""

    dilute_from_mg_per_ml: Decimal
    vial_open: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeLimits:
    """The discharge criteria (clinical reference 4.3)."""

    observation: timedelta
    observation_in_practice: timedelta
    score_pass: Decimal
    domain_full: Decimal
    moaas: Decimal
    oriented: Decimal
    vitals_window: timedelta
    bp_from_baseline_percent: Decimal
    systolic_below_mmhg: Decimal
    diastolic_below_mmhg: Decimal
    spo2_above_percent: Decimal
    dissociation_above_baseline: Decimal
    recovering_patients_per_clinician: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SignLimits:
    """What is remarked before a record is signed."""

    red_acknowledgement: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageLimits:
    """How long another clinician may stand in while the patient's own takes a break."""

    break_at_least: timedelta
    break_at_most: timedelta

    def __post_init__(self) -> None:
        if not timedelta() < self.break_at_least <= self.break_at_most:
            raise InvalidValue(
                f"A break lasts from {self.break_at_least} to {self.break_at_most}; the shortest "
                "is above nothing and not above the longest."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """All rules of one session. Build it with :meth:`from_section`."""

    identifiers_needed: Decimal
    consent_valid: timedelta
    order_valid: timedelta
    weight_window: timedelta
    beyond_use: timedelta
    baseline_readings: Decimal
    baseline_apart: timedelta
    baseline_window: timedelta
    baseline_together: timedelta
    clinician_credentials: frozenset[str]
    slower_rates_percent: tuple[Decimal, ...]
    suicide_screen_window: timedelta
    suicide_item9_positive_from: Decimal
    override_valid: timedelta
    cross_reactive_substances: frozenset[str]
    start: StartLimits
    day: DayLimits
    draw: DrawLimits
    discharge: DischargeLimits
    sign: SignLimits
    coverage: CoverageLimits
    attached: Mapping[str, AskedFor]
    overridable_by: Mapping[str, Overrider]

    def __post_init__(self) -> None:
        if self.identifiers_needed < 2:
            raise InvalidValue(
                "A patient is identified by two identifiers or more, "
                f"not {self.identifiers_needed}."
            )
        if self.baseline_readings < 2:
            raise InvalidValue(
                f"The baseline is the mean of two readings or more, not {self.baseline_readings}."
            )
        if self.baseline_apart * int(self.baseline_readings - 1) > self.baseline_window:
            raise InvalidValue("The baseline readings do not fit into their window.")
        for code, by in self.overridable_by.items():
            declared = reason_code(code).overridable_by
            if stricter(by, declared) is not by:
                raise InvalidValue(
                    f"{code} may be overridden by {declared} at most; the definition says {by}."
                )

    @classmethod
    def from_section(cls, section: Section) -> Self:
        """Read the rules from ``body["session"]``. Raises InvalidValue with the path at fault."""
        identity, consent, order = (section.section(k) for k in ("identity", "consent", "order"))
        weight, preparation = section.section("weight"), section.section("preparation")
        baseline, suicide = section.section("baseline"), section.section("suicide")
        return cls(
            identifiers_needed=identity.number("identifiers_needed", unit="count"),
            consent_valid=_time(consent, "valid", unit="d"),
            order_valid=_time(order, "valid", unit="d"),
            weight_window=_time(weight, "window", unit="h"),
            beyond_use=_time(preparation, "beyond_use", unit="h"),
            baseline_readings=baseline.number("readings", unit="count"),
            baseline_apart=_time(baseline, "apart", unit="min"),
            baseline_window=_time(baseline, "window", unit="min"),
            baseline_together=_time(baseline, "together", unit="min"),
            clinician_credentials=_words(section.section("clinician"), "credentials"),
            slower_rates_percent=_shares(section.section("infusion"), "slower_rates"),
            suicide_screen_window=_time(suicide, "screen_window", unit="h"),
            suicide_item9_positive_from=suicide.number("item9_positive_from", unit="score"),
            override_valid=_time(section.section("override"), "valid", unit="min"),
            cross_reactive_substances=_words(
                section.section("allergy"), "cross_reactive_substances"
            ),
            start=_start(section.section("start")),
            day=_day(section.section("day")),
            draw=_draw(section.section("draw")),
            discharge=_discharge(section.section("discharge")),
            sign=_sign(section.section("sign")),
            coverage=_coverage(
                section.section("coverage")
                if section.has("coverage")
                else Section(f"{section.path}.coverage", fallback("session", "coverage"))
            ),
            attached=read_asked(
                section.section("attached")
                if section.has("attached")
                else Section(f"{section.path}.attached", fallback("session", "attached"))
            ),
            overridable_by=MappingProxyType(
                {each.text("code"): _overrider(each) for each in section.sections("overridable_by")}
            ),
        )

    def for_site(self, *, solids: timedelta, clear_fluids: timedelta) -> Self:
        """Return the rules with a site's own fasting times (clinical reference 11.2)."""
        return replace(self, day=replace(self.day, solids=solids, clear_fluids=clear_fluids))

    def tighten(self, reason: Reason) -> Reason:
        """Return the reason with who may override it, never looser than its code was declared."""
        said = self.overridable_by.get(reason.code, reason.overridable_by)
        return replace(reason, overridable_by=stricter(said, reason.overridable_by))


def _refuse_disorder(name: str, *limits: Decimal) -> None:
    if list(limits) != sorted(limits):
        raise InvalidValue(f"The limits of the {name} are not in rising order: {limits}.")


def _time(section: Section, key: str, *, unit: str) -> timedelta:
    number = section.number(key, unit=unit)
    if number < 0:
        raise InvalidValue(f"{section.path}.{key} is {number} {unit}; a time is never negative.")
    return timedelta(seconds=float(number * _UNITS[unit]))


def _words(section: Section, key: str) -> frozenset[str]:
    words = (word.strip().lower() for word in section.text(key).split(","))
    return frozenset(word for word in words if word)


def _shares(section: Section, key: str) -> tuple[Decimal, ...]:
    """Read a list of percentages of what runs, each above nothing and below all of it."""
    leaf = section.cited(key)
    if leaf.unit != "%":
        raise InvalidValue(f"{leaf.path} is in {leaf.unit or 'no unit'}; % is needed.")
    try:
        shares = tuple(Decimal(word.strip()) for word in leaf.value.split(","))
    except InvalidOperation:
        raise InvalidValue(f"{leaf.path} is {leaf.value!r}; numbers are needed.") from None
    if not all(0 < share < 100 for share in shares):
        raise InvalidValue(f"{leaf.path} is {leaf.value!r}; each lies between 0 and 100 %.")
    return shares


def _overrider(section: Section) -> Overrider:
    said = section.text("by")
    try:
        return Overrider(said)
    except ValueError:
        raise InvalidValue(
            f"{section.path}.by is {said!r}; it must be one of {', '.join(Overrider)}."
        ) from None


def _start(section: Section) -> StartLimits:
    def pressure(key: str) -> Decimal:
        return section.number(key, unit="mmHg")

    def per_min(key: str) -> Decimal:
        return section.number(key, unit="1/min")

    return StartLimits(
        systolic_review_above_mmhg=pressure("systolic_review_above"),
        diastolic_review_above_mmhg=pressure("diastolic_review_above"),
        systolic_hold_from_mmhg=pressure("systolic_hold_from"),
        diastolic_hold_from_mmhg=pressure("diastolic_hold_from"),
        systolic_hold_below_mmhg=pressure("systolic_hold_below"),
        diastolic_hold_below_mmhg=pressure("diastolic_hold_below"),
        heart_rate_hold_above_per_min=per_min("heart_rate_hold_above"),
        heart_rate_hold_below_per_min=per_min("heart_rate_hold_below"),
        spo2_hold_below_percent=section.number("spo2_hold_below", unit="%"),
        respiratory_rate_hold_above_per_min=per_min("respiratory_rate_hold_above"),
        respiratory_rate_hold_below_per_min=per_min("respiratory_rate_hold_below"),
        moaas_hold_below=section.number("moaas_hold_below", unit="score"),
    )


def _day(section: Section) -> DayLimits:
    return DayLimits(
        alcohol_or_drugs=_time(section, "alcohol_or_drugs", unit="h"),
        cannabis=_time(section, "cannabis", unit="h"),
        benzodiazepine_diazepam_mg_per_day=section.number(
            "benzodiazepine_diazepam_equivalent", unit="mg/d"
        ),
        solids=_time(section, "solids", unit="h"),
        clear_fluids=_time(section, "clear_fluids", unit="h"),
        pregnancy_test_days=section.number("pregnancy_test_valid", unit="d"),
    )


def _draw(section: Section) -> DrawLimits:
    return DrawLimits(
        dilute_from_mg_per_ml=section.number("dilute_from", unit="mg/mL"),
        vial_open=_time(section, "vial_open", unit="d"),
    )


def _with_older(section: Section, name: str) -> Section:
    """Return the section where it has the value, else what stands in for an older version's."""
    if section.has(name):
        return section
    leaf = fallback("session", f"{section.path.rsplit('.', 1)[-1]}.{name}")
    return Section(section.path, {name: leaf})


def _discharge(section: Section) -> DischargeLimits:
    return DischargeLimits(
        observation=_time(section, "observation", unit="min"),
        observation_in_practice=_time(
            _with_older(section, "observation_in_practice"), "observation_in_practice", unit="min"
        ),
        score_pass=section.number("score_pass", unit="score"),
        domain_full=section.number("domain_full", unit="score"),
        moaas=section.number("moaas", unit="score"),
        oriented=section.number("oriented", unit="count"),
        vitals_window=_time(section, "vitals_window", unit="min"),
        bp_from_baseline_percent=section.number("bp_from_baseline", unit="%"),
        systolic_below_mmhg=section.number("systolic_below", unit="mmHg"),
        diastolic_below_mmhg=section.number("diastolic_below", unit="mmHg"),
        spo2_above_percent=section.number("spo2_above", unit="%"),
        dissociation_above_baseline=section.number("dissociation_above_baseline", unit="score"),
        recovering_patients_per_clinician=section.number(
            "recovering_patients_per_clinician", unit="count"
        ),
    )


def _sign(section: Section) -> SignLimits:
    return SignLimits(
        red_acknowledgement=_time(section, "red_acknowledgement", unit="s"),
    )


def _coverage(section: Section) -> CoverageLimits:
    return CoverageLimits(
        break_at_least=_time(section, "break_at_least", unit="min"),
        break_at_most=_time(section, "break_at_most", unit="min"),
    )
