"""The lifecycles of a treatment session and of an infusion, as tables.

The appointment's own states (booked, arrived …) are in ``afterglow.core.scheduling``; a session
begins at check-in. No session ends while its infusion runs: the pump is recorded as stopped first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from afterglow.core.lifecycle import Lifecycle, Owner


class SessionState(StrEnum):
    """Where a session stands between check-in and the locked record."""

    CHECKED_IN = "checked_in"
    PREPARING = "preparing"
    READY = "ready"
    INFUSING = "infusing"
    RECOVERY = "recovery"
    DISCHARGED = "discharged"
    ENDED = "ended"
    """Ended in another way than going home by the discharge criteria."""
    SIGNED = "signed"
    """Locked: what is said later is an addendum."""


class SessionAction(StrEnum):
    """What moves a session on."""

    BEGIN_PREPARATION = "begin_preparation"
    CHECK_PREPARATION = "check_preparation"
    DISCARD_PREPARATION = "discard_preparation"
    START_INFUSION = "start_infusion"
    RECORD_PUMP_STOPPED = "record_pump_stopped"
    DISCHARGE = "discharge"
    CALL_BACK = "call_back"
    CANCEL = "cancel"
    TRANSFER = "transfer"
    LEAVE_AGAINST_ADVICE = "leave_against_advice"
    LEAVE_WITHOUT_ESCORT = "leave_without_escort"
    RECORD_DEATH = "record_death"
    SIGN = "sign"


_ANY_TIME: Final[Mapping[SessionAction, SessionState]] = {
    SessionAction.TRANSFER: SessionState.ENDED,
    SessionAction.LEAVE_AGAINST_ADVICE: SessionState.ENDED,
    SessionAction.RECORD_DEATH: SessionState.ENDED,
}
_BEFORE_START: Final[Mapping[SessionAction, SessionState]] = {
    SessionAction.CANCEL: SessionState.ENDED,
    SessionAction.LEAVE_WITHOUT_ESCORT: SessionState.ENDED,
    **_ANY_TIME,
}

SESSION_TRANSITIONS: Final[Mapping[SessionState, Mapping[SessionAction, SessionState]]] = {
    SessionState.CHECKED_IN: {
        SessionAction.BEGIN_PREPARATION: SessionState.PREPARING,
        **_BEFORE_START,
    },
    SessionState.PREPARING: {
        SessionAction.CHECK_PREPARATION: SessionState.READY,
        SessionAction.DISCARD_PREPARATION: SessionState.CHECKED_IN,
        **_BEFORE_START,
    },
    SessionState.READY: {
        SessionAction.START_INFUSION: SessionState.INFUSING,
        SessionAction.DISCARD_PREPARATION: SessionState.CHECKED_IN,
        **_BEFORE_START,
    },
    SessionState.INFUSING: {SessionAction.RECORD_PUMP_STOPPED: SessionState.RECOVERY},
    SessionState.RECOVERY: {
        SessionAction.DISCHARGE: SessionState.DISCHARGED,
        SessionAction.LEAVE_WITHOUT_ESCORT: SessionState.ENDED,
        **_ANY_TIME,
    },
    SessionState.DISCHARGED: {
        # Somebody who turns faint at the door is a patient again.
        SessionAction.CALL_BACK: SessionState.RECOVERY,
        SessionAction.SIGN: SessionState.SIGNED,
    },
    SessionState.ENDED: {SessionAction.SIGN: SessionState.SIGNED},
    SessionState.SIGNED: {},
}

SESSION: Final = Lifecycle(
    name="session",
    initial=SessionState.CHECKED_IN,
    transitions=SESSION_TRANSITIONS,
    owners={
        SessionState.CHECKED_IN: Owner.INFUSION_CLINICIAN,
        SessionState.PREPARING: Owner.INFUSION_CLINICIAN,
        SessionState.READY: Owner.INFUSION_CLINICIAN,
        SessionState.INFUSING: Owner.INFUSION_CLINICIAN,
        SessionState.RECOVERY: Owner.INFUSION_CLINICIAN,
        SessionState.DISCHARGED: Owner.PRESCRIBER,
        SessionState.ENDED: Owner.PRESCRIBER,
        SessionState.SIGNED: Owner.MEDICAL_DIRECTOR,
    },
)
"""The lifecycle of a treatment session."""


class InfusionState(StrEnum):
    """Whether drug runs, rests or has ended. An infusion row is made by starting it."""

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"


class InfusionAction(StrEnum):
    """What is done to an infusion."""

    CHANGE_RATE = "change_rate"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    STOP = "stop"


INFUSION_TRANSITIONS: Final[Mapping[InfusionState, Mapping[InfusionAction, InfusionState]]] = {
    InfusionState.RUNNING: {
        InfusionAction.CHANGE_RATE: InfusionState.RUNNING,
        InfusionAction.PAUSE: InfusionState.PAUSED,
        InfusionAction.COMPLETE: InfusionState.COMPLETED,
        InfusionAction.STOP: InfusionState.STOPPED,
    },
    InfusionState.PAUSED: {
        InfusionAction.RESUME: InfusionState.RUNNING,
        # What the pump reports outranks the chart: a pump charted as paused may have run empty.
        InfusionAction.COMPLETE: InfusionState.COMPLETED,
        InfusionAction.STOP: InfusionState.STOPPED,
    },
    InfusionState.COMPLETED: {},
    InfusionState.STOPPED: {},
}

INFUSION: Final = Lifecycle(
    name="infusion",
    initial=InfusionState.RUNNING,
    transitions=INFUSION_TRANSITIONS,
    owners=dict.fromkeys(InfusionState, Owner.INFUSION_CLINICIAN),
)
"""The lifecycle of an infusion."""

BEFORE_START: Final = frozenset(
    {SessionState.CHECKED_IN, SessionState.PREPARING, SessionState.READY}
)
"""The states in which no drug has run."""

OPEN: Final = frozenset(SessionState) - {SessionState.SIGNED}
"""The states in which the record may still be written."""


def step(state: SessionState, action: SessionAction) -> SessionState:
    """Return the session's state after ``action``. Raises IllegalTransition."""
    return SESSION.step(state, action)


def step_infusion(state: InfusionState, action: InfusionAction) -> InfusionState:
    """Return the infusion's state after ``action``. Raises IllegalTransition."""
    return INFUSION.step(state, action)
