"""At which step of the day a reason is put right."""

from __future__ import annotations

from typing import Final

_PLAN: Final = (
    "ORDER_",
    "DOSE_",
    "FIRST_DOSE",
    "INFUSION_TOO_SHORT",
    "TOO_MANY_INFUSIONS",
    "BASIS_NOT_CHOSEN",
    "HEIGHT_UNKNOWN",
    "SEX_FOR_FORMULA",
    "DOSING_MASS",
    "PROTOCOL_",
)
_PREPARE: Final = ("PREPARATION_", "PRODUCT_", "ALLERGY_TO_PRODUCT")
_READY: Final = (
    "BASELINE_",
    "BP_",
    "HEART_RATE_",
    "SPO2_",
    "RESPIRATORY_RATE_",
    "MOAAS_",
    "MONITOR_",
    "ROOM_",
    "CLINICIAN_",
    "CREDENTIAL_",
    "PATIENT_HAS_RUNNING",
    "ACLS_",
    "PRESCRIBER_NOT_ON_SITE",
    "EMERGENCY_EQUIPMENT",
)


def step_of_reason(code: str) -> str:
    """Return the step (check-in, plan, prepare, ready) at which a reason is put right.

    What is about the patient on arrival, and whatever a later subject adds, is check-in's.
    """
    for step, starts in (("plan", _PLAN), ("prepare", _PREPARE), ("ready", _READY)):
        if code.startswith(starts):
            return step
    return "check-in"
