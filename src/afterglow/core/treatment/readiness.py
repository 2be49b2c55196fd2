"""May the infusion start now? The rules, apart from vital signs and the day's questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision, Reason
from afterglow.core.roles import CREDENTIAL_NAMES
from afterglow.core.treatment.attached import AttachedFacts, not_attached
from afterglow.core.treatment.codes import readiness as codes
from afterglow.core.treatment.day import DAY_RULES
from afterglow.core.treatment.facts import (
    ClinicianFacts,
    CssrsLevel,
    EscortState,
    ReadinessFacts,
    SuicideFacts,
)
from afterglow.core.treatment.rulebook import RuleList
from afterglow.core.treatment.rules import SessionRules
from afterglow.core.treatment.saying import day as said_day
from afterglow.core.treatment.saying import span
from afterglow.core.treatment.vitals import VITAL_RULES

Reasons = Iterator[Reason]


def identity_confirmed(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse a patient who was not identified by enough identifiers. Nobody overrides."""
    if (seen := len(facts.identifiers)) >= rules.identifiers_needed:
        return None
    return codes.IDENTITY_NOT_CONFIRMED.reason(seen=seen, limit=rules.identifiers_needed)


def course_accepted(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without a course that was accepted and is neither paused nor closed."""
    course = facts.course
    if course is None:
        yield codes.COURSE_MISSING.reason()
        return
    if course.phase is CoursePhase.CLOSED:
        yield codes.COURSE_CLOSED.reason()
    elif course.accepted_at is None or course.phase is CoursePhase.SCREENING:
        yield codes.COURSE_NOT_ACCEPTED.reason(seen=course.phase)
    if course.paused:
        yield codes.COURSE_PAUSED.reason()


def consent_in_force(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without a consent that is signed, not withdrawn, in date and of the text in force."""
    consent = facts.consent
    if consent is None or consent.signed_at is None or consent.signed_at > facts.at:
        yield codes.CONSENT_MISSING.reason()
        return
    if consent.withdrawn_at is not None:
        yield codes.CONSENT_WITHDRAWN.reason()
    if not consent.version_in_force:
        yield codes.CONSENT_SUPERSEDED.reason(seen=consent.version)
    age = facts.at - consent.signed_at
    if age > rules.consent_valid:
        yield codes.CONSENT_EXPIRED.reason(seen=span(age), limit=span(rules.consent_valid))


def order_signed(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without an order signed for this session, recent, and written within its protocol."""
    order = facts.order
    if order is None:
        yield codes.ORDER_MISSING.reason()
        return
    if order.cancelled:
        yield codes.ORDER_CANCELLED.reason()
    if order.for_date != facts.session_date:
        yield codes.ORDER_NOT_FOR_TODAY.reason(
            seen=said_day(order.for_date), limit=said_day(facts.session_date)
        )
    if not order.within_protocol:
        yield codes.ORDER_OUTSIDE_PROTOCOL.reason(limit=_protocol(facts))
    if order.signed_at is None or order.signed_at > facts.at:
        yield codes.ORDER_NOT_SIGNED.reason()
    elif (age := facts.at - order.signed_at) > rules.order_valid:
        yield codes.ORDER_TOO_OLD.reason(seen=span(age), limit=span(rules.order_valid))


def protocol_in_force(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse a protocol out of force; remark one that no director has approved."""
    if not facts.protocol.in_force:
        yield codes.PROTOCOL_NOT_IN_FORCE.reason(seen=_protocol(facts))
    if not facts.protocol.approved:
        yield codes.PROTOCOL_NOT_APPROVED.reason(seen=_protocol(facts))


def dose_within_limits(facts: ReadinessFacts, rules: SessionRules) -> tuple[Reason, ...]:
    """Pass on every reason of the dose plan; without a plan there is no start."""
    if facts.dose_decision is None:
        return (codes.DOSE_PLAN_MISSING.reason(),)
    return facts.dose_decision.reasons


def weight_measured(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without a weight of today, within its window.

    That it was measured, and in kilograms, no fact can deny: the only way in is the scale's, and it
    takes a body mass.
    """
    weight = facts.weight
    if weight is None:
        yield codes.WEIGHT_MISSING.reason()
        return
    if weight.measured_on != facts.session_date:
        yield codes.WEIGHT_NOT_TODAY.reason(
            seen=said_day(weight.measured_on), limit=said_day(facts.session_date)
        )
    age = facts.at - weight.measured_at
    if age > rules.weight_window:
        yield codes.WEIGHT_TOO_OLD.reason(seen=span(age), limit=span(rules.weight_window))


def product_approved(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse without a product, and one that is not FDA-approved."""
    if facts.product is None:
        return codes.PRODUCT_MISSING.reason()
    if not facts.product.fda_approved:
        return codes.PRODUCT_NOT_FDA_APPROVED.reason(seen=facts.product.code)
    return None


def no_known_allergy(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse a known allergy to the drug, a sister substance or an excipient. Nobody overrides."""
    if not facts.allergies_reviewed:
        yield codes.ALLERGIES_NOT_REVIEWED.reason()
    held = facts.product.substances if facts.product else frozenset[str]()
    for substance in allergens(facts.allergies, held, rules):
        yield codes.ALLERGY_TO_PRODUCT.reason(seen=substance)


def allergens(
    allergies: frozenset[str], substances: frozenset[str], rules: SessionRules
) -> tuple[str, ...]:
    """Return the allergies that meet a product's substances or their sisters, in order.

    Allergies are written by people, so whole words are compared: ``ketamine (rash)`` meets
    ketamine, and ``benzethonium`` meets benzethonium chloride.
    """
    return allergies_met(allergies, substances | rules.cross_reactive_substances)


def allergies_met(allergies: frozenset[str], substances: frozenset[str]) -> tuple[str, ...]:
    """Return the allergies that meet one of ``substances``, in order; whole words are compared."""
    harmful = [_words_of(each) for each in substances]
    written = sorted({each.strip().lower() for each in allergies})
    return tuple(each for each in written if any(_meets(_words_of(each), h) for h in harmful))


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


def _meets(allergy: tuple[str, ...], substance: tuple[str, ...]) -> bool:
    if not allergy or not substance:
        return False
    length = len(substance)
    named = any(allergy[i : i + length] == substance for i in range(len(allergy)))
    return named or substance[: len(allergy)] == allergy


def preparation_checked(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without a preparation of this order, read back by a second person, within its time."""
    preparation = facts.preparation
    if preparation is None:
        yield codes.PREPARATION_MISSING.reason()
        return
    if preparation.discarded:
        yield codes.PREPARATION_DISCARDED.reason()
    if facts.order is not None and preparation.order_id != facts.order.order_id:
        yield codes.PREPARATION_OF_OTHER_ORDER.reason()
    if preparation.read_back_by is None:
        yield codes.PREPARATION_NOT_READ_BACK.reason()
    elif preparation.read_back_by == preparation.prepared_by:
        yield codes.PREPARATION_READ_BACK_BY_PREPARER.reason()
    until = min(preparation.beyond_use_at, preparation.prepared_at + rules.beyond_use)
    if facts.at > until:
        yield codes.PREPARATION_BEYOND_USE.reason(seen=span(facts.at - until))


def escort_confirmed(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse without an escort. On the way: the prescriber may override; none: nobody."""
    if facts.escort is EscortState.CONFIRMED:
        return None
    on_the_way = facts.escort is EscortState.ON_THE_WAY
    return (codes.ESCORT_ON_THE_WAY if on_the_way else codes.ESCORT_MISSING).reason()


def room_free(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without a room, and one where another is infused or recovers. Nobody overrides."""
    if not facts.room_assigned:
        yield codes.ROOM_MISSING.reason()
    if facts.room_occupied:
        yield codes.ROOM_OCCUPIED.reason()


def one_clinician(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without one clinician who watches no other running infusion, now or after a break."""
    clinician = facts.clinician
    if clinician is None:
        yield codes.CLINICIAN_MISSING.reason()
        return
    if clinician.other_running_infusions:
        yield codes.CLINICIAN_HAS_RUNNING_INFUSION.reason(seen=clinician.other_running_infusions)
    if clinician.covered_on_break:
        yield codes.CLINICIAN_ON_BREAK.reason()
    if clinician.recovering_patients:
        yield codes.CLINICIAN_WATCHES_RECOVERY.reason(seen=clinician.recovering_patients)


def credentials_in_date(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse a clinician whose needed credential is missing or expired."""
    yield from credentials_of(
        facts.clinician, needed=facts.credentials_needed, on=facts.session_date
    )


def credentials_of(
    clinician: ClinicianFacts | None, *, needed: frozenset[str], on: date
) -> Reasons:
    """Refuse who lacks a needed credential, or whose has expired by that day."""
    if clinician is None:
        return
    for kind in sorted(needed):
        ends = [c.expires_on for c in clinician.credentials if c.kind == kind]
        if not ends:
            yield codes.CREDENTIAL_MISSING.reason(seen=CREDENTIAL_NAMES.get(kind, kind))
        elif max(ends) < on:
            said = f"{CREDENTIAL_NAMES.get(kind, kind)}, {said_day(max(ends))}"
            yield codes.CREDENTIAL_EXPIRED.reason(seen=said)


def nothing_running(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse a second infusion beside a running one."""
    return (
        codes.PATIENT_HAS_RUNNING_INFUSION.reason() if facts.patient_has_running_infusion else None
    )


def monitor_assigned(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse without a monitor; the prescriber may accept readings by hand."""
    return None if facts.monitor_assigned else codes.MONITOR_NOT_ASSIGNED.reason()


def attached_as_asked(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Remark what the protocol asks to be attached for this patient and no device sends."""
    known = facts.of(AttachedFacts)
    if known is not None:
        yield from not_attached(known, rules.attached)


def site_prepared(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse without ACLS-certified person, prescriber, and equipment checked today."""
    site = facts.site
    if not site.acls_certified_on_site:
        yield codes.ACLS_NOT_ON_SITE.reason()
    if not site.prescriber_on_site:
        yield codes.PRESCRIBER_NOT_ON_SITE.reason()
    if site.equipment_checked_on != facts.session_date:
        yield codes.EMERGENCY_EQUIPMENT_NOT_CHECKED.reason(
            seen=said_day(site.equipment_checked_on), limit=said_day(facts.session_date)
        )
    if not site.equipment_complete:
        yield codes.EMERGENCY_EQUIPMENT_INCOMPLETE.reason()


def suicide_screened(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Hold what is not asked or not assessed; block a high risk (clinical reference 9)."""
    suicide = facts.suicide
    window = rules.suicide_screen_window
    if suicide.asked_at is None or facts.at - suicide.asked_at > window:
        yield codes.SUICIDE_NOT_ASKED.reason(limit=span(window))
    if awaits_assessment(suicide, rules):
        yield codes.SUICIDE_POSITIVE_NOT_ASSESSED.reason()
    match suicide.level:
        case CssrsLevel.HIGH:
            yield codes.SUICIDE_RISK_HIGH.reason()
        case CssrsLevel.MODERATE:
            yield codes.SUICIDE_RISK_MODERATE.reason()
        case CssrsLevel.LOW:
            yield codes.SUICIDE_RISK_LOW.reason()


def awaits_assessment(suicide: SuicideFacts, rules: SessionRules) -> bool:
    """Whether an answer was positive and no C-SSRS was done at or after it."""
    item9 = suicide.item9 is not None and suicide.item9 >= rules.suicide_item9_positive_from
    if not (item9 or suicide.statement_positive):
        return False
    if suicide.level is None or suicide.assessed_at is None:
        return True
    return suicide.asked_at is not None and suicide.assessed_at < suicide.asked_at


READINESS: Final[RuleList[ReadinessFacts]] = RuleList(
    "readiness",
    (
        identity_confirmed,
        course_accepted,
        consent_in_force,
        order_signed,
        protocol_in_force,
        dose_within_limits,
        weight_measured,
        product_approved,
        no_known_allergy,
        preparation_checked,
        *VITAL_RULES,
        escort_confirmed,
        room_free,
        one_clinician,
        credentials_in_date,
        nothing_running,
        monitor_assigned,
        attached_as_asked,
        site_prepared,
        suicide_screened,
        *DAY_RULES,
    ),
)
"""Every rule that decides whether an infusion may start. A later subject adds its own."""


def assess(facts: ReadinessFacts, rules: SessionRules) -> Decision:
    """Decide whether the infusion may start at ``facts.at``, with every reason if not."""
    return READINESS.assess(facts, rules)


def _protocol(facts: ReadinessFacts) -> str:
    return f"{facts.protocol.key} version {facts.protocol.version}"
