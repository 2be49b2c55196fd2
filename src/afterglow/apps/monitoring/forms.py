"""The forms of the review queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.device_profile import Trust
from afterglow.web.forms import WebForm


class _Numbered(forms.RadioSelect):
    """Choices that the keys 1 to 9 choose."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Give each of the first nine its key."""
        option = super().create_option(*args, **kwargs)
        number = int(option["index"]) + 1
        if number <= 9:
            option["attrs"] |= {"data-key": str(number), "aria-keyshortcuts": str(number)}
            option["label"] = f"{number} · {option['label']}"
        return option


class AssignForm(WebForm):
    """Whose the message is."""

    session = forms.UUIDField(label=_("Session"))
    trust = forms.ChoiceField(
        label=_("Which is right"),
        required=False,
        choices=[
            ("", _("Nobody knows yet")),
            (Trust.NUMBER.value, _("The number")),
            (Trust.NAME.value, _("The name")),
        ],
    )
    all_alike = forms.BooleanField(
        label=_("All messages of this line"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-key": "g"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, sessions: Iterable[TreatmentSession], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].widget = _Numbered(
            choices=[(str(s.public_id), _label(s)) for s in sessions]
        )


class RejectForm(WebForm):
    """Why the message is nobody's."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"data-key": "x"})
    )
    all_alike = forms.BooleanField(label=_("All messages of this line"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


def _label(session: TreatmentSession) -> str:
    """Two identifiers and the room, so that two patients of one name are told apart."""
    patient = session.patient
    room = session.room.name if session.room else "–"
    born = f"{patient.date_of_birth:%d %b %Y}"
    return f"{room} · {patient.full_name} · {born} · MRN {patient.mrn}"
