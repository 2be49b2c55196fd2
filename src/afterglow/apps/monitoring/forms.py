"""The forms of the review queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.visits.models import TreatmentSession
from afterglow.web.forms import WebForm


class AssignForm(WebForm):
    """Whose the message is."""

    session = forms.UUIDField(label=_("Session"))
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, sessions: Iterable[TreatmentSession], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].widget = forms.Select(
            choices=[
                ("", _("Choose a session")),
                *((str(s.public_id), _label(s)) for s in sessions),
            ]
        )


class RejectForm(WebForm):
    """Why the message is nobody's."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


def _label(session: TreatmentSession) -> str:
    """Two identifiers and the room, so that two patients of one name are told apart."""
    patient = session.patient
    room = session.room.name if session.room else "–"
    born = f"{patient.date_of_birth:%d %b %Y}"
    return f"{room} · {patient.full_name} · {born} · MRN {patient.mrn}"
