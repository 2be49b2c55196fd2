"""The forms of the review queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.monitoring.review_page import Choice
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.device_profile import Trust
from afterglow.web import formats
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

    def __init__(self, *args: Any, choices: Iterable[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].widget = _Numbered(
            choices=[(str(one.session.public_id), _label(one.session)) for one in choices]
        )


class InSpiteForm(WebForm):
    """Why a message is charted to somebody whom it does not prove, and whom, by record number."""

    reason = forms.CharField(
        label=_("Why it is this patient's all the same"),
        help_text=_("In words. It is kept with your name and shown with the readings."),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    record_number = forms.CharField(
        label=_("Record number of the patient it is charted to"),
        help_text=_("Typed from the wristband or the chart, not from the message."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class TakeBackForm(WebForm):
    """How a message came to the wrong patient."""

    reason = forms.CharField(
        label=_("How it came to the wrong patient"),
        help_text=_("Nothing is deleted: the readings stay, marked, and count no more."),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RejectForm(WebForm):
    """Why the message is nobody's."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Key X, the reason in words, Enter."),
        max_length=200,
        widget=forms.TextInput(attrs={"data-key": "x", "aria-keyshortcuts": "x"}),
    )
    all_alike = forms.BooleanField(label=_("All messages of this line"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


def _label(session: TreatmentSession) -> str:
    """Two identifiers and the room, so that two patients of one name are told apart."""
    patient = session.patient
    room = session.room.name if session.room else "–"
    born = formats.date_words(patient.date_of_birth)
    return f"{room} · {patient.full_name} · {born} · MRN {patient.mrn}"
