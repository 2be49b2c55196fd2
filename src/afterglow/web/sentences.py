"""Core sentences are English; here they meet the reader's language, by code.

A translation is kept under the message context "reason" with the code as its key, and may use
``%(seen)s`` and ``%(limit)s``. What has no translation stays English: better than nothing said.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from afterglow.core.decisions import Overrider, Reason, Severity

REASON: Final = "reason"


def sentence_of(reason: Reason) -> str:
    """Return the reason's sentence in the reader's language, or in English."""
    words = pgettext(REASON, reason.code)
    if words == reason.code:
        return reason.sentence
    return words % {"seen": reason.seen, "limit": reason.limit}


def overrider_words(reason: Reason) -> str:
    """Return who may override a blocker, in words; nothing for what does not block."""
    if reason.severity is not Severity.BLOCKER:
        return ""
    if reason.overridden:
        return _("Overridden, with a recorded reason")
    match reason.overridable_by:
        case Overrider.NOBODY:
            return _("Nobody may override this")
        case Overrider.PRESCRIBER:
            return _("The prescriber may override this, with a reason")
        case Overrider.MEDICAL_DIRECTOR:
            return _("The medical director may override this, with a reason")


def limit_words(reason: Reason) -> str:
    """Return ``seen`` and ``limit`` in one short line, or nothing."""
    if reason.seen and reason.limit:
        return _("Seen %(seen)s · limit %(limit)s") % {"seen": reason.seen, "limit": reason.limit}
    if reason.seen:
        return _("Seen %(seen)s") % {"seen": reason.seen}
    return _("Limit %(limit)s") % {"limit": reason.limit} if reason.limit else ""
