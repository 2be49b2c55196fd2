"""Reason codes of signing and locking the record. Nobody overrides them: they are put right."""

from typing import Final

from afterglow.core.reason_codes import Subject

_SUBJECT: Final = Subject("sign")
_no = _SUBJECT.blocker

SESSION_NOT_ENDED: Final = _no(
    "SESSION_NOT_ENDED", "The session is {seen}; it is signed when it has ended."
)
ENDING_MISSING: Final = _no("ENDING_MISSING", "How the session ended is not recorded.")
ENDING_DIFFERS_FROM_STATE: Final = _no(
    "ENDING_DIFFERS_FROM_STATE",
    "The session is {seen}, which its ending does not lead to: {limit}.",
)
INFUSION_STILL_RUNNING: Final = _no("INFUSION_STILL_RUNNING", "The infusion has not been ended.")
INFUSION_IN_CANCELLED_SESSION: Final = _no(
    "INFUSION_IN_CANCELLED_SESSION",
    "The session is recorded as cancelled before the start, and an infusion was started.",
)
SIGN_FIELD_MISSING: Final = _no("SIGN_FIELD_MISSING", "This ending needs on record: {seen}.")
AMOUNTS_MISSING: Final = _no(
    "AMOUNTS_MISSING", "An infusion was started and no drawn amount is on record."
)
AMOUNTS_DO_NOT_BALANCE: Final = _no(
    "AMOUNTS_DO_NOT_BALANCE",
    "{limit} were drawn; given, residual, wasted and lost make {seen}.",
)
WASTE_NOT_WITNESSED: Final = _no(
    "WASTE_NOT_WITNESSED", "No second person has witnessed that {seen} were discarded."
)
VOLUME_NOT_CHARTED: Final = _no("VOLUME_NOT_CHARTED", "The volume given was not charted.")
PUMP_DIFFERENCE_UNRESOLVED: Final = _no(
    "PUMP_DIFFERENCE_UNRESOLVED",
    "Pump and chart differ by {seen}; above {limit} the difference is resolved before signing.",
)
PUMP_VOLUME_UNKNOWN: Final = _SUBJECT.info(
    "PUMP_VOLUME_UNKNOWN", "The pump reported no volume; the charted volume stands alone."
)
READINGS_OPEN: Final = _no(
    "READINGS_OPEN", "Due observations neither taken nor marked as missed with a reason: {seen}."
)
ALARMS_OPEN: Final = _no("ALARMS_OPEN", "Alarms not acknowledged: {seen}.")
RED_ALARM_ACKNOWLEDGED_LATE: Final = _SUBJECT.caution(
    "RED_ALARM_ACKNOWLEDGED_LATE",
    "The slowest acknowledgement of a red alarm took {seen}; the limit is {limit}.",
)
RED_BP_SYMPTOMS_NOT_ANSWERED: Final = _no(
    "RED_BP_SYMPTOMS_NOT_ANSWERED",
    "Red blood pressures without an answer to “symptomatic?”: {seen}.",
    source="clinical reference 3.3",
)
OVERRIDE_WITHOUT_REASON: Final = _no(
    "OVERRIDE_WITHOUT_REASON", "This override has no reason: {seen}."
)
OVERRIDES_GIVEN: Final = _SUBJECT.info("OVERRIDES_GIVEN", "Overrides in this session: {seen}.")
COVERAGE_MISSING: Final = _no(
    "COVERAGE_MISSING", "No clinician is named who covers the patient after the session."
)
DISCHARGE_DECISION_MISSING: Final = _no(
    "DISCHARGE_DECISION_MISSING", "There is no decision that the patient could go home."
)
DISCHARGE_WAS_REFUSED: Final = _no(
    "DISCHARGE_WAS_REFUSED", "The decision on record refuses the discharge: {seen}."
)
SUICIDE_TASK_NOT_OWNED: Final = _no(
    "SUICIDE_TASK_NOT_OWNED",
    "Positive answers about suicide: {limit}; tasks with an owner: {seen}.",
)
OFFLINE_ENTRIES_UNSETTLED: Final = _no(
    "OFFLINE_ENTRIES_UNSETTLED",
    "{seen} entries of a tablet that was offline wait for a person to say what holds.",
)
