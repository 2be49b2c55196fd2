"""The words of a session's states, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.core.treatment.endings import SessionEnding
from afterglow.core.treatment.lifecycles import SessionState

STATE: Final[dict[str, str | Promise]] = {
    SessionState.CHECKED_IN: _("Checked in"),
    SessionState.PREPARING: _("Preparing"),
    SessionState.READY: _("Ready"),
    SessionState.INFUSING: _("Infusing"),
    SessionState.RECOVERY: _("Recovery"),
    SessionState.DISCHARGED: _("Discharged"),
    SessionState.ENDED: _("Ended"),
    SessionState.SIGNED: _("Signed"),
}
CHIP: Final[dict[str, str]] = {
    SessionState.CHECKED_IN: "neutral",
    SessionState.PREPARING: "caution",
    SessionState.READY: "good",
    SessionState.INFUSING: "active",
    SessionState.RECOVERY: "technical",
    SessionState.DISCHARGED: "done",
    SessionState.ENDED: "done",
    SessionState.SIGNED: "done",
}


def ending_words(ending: str) -> str:
    """Return an ending's code as words."""
    return SessionEnding(ending).replace("_", " ").capitalize() if ending else ""


NOBODY: Final = _("with nobody")
"""Who is with a patient whom nobody is with."""
