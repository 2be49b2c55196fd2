"""The words of scheduling's codes, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.core.scheduling.appointments import AppointmentState

STATE: Final[dict[str, str | Promise]] = {
    AppointmentState.BOOKED: _("Booked"),
    AppointmentState.CONFIRMED: _("Confirmed"),
    AppointmentState.ARRIVED: _("Here"),
    AppointmentState.IN_SESSION: _("In session"),
    AppointmentState.DONE: _("Done"),
    AppointmentState.CANCELLED: _("Cancelled"),
    AppointmentState.NO_SHOW: _("Did not come"),
}
CHIP: Final[dict[str, str]] = {
    AppointmentState.BOOKED: "neutral",
    AppointmentState.CONFIRMED: "good",
    AppointmentState.ARRIVED: "caution",
    AppointmentState.IN_SESSION: "active",
    AppointmentState.DONE: "done",
    AppointmentState.CANCELLED: "done",
    AppointmentState.NO_SHOW: "danger",
}
