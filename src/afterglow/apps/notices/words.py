"""The words of every notice. Nobody is named in them: mail is read over shoulders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.core.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body of one kind of notice."""

    subject: str | Promise
    body: str | Promise


TEMPLATES: Final[Mapping[str, Words]] = {
    "task-escalated": Words(
        _("A task is late and was passed to you"),
        _("A task in Afterglow is past its time and was passed to your role. Sign in to see it."),
    ),
    "alarm-unanswered": Words(
        _("An alarm is answered by nobody"),
        _(
            "An alarm of a patient at your site was acknowledged by nobody. Go to the room, or "
            "sign in to see which."
        ),
    ),
    "emergency-called": Words(
        _("An emergency was called"),
        _("An emergency was called at your site. Go to the room, or sign in to see which."),
    ),
    "emergency-known-late": Words(
        _("An emergency became known late"),
        _(
            "An emergency at your site became known only now, some time after it began. Sign in to "
            "see when and where."
        ),
    ),
    "task-assigned": Words(
        _("A task is yours"), _("A task in Afterglow was given to you. Sign in to see it.")
    ),
    "appointment-changed": Words(
        _("Your appointment has changed"),
        _("The time or place of your appointment has changed. Sign in to see the new one."),
    ),
    "sign-in-link": Words(
        _("Your link to Afterglow"),
        _("Open this link within 15 minutes and press the button. If you did not ask, ignore it."),
    ),
    "document-ready": Words(
        _("A document is ready"), _("A document is ready for you in Afterglow. Sign in to read it.")
    ),
}


def words_of(template: str) -> Words:
    """Return a notice's words. Raises InvalidValue that names the known templates."""
    if template not in TEMPLATES:
        raise InvalidValue(
            f"There is no notice {template!r}; known are {', '.join(sorted(TEMPLATES))}."
        )
    return TEMPLATES[template]
