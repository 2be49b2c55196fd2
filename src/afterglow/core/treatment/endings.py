"""Every way a session or an infusion can end, and what each ending must record to be signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from afterglow.core.treatment.lifecycles import (
    SESSION,
    InfusionAction,
    SessionAction,
    SessionState,
)


class SessionEnding(StrEnum):
    """How a session ended."""

    COMPLETED = "completed"
    CANCELLED_BEFORE_START = "cancelled_before_start"
    ABORTED = "aborted"
    STOPPED_BY_PATIENT = "stopped_by_patient"
    TRANSFERRED_TO_HOSPITAL = "transferred_to_hospital"
    LEFT_AGAINST_ADVICE = "left_against_advice"
    ESCORT_DID_NOT_COME = "escort_did_not_come"
    DIED = "died"


class InfusionEnding(StrEnum):
    """How an infusion ended."""

    COMPLETED = "completed"
    STOPPED_BY_CLINICIAN = "stopped_by_clinician"
    STOPPED_BY_PATIENT = "stopped_by_patient"
    STOPPED_IN_EMERGENCY = "stopped_in_emergency"
    EQUIPMENT_FAILED = "equipment_failed"


class EndingField(StrEnum):
    """Something an ending must have on record."""

    REASON = "reason"
    PATIENT_TOLD = "patient_told"
    RISKS_EXPLAINED = "risks_explained"
    REFUSAL_SIGNED_OR_WITNESSED = "refusal_signed_or_witnessed"
    CONDITION_AT_LEAVING = "condition_at_leaving"
    CONTACT_TOLD = "contact_told"
    PRESCRIBER_TOLD = "prescriber_told"
    ARRANGEMENT_HOME = "arrangement_home"
    DESTINATION = "destination"
    HANDED_OVER_AT = "handed_over_at"
    HANDED_OVER_TO = "handed_over_to"
    DEATH_PRONOUNCED_AT = "death_pronounced_at"
    DEATH_PRONOUNCED_BY = "death_pronounced_by"
    DIRECTOR_TOLD = "director_told"
    AUTHORITY_TOLD = "authority_told"
    FAMILY_TOLD = "family_told"


@dataclass(frozen=True, slots=True)
class EndingRule:
    """What one ending demands.

    ``criteria``: the discharge criteria must be met, where drug has run.
    ``escort``: among them, that the escort is there.
    ``coverage``: a clinician must be named who covers the patient afterwards.
    ``prescriber``: a prescriber must agree by their own sign-in, where drug has run.
    """

    action: SessionAction
    fields: frozenset[EndingField]
    criteria: bool
    escort: bool
    coverage: bool
    prescriber: bool = False

    @property
    def from_states(self) -> frozenset[SessionState]:
        """The states from which a session can end so."""
        return frozenset(s for s, row in SESSION.transitions.items() if self.action in row)

    @property
    def state(self) -> SessionState:
        """The state a session is in when it has ended so."""
        return SessionState.DISCHARGED if self.escort else SessionState.ENDED


def _rule(
    action: SessionAction,
    *fields: EndingField,
    criteria: bool = False,
    escort: bool = False,
    coverage: bool = False,
    prescriber: bool = False,
) -> EndingRule:
    return EndingRule(action, frozenset(fields), criteria, escort, coverage, prescriber)


ENDINGS: Final[Mapping[SessionEnding, EndingRule]] = {
    SessionEnding.COMPLETED: _rule(
        SessionAction.DISCHARGE, criteria=True, escort=True, coverage=True
    ),
    SessionEnding.ABORTED: _rule(
        SessionAction.DISCHARGE, EndingField.REASON, criteria=True, escort=True, coverage=True
    ),
    SessionEnding.STOPPED_BY_PATIENT: _rule(
        SessionAction.DISCHARGE, EndingField.REASON, criteria=True, escort=True, coverage=True
    ),
    SessionEnding.CANCELLED_BEFORE_START: _rule(
        SessionAction.CANCEL, EndingField.REASON, EndingField.PATIENT_TOLD
    ),
    SessionEnding.ESCORT_DID_NOT_COME: _rule(
        SessionAction.LEAVE_WITHOUT_ESCORT,
        EndingField.ARRANGEMENT_HOME,
        EndingField.PRESCRIBER_TOLD,
        criteria=True,
        coverage=True,
        prescriber=True,
    ),
    SessionEnding.LEFT_AGAINST_ADVICE: _rule(
        SessionAction.LEAVE_AGAINST_ADVICE,
        EndingField.RISKS_EXPLAINED,
        EndingField.REFUSAL_SIGNED_OR_WITNESSED,
        EndingField.CONDITION_AT_LEAVING,
        EndingField.CONTACT_TOLD,
        EndingField.PRESCRIBER_TOLD,
        coverage=True,
    ),
    SessionEnding.TRANSFERRED_TO_HOSPITAL: _rule(
        SessionAction.TRANSFER,
        EndingField.REASON,
        EndingField.DESTINATION,
        EndingField.HANDED_OVER_AT,
        EndingField.HANDED_OVER_TO,
        EndingField.CONTACT_TOLD,
        EndingField.PRESCRIBER_TOLD,
    ),
    SessionEnding.DIED: _rule(
        SessionAction.RECORD_DEATH,
        EndingField.DEATH_PRONOUNCED_AT,
        EndingField.DEATH_PRONOUNCED_BY,
        EndingField.DIRECTOR_TOLD,
        EndingField.AUTHORITY_TOLD,
        EndingField.FAMILY_TOLD,
    ),
}
"""What each ending demands. Adding an ending means adding its row here."""


@dataclass(frozen=True, slots=True)
class InfusionEndingRule:
    """The infusion's action for an ending, and how a discharge after it is called."""

    action: InfusionAction
    discharged_as: SessionEnding


INFUSION_ENDINGS: Final[Mapping[InfusionEnding, InfusionEndingRule]] = {
    InfusionEnding.COMPLETED: InfusionEndingRule(InfusionAction.COMPLETE, SessionEnding.COMPLETED),
    InfusionEnding.STOPPED_BY_CLINICIAN: InfusionEndingRule(
        InfusionAction.STOP, SessionEnding.ABORTED
    ),
    InfusionEnding.STOPPED_BY_PATIENT: InfusionEndingRule(
        InfusionAction.STOP, SessionEnding.STOPPED_BY_PATIENT
    ),
    InfusionEnding.STOPPED_IN_EMERGENCY: InfusionEndingRule(
        InfusionAction.STOP, SessionEnding.ABORTED
    ),
    InfusionEnding.EQUIPMENT_FAILED: InfusionEndingRule(InfusionAction.STOP, SessionEnding.ABORTED),
}
"""What each ending of an infusion does to it."""

NAMED_BY_THE_INFUSION: Final = frozenset(rule.discharged_as for rule in INFUSION_ENDINGS.values())
"""The ways home whose name follows from how the infusion ended; nobody chooses another of them."""
