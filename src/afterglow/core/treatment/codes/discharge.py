"""Reason codes of recovery and discharge (clinical reference 3.5, 4.3 and 9)."""

from typing import Final

from afterglow.core.decisions import Overrider
from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("discharge")
_no = _SUBJECT.blocker
_PRESCRIBER: Final = Overrider.PRESCRIBER
_CRITERIA: Final = "clinical reference 4.3"

PUMP_STOP_NOT_RECORDED: Final = _no(
    "PUMP_STOP_NOT_RECORDED", "The pump has not been recorded as stopped."
)
OBSERVED_TOO_SHORT: Final = _no(
    "OBSERVED_TOO_SHORT",
    "The pump stopped {seen} ago; the least is {limit}.",
    by=_PRESCRIBER,
    source=_CRITERIA,
)
OBSERVED_TOO_SHORT_AFTER_SEDATIVE: Final = _no(
    "OBSERVED_TOO_SHORT_AFTER_SEDATIVE",
    "A sedative was given {seen} ago, which restarts the observation; the least is {limit}.",
    by=_PRESCRIBER,
    source=_CRITERIA,
)
OBSERVED_TOO_SHORT_AFTER_CALL_BACK: Final = _no(
    "OBSERVED_TOO_SHORT_AFTER_CALL_BACK",
    "The patient was called back {seen} ago, which restarts the observation; the least is {limit}.",
    by=_PRESCRIBER,
    source="as after the stop of the pump, clinical reference 4.3",
)
OBSERVED_BELOW_PRACTICE: Final = _SUBJECT.caution(
    "OBSERVED_BELOW_PRACTICE",
    "The observation has lasted {seen}; no practice is known to keep a patient for less than "
    "{limit}.",
    source=_CRITERIA,
)
RECOVERY_SCORE_MISSING: Final = _no(
    "RECOVERY_SCORE_MISSING",
    "Neither the Aldrete score nor the modified PADSS was taken.",
    source=_CRITERIA,
)
ALDRETE_BELOW_PASS: Final = _no(
    "ALDRETE_BELOW_PASS",
    "The Aldrete score is {seen}; it passes at {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_CRITERIA,
)
MPADSS_BELOW_PASS: Final = _no(
    "MPADSS_BELOW_PASS",
    "The modified PADSS is {seen}; it passes at {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_CRITERIA,
)
CONSCIOUSNESS_BELOW_FULL: Final = _no(
    "CONSCIOUSNESS_BELOW_FULL",
    "Consciousness has {seen} points of the Aldrete score; {limit} are needed.",
    source=_CRITERIA,
)
RESPIRATION_BELOW_FULL: Final = _no(
    "RESPIRATION_BELOW_FULL",
    "Respiration has {seen} points of the Aldrete score; {limit} are needed.",
    source=_CRITERIA,
)
OXYGEN_NEEDED: Final = _no(
    "OXYGEN_NEEDED",
    "The patient needs oxygen ({seen}); there is none at home.",
    source="clinical reference 4.4",
)
MOAAS_BELOW_DISCHARGE_LIMIT: Final = _no(
    "MOAAS_BELOW_DISCHARGE_LIMIT", "The MOAA/S is {seen}; {limit} is needed.", source=_CRITERIA
)
NOT_ORIENTED: Final = _no(
    "NOT_ORIENTED",
    "The patient is oriented in {seen} of person, place and time; {limit} are needed.",
    source=_CRITERIA,
)
DISCHARGE_VITALS_MISSING: Final = _no(
    "DISCHARGE_VITALS_MISSING", "No vital signs were taken in recovery.", source=_CRITERIA
)
DISCHARGE_VITALS_STALE: Final = _no(
    "DISCHARGE_VITALS_STALE",
    "The last vital signs are {seen} old; the limit is {limit}.",
    by=_PRESCRIBER,
)
DISCHARGE_VITALS_BEFORE_RECOVERY: Final = _no(
    "DISCHARGE_VITALS_BEFORE_RECOVERY",
    "Not measured in this recovery, only before it: {seen}.",
    by=_PRESCRIBER,
)
BP_AWAY_FROM_BASELINE: Final = _no(
    "BP_AWAY_FROM_BASELINE",
    "The blood pressure is {seen} away from the baseline; the limit is {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_CRITERIA,
)
BP_ABOVE_DISCHARGE_LIMIT: Final = _no(
    "BP_ABOVE_DISCHARGE_LIMIT",
    "The blood pressure {seen} is at or above the discharge limit of {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_CRITERIA,
)
STILL_DISSOCIATED: Final = _no(
    "STILL_DISSOCIATED",
    "The dissociation is {seen} above the baseline; the limit is {limit}.",
    by=_PRESCRIBER,
    binds_value=True,
    source=_CRITERIA,
)
GAIT_UNSTEADY: Final = _no(
    "GAIT_UNSTEADY", "The patient does not walk steadily.", by=_PRESCRIBER, source=_CRITERIA
)
FIRST_WALK_ALONE: Final = _SUBJECT.caution(
    "FIRST_WALK_ALONE", "The first walk after the infusion was not accompanied."
)
NOT_DRINKING: Final = _no(
    "NOT_DRINKING", "The patient has not drunk fluid.", by=_PRESCRIBER, source=_CRITERIA
)
NAUSEA_NOT_CONTROLLED: Final = _no(
    "NAUSEA_NOT_CONTROLLED", "Nausea is not controlled.", by=_PRESCRIBER, source=_CRITERIA
)
DISCHARGE_CHECK_MISSING: Final = _no(
    "DISCHARGE_CHECK_MISSING", "Not recorded: {seen}.", source=_CRITERIA
)
IV_NOT_REMOVED: Final = _no("IV_NOT_REMOVED", "The IV line is still in.", source=_CRITERIA)
IV_SITE_NOT_CHECKED: Final = _no(
    "IV_SITE_NOT_CHECKED", "The IV site was not checked.", source=_CRITERIA
)
ESCORT_NOT_PRESENT: Final = _no(
    "ESCORT_NOT_PRESENT", "No escort is here to take the patient home.", source=_CRITERIA
)
ESCORT_NOT_ADULT: Final = _no("ESCORT_NOT_ADULT", "The escort is no adult.", source=_CRITERIA)
ESCORT_DETAIL_MISSING: Final = _no(
    "ESCORT_DETAIL_MISSING", "Not recorded of the escort: {seen}.", source=_CRITERIA
)
NOT_TOLD_NO_DRIVING: Final = _no(
    "NOT_TOLD_NO_DRIVING",
    "The patient was not told to leave driving, machines and legal decisions until the next day.",
    source=_CRITERIA,
)
INSTRUCTIONS_NOT_GIVEN: Final = _no(
    "INSTRUCTIONS_NOT_GIVEN", "No written instructions were given.", source=_CRITERIA
)
PHONE_NOT_GIVEN: Final = _no(
    "PHONE_NOT_GIVEN", "No phone number for 24 hours was given.", source=_CRITERIA
)
SUICIDE_NOT_ASKED_BEFORE_LEAVING: Final = _no(
    "SUICIDE_NOT_ASKED_BEFORE_LEAVING",
    "Thoughts of suicide were not asked about after the infusion.",
    source=_CRITERIA,
)
SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING: Final = _no(
    "SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING",
    "An answer about suicide was positive and no clinician has done the C-SSRS since.",
    source="clinical reference 9",
)
SUICIDE_RISK_HIGH_BEFORE_LEAVING: Final = _no(
    "SUICIDE_RISK_HIGH_BEFORE_LEAVING",
    "The suicide risk is high: the patient goes to an emergency evaluation, not home.",
    source="clinical reference 9",
)
SAFETY_PLAN_MISSING: Final = _no(
    "SAFETY_PLAN_MISSING",
    "The suicide risk is {seen} and there is no safety plan.",
    by=_PRESCRIBER,
    source="clinical reference 9",
)
SUICIDE_CONCERN_AT_LEAVING: Final = _SUBJECT.caution(
    "SUICIDE_CONCERN_AT_LEAVING",
    "The patient leaves with a suicide risk that is high or not assessed: follow the pathway now.",
    source="clinical reference 9",
)
ENDING_FIELD_MISSING: Final = _no("ENDING_FIELD_MISSING", "This ending needs on record: {seen}.")
ENDING_DIFFERS_FROM_INFUSION: Final = _no(
    "ENDING_DIFFERS_FROM_INFUSION", "The infusion was {seen}; the session ends as {limit}."
)
PRESCRIBER_HAS_NOT_AGREED: Final = _no(
    "PRESCRIBER_HAS_NOT_AGREED",
    "After an infusion nobody goes home alone unless a prescriber agrees and signs in for it.",
)

RECOVERY_NOT_WATCHED: Final = _no(
    "RECOVERY_NOT_WATCHED", "Nobody is named who watches the patient in recovery."
)
RECOVERY_WATCHER_HAS_INFUSION: Final = _no(
    "RECOVERY_WATCHER_HAS_INFUSION",
    "The clinician has a running infusion, which is watched one to one.",
    source="clinical reference 3.5",
)
RECOVERY_RATIO_EXCEEDED: Final = _no(
    "RECOVERY_RATIO_EXCEEDED",
    "The clinician would watch {seen} patients in recovery; the most is {limit}.",
    by=_PRESCRIBER,
    source="clinical reference 3.5",
)
