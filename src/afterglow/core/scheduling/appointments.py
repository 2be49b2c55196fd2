"""The lifecycle of an appointment, as a table. Being late is a flag, not a state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from afterglow.core.lifecycle import Lifecycle, Owner


class AppointmentState(StrEnum):
    """Where an appointment stands between being booked and being over."""

    BOOKED = "booked"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_SESSION = "in_session"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class AppointmentAction(StrEnum):
    """What moves an appointment on. Rescheduling changes its time and asks again to confirm."""

    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    ARRIVE = "arrive"
    BEGIN_SESSION = "begin_session"
    FINISH = "finish"
    CANCEL = "cancel"
    MARK_NO_SHOW = "mark_no_show"


HOLDS_PLACE: Final = frozenset(
    {
        AppointmentState.BOOKED,
        AppointmentState.CONFIRMED,
        AppointmentState.ARRIVED,
        AppointmentState.IN_SESSION,
    }
)
"""The states in which room, clinician and patient are taken: no overlap is allowed."""

_BEFORE_ARRIVAL: Final[Mapping[AppointmentAction, AppointmentState]] = {
    AppointmentAction.RESCHEDULE: AppointmentState.BOOKED,
    AppointmentAction.ARRIVE: AppointmentState.ARRIVED,
    AppointmentAction.CANCEL: AppointmentState.CANCELLED,
    AppointmentAction.MARK_NO_SHOW: AppointmentState.NO_SHOW,
}

_TRANSITIONS: Final[Mapping[AppointmentState, Mapping[AppointmentAction, AppointmentState]]] = {
    AppointmentState.BOOKED: {
        AppointmentAction.CONFIRM: AppointmentState.CONFIRMED,
        **_BEFORE_ARRIVAL,
    },
    AppointmentState.CONFIRMED: _BEFORE_ARRIVAL,
    AppointmentState.ARRIVED: {
        AppointmentAction.BEGIN_SESSION: AppointmentState.IN_SESSION,
        AppointmentAction.CANCEL: AppointmentState.CANCELLED,
    },
    AppointmentState.IN_SESSION: {AppointmentAction.FINISH: AppointmentState.DONE},
    AppointmentState.DONE: {},
    AppointmentState.CANCELLED: {},
    # Someone marked as not come, who then stands at the desk, is let in.
    AppointmentState.NO_SHOW: {AppointmentAction.ARRIVE: AppointmentState.ARRIVED},
}

APPOINTMENT: Final = Lifecycle(
    name="appointment",
    initial=AppointmentState.BOOKED,
    transitions=_TRANSITIONS,
    owners={
        AppointmentState.BOOKED: Owner.FRONT_DESK,
        AppointmentState.CONFIRMED: Owner.FRONT_DESK,
        AppointmentState.ARRIVED: Owner.FRONT_DESK,
        AppointmentState.IN_SESSION: Owner.INFUSION_CLINICIAN,
        AppointmentState.DONE: Owner.FRONT_DESK,
        AppointmentState.CANCELLED: Owner.FRONT_DESK,
        AppointmentState.NO_SHOW: Owner.FRONT_DESK,
    },
)
"""The lifecycle of an appointment."""


def is_late(
    state: AppointmentState, *, starts_at: datetime, at: datetime, grace: timedelta
) -> bool:
    """Whether the patient is expected and has not come within ``grace`` of the start."""
    expected = state in (AppointmentState.BOOKED, AppointmentState.CONFIRMED)
    return expected and at > starts_at + grace
