"""What must be so before an infusion starts, one row a condition, and who may override it.

A clinician signs this table. NOBODY: no role can start. PRESCRIBER: with a reason; the medical
director may do so too. MEDICAL_DIRECTOR: the director alone. CAUTION: shown, does not stop.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision, Overrider, Severity, Verdict, blocker
from afterglow.core.treatment.facts import (
    CredentialFacts,
    EscortState,
    Identifier,
    ReadinessFacts,
)
from afterglow.core.treatment.readiness import assess
from support.treatment import AT, CLINICIAN, KETAMINE, READY, RULES, TODAY, ago

NOBODY = Overrider.NOBODY
PRESCRIBER = Overrider.PRESCRIBER
DIRECTOR = Overrider.MEDICAL_DIRECTOR


def part(name: str, **changes: Any) -> Mapping[str, Any]:
    """Return the change of one part of the facts."""
    return {name: replace(getattr(READY, name), **changes)}


BLOCKERS: list[tuple[str, Mapping[str, Any], str, Overrider]] = [
    # identity
    ("no identifier", {"identifiers": frozenset()}, "IDENTITY_NOT_CONFIRMED", NOBODY),
    (
        "one identifier",
        {"identifiers": frozenset({Identifier.FULL_NAME})},
        "IDENTITY_NOT_CONFIRMED",
        NOBODY,
    ),
    # course
    ("no course", {"course": None}, "COURSE_MISSING", NOBODY),
    (
        "course in screening",
        part("course", phase=CoursePhase.SCREENING, accepted_at=None),
        "COURSE_NOT_ACCEPTED",
        NOBODY,
    ),
    ("course never accepted", part("course", accepted_at=None), "COURSE_NOT_ACCEPTED", NOBODY),
    ("course closed", part("course", phase=CoursePhase.CLOSED), "COURSE_CLOSED", NOBODY),
    ("course paused", part("course", paused=True), "COURSE_PAUSED", PRESCRIBER),
    # consent
    ("no consent", {"consent": None}, "CONSENT_MISSING", NOBODY),
    ("consent not signed", part("consent", signed_at=None), "CONSENT_MISSING", NOBODY),
    (
        "consent signed in the future",
        part("consent", signed_at=AT + timedelta(minutes=1)),
        "CONSENT_MISSING",
        NOBODY,
    ),
    ("consent withdrawn", part("consent", withdrawn_at=ago(days=1)), "CONSENT_WITHDRAWN", NOBODY),
    ("older consent text", part("consent", version_in_force=False), "CONSENT_SUPERSEDED", NOBODY),
    ("consent of 366 days", part("consent", signed_at=ago(days=366)), "CONSENT_EXPIRED", NOBODY),
    # order, plan, protocol
    ("no order", {"order": None}, "ORDER_MISSING", NOBODY),
    ("order not signed", part("order", signed_at=None), "ORDER_NOT_SIGNED", NOBODY),
    (
        "order signed in the future",
        part("order", signed_at=AT + timedelta(minutes=1)),
        "ORDER_NOT_SIGNED",
        NOBODY,
    ),
    ("order cancelled", part("order", cancelled=True), "ORDER_CANCELLED", NOBODY),
    (
        "order for tomorrow",
        part("order", for_date=date(2026, 11, 24)),
        "ORDER_NOT_FOR_TODAY",
        NOBODY,
    ),
    ("order of 8 days ago", part("order", signed_at=ago(days=8)), "ORDER_TOO_OLD", NOBODY),
    (
        "order of another protocol",
        part("order", within_protocol=False),
        "ORDER_OUTSIDE_PROTOCOL",
        NOBODY,
    ),
    ("no dose plan", {"dose_decision": None}, "DOSE_PLAN_MISSING", NOBODY),
    (
        "dose above the hard limit",
        {
            "dose_decision": Decision.from_reasons(
                blocker("DOSE_ABOVE_HARD_LIMIT", "160 mg is above 150 mg.")
            )
        },
        "DOSE_ABOVE_HARD_LIMIT",
        NOBODY,
    ),
    ("protocol retired", part("protocol", in_force=False), "PROTOCOL_NOT_IN_FORCE", NOBODY),
    # weight
    ("no weight", {"weight": None}, "WEIGHT_MISSING", NOBODY),
    (
        "weight of yesterday",
        part("weight", measured_on=date(2026, 11, 22)),
        "WEIGHT_NOT_TODAY",
        NOBODY,
    ),
    ("weight of 13 h ago", part("weight", measured_at=ago(hours=13)), "WEIGHT_TOO_OLD", NOBODY),
    # product, allergy
    ("no product", {"product": None}, "PRODUCT_MISSING", NOBODY),
    (
        "compounded product",
        {"product": replace(KETAMINE, fda_approved=False)},
        "PRODUCT_NOT_FDA_APPROVED",
        NOBODY,
    ),
    ("allergies not asked", {"allergies_reviewed": False}, "ALLERGIES_NOT_REVIEWED", NOBODY),
    (
        "allergy to ketamine",
        {"allergies": frozenset({"Ketamine (rash)"})},
        "ALLERGY_TO_PRODUCT",
        NOBODY,
    ),
    (
        "allergy to the sister substance",
        {"allergies": frozenset({"esketamine"})},
        "ALLERGY_TO_PRODUCT",
        NOBODY,
    ),
    (
        "allergy to the preservative",
        {"allergies": frozenset({"benzethonium"})},
        "ALLERGY_TO_PRODUCT",
        NOBODY,
    ),
    # preparation
    ("nothing prepared", {"preparation": None}, "PREPARATION_MISSING", NOBODY),
    (
        "preparation discarded",
        part("preparation", discarded=True),
        "PREPARATION_DISCARDED",
        NOBODY,
    ),
    (
        "prepared for another order",
        part("preparation", order_id="other"),
        "PREPARATION_OF_OTHER_ORDER",
        NOBODY,
    ),
    (
        "no read-back",
        part("preparation", read_back_by=None),
        "PREPARATION_NOT_READ_BACK",
        NOBODY,
    ),
    (
        "read back by the preparer",
        part("preparation", read_back_by="clinician"),
        "PREPARATION_READ_BACK_BY_PREPARER",
        NOBODY,
    ),
    (
        "past the label's beyond-use time",
        part("preparation", beyond_use_at=ago(minutes=1)),
        "PREPARATION_BEYOND_USE",
        NOBODY,
    ),
    (
        "past the protocol's beyond-use time",
        part("preparation", prepared_at=ago(hours=5)),
        "PREPARATION_BEYOND_USE",
        NOBODY,
    ),
    # escort, room, clinician
    ("no escort", {"escort": EscortState.NONE}, "ESCORT_MISSING", NOBODY),
    ("escort on the way", {"escort": EscortState.ON_THE_WAY}, "ESCORT_ON_THE_WAY", PRESCRIBER),
    ("no room", {"room_assigned": False}, "ROOM_MISSING", NOBODY),
    ("room taken", {"room_occupied": True}, "ROOM_OCCUPIED", NOBODY),
    ("no clinician", {"clinician": None}, "CLINICIAN_MISSING", NOBODY),
    (
        "clinician with another infusion",
        part("clinician", other_running_infusions=1),
        "CLINICIAN_HAS_RUNNING_INFUSION",
        NOBODY,
    ),
    (
        "clinician on a break",
        part("clinician", covered_on_break=True),
        "CLINICIAN_ON_BREAK",
        NOBODY,
    ),
    (
        "licence expired yesterday",
        part(
            "clinician",
            credentials=(CredentialFacts(kind="licence", expires_on=date(2026, 11, 22)),),
        ),
        "CREDENTIAL_EXPIRED",
        NOBODY,
    ),
    ("no licence on file", part("clinician", credentials=()), "CREDENTIAL_MISSING", NOBODY),
    (
        "an infusion already runs",
        {"patient_has_running_infusion": True},
        "PATIENT_HAS_RUNNING_INFUSION",
        NOBODY,
    ),
    ("no monitor", {"monitor_assigned": False}, "MONITOR_NOT_ASSIGNED", PRESCRIBER),
    # site
    ("no ACLS", part("site", acls_certified_on_site=False), "ACLS_NOT_ON_SITE", NOBODY),
    (
        "no prescriber on site",
        part("site", prescriber_on_site=False),
        "PRESCRIBER_NOT_ON_SITE",
        DIRECTOR,
    ),
    (
        "equipment checked yesterday",
        part("site", equipment_checked_on=date(2026, 11, 22)),
        "EMERGENCY_EQUIPMENT_NOT_CHECKED",
        NOBODY,
    ),
    (
        "equipment never checked",
        part("site", equipment_checked_on=None),
        "EMERGENCY_EQUIPMENT_NOT_CHECKED",
        NOBODY,
    ),
    (
        "equipment incomplete",
        part("site", equipment_complete=False),
        "EMERGENCY_EQUIPMENT_INCOMPLETE",
        NOBODY,
    ),
    (
        "clinician watches recovery",
        {"clinician": replace(CLINICIAN, recovering_patients=1)},
        "CLINICIAN_WATCHES_RECOVERY",
        PRESCRIBER,
    ),
]
CAUTIONS: list[tuple[str, Mapping[str, Any], str]] = [
    ("protocol not approved", part("protocol", approved=False), "PROTOCOL_NOT_APPROVED"),
]
AT_THE_EDGE: list[tuple[str, Mapping[str, Any]]] = [
    ("consent of 365 days", part("consent", signed_at=ago(days=365))),
    ("order of 7 days", part("order", signed_at=ago(days=7))),
    ("weight of 12 h", part("weight", measured_at=ago(hours=12))),
    ("beyond-use time now", part("preparation", beyond_use_at=AT)),
    ("prepared 4 h ago", part("preparation", prepared_at=ago(hours=4))),
    (
        "licence that expires today",
        part("clinician", credentials=(CredentialFacts(kind="licence", expires_on=TODAY),)),
    ),
    (
        "the newer of two licences counts",
        part(
            "clinician",
            credentials=(
                *CLINICIAN.credentials,
                CredentialFacts(kind="licence", expires_on=date(2020, 1, 1)),
            ),
        ),
    ),
    ("three identifiers", {"identifiers": frozenset(list(Identifier)[:3])}),
    ("maintenance", part("course", phase=CoursePhase.MAINTENANCE)),
    ("an allergy to another salt", {"allergies": frozenset({"sodium metabisulfite", "-"})}),
]


def changed(changes: Mapping[str, Any]) -> ReadinessFacts:
    """Return the facts of an uneventful day with the changes."""
    return replace(READY, **changes)


def test_an_uneventful_day_may_start_without_a_word() -> None:
    assert assess(READY, RULES).reasons == ()


@pytest.mark.parametrize(
    ("changes", "code", "by"),
    [pytest.param(*rest, id=name) for name, *rest in BLOCKERS],
)
def test_a_missing_condition_stops_the_start_for_one_reason(
    changes: Mapping[str, Any], code: str, by: Overrider
) -> None:
    (reason,) = assess(changed(changes), RULES).reasons

    assert (reason.code, reason.severity, reason.overridable_by) == (code, Severity.BLOCKER, by)


@pytest.mark.parametrize(
    ("changes", "code"), [pytest.param(*rest, id=name) for name, *rest in CAUTIONS]
)
def test_a_caution_is_shown_and_stops_nothing(changes: Mapping[str, Any], code: str) -> None:
    decision = assess(changed(changes), RULES)

    assert decision.codes == (code,)
    assert decision.verdict is Verdict.YES_WITH_CAUTIONS


@pytest.mark.parametrize("changes", [pytest.param(c, id=name) for name, c in AT_THE_EDGE])
def test_a_condition_that_is_just_met_says_nothing(changes: Mapping[str, Any]) -> None:
    assert assess(changed(changes), RULES).reasons == ()


def test_every_reason_is_given_not_only_the_first() -> None:
    decision = assess(
        replace(
            READY,
            consent=None,
            order=None,
            weight=None,
            product=None,
            preparation=None,
            clinician=None,
            escort=EscortState.NONE,
            room_assigned=False,
        ),
        RULES,
    )

    assert set(decision.codes) == {
        "CONSENT_MISSING",
        "ORDER_MISSING",
        "WEIGHT_MISSING",
        "PRODUCT_MISSING",
        "PREPARATION_MISSING",
        "CLINICIAN_MISSING",
        "ESCORT_MISSING",
        "ROOM_MISSING",
    }


def test_the_sentence_names_the_value_seen_and_the_limit() -> None:
    (reason,) = assess(changed(part("weight", measured_at=ago(hours=13))), RULES)

    assert reason.sentence == "The weight was measured 13 h ago; the limit is 12 h."


def test_the_reasons_of_the_dose_plan_keep_who_may_override_them() -> None:
    soft = blocker(
        "DOSE_ABOVE_SOFT_LIMIT", "110 mg is above 100 mg.", overridable_by=Overrider.PRESCRIBER
    )

    decision = assess(replace(READY, dose_decision=Decision((soft,))), RULES)

    assert decision.reasons == (soft,)


def test_a_session_keeps_its_date_past_midnight() -> None:
    after_midnight = replace(READY, at=AT + timedelta(minutes=10))

    assert assess(after_midnight, RULES).reasons == ()


def test_the_weight_that_counts_is_the_measured_one() -> None:
    heavier = part("weight", kg=Decimal("180.0"))

    assert assess(changed(heavier), RULES).reasons == ()
