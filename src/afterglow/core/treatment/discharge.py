"""May the patient go home, or the session end as its ending says?

An ending that goes home by the criteria needs every row of clinical reference 4.3. Leaving against
advice, a transfer and a death need no criteria; they need their own fields on record.
A score is passed when each score that was taken passes: at least one must be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.treatment.codes import discharge as codes
from afterglow.core.treatment.endings import (
    ENDINGS,
    INFUSION_ENDINGS,
    NAMED_BY_THE_INFUSION,
    SessionEnding,
)
from afterglow.core.treatment.facts import CssrsLevel, DischargeFacts, RecoveryFacts
from afterglow.core.treatment.readiness import awaits_assessment
from afterglow.core.treatment.rulebook import RuleList
from afterglow.core.treatment.rules import SessionRules
from afterglow.core.treatment.saying import number, span, words

Reasons = Iterator[Reason]
CriterionRule = Callable[[DischargeFacts, SessionRules], Reasons]


def criteria_apply(facts: DischargeFacts) -> bool:
    """Whether the ending goes home by the criteria: drug has run and the ending demands them."""
    return facts.infusion_started and ENDINGS[facts.ending].criteria


def observed_long_enough(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Hold until the observation is over; a sedative or a call-back restarts it.

    The prescriber may shorten it, with a reason, which the medical director reads. Below what any
    practice is known to keep it is said beside it, for whoever shortens it.
    """
    if facts.pump_stopped_at is None:
        yield codes.PUMP_STOP_NOT_RECORDED.reason()
        return
    least, known = rules.discharge.observation, rules.discharge.observation_in_practice
    begins = [facts.pump_stopped_at, facts.last_sedative_at, facts.called_back_at]
    lasted = facts.at - max(since for since in begins if since is not None)
    if lasted < min(known, least):
        yield codes.OBSERVED_BELOW_PRACTICE.reason(seen=span(lasted), limit=span(known))
    for since, code in (
        (facts.pump_stopped_at, codes.OBSERVED_TOO_SHORT),
        (facts.last_sedative_at, codes.OBSERVED_TOO_SHORT_AFTER_SEDATIVE),
        (facts.called_back_at, codes.OBSERVED_TOO_SHORT_AFTER_CALL_BACK),
    ):
        if since is not None and facts.at - since < least:
            yield code.reason(seen=span(facts.at - since), limit=span(least))


def scores_pass(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Hold unless a recovery score was taken and each that was taken passes."""
    limits = rules.discharge
    needed = f"{number(limits.score_pass)} of 10"
    if facts.aldrete is None and facts.mpadss is None:
        yield codes.RECOVERY_SCORE_MISSING.reason()
    if facts.mpadss is not None and facts.mpadss.total < limits.score_pass:
        yield codes.MPADSS_BELOW_PASS.reason(seen=facts.mpadss.total, limit=needed)
    if facts.aldrete is None:
        return
    full = number(limits.domain_full)
    if facts.aldrete.total < limits.score_pass:
        yield codes.ALDRETE_BELOW_PASS.reason(seen=facts.aldrete.total, limit=needed)
    if facts.aldrete.consciousness < limits.domain_full:
        yield codes.CONSCIOUSNESS_BELOW_FULL.reason(seen=facts.aldrete.consciousness, limit=full)
    if facts.aldrete.respiration < limits.domain_full:
        yield codes.RESPIRATION_BELOW_FULL.reason(seen=facts.aldrete.respiration, limit=full)
    if facts.aldrete.spo2 < limits.domain_full:
        yield codes.OXYGEN_NEEDED.reason(seen=f"Aldrete SpO2 {facts.aldrete.spo2}", limit=full)


def awake_and_oriented(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Refuse who is not fully awake, or not oriented in person, place and time."""
    limits = rules.discharge
    if facts.moaas is None:
        yield codes.DISCHARGE_CHECK_MISSING.reason(seen="MOAA/S")
    elif facts.moaas < limits.moaas:
        yield codes.MOAAS_BELOW_DISCHARGE_LIMIT.reason(seen=facts.moaas, limit=number(limits.moaas))
    if facts.oriented is None:
        yield codes.DISCHARGE_CHECK_MISSING.reason(seen="orientation")
    elif facts.oriented < limits.oriented:
        yield codes.NOT_ORIENTED.reason(seen=facts.oriented, limit=number(limits.oriented))


def vital_signs_settled(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Hold until recent vital signs are near the baseline, below the limit, and without oxygen."""
    limits, vitals = rules.discharge, facts.vitals
    if vitals is None:
        yield codes.DISCHARGE_VITALS_MISSING.reason()
        return
    oldest = min(vitals.at, vitals.spo2_at)
    age = facts.at - oldest
    if age > limits.vitals_window:
        yield codes.DISCHARGE_VITALS_STALE.reason(seen=span(age), limit=span(limits.vitals_window))
    elif _before(oldest, facts.recovering_since):
        lacking = {vitals.at: "blood pressure", vitals.spo2_at: "oxygen saturation"}
        yield codes.DISCHARGE_VITALS_BEFORE_RECOVERY.reason(
            seen=", ".join(
                name for at, name in lacking.items() if _before(at, facts.recovering_since)
            )
            if vitals.at != vitals.spo2_at
            else "blood pressure, oxygen saturation"
        )
    away = max(
        _percent_away(vitals.systolic_mmhg, vitals.baseline_systolic_mmhg),
        _percent_away(vitals.diastolic_mmhg, vitals.baseline_diastolic_mmhg),
    )
    if away > limits.bp_from_baseline_percent:
        yield codes.BP_AWAY_FROM_BASELINE.reason(
            seen=f"{away:.1f} %", limit=f"{number(limits.bp_from_baseline_percent)} %"
        )
    if (
        vitals.systolic_mmhg >= limits.systolic_below_mmhg
        or vitals.diastolic_mmhg >= limits.diastolic_below_mmhg
    ):
        yield codes.BP_ABOVE_DISCHARGE_LIMIT.reason(
            seen=f"{vitals.systolic_mmhg}/{vitals.diastolic_mmhg} mmHg",
            limit=f"{number(limits.systolic_below_mmhg)}/"
            f"{number(limits.diastolic_below_mmhg)} mmHg",
        )
    if vitals.on_oxygen is None:
        yield codes.DISCHARGE_CHECK_MISSING.reason(seen="breathes room air")
    if vitals.on_oxygen or vitals.spo2_percent <= limits.spo2_above_percent:
        air = {True: " on oxygen", False: " on air", None: ""}[vitals.on_oxygen]
        yield codes.OXYGEN_NEEDED.reason(
            seen=f"{vitals.spo2_percent} %{air}",
            limit=f"above {number(limits.spo2_above_percent)} % on air",
        )


def dissociation_gone(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Hold until dissociation is back at the baseline, or the clinician states that it is."""
    if facts.clinician_states_dissociation_resolved:
        return
    seen, limit = facts.dissociation_above_baseline, rules.discharge.dissociation_above_baseline
    if seen is None:
        yield codes.DISCHARGE_CHECK_MISSING.reason(seen="dissociation")
    elif seen > limit:
        yield codes.STILL_DISSOCIATED.reason(seen=seen, limit=number(limit))


def fit_to_go(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Hold until gait, first walk, drinking, nausea and the IV site are checked and well."""
    for answer, question, code in (
        (facts.gait_steady, "gait", codes.GAIT_UNSTEADY),
        (facts.first_walk_accompanied, "first walk accompanied", codes.FIRST_WALK_ALONE),
        (facts.drinks_fluid, "drinking", codes.NOT_DRINKING),
        (facts.nausea_controlled, "nausea", codes.NAUSEA_NOT_CONTROLLED),
        (facts.iv_removed, "IV removed", codes.IV_NOT_REMOVED),
        (facts.iv_site_checked, "IV site", codes.IV_SITE_NOT_CHECKED),
    ):
        if answer is None:
            yield codes.DISCHARGE_CHECK_MISSING.reason(seen=question)
        elif not answer:
            yield code.reason()


def escort_present(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Refuse without an adult escort, here, with name, relation and phone. Nobody overrides."""
    if not ENDINGS[facts.ending].escort:
        return
    escort = facts.escort
    if escort is None or not escort.present:
        yield codes.ESCORT_NOT_PRESENT.reason()
        return
    if not escort.adult:
        yield codes.ESCORT_NOT_ADULT.reason()
    for recorded, detail in (
        (escort.name_recorded, "name"),
        (escort.relation_recorded, "relation"),
        (escort.phone_recorded, "phone"),
    ):
        if not recorded:
            yield codes.ESCORT_DETAIL_MISSING.reason(seen=detail)


def told_what_to_do(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Refuse until the patient was told not to drive, and has instructions and a phone number."""
    if not facts.no_driving_told:
        yield codes.NOT_TOLD_NO_DRIVING.reason()
    if not facts.written_instructions_given:
        yield codes.INSTRUCTIONS_NOT_GIVEN.reason()
    if not facts.phone_24_h_given:
        yield codes.PHONE_NOT_GIVEN.reason()


def suicide_settled(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Refuse until asked after the infusion and assessed; a high risk does not go home."""
    suicide = facts.suicide
    if suicide.asked_at is None or _before(suicide.asked_at, facts.recovering_since):
        yield codes.SUICIDE_NOT_ASKED_BEFORE_LEAVING.reason()
    if awaits_assessment(suicide, rules):
        yield codes.SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING.reason()
    if suicide.level is CssrsLevel.HIGH:
        yield codes.SUICIDE_RISK_HIGH_BEFORE_LEAVING.reason()
    elif suicide.level and not suicide.safety_plan_given:
        yield codes.SAFETY_PLAN_MISSING.reason(seen=suicide.level.name.lower())


def _criterion(rule: CriterionRule) -> CriterionRule:
    """Return the rule as it applies where the criteria do."""

    def applied(facts: DischargeFacts, rules: SessionRules) -> Reasons:
        if criteria_apply(facts):
            yield from rule(facts, rules)

    applied.__name__ = rule.__name__
    applied.__qualname__ = rule.__qualname__
    applied.__doc__ = rule.__doc__
    return applied


def ending_recorded(facts: DischargeFacts, rules: SessionRules) -> Reasons:
    """Refuse until everything that this ending needs is on record."""
    for missing in sorted(ENDINGS[facts.ending].fields - facts.ending_fields):
        yield codes.ENDING_FIELD_MISSING.reason(seen=words(missing))


def pump_stopped(facts: DischargeFacts, rules: SessionRules) -> Reason | None:
    """Refuse any other ending while the pump is not recorded as stopped."""
    if facts.infusion_started and facts.pump_stopped_at is None:
        return codes.PUMP_STOP_NOT_RECORDED.reason()
    return None


def named_as_the_infusion_ended(facts: DischargeFacts, rules: SessionRules) -> Reason | None:
    """Refuse to call completed what was stopped, or the other way round."""
    if facts.infusion_ending is None or facts.ending not in NAMED_BY_THE_INFUSION:
        return None
    right = INFUSION_ENDINGS[facts.infusion_ending].discharged_as
    if right is facts.ending:
        return None
    return codes.ENDING_DIFFERS_FROM_INFUSION.reason(
        seen=words(facts.infusion_ending), limit=words(right)
    )


def prescriber_agrees(facts: DischargeFacts, rules: SessionRules) -> Reason | None:
    """Refuse to send somebody home alone after drug without a prescriber's own word."""
    if not (facts.infusion_started and ENDINGS[facts.ending].prescriber):
        return None
    return None if facts.prescriber_agrees else codes.PRESCRIBER_HAS_NOT_AGREED.reason()


def concern_at_leaving(facts: DischargeFacts, rules: SessionRules) -> Reason | None:
    """Remark that somebody who cannot be held leaves with a risk."""
    if facts.ending is not SessionEnding.LEFT_AGAINST_ADVICE:
        return None
    risk = facts.suicide.level is CssrsLevel.HIGH or awaits_assessment(facts.suicide, rules)
    return codes.SUICIDE_CONCERN_AT_LEAVING.reason() if risk else None


CRITERIA: Final = (
    observed_long_enough,
    scores_pass,
    awake_and_oriented,
    vital_signs_settled,
    dissociation_gone,
    fit_to_go,
    escort_present,
    told_what_to_do,
    suicide_settled,
)
"""The rules that apply where a patient goes home by the discharge criteria."""

DISCHARGE: Final[RuleList[DischargeFacts]] = RuleList(
    "discharge",
    (
        *map(_criterion, CRITERIA),
        pump_stopped,
        ending_recorded,
        named_as_the_infusion_ended,
        prescriber_agrees,
        concern_at_leaving,
    ),
)
"""Every rule that decides whether a session may end so. A later subject adds its own."""


def assess(facts: DischargeFacts, rules: SessionRules) -> Decision:
    """Decide whether the session may end at ``facts.at``, with every reason if not."""
    return DISCHARGE.assess(facts, rules)


def _before(at: datetime, other: datetime | None) -> bool:
    return other is not None and at < other


def _percent_away(seen: int, baseline: Decimal) -> Decimal:
    return abs(Decimal(seen) - baseline) * 100 / baseline


def watched_in_recovery(facts: RecoveryFacts, rules: SessionRules) -> Reasons:
    """Refuse a recovery that nobody watches, or that takes eyes from a running infusion."""
    if facts.watched_by is None:
        yield codes.RECOVERY_NOT_WATCHED.reason()
        return
    if facts.running_infusions:
        yield codes.RECOVERY_WATCHER_HAS_INFUSION.reason(seen=facts.running_infusions)
    patients = facts.other_recovering_patients + 1
    if patients > rules.discharge.recovering_patients_per_clinician:
        yield codes.RECOVERY_RATIO_EXCEEDED.reason(
            seen=patients, limit=number(rules.discharge.recovering_patients_per_clinician)
        )


RECOVERY: Final[RuleList[RecoveryFacts]] = RuleList("recovery", (watched_in_recovery,))
"""Every rule about who watches a patient in recovery."""


def assess_recovery(facts: RecoveryFacts, rules: SessionRules) -> Decision:
    """Decide whether this clinician may watch the patient in recovery."""
    return RECOVERY.assess(facts, rules)
