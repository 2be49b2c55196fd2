"""Reason codes of the start of an infusion. Who may override: DESIGN section 5, clinical 1.1."""

from typing import Final

from afterglow.core.decisions import Overrider
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("readiness")
_no = _SUBJECT.blocker
_PRESCRIBER: Final = Overrider.PRESCRIBER
_DIRECTOR: Final = Overrider.MEDICAL_DIRECTOR

IDENTITY_NOT_CONFIRMED: Final = _no(
    "IDENTITY_NOT_CONFIRMED",
    "The patient was identified by {seen} identifiers; {limit} are needed.",
)
COURSE_MISSING: Final = _no("COURSE_MISSING", "The session belongs to no course of treatment.")
COURSE_NOT_ACCEPTED: Final = _no(
    "COURSE_NOT_ACCEPTED", "The course is in the phase {seen} and has not been accepted."
)
COURSE_CLOSED: Final = _no("COURSE_CLOSED", "The course is closed.")
COURSE_PAUSED: Final = _no("COURSE_PAUSED", "The course is paused.", by=_PRESCRIBER)

CONSENT_MISSING: Final = _no("CONSENT_MISSING", "There is no signed consent.")
CONSENT_WITHDRAWN: Final = _no("CONSENT_WITHDRAWN", "The consent was withdrawn.")
CONSENT_EXPIRED: Final = _no(
    "CONSENT_EXPIRED",
    "The consent was signed {seen} ago; it holds for {limit}.",
    source="clinical reference 1.3",
)
CONSENT_SUPERSEDED: Final = _no(
    "CONSENT_SUPERSEDED", "The consent text {seen} is no longer in force; a newer one is to sign."
)

ORDER_MISSING: Final = _no("ORDER_MISSING", "There is no infusion order.")
ORDER_NOT_SIGNED: Final = _no("ORDER_NOT_SIGNED", "The infusion order is not signed.")
ORDER_CANCELLED: Final = _no("ORDER_CANCELLED", "The infusion order was cancelled.")
ORDER_NOT_FOR_TODAY: Final = _no(
    "ORDER_NOT_FOR_TODAY", "The infusion order is for {seen}; the session is of {limit}."
)
ORDER_TOO_OLD: Final = _no(
    "ORDER_TOO_OLD", "The infusion order was signed {seen} ago; it holds for {limit}."
)
ORDER_OUTSIDE_PROTOCOL: Final = _no(
    "ORDER_OUTSIDE_PROTOCOL",
    "The infusion order was not written within protocol {limit}, under which the session runs.",
)
DOSE_PLAN_MISSING: Final = _no("DOSE_PLAN_MISSING", "There is no dose plan.")
PROTOCOL_NOT_IN_FORCE: Final = _no("PROTOCOL_NOT_IN_FORCE", "The protocol {seen} is not in force.")
PROTOCOL_NOT_APPROVED: Final = _SUBJECT.caution(
    "PROTOCOL_NOT_APPROVED", "The protocol {seen} is proposed, not approved."
)

WEIGHT_MISSING: Final = _no("WEIGHT_MISSING", "There is no weight.")
WEIGHT_NOT_TODAY: Final = _no(
    "WEIGHT_NOT_TODAY", "The weight was measured on {seen}; the session is of {limit}."
)
WEIGHT_TOO_OLD: Final = _no(
    "WEIGHT_TOO_OLD", "The weight was measured {seen} ago; the limit is {limit}."
)

ALLERGIES_NOT_REVIEWED: Final = _no(
    "ALLERGIES_NOT_REVIEWED", "The allergies were not reviewed today."
)
ALLERGY_TO_PRODUCT: Final = _no(
    "ALLERGY_TO_PRODUCT",
    "The patient is allergic to {seen}, which the product holds or resembles.",
    source="clinical reference 1.1",
)
PRODUCT_MISSING: Final = _no("PRODUCT_MISSING", "No product was chosen.")
PRODUCT_NOT_FDA_APPROVED: Final = _no(
    "PRODUCT_NOT_FDA_APPROVED", "The product {seen} is not FDA-approved."
)

PREPARATION_MISSING: Final = _no("PREPARATION_MISSING", "Nothing has been prepared.")
PREPARATION_DISCARDED: Final = _no("PREPARATION_DISCARDED", "The preparation was discarded.")
PREPARATION_OF_OTHER_ORDER: Final = _no(
    "PREPARATION_OF_OTHER_ORDER", "The preparation was made for another order."
)
PREPARATION_NOT_READ_BACK: Final = _no(
    "PREPARATION_NOT_READ_BACK", "No second person has read the preparation back."
)
PREPARATION_READ_BACK_BY_PREPARER: Final = _no(
    "PREPARATION_READ_BACK_BY_PREPARER",
    "The preparation was read back by the person who prepared it.",
)
PREPARATION_BEYOND_USE: Final = _no(
    "PREPARATION_BEYOND_USE", "The preparation passed its beyond-use time {seen} ago."
)

ESCORT_MISSING: Final = _no("ESCORT_MISSING", "There is no escort.", source="clinical 11.1")
ESCORT_ON_THE_WAY: Final = _no(
    "ESCORT_ON_THE_WAY", "The escort is still on the way and not confirmed.", by=_PRESCRIBER
)
ROOM_MISSING: Final = _no("ROOM_MISSING", "No room is assigned.")
ROOM_OCCUPIED: Final = _no("ROOM_OCCUPIED", "Another patient is infused or recovers in the room.")
CLINICIAN_MISSING: Final = _no("CLINICIAN_MISSING", "No clinician is assigned.")
CLINICIAN_HAS_RUNNING_INFUSION: Final = _no(
    "CLINICIAN_HAS_RUNNING_INFUSION",
    "The clinician has {seen} other running infusions; one patient is watched at a time.",
)
CLINICIAN_ON_BREAK: Final = _no(
    "CLINICIAN_ON_BREAK",
    "The clinician is on a break: somebody else watches their patient and waits for them.",
    source="clinical reference 3.5",
)
CLINICIAN_WATCHES_RECOVERY: Final = _no(
    "CLINICIAN_WATCHES_RECOVERY",
    "The clinician watches {seen} patients in recovery, who would be left: hand them over first.",
    by=_PRESCRIBER,
    binds_value=True,
    source="clinical reference 3.5",
)
CREDENTIAL_EXPIRED: Final = _no(
    "CREDENTIAL_EXPIRED", "A credential of the clinician has expired: {seen}."
)
CREDENTIAL_MISSING: Final = _no(
    "CREDENTIAL_MISSING", "The clinician has no credential on file: {seen}."
)
PATIENT_HAS_RUNNING_INFUSION: Final = _no(
    "PATIENT_HAS_RUNNING_INFUSION", "An infusion of this patient is already running."
)
MONITOR_NOT_ASSIGNED: Final = _no(
    "MONITOR_NOT_ASSIGNED",
    "No monitor is assigned to the session; every reading would be taken by hand.",
    by=_PRESCRIBER,
)
CAPNOGRAPHY_NOT_ATTACHED: Final = _SUBJECT.caution(
    "CAPNOGRAPHY_NOT_ATTACHED",
    "The protocol asks for end-tidal carbon dioxide ({seen}), and no device sends it.",
    source="clinical reference 3.1",
)
ECG_NOT_ATTACHED: Final = _SUBJECT.caution(
    "ECG_NOT_ATTACHED",
    "The protocol asks for an ECG ({seen}), and no device sends a heart rate from one.",
    source="clinical reference 3.1",
)

ACLS_NOT_ON_SITE: Final = _no(
    "ACLS_NOT_ON_SITE", "No ACLS-certified person is on site.", source="clinical reference 3.5"
)
PRESCRIBER_NOT_ON_SITE: Final = _no(
    "PRESCRIBER_NOT_ON_SITE",
    "No prescriber is on site.",
    by=_DIRECTOR,
    source="clinical reference 3.5",
)
EMERGENCY_EQUIPMENT_NOT_CHECKED: Final = _no(
    "EMERGENCY_EQUIPMENT_NOT_CHECKED",
    "The emergency equipment was last checked on {seen}; it is checked every day.",
)
EMERGENCY_EQUIPMENT_INCOMPLETE: Final = _no(
    "EMERGENCY_EQUIPMENT_INCOMPLETE", "The emergency equipment is not complete."
)

SUICIDE_NOT_ASKED: Final = _no(
    "SUICIDE_NOT_ASKED",
    "Thoughts of suicide were not asked about within {limit}.",
    source="clinical reference 9",
)
SUICIDE_POSITIVE_NOT_ASSESSED: Final = _no(
    "SUICIDE_POSITIVE_NOT_ASSESSED",
    "An answer about suicide was positive and no clinician has done the C-SSRS since.",
    source="clinical reference 9",
)
SUICIDE_RISK_HIGH: Final = _no(
    "SUICIDE_RISK_HIGH",
    "The suicide risk is high: do not leave the patient alone.",
    by=_DIRECTOR,
    source="clinical reference 9",
)
SUICIDE_RISK_MODERATE: Final = _no(
    "SUICIDE_RISK_MODERATE",
    "The suicide risk is moderate: the prescriber decides whether to treat today.",
    by=_PRESCRIBER,
    source="clinical reference 9",
)
SUICIDE_RISK_LOW: Final = _SUBJECT.caution(
    "SUICIDE_RISK_LOW",
    "The suicide risk is low: review it, and offer a safety plan before the patient leaves.",
    source="clinical reference 9",
)
