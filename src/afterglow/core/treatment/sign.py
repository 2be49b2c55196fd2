"""May the record be signed and locked? Every ending can be; what it demands differs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.treatment.codes import sign as codes
from afterglow.core.treatment.coverage import PATIENT_LEFT_ALONE
from afterglow.core.treatment.endings import ENDINGS, EndingRule, SessionEnding
from afterglow.core.treatment.facts import SignFacts
from afterglow.core.treatment.lifecycles import SESSION, SessionAction
from afterglow.core.treatment.rulebook import RuleList
from afterglow.core.treatment.rules import SessionRules
from afterglow.core.treatment.saying import number, span, words

Reasons = Iterator[Reason]


def _ending(facts: SignFacts) -> EndingRule | None:
    return None if facts.ending is None else ENDINGS[facts.ending]


def session_ended(facts: SignFacts, rules: SessionRules) -> Reasons:
    """Refuse a session that has not ended, or whose ending and state disagree."""
    if not SESSION.can(facts.state, SessionAction.SIGN):
        yield codes.SESSION_NOT_ENDED.reason(seen=words(facts.state))
    if facts.infusion_running:
        yield codes.INFUSION_STILL_RUNNING.reason()
    if facts.ending is None:
        yield codes.ENDING_MISSING.reason()
        return
    if SESSION.can(facts.state, SessionAction.SIGN) and ENDINGS[facts.ending].state != facts.state:
        yield codes.ENDING_DIFFERS_FROM_STATE.reason(
            seen=words(facts.state), limit=words(facts.ending)
        )
    if facts.ending is SessionEnding.CANCELLED_BEFORE_START and facts.infusion_started:
        yield codes.INFUSION_IN_CANCELLED_SESSION.reason()


def ending_recorded(facts: SignFacts, rules: SessionRules) -> Reasons:
    """Refuse until everything that this ending needs is on record."""
    if ending := _ending(facts):
        for missing in sorted(ending.fields - facts.ending_fields):
            yield codes.SIGN_FIELD_MISSING.reason(seen=words(missing))


def amounts_balance(facts: SignFacts, rules: SessionRules) -> Reasons:
    """Refuse until each preparation balances exactly and its waste was witnessed."""
    if facts.infusion_started and not facts.amounts:
        yield codes.AMOUNTS_MISSING.reason()
    for amount in facts.amounts:
        if amount.accounted_mg != amount.drawn_mg:
            yield codes.AMOUNTS_DO_NOT_BALANCE.reason(
                seen=_mg(amount.accounted_mg), limit=_mg(amount.drawn_mg)
            )
        if amount.discarded_mg and not amount.waste_witnessed:
            yield codes.WASTE_NOT_WITNESSED.reason(seen=_mg(amount.discarded_mg))


def pump_agrees(facts: SignFacts, rules: SessionRules) -> Reasons:
    """Refuse while pump and chart differ by more than the limit and nobody has resolved it."""
    if not facts.infusion_started:
        return
    if facts.charted_volume_ml is None:
        yield codes.VOLUME_NOT_CHARTED.reason()
    elif facts.pump_volume_ml is None:
        yield codes.PUMP_VOLUME_UNKNOWN.reason()
    else:
        difference = abs(facts.pump_volume_ml - facts.charted_volume_ml)
        limit = facts.pump_difference_limit_ml
        if difference > limit and not facts.pump_difference_resolved:
            yield codes.PUMP_DIFFERENCE_UNRESOLVED.reason(
                seen=f"{number(difference)} mL", limit=f"{number(limit)} mL"
            )


def readings_closed(facts: SignFacts, rules: SessionRules) -> Reason | None:
    """Refuse while a due observation is neither read nor missed with a reason."""
    return codes.READINGS_OPEN.reason(seen=facts.slots_unread) if facts.slots_unread else None


def alarms_closed(facts: SignFacts, rules: SessionRules) -> Reasons:
    """Refuse open alarms and red pressures without an answer; remark a late acknowledgement."""
    if facts.alarms_not_acknowledged:
        yield codes.ALARMS_OPEN.reason(seen=facts.alarms_not_acknowledged)
    if facts.red_pressures_without_symptom_answer:
        yield codes.RED_BP_SYMPTOMS_NOT_ANSWERED.reason(
            seen=facts.red_pressures_without_symptom_answer
        )
    slowest, limit = facts.slowest_red_acknowledgement, rules.sign.red_acknowledgement
    if slowest is not None and slowest > limit:
        yield codes.RED_ALARM_ACKNOWLEDGED_LATE.reason(seen=span(slowest), limit=span(limit))


def overrides_shown(facts: SignFacts, rules: SessionRules) -> Reasons:
    """Refuse an override without a reason, and say how many there are."""
    if facts.overrides:
        yield codes.OVERRIDES_GIVEN.reason(seen=len(facts.overrides))
    for override in facts.overrides:
        if not override.has_reason:
            yield codes.OVERRIDE_WITHOUT_REASON.reason(seen=override.code)


def covered_afterwards(facts: SignFacts, rules: SessionRules) -> Reason | None:
    """Refuse without a named clinician who covers a patient who went home after drug."""
    ending = _ending(facts)
    if ending is None or not (ending.coverage and facts.infusion_started):
        return None
    return None if facts.coverage_named else codes.COVERAGE_MISSING.reason()


def discharge_decided(facts: SignFacts, rules: SessionRules) -> Reason | None:
    """Refuse without the decision that the patient could go, where the ending demands one."""
    ending = _ending(facts)
    if ending is None or not (ending.criteria and facts.infusion_started):
        return None
    if facts.discharge_decision is None:
        return codes.DISCHARGE_DECISION_MISSING.reason()
    if facts.discharge_decision.refused:
        blocking = ", ".join(reason.code for reason in facts.discharge_decision.blockers)
        return codes.DISCHARGE_WAS_REFUSED.reason(seen=blocking)
    return None


def suicide_tasks_owned(facts: SignFacts, rules: SessionRules) -> Reason | None:
    """Refuse while a positive answer about suicide has no task with an owner."""
    if facts.suicide_tasks_owned >= facts.suicide_positives:
        return None
    return codes.SUICIDE_TASK_NOT_OWNED.reason(
        seen=facts.suicide_tasks_owned, limit=facts.suicide_positives
    )


def offline_settled(facts: SignFacts, rules: SessionRules) -> Reason | None:
    """Refuse while something typed offline waits for a person."""
    waiting = facts.offline_unsettled
    return codes.OFFLINE_ENTRIES_UNSETTLED.reason(seen=waiting) if waiting else None


def watched_one_to_one(facts: SignFacts, rules: SessionRules) -> Reason | None:
    """Remark that nobody was with the patient for a while: it is signed as it was."""
    if not facts.left_alone_for:
        return None
    seconds = int(facts.left_alone_for.total_seconds())
    return PATIENT_LEFT_ALONE.reason(seen=f"{seconds // 60} min {seconds % 60} s")


def _mg(amount: Decimal) -> str:
    return f"{number(amount)} mg"


SIGN: Final[RuleList[SignFacts]] = RuleList(
    "sign",
    (
        session_ended,
        ending_recorded,
        amounts_balance,
        pump_agrees,
        readings_closed,
        alarms_closed,
        overrides_shown,
        covered_afterwards,
        discharge_decided,
        suicide_tasks_owned,
        offline_settled,
        watched_one_to_one,
    ),
)
"""Every rule that decides whether a record may be signed. A later subject adds its own."""


def assess(facts: SignFacts, rules: SessionRules) -> Decision:
    """Decide whether the record may be signed at ``facts.at``, with every reason if not."""
    return SIGN.assess(facts, rules)
